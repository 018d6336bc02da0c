"""The operators that work on footage: from storage to storage, their checks and errors, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_wan.dashscope.errors import DestinationError
from airflow_provider_wan.dashscope.input_errors import InputUnreadableError
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
from airflow_provider_wan.operators.video import rules
from airflow_provider_wan.operators.video.check import UNTOUCHED_OPTIONS
from tests.conftest import DagRunner, FakeTaskInstance, context
from tests.media import numbered
from tests.patience import HANGS
from tests.transfers.conftest import Footage, s3_client, s3_connection
from tests.transfers.conftest import footage as footage
from tests.transfers.conftest import s3 as s3

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


def test_fault_is_reported_where_its_picture_cannot_be_landed(clip: str, tmp_path: Path) -> None:
    ti = FakeTaskInstance()
    (tmp_path / "file").touch()
    operator = VideoCheckOperator(
        task_id="t",
        video_url=clip,
        expect={"size": "640x480"},
        picture_path=f"file://{tmp_path}/file/fault.png",
    )
    with pytest.raises(AirflowFailException, match="320x240") as caught:
        run(operator, ti)
    assert "wan-" not in str(caught.value), "names the worker's folder"
    assert ti.xcoms["report"]["picture"] is None


def test_fault_names_its_picture(clip: str, tmp_path: Path) -> None:
    operator = VideoCheckOperator(
        task_id="t", video_url=clip, expect={"frames": 7}, picture_path=f"file://{tmp_path}/faults/"
    )
    with pytest.raises(AirflowFailException, match=r"faults/clip\.png shows the worst frame"):
        run(operator)
    assert (tmp_path / "faults/clip.png").exists()


def test_check_compares_what_a_mask_protects(clip: str, tmp_path: Path) -> None:
    shape = {"kind": "rectangle", "left": 0.0, "top": 0.0, "width": 1.0, "height": 0.5, "unit": "share"}
    mask = do(VideoMaskOperator, video_url=clip, shape=shape, output_path=f"file://{tmp_path}/mask.png")
    # The fields of a picture's number fill it from above: bit 15 is in its lower half, bit 0 in its upper one.
    above = f"file://{numbered.clip(tmp_path / 'a.mp4', [n ^ 1 for n in range(FRAMES)], size=(320, 240))}"
    below = (
        f"file://{numbered.clip(tmp_path / 'b.mp4', [n ^ 1 << 15 for n in range(FRAMES)], size=(320, 240))}"
    )
    asked: dict[str, Any] = {"reference_url": clip, "untouched": mask, "expect": {"sound": False}}
    asked["untouched_options"] = '{"margin": "0.02"}'
    assert do(VideoCheckOperator, video_url=above, **asked)["ok"] is True
    with pytest.raises(AirflowFailException, match=r"b\.mp4 has .* changed"):
        do(VideoCheckOperator, video_url=below, **asked)


def test_options_of_a_comparison_are_those_that_it_has() -> None:
    from airflow_provider_wan.media.quality import Untouched

    assert {field.name for field in fields(Untouched)} == {"part", *UNTOUCHED_OPTIONS}


WRONG: dict[str, tuple[Any, dict[str, Any], str]] = {
    "no start": (VideoTrimOperator, {"start": "soon"}, "start='soon': must be a number from 0"),
    "negative": (VideoTrimOperator, {"end": -1}, "end=-1: must be a number from 0"),
    "end before start": (VideoTrimOperator, {"start": 3, "end": 2}, "end=2: must be more than start=3"),
    "no video": (VideoTrimOperator, {"video_url": ""}, "video_url='': is needed"),
    "relative": (VideoTrimOperator, {"video_url": "clip.mp4"}, "must be the address of a file"),
    "inline": (
        VideoTrimOperator,
        {"video_url": "data:video/mp4;base64,AA"},
        "can't be read back by the worker",
    ),
    "sound": (VideoTrimOperator, {"sound": "maybe"}, "sound='maybe': must be True or False"),
    "no folder": (VideoSplitOperator, {"longest": 5}, "output_path='file:///o.mp4': must be a folder"),
    "lengths": (
        VideoSplitOperator,
        {"longest": 5, "shortest": 6, "output_path": "file:///o/"},
        "shortest=6: must be no more than longest=5",
    ),
    "overlap": (
        VideoSplitOperator,
        {"longest": 5, "overlap": 5, "output_path": "file:///o/"},
        "overlap=5: must be less than longest=5",
    ),
    "fit": (
        VideoConformOperator,
        {"model": "wan2.7-videoedit", "fit": "squeeze"},
        "must be one of pad, crop, stretch",
    ),
    "model": (VideoConformOperator, {"model": "wan0"}, "model='wan0': the catalogue has no such model"),
    "role": (
        VideoConformOperator,
        {"model": "wan2.7-videoedit", "role": "voice"},
        "role=voice: .* takes a video only as",
    ),
    "list": (
        VideoConcatenateOperator,
        {"video_url": None, "video_urls": ["s3://b/1.mp4", ""]},
        "its item '' is needed",
    ),
    "rate": (
        VideoConcatenateOperator,
        {"video_url": None, "video_urls": ["s3://b/1.mp4"], "rate": "30/0"},
        "rate='30/0': must be frames a second",
    ),
    "which": (
        VideoFramesOperator,
        {"which": ["middle"], "output_path": "file:///o/"},
        "must be first, last, a number",
    ),
    "mask": (
        VideoMaskOperator,
        {"shape": {"kind": "rectangle"}, "output_path": "file:///m.jpg"},
        "must end in .png or .mp4",
    ),
    "shape": (
        VideoMaskOperator,
        {"shape": "{'kind': 'rectangle'}", "output_path": "file:///m.png"},
        "add `| tojson`",
    ),
    "columns": (VideoContactSheetOperator, {"columns": 1.5}, "columns=1.5: must be a whole number"),
    "expectation": (VideoCheckOperator, {"expect": {"colour": 1}}, "colour"),
    "part": (VideoCheckOperator, {"untouched": "top"}, "untouched='top': must be the address"),
    "no reference": (
        VideoCheckOperator,
        {"untouched": "middle"},
        "untouched='middle': needs `reference_url`",
    ),
    "option": (VideoCheckOperator, {"untouched_options": {"colour": 1}}, "there is no 'colour'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_in_literals_fail_the_dag(name: str) -> None:
    operator, changes, message = WRONG[name]
    usual: dict[str, Any] = {"video_url": "s3://b/clip.mp4", "output_path": "file:///o.mp4"}
    if operator is VideoCheckOperator:
        del usual["output_path"]
    given = {key: value for key, value in (usual | changes).items() if value is not None}
    with pytest.raises(WanParameterError, match=message):
        operator(task_id="t", **given)


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(WanParameterError, match=r"(?s)video_url=''.*start='soon'.*end=-1"):
        VideoTrimOperator(task_id="t", video_url="", output_path="file:///o.mp4", start="soon", end=-1)


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (rules.a_rate, [25, "30000/1001", 29.97, "240"], [0, "-1", "x", None, 241, True]),
        (rules.yes_or_no, [True, "False", "true", 0, "", None], ["maybe", 2, ["True"]]),
        (rules.within(0, 5), [0, "5", 2.5], [float("nan"), "inf", True, None, 10**400, [1]]),
        (rules.frames, ["first", 0, "12", ["last", 3], '["first"]'], ["", -1, True, 1.5, ["x"], None]),
        (rules.addresses, ["s3://b/a", ["/a", "file:/b"], '["s3://b/a"]'], [[], "['s3://b/a']", [1], None]),
        (rules.a_mapping, [{"a": 1}, '{"a": 1}'], ["a", "{'a': 1}", [1], None]),
    ],
)
def test_rules_know_good_from_bad(rule: rules.Rule, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if rule(value) is not None] == []
    assert [value for value in bad if rule(value) is None] == []


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


@pytest.mark.parametrize("missing", ["file", "s3", "http"])
def test_missing_input_is_looked_for_again(missing: str, footage: Footage, tmp_path: Path) -> None:
    url = footage.uri(missing, "nothing.mp4") + ("?Signature=hush" if missing == "http" else "")
    with pytest.raises(InputUnreadableError, match=r"nothing\.mp4") as caught:
        do(VideoTrimOperator, video_url=url, output_path=f"file://{tmp_path}/out/o.mp4")
    assert "hush" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("store", ["file", "s3", "http"])
def test_broken_input_is_named_and_not_tried_again(store: str, footage: Footage, tmp_path: Path) -> None:
    whole = (footage.folder / "clip.mp4").read_bytes()
    (footage.folder / "broken.mp4").write_bytes(whole[: len(whole) // 2])
    footage.put("broken.mp4")
    with pytest.raises(AirflowFailException, match=r"broken\.mp4"):
        do(
            VideoTrimOperator,
            video_url=footage.uri(store, "broken.mp4"),
            output_path=f"file://{tmp_path}/out/",
        )
    assert not (tmp_path / "out").exists()


def test_web_address_is_fetched_and_names_the_result(footage: Footage, tmp_path: Path) -> None:
    url = f"{footage.uri('http', 'clip.mp4')}?Signature=a/b.c"
    made = do(VideoTrimOperator, video_url=url, output_path=f"file://{tmp_path}/out/", end=1)
    assert made["output_path"] == f"file://{tmp_path}/out/clip.mp4"
    assert file_of(made["output_path"]).stat().st_size > 1000


def test_destination_that_cannot_be_written_is_tried_again(clip: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DestinationError, match="can't be written"):
        do(VideoTrimOperator, video_url=clip, output_path=f"file://{tmp_path}/file/o.mp4")


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


def test_a_worker_that_is_killed_leaves_what_was_there(clip: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/old.mp4").write_bytes(b"the result of an earlier run")
    script = f"""
import os, signal
from airflow_provider_wan import storage
def copy_and_die(source, sink, *rest):
    sink.write(source.read(100))
    sink.flush()
    os.kill(os.getpid(), signal.SIGKILL)
storage.shutil.copyfileobj = copy_and_die
from airflow_provider_wan.operators import VideoTrimOperator
trim = VideoTrimOperator(task_id="t", video_url={clip!r}, output_path=os.environ["OUT"])
trim.execute({{"ti": None}})
"""
    for name in ("new.mp4", "old.mp4"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            check=False,
            capture_output=True,
            env=os.environ | {"OUT": f"file://{tmp_path}/out/{name}"},
            timeout=HANGS,
        )
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
    assert [file.name for file in (tmp_path / "out").iterdir() if not file.name.startswith(".")] == [
        "old.mp4"
    ]
    assert (tmp_path / "out/old.mp4").read_bytes() == b"the result of an earlier run"


def test_a_task_that_is_ended_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow ends a task by raising from a signal's handler, here once some of the result is written."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    long = f"file://{numbered.clip(tmp_path / 'long.mp4', 3000, size=(320, 240))}"

    class Ended(BaseException):
        pass

    def end(*_: object) -> None:
        if any(file.stat().st_size for file in temporary.glob("*/*")):
            raise Ended

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    try:
        with pytest.raises(Ended):
            do(VideoTrimOperator, video_url=long, output_path=f"file://{tmp_path}/out/o.mp4")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "out").exists()


def test_operators_cost_nothing_when_a_dag_is_parsed() -> None:
    script = """
import sys
from airflow_provider_wan import long_edit
from airflow_provider_wan.operators import *
given = {"task_id": "t", "video_url": "s3://b/c.mp4"}
VideoCheckOperator(**given, expect={"size": "64x64"}, reference_url="s3://b/d.mp4", untouched="middle")
VideoConformOperator(**given, output_path="s3://b/", model="wan2.7-videoedit")
VideoMaskOperator(**given, output_path="s3://b/m.png", shape={"kind": "chroma_key", "colour": "#00ff00"})
VideoSplitOperator(**given, output_path="s3://b/", longest=5, at_scenes=True)
VideoFramesOperator(**given, output_path="s3://b/", which=[3])
print([name for name in ("av", "numpy", "PIL") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=HANGS
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_split_begins_pieces_at_scenes(tmp_path: Path) -> None:
    film = numbered.clip(tmp_path / "film.mp4", [0x0F0F] * 60 + [0xF0F0] * 70, size=(320, 240))
    pieces = do(
        VideoSplitOperator,
        video_url=f"file://{film}",
        output_path=f"file://{tmp_path}/pieces/",
        longest=3,
        shortest=1,
        at_scenes="True",
    )
    assert [(piece["first"], piece["end"]) for piece in pieces] == [(0, 60), (60, 130)]


def test_exact_rate_is_told_as_well(tmp_path: Path) -> None:
    film = numbered.clip(tmp_path / "film.mp4", 30, rate=Fraction(30000, 1001))
    made = do(VideoTrimOperator, video_url=f"file://{film}", output_path=f"file://{tmp_path}/o.mp4")
    assert (made["fps"], made["rate"], made["seconds"]) == (29.97003, "30000/1001", 1.001)


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


@pytest.mark.parametrize("render_natively", [True, False], ids=["native", "text"])
def test_whole_dag_maps_over_pieces_and_passes_fields_on(
    render_natively: bool, run_dag: DagRunner, tmp_path: Path
) -> None:
    source = numbered.clip(tmp_path / "clip.mp4", FRAMES, size=(320, 240), sound=True)
    name = "footage_native" if render_natively else "footage_text"
    ran = run_dag(name, source=f"file://{source}", folder=f"file://{tmp_path}/out/", longest=1.5)
    assert set(ran.states.values()) == {"success"}, ran.states
    pieces = ran.xcom("split")
    assert len(pieces) == 3
    assert [ran.xcom("strip", number)["frames"] for number in range(3)] == [
        piece["frames"] for piece in pieces
    ]
    joined = ran.xcom("join")
    assert numbered.numbers(file_of(joined["output_path"])) == list(range(FRAMES))
    assert ran.xcom("aloud")["sound"] is True
    assert set(ran.xcom("frames")) == {"first", "000050"}
    assert ran.xcom("check")["ok"] is True
    assert ran.xcom("look")["kind"] == "image"
    assert file_of(ran.xcom("mask")).exists()
