"""The DAGs of the guides run to their end: a real clip, rendered edits, and the checks that look at them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest

from tests.conftest import DagRunner

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

ROOT = Path(__file__).parents[1]
MEDIA = ROOT / "demo" / "media"
GUIDES = ROOT / "docs" / "guides"
CLIP = "s3://aws_default@media-team/raw/rabbit.mp4"


@pytest.fixture(scope="module")
def rendering() -> Iterator[RunningEmulator]:
    from airflow_provider_wan.emulator import EmulatorSettings, running

    with running(EmulatorSettings(speed=120, media_root=MEDIA, run_seconds=(60, 90))) as emulator:
        yield emulator


def size(file: Path) -> tuple[int, int]:
    with av.open(str(file)) as found:
        video = found.streams.video[0]
        return video.width, video.height


@pytest.mark.parametrize(
    ("guide", "dag_id", "made"),
    [
        ("restyle", "restyle_a_clip", {"ink.mp4": (1280, 720), "before-and-after.mp4": (1280, 396)}),
        ("masked-object", "put_an_object_in", {"mask.png": (1280, 720), "balloon.mp4": (1280, 720)}),
        ("portrait", "portrait_from_landscape", {"tall.mp4": (1280, 2160), "portrait.mp4": (1280, 2160)}),
    ],
)
def test_dag_of_the_guide_runs_to_its_end(
    rendering: RunningEmulator,
    run_dag: DagRunner,
    airflow_db: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    guide: str,
    dag_id: str,
    made: dict[str, tuple[int, int]],
) -> None:
    connection = {"conn_type": "dashscope", "password": rendering.key, "host": rendering.base_url}
    monkeypatch.setenv("AIRFLOW_CONN_DASHSCOPE_DEFAULT", json.dumps(connection))
    monkeypatch.setenv("AIRFLOW__WAN__LOCAL_MEDIA_ROOTS", f"{MEDIA},{tmp_path}")
    monkeypatch.setenv("AIRFLOW__WAN__PREFLIGHT", "True")
    monkeypatch.delenv("AIRFLOW__WAN__ALLOW_PRIVATE_URLS")
    (code,) = re.findall(
        r"^```python\n(.*?)^```$", (GUIDES / f"{guide}.md").read_text(), re.MULTILINE | re.DOTALL
    )
    code = code.replace(CLIP, f"file://{MEDIA / 'big_buck_bunny.mp4'}")
    code = code.replace("s3://aws_default@media-team/edits", f"file://{tmp_path}")
    code = code.replace("{{ run_id }}", "run")
    assert "s3://" not in code
    folder = airflow_db / "dags" / "guides"
    folder.mkdir()
    try:
        (folder / f"{dag_id}.py").write_text(code)
        ran = run_dag(dag_id)
    finally:
        shutil.rmtree(folder)
    assert set(ran.states.values()) == {"success"}, ran.states
    assert {name: size(tmp_path / "run" / name) for name in made} == made
    assert not list(tmp_path.rglob("fault.png"))
