"""A DAG whose edits come to every end there is, for pictures of them. It isn't an example to start from."""

from __future__ import annotations

import os

from airflow.sdk import DAG

from airflow_provider_wan.operators import (
    WanVideoEditOperator,
    WanVideoOutpaintingOperator,
    WanVideoRepaintingOperator,
)

CLIP = os.environ.get("WAN_EXAMPLE_CLIP_URL", "https://example.com/clips/big_buck_bunny.mp4")
FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://media-team/edits") + "/rabbit"

# With its seed the emulator draws each in colours that fit what it is asked for.
LOOKS = (
    ("Frost, pale grass at first light", 331),
    ("Sunset, a red sky behind the trees", 506),
    ("Golden hour, low sun from the right", 806),
    ("Aurora, green light in the sky", 940),
    ("Sea mist, cool and quiet", 449),
    ("Candlelight, a warm evening", 406),
    ("Heather, the hill in purple", 15),
)

with DAG("rabbit", schedule=None, tags=["wan", "video"]):
    WanVideoRepaintingOperator(
        task_id="print",
        prompt="A screen print in vermilion, ochre and indigo on cream paper, flat areas, no outlines",
        video_url=CLIP,
        control_condition="posebody",
        seed=1250,
        output_path=f"{FOLDER}/print.mp4",
        deferrable=False,
        priority_weight=50,  # most pictures show it
    )
    WanVideoOutpaintingOperator(
        task_id="wide",
        prompt="The meadow goes on to both sides, old trees at its edge",
        video_url=CLIP,
        left_scale=1.25,
        right_scale=1.25,
        output_path=f"{FOLDER}/wide.mp4",
    )
    # This one is refused.
    WanVideoEditOperator(
        task_id="night",
        prompt="The meadow at night under a full moon, fireflies over the grass",
        video_url=CLIP,
        resolution="720P",
        seed=698,
        output_path=f"{FOLDER}/night.mp4",
    )
    # Not landed, so it is gone after a day.
    WanVideoEditOperator(
        task_id="snow",
        prompt="The same meadow under fresh snow, soft morning light",
        video_url=CLIP,
        resolution="720P",
        seed=535,
    )
    WanVideoEditOperator.partial(
        task_id="looks",
        video_url=CLIP,
        resolution="720P",
        output_path=f"{FOLDER}/looks/",
        map_index_template="{{ task.prompt.partition(',')[0] }}",
    ).expand_kwargs([{"prompt": prompt, "seed": seed} for prompt, seed in LOOKS])
    # Made where edits take long.
    WanVideoEditOperator(
        task_id="rain",
        conn_id="dashscope_beijing",
        prompt="The same scene in warm summer rain, wet grass",
        video_url=CLIP,
        resolution="720P",
        output_path=f"{FOLDER}/rain.mp4",
        priority_weight=20,
    )
