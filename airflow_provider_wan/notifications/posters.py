"""Finds the poster of a message: a file to attach to a mail, or an address that a chat service may fetch."""

from __future__ import annotations

import atexit
import logging
import re
import shutil
import tempfile
from pathlib import Path

from airflow_provider_wan.dashscope.redact import redacted

log = logging.getLogger(__name__)

MOST = 8 << 20
"""Bytes of a picture that goes with a mail; many servers refuse mails of more than 10 MB."""
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


def file(uri: str) -> Path | None:
    """Bring a poster to the worker's disk, where mails take their files from; removed when the process ends.

    Args:
        uri: Where it is, under the rules for a task's inputs.

    Returns:
        The file, named `poster` with the ending of what it is. None, with a warning in the log, where it can't be
        read, is no picture or too large: a mail goes without it.
    """
    from airflow_provider_wan.ui.sniffing import HEAD, content_type
    from airflow_provider_wan.workshop import Workshop

    try:
        with Workshop(log) as shop:
            found = shop.fetch(uri)
            with found.open("rb") as opened:
                ending = _ENDINGS.get(content_type(opened.read(HEAD)) or "")
            if ending is None or found.stat().st_size > MOST:
                log.warning("%s isn't sent: it is no picture, or too large for a mail.", redacted(uri))
                return None
            folder = Path(tempfile.mkdtemp(prefix="wan-mail-"))
            # Airflow runs what a task registers with atexit, also in a process that it has forked.
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            return Path(shutil.copyfile(found, folder / f"poster.{ending}"))
    except Exception as error:  # noqa: BLE001 -- whatever it is, the mail goes without
        log.warning("The poster can't be read, so the mail goes without it: %s", redacted(str(error)))
        return None


def public(uri: str | None) -> str | None:
    """Return a poster's address if a chat service may be given it: on the web, and without a query that may sign it."""
    fits = uri is not None and re.fullmatch(r"https://[^\s<>\"'|?#]+", uri) and redacted(uri) == uri
    return uri if fits else None
