"""A delivered mail as a document of its own."""

from __future__ import annotations

import base64
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from mimetypes import guess_type
from pathlib import Path

from demo.errors import DemoError


def markup(file: Path) -> str:
    """Return the HTML of a mail, with the pictures that it brings along in place of their names.

    Raises:
        DemoError: It has no HTML.
    """
    message = message_from_bytes(file.read_bytes(), _class=EmailMessage, policy=default)
    body = message.get_body(("html",))
    if body is None:
        raise DemoError(f"{file} has no HTML.")
    text = str(body.get_content())
    for part in message.walk():
        name = str(part.get("Content-ID") or "").strip("<> ")
        kind, _ = guess_type(name)
        if kind:
            content = base64.b64encode(bytes(part.get_content())).decode()
            text = text.replace(f"cid:{name}", f"data:{kind};base64,{content}")
    return text
