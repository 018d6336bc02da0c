"""A request's inputs are looked at before anything is paid, wherever they are; and what can't be seen stops nobody."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from airflow_provider_wan import preflight
from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import MediaLimits, Model
from airflow_provider_wan.dashscope.errors import Retry
from airflow_provider_wan.dashscope.input_errors import (
    InputNotAllowedError,
    InputUnfitError,
    InputUnreadableError,
)
from airflow_provider_wan.deployment import Deployment
from airflow_provider_wan.sources import Opened, Sources
from tests.media.files import clip, picture, sound

VIDEO = MediaLimits("video", formats=("mp4",), max_mb=50, cut_seconds=1.5, min_fps=16)
IMAGE = MediaLimits("image", formats=("jpeg", "png"), max_mb=10, min_side=60, max_side=2000, alpha=False)
SOUND = MediaLimits("audio", formats=("wav", "mp3"), max_seconds=5)
MODEL = Model(
    "wan2.1-vace-plus",
    "vace",
    {},
    media={
        "video_url": VIDEO,
        "mask_image_url": IMAGE,
        "ref_images_url": IMAGE,
        "driving_audio": SOUND,
        "file": MediaLimits("file", max_mb=0.001),
    },
)


class Log:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.infos: list[str] = []
        self.warnings: list[str] = []

    def info(self, message: Any, /, *args: Any) -> None:
        self.infos.append(str(message) % args)

    def warning(self, message: Any, /, *args: Any) -> None:
        self.warnings.append(str(message) % args)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Footage on a disk."""
    (tmp_path / "long.mp4").write_bytes(clip(size=(320, 240), seconds=2))
    (tmp_path / "short.mp4").write_bytes(clip(size=(320, 240), seconds=1))
    (tmp_path / "slow.mp4").write_bytes(clip(size=(320, 240), seconds=1, fps=10))
    (tmp_path / "large.mp4").write_bytes(clip(size=(640, 480), seconds=1, noise=True))
    (tmp_path / "page.mp4").write_bytes(b"<!DOCTYPE html><html>404</html>" * 40)
    (tmp_path / "mask.png").write_bytes(picture("PNG", (320, 240), "L"))
    (tmp_path / "other.png").write_bytes(picture("PNG", (300, 240)))
    (tmp_path / "clear.png").write_bytes(picture("PNG", (320, 240), "RGBA"))
    (tmp_path / "voice.mp3").write_bytes(sound("mp3", 2))
    (tmp_path / "plot.pdf").write_bytes(b"%PDF" + bytes(2_000))
    return tmp_path


class Web:
    """Serves a folder, in parts where it is asked for parts."""

    def __init__(self, folder: Path) -> None:
        self.sent = 0
        web = self

        class Handler(SimpleHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path == "/inside":
                    self.send_response(302)
                    self.send_header("Location", "http://169.254.169.254/latest/meta-data")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                file = folder / self.path.partition("?")[0].lstrip("/")
                if not file.is_file():
                    self.send_error(404)
                    return
                content = file.read_bytes()
                span = self.headers.get("Range", "").removeprefix("bytes=")
                start, _, end = span.partition("-")
                part = content[int(start or 0) : int(end) + 1 if end else None]
                self.send_response(206 if span else 200)
                if span:
                    first = int(start or 0)
                    self.send_header("Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(content)}")
                self.send_header("Content-Length", str(len(part)))
                self.end_headers()
                self.wfile.write(part)
                web.sent += len(part)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def web(folder: Path) -> Iterator[Web]:
    one = Web(folder)
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture
def look(folder: Path, log: Log) -> Callable[..., None]:
    """Look at a request's inputs through the sources that a task has."""

    def run(
        given: Mapping[str, Any],
        *,
        model: Model | None = MODEL,
        strict: bool = False,
        own: str = "",
        **how: Any,
    ) -> None:
        sources = Sources(Deployment(local_media_roots=(str(folder),), allow_private_urls=not own), own)
        opened = how.get("open_input", sources.open)
        body = {"model": "wan2.1-vace-plus", "input": given, "parameters": {}}
        preflight.preflight(body, model, opened, strict=strict, log=log)

    return run


def test_inputs_that_fit_are_told_and_pass(look: Callable[..., None], folder: Path, log: Log) -> None:
    look(
        {
            "prompt": "file:///etc/passwd is only talked about",
            "video_url": f"file://{folder}/short.mp4",
            "mask_image_url": f"file://{folder}/mask.png",
            "media": [{"type": "driving_audio", "url": f"file://{folder}/voice.mp3"}],
        }
    )
    assert log.warnings == []
    assert [line.partition("=")[0] for line in log.infos] == [
        "Input video_url",
        "Input mask_image_url",
        "Input driving_audio",
    ]
    assert "is mp4, 320x240, 1 s, 25 fps, without sound, 0.00 MB." in log.infos[0]


def test_everything_that_does_not_fit_is_in_one_error(look: Callable[..., None], folder: Path) -> None:
    at = f"file://{folder}"
    with pytest.raises(InputUnfitError) as caught:
        look(
            {
                "video_url": f"{at}/slow.mp4",
                "mask_image_url": f"{at}/other.png",
                "ref_images_url": [f"{at}/mask.png", f"{at}/clear.png", f"{at}/page.mp4"],
            }
        )
    heading, *lines = str(caught.value).split("\n")
    assert heading == "The input of wan2.1-vace-plus has 4 problems:"
    assert [line.strip().partition("=")[0] for line in lines[:-1]] == [
        "ref_images_url[2]",
        "video_url",
        "ref_images_url[1]",
        "mask_image_url",
    ]
    assert (
        "is an HTML page, perhaps a login or an error page, though its name ends in .mp4; an image"
        in lines[0]
    )
    assert "has 10 frames a second; at least 16 are required." in lines[1]
    assert "has an alpha channel" in lines[2]
    assert "a mask must have exactly its video's 320x240" in lines[3]
    conforming = (
        "VideoConformOperator(model='wan2.1-vace-plus') brings a video within all limits of a model. "
    )
    assert lines[-1].startswith(f"{conforming}Nothing was sent or billed, and it is not retried.")
    assert caught.value.retry is Retry.NEVER


def test_what_would_be_cut_is_a_warning_or_strictly_an_error(
    look: Callable[..., None], folder: Path, log: Log
) -> None:
    given = {"video_url": f"file://{folder}/long.mp4"}
    look(given)
    (warning,) = log.warnings
    assert warning.startswith("Input video_url=file://")
    assert "lasts 2 s; the service uses the first 1.5 s and silently drops the rest" in warning
    with pytest.raises(InputUnfitError, match=r"has 1 problem:\n.*silently drops the rest"):
        look(given, strict=True)


def test_of_a_web_address_only_what_is_needed_is_read(
    look: Callable[..., None], web: Web, folder: Path, log: Log
) -> None:
    look({"video_url": f"{web.url}/large.mp4?Signature=secret&Expires=5"})
    assert "640x480, 1 s, 25 fps" in log.infos[0]
    whole = (folder / "large.mp4").stat().st_size
    assert web.sent < whole / 5
    assert not any("secret" in line for line in log.infos)


def test_a_wrong_file_behind_a_signed_address_is_told_without_the_signature(
    look: Callable[..., None], web: Web
) -> None:
    with pytest.raises(InputUnfitError, match="is an HTML page") as caught:
        look({"video_url": f"{web.url}/page.mp4?Signature=secret"})
    assert "secret" not in str(caught.value)


def test_an_address_that_leads_inside_is_refused_although_no_limit_is_known(
    look: Callable[..., None], web: Web
) -> None:
    for model in (MODEL, None):
        with pytest.raises(InputNotAllowedError):
            look({"some_url": f"{web.url}/inside"}, model=model, own=web.url)


def test_what_can_t_be_read_is_left_to_the_service(look: Callable[..., None], web: Web, log: Log) -> None:
    look({"video_url": f"{web.url}/gone.mp4?Signature=secret"})
    assert log.warnings == []
    (line,) = log.infos
    assert line.startswith("Input video_url=http://127.0.0.1:")
    assert "is left to the service unseen." in line
    assert "secret" not in line


def test_what_is_in_temporary_storage_is_left_to_the_service(look: Callable[..., None], log: Log) -> None:
    look({"video_url": "oss://dashscope-instant/a/b.mp4"})
    assert log.infos == [
        "Input video_url=oss://dashscope-instant/a/b.mp4 is left to the service unseen: it can't be read from here."
    ]


def test_what_the_opener_can_t_open_is_left_to_the_service(look: Callable[..., None], log: Log) -> None:
    look({"video_url": "https://host/a.mp4"}, open_input=lambda url: None)
    assert "it can't be read from here" in log.infos[0]


def test_a_connection_that_breaks_is_left_to_the_service(look: Callable[..., None], log: Log) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ConnectionResetError("reset")

    @contextmanager
    def broken(url: str) -> Iterator[Opened]:
        yield Opened(Broken(), 100)

    look({"video_url": "https://host/a.mp4"}, open_input=broken)
    assert "is left to the service unseen. Reading it failed: ConnectionResetError: reset." in log.infos[0]


def test_a_fault_of_our_own_stops_no_edit(look: Callable[..., None], log: Log) -> None:
    @contextmanager
    def faulty(url: str) -> Iterator[Opened]:
        raise ZeroDivisionError("at https://host/a?Signature=secret")
        yield

    look({"video_url": "https://host/a.mp4"}, open_input=faulty)
    (warning,) = log.warnings
    assert (
        "is left to the service, as looking at it went wrong: ZeroDivisionError: at https://host/a?***"
        in warning
    )


def test_each_address_is_looked_at_once(look: Callable[..., None], folder: Path) -> None:
    opened: list[str] = []
    sources = Sources(Deployment(local_media_roots=(str(folder),)), "")

    def counting(url: str) -> Any:
        opened.append(url)
        return sources.open(url)

    same = f"file://{folder}/clear.png"
    with pytest.raises(InputUnfitError, match="has 3 problems:"):
        look({"ref_images_url": [same, same], "mask_image_url": same}, open_input=counting)
    assert opened == [same]


def test_an_inline_picture_is_looked_at(look: Callable[..., None], log: Log) -> None:
    def inline(content: bytes) -> str:
        return "data:image/png;base64," + base64.b64encode(content).decode()

    look({"ref_images_url": [inline(picture("PNG", (64, 64)))]})
    assert "data:image/png;base64,... " in log.infos[0]
    with pytest.raises(InputUnfitError, match="has 64x48 pixels; each side must have 60 to 2000"):
        look({"ref_images_url": [inline(picture("PNG", (64, 48)))]})
    with pytest.raises(InputUnfitError, match="is an HTML page, perhaps a login or an error page; an image"):
        look({"ref_images_url": [inline(b"<html>" * 99)]})
    look({"ref_images_url": ["data:image/png;base64,%%%"]})
    assert "its Base64 is broken" in log.infos[-1]


def test_a_document_is_only_weighed(look: Callable[..., None], folder: Path) -> None:
    with pytest.raises(InputUnfitError, match=r"file=.*plot.pdf: has 0.0 MB; at most 0.001 MB are taken"):
        look({"media": [{"type": "file", "url": f"file://{folder}/plot.pdf"}]})


def test_inputs_of_an_unknown_model_are_only_opened(
    look: Callable[..., None], folder: Path, log: Log
) -> None:
    look({"video_url": f"file://{folder}/page.mp4"}, model=None)
    assert (log.infos, log.warnings) == ([], [])


def test_a_file_that_went_missing_is_left_to_the_staging(
    look: Callable[..., None], folder: Path, log: Log
) -> None:
    look({"video_url": f"file://{folder}/never.mp4"})
    assert "is left to the service unseen" in log.infos[0]
    with pytest.raises(InputUnreadableError):
        Sources(Deployment(local_media_roots=(str(folder),)), "").size(f"file://{folder}/never.mp4")


def test_what_is_needed_for_a_look_is_installed() -> None:
    assert preflight.available()


def test_the_catalogue_s_limits_are_those_that_are_checked(look: Callable[..., None], folder: Path) -> None:
    some = catalog.find("wan2.1-vace-plus")
    look({"video_url": f"file://{folder}/short.mp4"}, model=some)
    with pytest.raises(InputUnfitError, match="10 frames a second; at least 16 are required"):
        look({"video_url": f"file://{folder}/slow.mp4"}, model=some)
