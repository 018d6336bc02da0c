"""One edit, landed in a folder: what an installed wheel has to be able to do."""

from __future__ import annotations

import os

from airflow.sdk import DAG

from airflow_provider_wan.operators import WanVideoOutpaintingOperator

with DAG("packaged_edit"):
    WanVideoOutpaintingOperator(
        task_id="wide",
        video_url=os.environ["PACKAGED_CLIP_URL"],
        left_scale=1.25,
        right_scale=1.25,
        prompt="A wide meadow of brush strokes",
        output_path=os.environ["PACKAGED_OUTPUT_PATH"],
    )
