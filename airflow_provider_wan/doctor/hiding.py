"""Takes out of a report what must not be in it. Pure.

Twice: what is known to be secret in this examination is replaced wherever it stands, and what looks like a secret is
replaced whether it is known or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.redact import redacted
from airflow_provider_wan.doctor.answer import Answer, rows_of
from airflow_provider_wan.doctor.hosts import place_of

SHOWN_OF_AN_ID = 8
_KEY = re.compile(r"\b(sk|st)-[\w*.-]{4,}")
"""Also one that the service has masked itself: enough of it may be left to be told apart."""
_UUID = re.compile(r"\b([0-9a-f]{8})(-[0-9a-z]{4}){3}-[0-9a-z]{4,12}\b", re.IGNORECASE)
_WORKSPACE = re.compile(r"\b(llm|ws)-([a-z0-9]{6,})\b", re.IGNORECASE)
_ACCESS_KEY = re.compile(r"\bLTAI\w{6,}\b")
_ACCOUNT = re.compile(r"\b[0-9]{9,}\b")
_SHORTEST = 4
"""Characters below which a value is no secret, and too likely to be a part of something else."""
_OF_A_ROW = ("caller_uid", "caller_parent_id", "api_key_id")
_IDS_OF_A_ROW = ("task_id", "request_id")


def shortened(text: str) -> str:
    """Show the beginning of an id."""
    return text if len(text) <= SHOWN_OF_AN_ID else f"{text[:SHOWN_OF_AN_ID]}..."


def in_part(workspace: str) -> str:
    """Show the first third of a workspace's id, 6 characters at most."""
    return f"{workspace[: min(6, len(workspace) // 3)]}***"


class Hider:
    """Knows an examination's secrets.

    Args:
        account: Whose key, workspace and host they are.
        answers: What the service answered.
    """

    def __init__(self, account: Account, answers: Iterable[Answer]) -> None:
        hidden = {account.api_key: "***", account.api_key.partition("-")[2]: "***"}
        place = place_of(account.base_url)
        for workspace in (account.workspace_id, place.workspace):
            if workspace:
                hidden[workspace] = in_part(workspace)
        if place.private:
            hidden[urlsplit(account.base_url).hostname or ""] = "(own host)"
        for answer in answers:
            hidden.update(_of(answer))
        # Longer ones first: one may be a part of another.
        self._hidden = sorted(
            ((text, shown) for text, shown in hidden.items() if len(text) >= _SHORTEST),
            key=lambda pair: -len(pair[0]),
        )

    def __call__(self, text: str) -> str:
        """Return a text that may be shown to anybody, in one line."""
        text = "".join(letter if letter.isprintable() else " " for letter in text)
        for secret, shown in self._hidden:
            text = text.replace(secret, shown)
        return patterns_hidden(text)


def patterns_hidden(text: str) -> str:
    """Take out what looks like a key, a signature, an account, a workspace, or the id of a job or call."""
    text = _KEY.sub(r"\1-***", redacted(text))
    text = _ACCESS_KEY.sub("LTAI***", text)
    text = _UUID.sub(r"\1...", text)
    text = _WORKSPACE.sub(lambda found: f"{found[1]}-{found[2][:2]}***", text)
    return _ACCOUNT.sub("(number)", text)


def _of(answer: Answer) -> Iterator[tuple[str, str]]:
    body = answer.body
    if answer.call.path == "/uploads":
        policy = body.get("data")
        for value in policy.values() if isinstance(policy, Mapping) else ():
            # All of it but its figures and words: what isn't known to be harmless isn't shown.
            if isinstance(value, str) and value not in ("true", "false", "private"):
                yield value, "***"
    for row in rows_of(answer)[1]:
        yield from _pairs(row, _OF_A_ROW, lambda _: "***")
        yield from _pairs(row, _IDS_OF_A_ROW, shortened)
    output = body.get("output")
    for fields in (body, output if isinstance(output, Mapping) else {}):
        yield from _pairs(fields, _IDS_OF_A_ROW, shortened)
    if answer.error and answer.error.request_id:
        yield answer.error.request_id, shortened(answer.error.request_id)


def _pairs(fields: Mapping[str, Any], names: Iterable[str], shown: Any) -> Iterator[tuple[str, str]]:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            yield str(value), shown(str(value))
