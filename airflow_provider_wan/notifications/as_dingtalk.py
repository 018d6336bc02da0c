"""Puts a message into the Markdown of DingTalk's robots. Pure.

DingTalk documents no way to escape a character. So those of which links, pictures, tags and emphasis are made are shown
by their full-width twins, in which nobody reads markup.
"""

from __future__ import annotations

import json

from airflow_provider_wan.notifications.message import Message, Tone
from airflow_provider_wan.notifications.words import cut

MOST = 18_000
"""Bytes of a text as it is sent. A robot's message may have 20,000."""
_TITLE = 100
_TWINS = {ord(one): chr(ord(one) + 0xFEE0) for one in "[]<>*`\\#"}
_LIST = {ord(one): chr(ord(one) + 0xFEE0) for one in "+-"}
_MARKS = {Tone.DONE: "#1a7f37", Tone.FAILED: "#cf222e"}


def markdown(message: Message, *, picture: str | None = None) -> dict[str, str]:
    """Return the message's `title`, which notifications show, and `text`.

    What would make it too long is left out, the least telling lines first.

    Args:
        message: What it says.
        picture: Address of the poster, which DingTalk fetches itself, so that it must be public; None: it has none.
    """
    colour = _MARKS.get(message.tone, "#9a6700")
    head = [
        f"### <font color={colour}>{message.tone}</font>",
        f"**{_inert(dict(message.place)['Task'])}** of {_inert(dict(message.place)['DAG'])}",
        _inert(cut(message.lead, 1200)),
    ]
    if picture and "(" not in picture and ")" not in picture:
        head.append(f"![Frames of the edit]({picture})")
    link = [f"[{message.link_text}]({_address(message.link)})"] if message.link else []
    tail = [*link, f"Wan edit, run {_inert(dict(message.place)['Run'])}"]
    body = [f"**{name}** {_inert(text)}" for name, text in message.lines]
    body += [f"- {_inert(item)}" for item in message.items]
    body += [_inert(message.more)] if message.more else []
    while body and _size("\n\n".join([*head, *body, *tail])) > MOST:
        body.pop()
    return {"title": cut(message.title, _TITLE), "text": "\n\n".join([*head, *body, *tail])}


def _inert(text: str) -> str:
    """Return a text in which no markup is left; its lines stay lines."""
    lines = [line for line in text.translate(_TWINS).splitlines() if line]
    return "\n\n".join(line[:1].translate(_LIST) + line[1:] for line in lines)


def _address(url: str) -> str:
    return url.replace("(", "%28").replace(")", "%29")


def _size(text: str) -> int:
    return len(json.dumps(text))
