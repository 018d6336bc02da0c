"""A mail server that delivers into a folder, and the reading of what it delivered.

`python -m demo.mail PORT FOLDER` runs it until it is told to end.
"""

from __future__ import annotations

import asyncio
import html
import re
import sys
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Folder:
    """Keeps each mail as NUMBER.eml."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        """Store one mail and accept it; called by aiosmtpd."""
        content = envelope.content or b""
        number = len(list(self._path.glob("*.eml"))) + 1
        draft = self._path / f"{number:04}.new"
        draft.write_bytes(content if isinstance(content, bytes) else content.encode())
        draft.rename(draft.with_suffix(".eml"))
        return "250 stored"


async def serve(port: int, folder: Path) -> None:
    """Take mail on a port of this machine, for ever."""
    sink = Folder(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, hostname="localhost", loop=loop), "127.0.0.1", port)
    await server.serve_forever()


@dataclass(frozen=True, slots=True)
class Mail:
    """What a person would see of a mail."""

    sender: str
    recipients: str
    subject: str
    lines: tuple[str, ...]
    file: Path


def read_mails(folder: Path) -> list[Mail]:
    """Read what was delivered, oldest first."""
    return [_read(path) for path in sorted(folder.glob("*.eml"))]


def _read(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=default)
    part = message.get_body(("plain", "html"))
    text = part.get_content() if part is not None else ""
    if part is not None and part.get_content_subtype() == "html":
        text = as_text(text)
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    return Mail(str(message["From"]), str(message["To"]), str(message["Subject"]), lines, path)


def as_text(markup: str) -> str:
    """Turn simple HTML into lines: one for each paragraph or list item."""
    flowing = re.sub(r"\s+", " ", markup)
    items = re.sub(r"<li\b[^>]*>", "\n- ", flowing)
    broken = re.sub(r"</?(p|div|ul|ol|br|tr|h\d)\b[^>]*>", "\n", items)
    return html.unescape(re.sub(r"<[^>]+>", "", broken))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
