"""Local inputs are read below the deployment's folders only, and a URI names a bucket, never another address."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_wan import local_files
from airflow_provider_wan.dashscope.errors import Retry
from airflow_provider_wan.dashscope.input_errors import InputNotAllowedError, InputUnreadableError

CONTENT = b"clip"
Media = Path


@pytest.fixture
def media(tmp_path: Path) -> Media:
    """A root with a clip, two folders down, and a secret beside the root."""
    folder = tmp_path / "media" / "deep"
    folder.mkdir(parents=True)
    (folder / "clip.mp4").write_bytes(CONTENT)
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    (tmp_path / "media-of-others").mkdir()
    (tmp_path / "media-of-others" / "clip.mp4").write_bytes(b"secret")
    return tmp_path / "media"


def both(uri: str, *roots: Path | str) -> bytes:
    """What is read, by either way, which agree."""
    given = [str(root) for root in roots]
    path = local_files.resolve(uri, given)
    with local_files.open_local(uri, given) as file:
        read = file.read()
    assert read == path.read_bytes()
    return read


def refusal(uri: str, *roots: Path | str) -> str:
    """Why a file may not be read; either way says the same."""
    given = [str(root) for root in roots]
    said = []
    for way in (local_files.resolve, local_files.open_local):
        with pytest.raises(InputNotAllowedError) as caught:
            way(uri, given)
        assert caught.value.retry is Retry.NEVER
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert "Nothing was sent or billed. It is not retried." in said[0]
    return said[0]


@pytest.mark.parametrize(
    "spelling",
    [
        *("file://{}/deep/clip.mp4", "file:{}/deep/clip.mp4", "FILE://{}/deep/clip.mp4", "{}/deep/clip.mp4"),
        *("local://{}/deep/clip.mp4", "file:///{}/deep/clip.mp4", "file://{}/deep/../deep/./clip.mp4"),
    ],
)
def test_file_below_a_root_is_read(media: Media, spelling: str) -> None:
    assert local_files.is_local(spelling.format(media))
    assert both(spelling.format(media), "/nowhere", media) == CONTENT


def test_names_are_taken_as_they_are_written(media: Media) -> None:
    for name in ("my clip.mp4", "100%.mp4", "a?b#c.mp4", "ünï.mp4", "a:b.mp4", "%20.mp4"):
        (media / name).write_bytes(CONTENT)
        assert both(f"file://{media}/{name}", media) == CONTENT
    with pytest.raises(InputUnreadableError, match="%20 is no blank"):
        local_files.resolve(f"file://{media}/my%20clip.mp4", [str(media)])


def test_root_that_is_a_link_is_resolved(media: Media, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(media)
    assert both(f"file://{tmp_path}/link/deep/clip.mp4", tmp_path / "link") == CONTENT
    assert both(f"file://{media}/deep/clip.mp4", tmp_path / "link") == CONTENT
    assert both(f"file://{tmp_path}/link/deep/clip.mp4", media) == CONTENT


def test_links_that_stay_below_the_roots_are_followed(media: Media, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "clip.mp4").write_bytes(b"other")
    (media / "inside.mp4").symlink_to("deep/clip.mp4")
    (media / "across.mp4").symlink_to(other / "clip.mp4")
    assert both(f"file://{media}/inside.mp4", media) == CONTENT
    assert both(f"file://{media}/across.mp4", media, other) == b"other"
    assert "not below a folder" in refusal(f"file://{media}/across.mp4", media)


@pytest.mark.parametrize(
    ("spelling", "why"),
    [
        ("file:///etc/passwd", "not below a folder"),
        ("/etc/passwd", "not below a folder"),
        ("file:/etc/passwd", "not below a folder"),
        ("local:///etc/passwd", "not below a folder"),
        ("file:////etc/passwd", "not below a folder"),
        ("file://{}/../secret.mp4", "not below a folder"),
        ("file://{}/deep/../../secret.mp4", "not below a folder"),
        ("file://{}/nowhere/../../secret.mp4", "not below a folder"),
        ("file://{}/out.mp4", "not below a folder"),
        ("file://{}/outer/secret.mp4", "not below a folder"),
        ("file://{}/chain/secret.mp4", "not below a folder"),
        ("file://{}-of-others/clip.mp4", "not below a folder"),
        ("file://{}", "not below a folder"),
        ("file:///proc/self/root{}/../secret.mp4", "not below a folder"),
        ("file://{}/%2e%2e/secret.mp4", "escaped dot"),
        ("file://{}/%2E%2E%2Fsecret.mp4", "escaped dot"),
        ("file://{}/..%2fsecret.mp4", "escaped dot"),
        ("file://{}/..%5csecret.mp4", "escaped dot"),
        ("file://{}/deep/clip.mp4%00.png", "escaped dot"),
        ("file://{}/deep/clip.mp4\x00", "control character"),
        ("file://{}/deep/clip.mp4\n", "control character"),
        ("file://{}/deep/\ud800.mp4", "no file's name has"),
        (" file://{}/deep/clip.mp4", "a blank around it"),
        ("fi\tle://{}/deep/clip.mp4", "control character"),
        ("file://localhost{}/deep/clip.mp4", "names a machine or a relative path ('localhost')"),
        ("file://server/share/clip.mp4", "names a machine"),
        ("file://conn@{}/deep/clip.mp4", "names a machine"),
        ("file://~/clip.mp4", "names a machine"),
        ("file:deep/clip.mp4", "no absolute path"),
        ("deep/clip.mp4", "no absolute path"),
        ("c:{}/deep/clip.mp4", "no absolute path"),
        ("asynclocal://{}/deep/clip.mp4", "has scheme asynclocal"),
        ("simplecache::file://{}/deep/clip.mp4", "chains addresses"),
        ("simplecache::{}/deep/clip.mp4", "chains addresses"),
        ("filecache::file://{}/deep/clip.mp4", "chains addresses"),
        ("zip://clip.mp4::file://{}/deep/clip.zip", "chains addresses"),
        ("s3://bucket::file:///etc/passwd", "chains addresses"),
        ("file://{}/deep/clip.mp4::s3://bucket", "chains addresses"),
        ("file://{}/deep", "is a folder"),
        ("file://{}/deep/", "is a folder"),
        ("file://{}/pipe", "a pipe, a socket or a device"),
    ],
)
def test_what_may_not_be_read_is_refused(media: Media, tmp_path: Path, spelling: str, why: str) -> None:
    (media / "out.mp4").symlink_to(tmp_path / "secret.mp4")
    (media / "outer").symlink_to("..")
    (media / "chain").symlink_to("outer")
    os.mkfifo(media / "pipe")
    assert local_files.is_local(spelling.format(media))
    assert why in refusal(spelling.format(media), media)


@pytest.mark.parametrize("roots", [[], [""], ["media"], ["."]])
def test_without_a_root_nothing_is_read(
    media: Media, roots: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(media.parent)
    said = refusal(f"file://{media}/deep/clip.mp4", *roots)
    assert "lets edits read none. Name its folder in `[wan] local_media_roots`." in said


@pytest.mark.parametrize(
    "path", ["/proc/self/environ", "/proc/self/fd/0", "/dev/zero", "/sys/kernel/uevent_seqnum"]
)
def test_what_the_system_makes_up_is_refused_even_below_a_root(path: str) -> None:
    refusal(f"file://{path}", "/")
    refusal(f"file://{path}", "/proc", "/dev", "/sys")


def test_missing_file_is_unreadable_for_now_and_one_outside_gives_nothing_away(media: Media) -> None:
    for way in (local_files.resolve, local_files.open_local):
        with pytest.raises(InputUnreadableError, match=r"No such file .* A retry looks again\.") as caught:
            way(f"file://{media}/later.mp4?token=s3cr3t", [str(media)])
        assert caught.value.retry is Retry.LATER
        assert "s3cr3t" not in str(caught.value)
    there, missing = refusal("file:///etc/passwd", media), refusal("file:///etc/nothing", media)
    assert there.replace("passwd", "nothing") == missing


def test_circle_of_links_ends(media: Media) -> None:
    (media / "a").symlink_to("b")
    (media / "b").symlink_to("a")
    refusal(f"file://{media}/a", media)


@pytest.mark.parametrize("exchanged", ["deep/clip.mp4", "deep"])
def test_file_that_is_exchanged_for_a_link_after_the_check_is_not_read_through_it(
    media: Media, tmp_path: Path, exchanged: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = local_files._allowed

    def exchange_after_check(*given: Any) -> Any:
        found = checked(*given)
        (media / exchanged).rename(tmp_path / "away")
        elsewhere = "secret.mp4" if exchanged.endswith(".mp4") else "media-of-others"
        (media / exchanged).symlink_to(tmp_path / elsewhere)
        return found

    monkeypatch.setattr(local_files, "_allowed", exchange_after_check)
    with pytest.raises(InputNotAllowedError, match="exchanged for a link"):
        local_files.open_local(f"file://{media}/deep/clip.mp4", [str(media)])


def test_pipe_that_comes_into_the_files_place_keeps_nobody_waiting(
    media: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = local_files._allowed

    def exchange_after_check(*given: Any) -> Any:
        found = checked(*given)
        (media / "deep/clip.mp4").unlink()
        os.mkfifo(media / "deep/clip.mp4")
        return found

    monkeypatch.setattr(local_files, "_allowed", exchange_after_check)
    with pytest.raises(InputNotAllowedError, match="a pipe"):
        local_files.open_local(f"file://{media}/deep/clip.mp4", [str(media)])


def test_nothing_of_outside_is_ever_read_while_a_folder_is_exchanged_again_and_again(
    media: Media, tmp_path: Path
) -> None:
    over = threading.Event()

    def exchange() -> None:
        while not over.is_set():
            (media / "deep").rename(media / "away")
            (media / "deep").symlink_to(tmp_path / "media-of-others")
            (media / "deep").unlink()
            (media / "away").rename(media / "deep")

    thread = threading.Thread(target=exchange)
    thread.start()
    read: dict[bytes, int] = {}
    try:
        for number in range(200_000):
            if (
                number > 3000 and CONTENT in read
            ):  # a busy machine may need more than that to find it in its place
                break
            try:
                with local_files.open_local(f"file://{media}/deep/clip.mp4", [str(media)]) as file:
                    content = file.read()
            except (InputNotAllowedError, InputUnreadableError):
                content = b""
            read[content] = read.get(content, 0) + 1
    finally:
        over.set()
        thread.join()
    assert set(read) <= {CONTENT, b""}
    assert read[CONTENT]


def test_descriptors_are_closed(media: Media) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        both(f"file://{media}/deep/clip.mp4", media)
        refusal(f"file://{media}/deep", media)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    ("uri", "scheme"),
    [
        ("s3://conn@bucket/clip.mp4", "s3"),
        ("S3://bucket/my clip.mp4?versionId=1", "s3"),
        ("gs://bucket/clip.mp4", "gs"),
        ("oss://bucket.name/clip.mp4", "oss"),
        ("abfs://container/clip.mp4", "abfs"),
        ("acme+store://anything/clip.mp4", "acme+store"),
        ("file:///srv/clip.mp4", "file"),
        ("/srv/clip.mp4", ""),
    ],
)
def test_storage_that_may_be_used(uri: str, scheme: str) -> None:
    assert local_files.scheme_of(uri) == scheme
    assert local_files.is_local(uri) is (scheme in ("", "file"))


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("s3://bucket::file:///etc/passwd", "chains"),
        ("simplecache::s3://bucket/clip.mp4", "chains"),
        ("blockcache::http://169.254.169.254/", "chains"),
        ("zip://clip.mp4::s3://bucket/clips.zip", "chains"),
        ("simplecache://bucket/clip.mp4", "reads through another address"),
        ("reference://bucket/refs.json", "reads through another address"),
        ("dir://etc/passwd", "reads through another address"),
        ("generic://file:///etc/passwd", "reads through another address"),
        ("memory://clip.mp4", "reads through another address"),
        ("git://srv/repo/clip.mp4", "reads through another address"),
        ("s3:///clip.mp4", "names no bucket"),
        ("oss://https://oss@169.254.169.254/aliyuncs.com/x", "names no bucket"),
        ("abfs://c@127.0.0.1:80\\x.dfs.core.windows.net/x", "names no bucket"),
        ("s3://buc ket/clip.mp4", "names no bucket"),
        ("s3://bucket/clip\x00.mp4", "control character"),
        ("\ts3://bucket/clip.mp4", "control character"),
    ],
)
def test_storage_that_may_never_be_used(uri: str, why: str) -> None:
    for allowed in (False, True):
        with pytest.raises(InputNotAllowedError, match=why):
            local_files.scheme_of(uri, allow_private=allowed)


@pytest.mark.parametrize(
    "scheme",
    [
        *("http", "https", "ftp", "sftp", "ssh", "smb", "webhdfs", "hdfs", "github", "gist"),
        *("jupyter", "webdav", "root", "lakefs", "hf", "dbfs", "SFTP"),
    ],
)
def test_storage_whose_uri_names_a_machine_needs_the_deployments_leave(scheme: str) -> None:
    uri = f"{scheme}://10.0.0.1:22/clip.mp4?token=s3cr3t"
    with pytest.raises(
        InputNotAllowedError, match=r"any machine of its network.*allow_private_urls"
    ) as caught:
        local_files.scheme_of(uri)
    assert "s3cr3t" not in str(caught.value)
    assert local_files.scheme_of(uri, allow_private=True) == scheme.lower()


def test_every_scheme_that_fsspec_knows_has_been_decided_on() -> None:
    from fsspec.registry import known_implementations  # type: ignore[import-untyped]

    allowed = {scheme for scheme in known_implementations if _is_allowed(f"{scheme}://host/x")}
    remote = {scheme for scheme in allowed if not local_files.is_local(f"{scheme}://host/x")}
    assert remote <= local_files.BUCKETS
    assert {"s3", "gs", "oss", "abfs"} <= remote


def _is_allowed(uri: str) -> bool:
    try:
        local_files.scheme_of(uri)
    except InputNotAllowedError:
        return False
    return True


@pytest.mark.parametrize(
    "uri", ["file:x", "FILE:///x", "fi\nle:///x", " file:///x", "x", "c:/x", "a-b:x", "/x"]
)
def test_what_airflow_or_fsspec_would_read_from_the_disk_counts_as_local(uri: str) -> None:
    from airflow.sdk import ObjectStoragePath
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]
    from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

    opened: list[object] = []
    ways: list[Callable[[], object]] = [lambda: ObjectStoragePath(uri).fs, lambda: url_to_fs(uri)[0]]
    for way in ways:
        with contextlib.suppress(ValueError):
            opened.append(way())
    assert any(isinstance(one, LocalFileSystem) for one in opened)
    assert local_files.is_local(uri)


def test_module_is_light() -> None:
    code = "import sys, airflow_provider_wan.local_files; print({'airflow', 'fsspec', 'httpx'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
