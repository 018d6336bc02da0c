"""The rendered file: its format, its mark, and that equal requests give equal files."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import av
import numpy as np

from airflow_provider_wan.emulator.render import plan, probe, render, tiny_mp4
from tests.emulator.rendering import media


def test_result_is_h264_with_index_first_and_as_many_frames_as_stated(job: media.MakeJob) -> None:
    work = job("vace", "video_repainting", {"video_url": "clip"}, {"control_condition": "depth"})
    made = render(work)
    content = work.out.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(work.out) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.pix_fmt) == ("h264", "yuv420p")
        assert video.average_rate == 30
        assert not container.streams.audio
        assert len(list(container.decode(video))) == made.frames == 30
    assert (made.width, made.height, made.fps, made.duration) == (*media.SIZE, 30, 1.0)
    assert (made.input_duration, made.has_audio) == (1.0, False)


def test_equal_requests_give_equal_files_and_another_seed_another(job: media.MakeJob) -> None:
    def content(seed: int) -> bytes:
        work = job(
            "vace", "video_repainting", {"video_url": "clip"}, {"control_condition": "posebody", "seed": seed}
        )
        render(work)
        return work.out.read_bytes()

    first = content(1)
    assert content(1) == first
    assert content(2) != first


def test_plan_says_what_render_makes_without_writing(job: media.MakeJob) -> None:
    work = job("vace", "video_outpainting", {"video_url": "clip"}, {"left_scale": 1.3})
    planned = plan(work)
    assert not work.out.exists()
    assert render(work) == planned


def test_every_frame_is_marked(job: media.MakeJob) -> None:
    work = job("vace", "video_repainting", {"video_url": "clip"}, {"control_condition": "scribble"})
    made = render(work)
    box = made.mark
    for picture in media.frames(work.out):
        area = picture[box.top : box.top + box.height, box.left : box.left + box.width].mean(axis=2)
        assert np.median(area) < 110, "the label's ground is dark on the white paper of a scribble"
        assert area.max() > 200, "its letters are bright"


def test_watermark_is_bottom_right(job: media.MakeJob) -> None:
    content, parameters = {"video_url": "clip"}, {"control_condition": "depth", "strength": 0.0}
    plain = job("vace", "video_repainting", content, parameters)
    render(plain)
    before = media.frames(plain.out)[3]
    marked = job("vace", "video_repainting", content, {**parameters, "watermark": True})
    render(marked)
    change = np.abs(media.frames(marked.out)[3].astype(int) - before).max(axis=2) > 60
    rows, columns = np.nonzero(change)
    assert rows.min() > media.SIZE[1] * 0.9
    assert columns.min() > media.SIZE[0] * 0.7


def test_frames_stream_through(job: media.MakeJob) -> None:
    work = job("vace", "video_outpainting", {"video_url": "small"}, {"left_scale": 1.5, "right_scale": 1.5})
    tracemalloc.start()
    try:
        made = render(work)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50 * made.width * made.height * 1.5 < made.frames * made.width * made.height


def test_placeholder_is_a_video_and_always_the_same(tmp_path: Path) -> None:
    path = media.written(tmp_path / "tiny.mp4", tiny_mp4())
    assert tiny_mp4() == path.read_bytes()
    assert len(media.frames(path)) == 10
    assert (probe(path).width, probe(path).height) == (320, 180)
