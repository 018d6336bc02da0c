"""Two edits in a chain: repaint a clip, widen the result, check the file, tell the team."""

from __future__ import annotations

import os

from airflow.providers.smtp.operators.smtp import EmailOperator
from airflow.sdk import DAG, ObjectStoragePath, Param, task

from airflow_provider_wan.operators import WanVideoOutpaintingOperator, WanVideoRepaintingOperator

# `make demo` and `make up` point these at their own emulator and folder. In your DAG they are plain strings.
CLIP_URL = os.environ.get("WAN_EXAMPLE_CLIP_URL", "https://example.com/clips/big_buck_bunny.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://media-team/edits")

MAIL = """
<p>The edited clip is ready: {{ task_instance.xcom_pull(task_ids="widen")["output_path"] }}</p>
<ul>
{% for name in ["repaint", "widen"] %}
  {% set edit = task_instance.xcom_pull(task_ids=name) %}
  {% set cost = edit["cost"] or {"amount": "an unknown number of", "currency": "CNY"} %}
  <li>{{ edit["function"] }}: {{ edit["output_path"] }},
      {{ edit["billed_seconds"] }} seconds, {{ cost["amount"] }} {{ cost["currency"] }}</li>
{% endfor %}
</ul>
<p>Checked: {{ task_instance.xcom_pull(task_ids="check") }} bytes of MP4.</p>
"""

with DAG(
    dag_id="edit_chain",
    schedule=None,
    tags=["wan", "video"],
    params={
        "clip_url": Param(
            CLIP_URL, type="string", description="MP4 of at most 5 seconds, reachable by the service"
        ),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
        "recipient": Param("team@example.com", type="string", description="Who gets the mail"),
    },
    doc_md="""
    ### Repaint a clip, then widen it

    1. `repaint` gives the clip another look and keeps its outlines.
    2. `widen` takes the repainted clip and invents what lies to the left and right of it.
    3. `check` opens the landed file.
    4. `tell_the_team` says by mail where it is and what it cost.

    Both edits wait in the triggerer, so the chain holds no worker slot for the minutes they take. The second
    reads the first one's `video_url`, which the service keeps for 24 hours; what has landed in the output
    folder stays.
    """,
) as dag:
    repaint = WanVideoRepaintingOperator(
        task_id="repaint",
        video_url="{{ params.clip_url }}",
        prompt="A giant rabbit drawn in ink on rice paper stretches on a meadow of brush strokes",
        control_condition="scribble",
        prompt_extend=False,
        output_path="{{ params.output_folder }}/{{ run_id }}/repainted.mp4",
    )

    widen = WanVideoOutpaintingOperator(
        task_id="widen",
        video_url=repaint.output["video_url"],
        prompt="A wide meadow of brush strokes on rice paper, drawn in ink",
        left_scale=1.25,
        right_scale=1.25,
        prompt_extend=False,
        output_path="{{ params.output_folder }}/{{ run_id }}/widened.mp4",
    )

    @task
    def check(path: str) -> int:
        """Return the file's size, if it starts as an MP4 does."""
        file = ObjectStoragePath(path)
        with file.open("rb") as stream:
            head = stream.read(8)
        if head[4:] != b"ftyp":
            raise ValueError(f"{path} is not an MP4: it starts with {head!r}")
        return int(file.stat().st_size)

    tell_the_team = EmailOperator(
        task_id="tell_the_team",
        to="{{ params.recipient }}",
        subject="Edited clip ready ({{ run_id }})",
        html_content=MAIL,
    )

    check(widen.output["output_path"]) >> tell_the_team
