"""Films in pieces, in each way that `edit_long_video` has."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG

from airflow_provider_wan.long_edit import edit_long_video
from airflow_provider_wan.operators import (
    WanLocalEditOperator,
    WanVideoOutpaintingOperator,
    WanVideoRepaintingOperator,
)

PARAMS: dict[str, Any] = {
    "film": "file:///nowhere.mp4",
    "folder": "file:///nowhere",
    "prompt": "wider",
    "max_cost": "",
}
FILM: dict[str, Any] = {
    "group_id": "film",
    "video_url": "{{ params.film }}",
    "work_path": "{{ params.folder }}/work",
    "output_path": "{{ params.folder }}/film.mp4",
    "max_cost": "{{ params.max_cost }}",
    "piece_seconds": 3,
}
WIDER: dict[str, Any] = {
    "edit": WanVideoOutpaintingOperator,
    "arguments": {"prompt": "{{ params.prompt }}", "left_scale": 1.5, "prompt_extend": False},
}
CLAY: dict[str, Any] = {
    "edit": WanVideoRepaintingOperator,
    "arguments": {"prompt": "{{ params.prompt }}", "control_condition": "depth"},
}
INSIDE: dict[str, Any] = {
    "edit": WanLocalEditOperator,
    "arguments": {"prompt": "{{ params.prompt }}", "mask_type": "fixed"},
    "mask": {"kind": "rectangle", "left": 40, "top": 30, "width": 120, "height": 80},
}
WAYS: dict[str, dict[str, Any]] = {
    "long_film": WIDER,
    "long_film_overlapping": WIDER | {"overlap": 0.4},
    "long_film_silent": WIDER | {"sound": "none"},
    "long_film_chained": CLAY | {"mode": "chained", "most_pieces": 4},
    "long_film_short_chain": CLAY | {"mode": "chained", "most_pieces": 2},
    "long_film_masked": INSIDE,
}

for dag_id, way in WAYS.items():
    with DAG(dag_id, params=PARAMS):
        edit_long_video(**FILM | way)
