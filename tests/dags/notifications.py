"""DAGs whose edits are told of: one that fails once, one for many clips, one batch."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.dingding.operators.dingding import DingdingOperator
from airflow.providers.slack.notifications.slack import SlackNotifier
from airflow.providers.slack.operators.slack import SlackAPIPostOperator
from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import DAG, Param

from airflow_provider_wan.dashscope import VideoOutpainting
from airflow_provider_wan.notifications import dingtalk, mail, slack
from airflow_provider_wan.operators import WanBatchEditOperator, WanVideoOutpaintingOperator

CLIP = "https://example.com/clip.mp4"
PROMPTS = ["A stage", "[reject-input] A stage", "A wider stage"]


def to() -> SmtpNotifier:
    return SmtpNotifier(to="team@example.com", **mail())


with DAG("told_of_each_end", params={"prompt": Param("A stage", type="string")}):
    WanVideoOutpaintingOperator(
        task_id="edit",
        prompt="{{ params.prompt }}",
        video_url=CLIP,
        left_scale=1.5,
        retries=1,
        retry_delay=timedelta(0),
        on_success_callback=to(),
        on_retry_callback=to(),
        on_failure_callback=to(),
    )

with DAG("told_of_many"):
    edits = WanVideoOutpaintingOperator.partial(task_id="edit", video_url=CLIP, left_scale=1.5).expand(
        prompt=PROMPTS
    )
    DingdingOperator(task_id="tell", **dingtalk(edits)).as_teardown()

with DAG("told_of_batch"):
    batch = WanBatchEditOperator(
        task_id="edit",
        requests=[VideoOutpainting(prompt=prompt, video_url=CLIP, left_scale=1.5) for prompt in PROMPTS],
        on_failure_callback=SlackNotifier(channel="#edits", **slack()),
    )
    SlackAPIPostOperator(task_id="tell", channel="#edits", **slack(batch)).as_teardown()
