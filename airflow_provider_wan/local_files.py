"""Which files of the worker an edit may read, and which storage a URI may name.

A run's parameters may be any text, and what they name is sent to a third party. So a local file is read only below
the folders that the deployment names, whatever links and `..` lead to it. And a URI may name a storage only where
what it names is a bucket: `fsspec`, which stands behind Airflow's `ObjectStoragePath`, also knows schemes that wrap
other addresses and schemes whose URI names any machine of the network.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from airflow_provider_wan.dashscope.input_errors import InputNotAllowedError, InputUnreadableError
from airflow_provider_wan.dashscope.requests.problem import shown

LOCAL = frozenset({"file", "local", "asynclocal"})
"""Schemes by which fsspec reads the local disk; a path without a scheme does so too."""
BUCKETS = frozenset(
    {
        *("s3", "s3a", "s3n", "gs", "gcs", "oss", "abfs", "abfss", "adl", "az", "wasb", "wasbs"),
        *("cos", "cosn", "obs", "oci", "ocilake", "tos", "tosfs", "r2", "b2"),
    }
)
"""Schemes whose URI names a bucket; the machine comes from the connection or is the vendor's own."""
_WRAPPERS = frozenset(
    {
        *("simplecache", "filecache", "blockcache", "cached", "async_wrapper", "asyncwrapper", "generic"),
        *("zip", "tar", "libarchive", "dir", "reference", "dask", "data", "memory", "git", "dvc", "pyscript"),
    }
)
"""Schemes of fsspec that read through another address, the worker's memory or its own disk."""
_KERNEL = ("/proc", "/sys", "/dev")
_ADVICE = "Nothing was sent or billed. It is not retried."
_ROOTS = "[wan] local_media_roots"

# One letter, or a scheme without slashes, is a path to fsspec; but `file:/srv/x` is a file.
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://|(file|local|asynclocal):", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BUCKET = re.compile(r"[A-Za-z0-9._-]+")
_ESCAPED = re.compile(r"%(?:2e|2f|5c|0\d|1[0-9a-f])", re.IGNORECASE)


def is_local(uri: str) -> bool:
    """Whether fsspec would read the worker's own disk for it, in whatever way that is spelled.

    True also for chains such as `simplecache::file:///x`, which `resolve` then refuses.
    """
    return any(_scheme(link) in ("", *LOCAL) for link in _links(uri))


def scheme_of(uri: str, *, allow_private: bool = False) -> str:
    """Return a URI's scheme in lower case, or an empty text for a path, if its storage may be used at all.

    Args:
        uri: URI of a stored file.
        allow_private: Whether it may name any machine, as by `sftp://host/`, where a library for that is there.

    Raises:
        InputNotAllowedError: It is a chain, wraps another address, or names a machine instead of a bucket.
    """
    if _CONTROL.search(uri) or uri != uri.strip():
        raise _refused(uri, "has a blank around it or a control character in it", "Take it out.")
    if "::" in uri:
        raise _refused(uri, "chains addresses with `::`", "Name the file itself, e.g. s3://bucket/clip.mp4.")
    scheme = _scheme(uri)
    if scheme in ("", *LOCAL):
        return scheme
    if scheme in _WRAPPERS:
        raise _refused(
            uri,
            f"has scheme {scheme}, which reads through another address or out of the worker itself",
            "Name the file itself, e.g. s3://bucket/clip.mp4.",
        )
    if scheme in BUCKETS:
        bucket = uri.partition("://")[2].partition("/")[0].rpartition("@")[2]
        if not _BUCKET.fullmatch(bucket):
            raise _refused(uri, "names no bucket", "Write e.g. s3://conn@bucket/clip.mp4.")
    elif not allow_private and _names_machines(scheme):
        raise _refused(
            uri,
            f"has scheme {scheme}, by which a run's parameters could point the worker to any machine of its network",
            "Give a public https:// URL or an object store's URI, e.g. s3://bucket/clip.mp4, or let the deployment "
            "allow it with `[wan] allow_private_urls`.",
        )
    return scheme


def resolve(uri: str, roots: Sequence[str]) -> Path:
    """Return the real path of a local file that may be read.

    A name is taken literally, as Airflow's `ObjectStoragePath` takes it: `%20` is no blank.

    Args:
        uri: `file:///srv/media/clip.mp4`, also with `local:`, or the absolute path alone.
        roots: Folders, as absolute paths, below which files may be read. None: no file may.

    Raises:
        InputNotAllowedError: It isn't below a root once links and `..` are resolved, or is no ordinary file.
        InputUnreadableError: It isn't there, or the worker has no right to read it.
    """
    root, path = _allowed(uri, roots)
    with _trouble(uri):
        _check_ordinary(uri, path.stat())
    return root / path


def open_local(uri: str, roots: Sequence[str]) -> BinaryIO:
    """Open a local file that may be read.

    It is opened folder by folder from its root, and no link is followed on the way, so that a file that is
    exchanged for a link after the check isn't read through it.

    Raises:
        InputNotAllowedError: As for `resolve`.
        InputUnreadableError: As for `resolve`.
    """
    root, path = _allowed(uri, roots)
    with _trouble(uri), contextlib.ExitStack() as opened:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        folder = os.open(root, flags | os.O_DIRECTORY)
        opened.callback(os.close, folder)
        for part in path.relative_to(root).parts[:-1]:
            folder = os.open(part, flags | os.O_DIRECTORY, dir_fd=folder)
            opened.callback(os.close, folder)
        # Not to be kept waiting by a pipe that has come into the file's place.
        file = os.open(path.name, flags | os.O_NONBLOCK, dir_fd=folder)
        try:
            _check_ordinary(uri, os.fstat(file))
            return os.fdopen(file, "rb")
        except BaseException:
            os.close(file)
            raise


def _allowed(uri: str, roots: Sequence[str]) -> tuple[Path, Path]:
    """Return the root that holds a file and the file's real path. Nothing is said of what is outside the roots."""
    path = _path(uri)
    folders = [Path(os.path.realpath(root)) for root in roots if root.startswith("/")]
    if not folders:
        raise _refused(
            uri,
            "is a local file, and this deployment lets edits read none",
            f"Name its folder in `{_ROOTS}`.",
        )
    with _trouble(uri):  # a link may vanish while it is followed
        real = Path(os.path.realpath(path))
    root = next((folder for folder in folders if real != folder and real.is_relative_to(folder)), None)
    if root is None:
        raise _refused(
            uri,
            f"is not below a folder that edits may read ({', '.join(roots)}) once links and `..` are resolved",
            f"Put the file there, or name its folder in `{_ROOTS}`.",
        )
    if any(real.is_relative_to(kernel) for kernel in _KERNEL) and not real.is_relative_to("/dev/shm"):  # noqa: S108
        raise _refused(uri, "is a file that the system makes up, no media file", "Name a media file.")
    return root, real


def _path(uri: str) -> str:
    scheme = scheme_of(uri)
    if scheme not in ("", "file", "local"):
        raise _refused(uri, f"has scheme {scheme}", "Write file:///srv/media/clip.mp4.")
    path = uri[len(scheme) + 1 :] if scheme else uri
    if scheme and path.startswith("//"):
        authority, slash, rest = path[2:].partition("/")
        if authority:
            raise _refused(
                uri,
                f"names a machine or a relative path ({authority!r}) where a local file's path must begin",
                "Write three slashes, e.g. file:///srv/media/clip.mp4.",
            )
        path = slash + rest
    if not path.startswith("/"):
        raise _refused(uri, "is no absolute path", "Write e.g. file:///srv/media/clip.mp4.")
    try:
        os.fsencode(path)
    except UnicodeEncodeError:  # half of a letter, as JSON's escapes allow it
        raise _refused(
            uri, "has a character in it that no file's name has", "Write the name itself."
        ) from None
    if _ESCAPED.search(path):
        raise _refused(
            uri,
            "has an escaped dot, slash or control character in it; names are taken as they are written",
            "Write the name itself.",
        )
    return "/" + path.lstrip("/")


def _check_ordinary(uri: str, found: os.stat_result) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe, a socket or a device"
    raise _refused(uri, f"is {kind}", "Name a file.")


@contextlib.contextmanager
def _trouble(uri: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise _refused(
                uri,
                "was exchanged for a link while it was opened, leads in circles, or through a file as through a folder",
                "Name the file itself.",
            ) from error
        hint = " Names are taken as they are written: %20 is no blank." if "%" in uri else ""
        unreadable = InputUnreadableError(
            f"The input {shown(uri)} can't be read ({error.strerror}). Check that this worker has the file, and the "
            f"right to read it.{hint} Nothing was sent or billed."
        )
        unreadable.consequence = "A retry looks again."
        raise unreadable from error


def _refused(uri: str, why: str, fix: str) -> InputNotAllowedError:
    return InputNotAllowedError(f"The input {shown(uri)} may not be used: it {why}. {fix} {_ADVICE}")


def _links(uri: str) -> list[str]:
    links = uri.split("::")
    # All but the last may be a scheme alone, such as `simplecache`.
    return [link for link in links[:-1] if ":" in link or "/" in link] + links[-1:]


def _scheme(uri: str) -> str:
    # As urllib reads it, which passes over blanks before a URI and over tabs and line breaks in it.
    found = _SCHEME.match(_CONTROL.sub("", uri).lstrip())
    return (found[1] or found[2]).lower() if found else ""


def _names_machines(scheme: str) -> bool:
    """Whether fsspec opens it by itself. What it doesn't know, only a provider that was installed for it can open."""
    if scheme in ("http", "https"):
        return True
    from fsspec.registry import known_implementations, registry  # type: ignore[import-untyped]

    return scheme in known_implementations or scheme in registry
