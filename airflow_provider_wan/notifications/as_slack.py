"""Puts a message into Slack's blocks. Pure.

What people or the service have written is in `plain_text`, in which Slack reads no markup, mentions or links.

Limits as documented: 50 blocks, 150 characters of a header, 3000 of a section, 10 fields of 2000, addresses of 3000.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_wan.notifications.message import Message
from airflow_provider_wan.notifications.words import cut

_HEADER, _SECTION, _FIELD, _FIELDS, _URL = 150, 3000, 2000, 10, 3000


def text(message: Message) -> str:
    """Return what notifications show, and programs that don't know blocks."""
    return _escaped(cut(f"{message.title}. {message.lead}", _SECTION // 6))


def blocks(message: Message, *, picture: str | None = None) -> list[dict[str, Any]]:
    """Return the message's blocks.

    Args:
        message: What it says.
        picture: Address of the poster, which Slack fetches itself, so that it must be public; None: it has none.
    """
    found: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(message.title, _HEADER)},
        {"type": "section", "text": _plain(message.lead, _SECTION)},
    ]
    if picture and len(picture) <= _URL:
        found.append({"type": "image", "image_url": picture, "alt_text": "Frames of the edit"})
    pairs = [
        part
        for name, value in message.lines
        for part in ({"type": "mrkdwn", "text": f"*{_escaped(name)}*"}, _plain(value, _FIELD))
    ]
    found += [
        {"type": "section", "fields": pairs[start : start + _FIELDS]}
        for start in range(0, len(pairs), _FIELDS)
    ]
    if message.items:
        listed = "\n".join([*message.items, *([message.more] if message.more else [])])
        found.append({"type": "section", "text": _plain(listed, _SECTION)})
    if message.link and len(link := _link(message.link, message.link_text)) <= _SECTION:
        found.append({"type": "section", "text": {"type": "mrkdwn", "text": link}})
    where = " · ".join(f"{name} {value}" for name, value in message.place)
    found.append({"type": "context", "elements": [_plain(where, _FIELD)]})
    return found


def _plain(value: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": cut(value, most), "emoji": False}


def _link(url: str, name: str) -> str:
    return f"<{_escaped(url).replace('|', '%7C')}|{_escaped(name)}>"


def _escaped(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
