"""Media: what a task instance's records name, and nothing else; in parts; whatever is wrong with it, said plainly."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from airflow_provider_wan.ui.instance import Place
from tests.patience import HANGS
from tests.ui.browser.clips import picture
from tests.ui.conftest import MP4, Laid
from tests.ui.laid import SIGNATURE, ago, edited, entry, request, result
from tests.ui.serving import Served


def asked(served: Served, place: Place, of: str = "result", **headers: str) -> httpx.Response:
    answer = served.get(place.link("media", of=of), **headers)
    if not answer.is_success and answer.content:
        said = answer.json()["detail"]
        assert SIGNATURE not in said
        assert str(served.roots) not in said
    return answer


@pytest.fixture
def landed(laid: Laid, media: Path) -> Place:
    (media / "landed.mp4").write_bytes(MP4)
    return laid(edited(f"file://{media}/landed.mp4"))


def test_a_landed_file_comes_whole_and_in_parts(served: Served, landed: Place) -> None:
    whole = asked(served, landed)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, MP4, "video/mp4")
    assert whole.headers["accept-ranges"] == "bytes"
    part = asked(served, landed, Range="bytes=1000-300000")
    assert (part.status_code, part.content) == (206, MP4[1000:300001])
    assert part.headers["content-range"] == f"bytes 1000-300000/{len(MP4)}"
    assert asked(served, landed, Range="bytes=-7").content == MP4[-7:]
    beyond = asked(served, landed, Range=f"bytes={len(MP4)}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(MP4)}")


def test_it_is_not_sent_again_to_who_has_it_and_never_compressed(served: Served, landed: Place) -> None:
    first = asked(served, landed, **{"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "identity"
    assert int(first.headers["content-length"]) == len(MP4)
    assert first.headers["cache-control"] == "private, max-age=60"
    tag = first.headers["etag"]
    assert asked(served, landed, **{"If-None-Match": tag}).status_code == 304
    assert asked(served, landed, Range="bytes=0-1", **{"If-Range": '"old"'}).status_code == 200


def test_a_file_in_a_bucket_comes_in_parts_too(served: Served, laid: Laid) -> None:
    place = laid(edited("s3://films@films/edits/clip.mp4"))
    part = asked(served, place, Range="bytes=500000-500099")
    assert (part.status_code, part.content) == (206, MP4[500000:500100])
    assert "etag" in part.headers
    gone = asked(served, laid(edited("s3://films@films/edits/none.mp4"), "gone"))
    assert (gone.status_code, "storage" in gone.json()["detail"]) == (404, True)
    unknown = asked(served, laid(edited("s3://nobody@films/edits/clip.mp4"), "unknown"))
    assert unknown.status_code == 502


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("file:///etc/passwd", 403),
        ("/etc/hostname", 403),
        ("file://{roots}/../outside.mp4", 403),
        ("file://{roots}/link.mp4", 403),
        ("file://{roots}/", 403),
        ("file://{roots}/none.mp4", 404),
        ("local://{roots}/../outside.mp4", 403),
        ("simplecache::file://{roots}/ok.mp4", 403),
        ("memory://x/ok.mp4", 403),
        ("sftp://ann@127.0.0.1/ok.mp4", 403),
        ("http://[::1", 403),
        ("not an address", 403),
    ],
)
def test_what_may_not_be_read_is_refused(
    served: Served, laid: Laid, media: Path, uri: str, status: int
) -> None:
    (media.parent / "outside.mp4").write_bytes(MP4)
    (media / "link.mp4").unlink(missing_ok=True)
    (media / "link.mp4").symlink_to(media.parent / "outside.mp4")
    place = laid(edited(uri.format(roots=media)))
    answer = asked(served, place)
    assert answer.status_code == status
    assert b"root:" not in answer.content
    shown = served.get(place.link("edit/data")).json()["result"]
    if not uri.startswith("http"):  # that may take a look at its name's addresses
        assert (shown["media"], shown["why_not"]) == (None, answer.json()["detail"])


@pytest.mark.parametrize(
    "content", [b"<html><script>alert(1)</script>", b"<svg onload='alert(1)'/>", b"", b"%PDF-1.4"]
)
def test_what_is_no_media_file_is_not_served_whatever_its_name(
    served: Served, laid: Laid, media: Path, content: bytes
) -> None:
    (media / "page.mp4").write_bytes(content)
    answer = asked(served, laid(edited(f"file://{media}/page.mp4")))
    assert answer.status_code == 415
    assert answer.headers["content-type"] == "application/json"
    assert content[:8] not in answer.content or not content


def test_the_content_type_is_what_the_bytes_say(served: Served, laid: Laid, media: Path) -> None:
    (media / "image.html").write_bytes(picture((1, 2, 3)))
    answer = asked(served, laid(edited(f"file://{media}/image.html")))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")


def test_an_image_that_is_too_large_is_not_served(served: Served, laid: Laid, media: Path) -> None:
    with (media / "large.png").open("wb") as file:
        file.write(picture((1, 2, 3)))
        file.truncate((32 << 20) + 1)
    assert asked(served, laid(edited(f"file://{media}/large.png"))).status_code == 413


def test_an_unlanded_result_is_fetched_from_where_the_service_says(served: Served, laid: Laid) -> None:
    served.own.files["/result.mp4"] = MP4
    url = f"{served.own.url}/result.mp4?Expires=1&Signature={SIGNATURE}"
    place = laid({"wan_request": request(), "return_value": result(video_url=url)})
    data = served.get(place.link("edit/data"))
    assert SIGNATURE not in data.text
    assert data.json()["result"]["landed"] is False
    part = served.get(data.json()["result"]["media"], Range="bytes=600000-600999")
    assert (part.status_code, part.content) == (206, MP4[600000:601000])
    assert part.headers["content-type"] == "video/mp4"
    fetched = [wanted for path, wanted in served.own.asked if path.startswith("/result.mp4")]
    assert len(fetched) <= 3
    assert all(wanted is not None for wanted in fetched)
    assert asked(served, place).content == MP4
    assert SIGNATURE not in served.log.read_text()


def test_where_a_file_was_landed_the_service_is_not_asked(served: Served, laid: Laid, media: Path) -> None:
    url = f"{served.own.url}/never.mp4?Signature={SIGNATURE}"
    place = laid(edited(f"file://{media}/gone.mp4", video_url=url))
    assert asked(served, place).status_code == 404
    assert not [path for path, _ in served.own.asked if "never" in path]


def test_an_expired_result_is_gone_and_nobody_is_asked(served: Served, laid: Laid) -> None:
    url = f"{served.own.url}/expired.mp4?Signature={SIGNATURE}"
    answer = asked(
        served, laid({"return_value": result(video_url=url, expires_at=ago(1)), "wan_task_id": "x"})
    )
    assert answer.status_code == 410
    assert "24 hours" in answer.json()["detail"]
    assert not [path for path, _ in served.own.asked if "expired" in path]


@pytest.mark.parametrize("of", ["result", "input:0"])
def test_an_address_inside_the_network_is_refused(served: Served, laid: Laid, of: str) -> None:
    served.other.files["/inside.mp4"] = MP4
    url = f"{served.other.url}/inside.mp4"
    wanted = request(inputs=[{"name": "video_url", "kind": "video", "uri": url}])
    place = laid({"wan_request": wanted, "return_value": result(video_url=url)})
    answer = asked(served, place, of)
    assert answer.status_code == 403
    assert "allow_private_urls" in answer.json()["detail"]
    served.own.moved["/moved.mp4"] = url
    moved = f"{served.own.url}/moved.mp4"
    redirected = laid(
        {
            "wan_request": request(inputs=[{"name": "video_url", "kind": "video", "uri": moved}]),
            "return_value": result(video_url=moved),
        },
        "moved",
    )
    assert asked(served, redirected, of).status_code == 403
    assert served.other.asked == []


def test_a_connection_of_another_kind_opens_no_host(served: Served, laid: Laid) -> None:
    """Else a run could name any of the deployment's connections and look behind its host."""
    served.own.files["/other.mp4"] = MP4
    wanted = request(
        conn_id="films", inputs=[{"name": "v", "kind": "video", "uri": f"{served.own.url}/other.mp4"}]
    )
    assert asked(served, laid({"wan_request": wanted}), "input:0").status_code == 403


def test_inputs_come_from_where_they_are(served: Served, laid: Laid, media: Path) -> None:
    (media / "in.mp4").write_bytes(MP4)
    served.own.files["/ref.png"] = picture((9, 9, 9))
    inputs = [
        {"name": "video_url", "kind": "video", "uri": f"file://{media}/in.mp4"},
        {"name": "ref_images_url", "kind": "image", "uri": f"{served.own.url}/ref.png"},
        {"name": "gone", "kind": "image", "uri": f"{served.own.url}/gone.png"},
    ]
    place = laid({"wan_request": request(inputs=inputs)}, state="running")
    assert asked(served, place, "input:0").content == MP4
    assert asked(served, place, "input:1").headers["content-type"] == "image/png"
    assert asked(served, place, "input:2").status_code == 404
    assert asked(served, place, "input:3").status_code == 404


def test_each_edit_of_a_batch_and_each_piece_of_footage_has_its_own(
    served: Served, laid: Laid, media: Path
) -> None:
    for name in ("b0", "b2"):
        (media / f"{name}.mp4").write_bytes(MP4 + name.encode())
    entries = [entry(2, output_path=f"file://{media}/b2.mp4"), entry(0, output_path=f"file://{media}/b0.mp4")]
    batch = laid(
        {"return_value": entries, "wan_task_id": ["job-0", "job-2"]}, operator="WanBatchEditOperator"
    )
    assert asked(served, batch, "edit:0").content.endswith(b"b0")
    assert asked(served, batch, "edit:2").content.endswith(b"b2")
    assert asked(served, batch, "edit:1").status_code == 404
    pieces = [f"file://{media}/b0.mp4", f"file://{media}/b2.mp4"]
    split = laid({"return_value": pieces}, "split", operator="VideoSplitOperator")
    assert asked(served, split, "edit:1").content.endswith(b"b2")


def test_anothers_result_is_not_served(served: Served, laid: Laid, media: Path) -> None:
    (media / "other.mp4").write_bytes(MP4)
    for number, value in enumerate(
        (f"file://{media}/other.mp4", result(output_path=f"file://{media}/other.mp4"))
    ):
        place = laid({"return_value": value}, f"bash{number}", operator="BashOperator")
        assert asked(served, place).status_code == 404


def test_memory_stays_flat_and_a_reader_who_leaves_is_let_go(served: Served, laid: Laid, media: Path) -> None:
    size = 300 << 20
    with (media / "huge.mp4").open("wb") as file:
        file.write(MP4)
        file.truncate(size)
    place = laid(edited(f"file://{media}/huge.mp4"))
    server = max(_processes(served), key=lambda one: int(one.memory_info().rss))
    asked(served, place, Range="bytes=0-9")
    before = server.memory_info().rss
    got = 0
    with _stream(served, place) as answer:
        for piece in answer.iter_raw():
            got += len(piece)
    assert got == size
    assert server.memory_info().rss - before < 40 << 20
    with _stream(served, place) as answer:
        next(answer.iter_raw())
    deadline = time.monotonic() + 10
    while any("huge.mp4" in one.path for one in server.open_files()):
        assert time.monotonic() < deadline, "the file is still open"
        time.sleep(0.05)


def _stream(served: Served, place: Place) -> Any:
    cookies = {"_token": served.tokens["ann"]}
    url = served.url + place.link("media", of="result")
    return httpx.stream("GET", url, cookies=cookies, trust_env=False, timeout=HANGS)


def _processes(served: Served) -> list[psutil.Process]:
    port = int(served.airflow.rpartition(":")[2])
    return [
        psutil.Process(one.pid)
        for one in psutil.net_connections("tcp")
        if one.pid and one.laddr and one.laddr[1] == port and one.status == psutil.CONN_LISTEN
    ]
