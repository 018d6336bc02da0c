"""The operators that work on footage: from storage to storage, their checks and errors, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_wan.operators import (
    VideoCheckOperator,
    VideoComparisonOperator,
    VideoConcatenateOperator,
    VideoConformOperator,
    VideoContactSheetOperator,
    VideoFramesOperator,
    VideoMaskOperator,
    VideoProbeOperator,
    VideoRestoreSoundOperator,
    VideoSplitOperator,
    VideoStripSoundOperator,
    VideoTrimOperator,
    WanParameterError,
)
from tests.conftest import FakeTaskInstance, context
from tests.media import numbered
from tests.transfers.conftest import s3 as s3
from tests.transfers.conftest import s3_client, s3_connection

FRAMES = 100


@pytest.fixture(autouse=True)
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__WAN__LOCAL_MEDIA_ROOTS", str(tmp_path))


@pytest.fixture
def clip(tmp_path: Path) -> str:
    return f"file://{numbered.clip(tmp_path / 'clip.mp4', FRAMES, size=(320, 240), sound=True)}"


def run(operator: Any, ti: FakeTaskInstance | None = None) -> Any:
    """Run an operator; its result passes through JSON, as it does through Airflow."""
    return json.loads(json.dumps(operator.execute(context(ti))))


def do(operator: Any, /, **parameters: Any) -> Any:
    """Make an operator and run it."""
    return run(operator(task_id="t", **parameters))


def file_of(uri: str) -> Path:
    return Path(uri.removeprefix("file://"))


def test_probe_tells_what_a_file_is(clip: str) -> None:
    found = do(VideoProbeOperator, video_url=clip)
    assert (found["kind"], found["width"], found["height"], found["fps"], found["sound"]) == (
        "video",
        320,
        240,
        25,
        True,
    )


def test_trim_is_exact_to_the_frame(clip: str, tmp_path: Path) -> None:
    made = do(VideoTrimOperator, video_url=clip, output_path=f"file://{tmp_path}/cut/", start="1.0", end=2)
    assert made == {
        "output_path": f"file://{tmp_path}/cut/clip.mp4",
        "frames": 25,
        "fps": 25.0,
        "rate": "25",
        "seconds": 1.0,
        "width": 320,
        "height": 240,
        "sound": True,
    }
    assert numbered.numbers(file_of(made["output_path"])) == list(range(25, 50))


def test_pieces_of_a_split_join_to_the_whole(clip: str, tmp_path: Path) -> None:
    pieces = do(
        VideoSplitOperator,
        video_url=clip,
        output_path=f"file://{tmp_path}/pieces/",
        longest=1.5,
        shortest=1,
        sound="True",
    )
    assert [piece["end"] - piece["first"] for piece in pieces] == [piece["frames"] for piece in pieces]
    urls = [piece["output_path"] for piece in pieces]
    whole = do(VideoConcatenateOperator, video_urls=urls, output_path=f"file://{tmp_path}/whole.mp4")
    assert numbered.numbers(file_of(whole["output_path"])) == list(range(FRAMES))
    assert whole["sound"] is True


def test_conform_brings_a_clip_within_a_models_limits(clip: str, tmp_path: Path) -> None:
    made = do(
        VideoConformOperator,
        video_url=clip,
        output_path=f"file://{tmp_path}/fit.mp4",
        model="wan2.7-videoedit",
    )
    assert min(made["width"], made["height"]) >= 240
    assert made["frames"] == FRAMES


def test_sound_is_taken_and_given_back(clip: str, tmp_path: Path) -> None:
    silent = do(VideoStripSoundOperator, video_url=clip, output_path=f"file://{tmp_path}/silent.mp4")
    assert silent["sound"] is False
    made = do(
        VideoRestoreSoundOperator,
        video_url=silent["output_path"],
        sound_url=clip,
        output_path=f"file://{tmp_path}/aloud.mp4",
    )
    heard = numbered.clicks(file_of(made["output_path"]))
    assert heard == pytest.approx(numbered.clicks(file_of(clip)), abs=0.005)


def test_frames_are_named_by_what_they_are(clip: str, tmp_path: Path) -> None:
    taken = do(
        VideoFramesOperator,
        video_url=clip,
        output_path=f"file://{tmp_path}/frames/",
        which=["first", 7, "last"],
    )
    assert taken == {
        "first": f"file://{tmp_path}/frames/first.png",
        "000007": f"file://{tmp_path}/frames/000007.png",
        "last": f"file://{tmp_path}/frames/last.png",
    }


@pytest.mark.parametrize("name", ["mask.png", "mask.mp4"])
def test_mask_has_the_videos_size(name: str, clip: str, tmp_path: Path) -> None:
    shape = {"kind": "rectangle", "left": 40, "top": 40, "width": 100, "height": 60}
    uri = do(VideoMaskOperator, video_url=clip, shape=shape, output_path=f"file://{tmp_path}/{name}")
    found = do(VideoProbeOperator, video_url=uri)
    assert (found["width"], found["height"]) == (320, 240)


def test_alpha_picture_of_a_mask_is_read_as_any_input(clip: str, tmp_path: Path) -> None:
    shape = {"kind": "alpha_picture", "path": "file:///etc/passwd"}
    operator = VideoMaskOperator(
        task_id="t", video_url=clip, shape=shape, output_path=f"file://{tmp_path}/mask.png"
    )
    with pytest.raises(AirflowFailException, match="/etc/passwd may not be used"):
        run(operator)


@pytest.mark.parametrize("name", ["both.png", "both.mp4", "both.webp"])
def test_comparison_is_of_the_kind_of_its_name(name: str, clip: str, tmp_path: Path) -> None:
    uri = f"file://{tmp_path}/{name}"
    assert do(VideoComparisonOperator, before_url=clip, after_url=clip, output_path=uri) == uri
    assert file_of(uri).stat().st_size > 1000


def test_contact_sheet_is_named_after_the_video(clip: str, tmp_path: Path) -> None:
    uri = do(VideoContactSheetOperator, video_url=clip, output_path=f"file://{tmp_path}/sheets/", title="x")
    assert uri == f"file://{tmp_path}/sheets/clip.png"
    assert file_of(uri).exists()


def test_check_passes_what_is_as_expected(clip: str) -> None:
    report = do(VideoCheckOperator, video_url=clip, expect={"size": "320x240", "seconds": 4, "sound": True})
    assert report["faults"] == []


def test_check_fails_with_a_report_and_a_picture(clip: str, tmp_path: Path) -> None:
    ti = FakeTaskInstance()
    picture = f"file://{tmp_path}/fault.png"
    operator = VideoCheckOperator(
        task_id="t", video_url=clip, expect={"size": "640x480"}, picture_path=picture
    )
    with pytest.raises(AirflowFailException, match="320x240"):
        run(operator, ti)
    assert [fault["name"] for fault in ti.xcoms["report"]["faults"]] == ["size"]
    assert ti.xcoms["report"]["picture"] == picture
    assert file_of(picture).exists()


WRONG = {
    "no start": (VideoTrimOperator, {"start": "soon"}, "start='soon': must be a number from 0"),
    "negative": (VideoTrimOperator, {"end": -1}, "end=-1: must be a number from 0"),
    "no video": (VideoTrimOperator, {"video_url": ""}, "video_url='': is needed"),
    "no folder": (VideoSplitOperator, {"longest": 5}, "output_path='file:///o.mp4': must be a folder"),
    "fit": (
        VideoConformOperator,
        {"model": "wan2.7-videoedit", "fit": "squeeze"},
        "must be one of pad, crop, stretch",
    ),
    "mask": (
        VideoMaskOperator,
        {"shape": {"kind": "rectangle"}, "output_path": "file:///m.jpg"},
        "must end in .png or .mp4",
    ),
    "expectation": (VideoCheckOperator, {"expect": {"colour": 1}}, "colour"),
}


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_in_literals_fail_the_dag(name: str) -> None:
    operator, changes, message = WRONG[name]
    usual: dict[str, Any] = {"video_url": "s3://b/clip.mp4", "output_path": "file:///o.mp4"}
    if operator is VideoCheckOperator:
        del usual["output_path"]
    with pytest.raises(WanParameterError, match=message):
        operator(task_id="t", **usual | changes)


def test_what_a_template_renders_is_checked_before_the_work(clip: str, tmp_path: Path) -> None:
    operator = VideoTrimOperator(
        task_id="t", video_url=clip, output_path=f"file://{tmp_path}/o.mp4", start="{{ params.start }}"
    )
    operator.start = "soon"  # as it would be rendered
    with pytest.raises(WanParameterError, match="start='soon'"):
        run(operator)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://169.254.169.254/latest/meta-data", "s3://"])
def test_inputs_that_may_not_be_read_are_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__WAN__ALLOW_PRIVATE_URLS", "False")
    with pytest.raises(AirflowFailException, match=r"may not be used|names no bucket|can't be read"):
        do(VideoTrimOperator, video_url=url, output_path=f"file://{tmp_path}/o.mp4")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("not a video at all")
    operator = VideoTrimOperator(
        task_id="t", video_url=f"file://{tmp_path}/clip.mp4", output_path=f"file://{tmp_path}/o/"
    )
    with pytest.raises(AirflowFailException, match=r"clip\.mp4 is a text; .* Give a video"):
        run(operator)
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_missing_extra_is_named(clip: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow_provider_wan import preflight

    monkeypatch.setattr(preflight, "available", lambda: False)
    with pytest.raises(AirflowFailException, match=r"pip install 'airflow-provider-wan\[media\]'"):
        do(VideoTrimOperator, video_url=clip, output_path=f"file://{tmp_path}/o.mp4")


def test_a_worker_that_is_killed_leaves_nothing_at_the_destination(clip: str, tmp_path: Path) -> None:
    script = f"""
import os, signal
from airflow_provider_wan import storage
def copy_and_die(source, sink, *rest):
    sink.write(source.read(100))
    os.kill(os.getpid(), signal.SIGKILL)
storage.shutil.copyfileobj = copy_and_die
from airflow_provider_wan.operators import VideoTrimOperator
trim = VideoTrimOperator(task_id="t", video_url={clip!r}, output_path="file://{tmp_path}/out/cut.mp4")
trim.execute({{"ti": None}})
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, env=os.environ, timeout=60
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
    assert [file.name for file in (tmp_path / "out").iterdir() if not file.name.startswith(".")] == []


def test_operators_cost_nothing_when_a_dag_is_parsed() -> None:
    script = (
        "import sys; from airflow_provider_wan.operators import VideoCheckOperator, VideoMaskOperator\n"
        "import airflow_provider_wan.long_edit\n"
        "VideoCheckOperator(task_id='t', video_url='s3://b/c.mp4', expect={'size': '64x64'})\n"
        "print([name for name in ('av', 'numpy', 'PIL') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_storage_in_and_storage_out(clip: str, s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_FOOTAGE", s3_connection(s3))
    bucket = s3_client(s3)
    bucket.create_bucket(Bucket="footage")
    bucket.put_object(Bucket="footage", Key="in/clip.mp4", Body=file_of(clip).read_bytes())
    made = do(
        VideoTrimOperator,
        video_url="s3://footage@footage/in/clip.mp4",
        output_path="s3://footage@footage/out/",
        end=1,
    )
    assert made["output_path"] == "s3://footage@footage/out/clip.mp4"
    keys = [item["Key"] for item in bucket.list_objects_v2(Bucket="footage")["Contents"]]
    assert keys == ["in/clip.mp4", "out/clip.mp4"]
    assert do(VideoProbeOperator, video_url=made["output_path"])["seconds"] == pytest.approx(1, abs=0.05)
