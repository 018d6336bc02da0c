"""Messages about edits, for the notifiers and operators that other providers have: mail, Slack, DingTalk.

    on_failure_callback=SmtpNotifier(to="team@example.com", **mail())

    EmailOperator(task_id="tell", to="team@example.com", **mail(edit, poster=sheet))

What these functions return is filled in when the task that uses it runs, from what the edit has left, as an upstream
task's output is. What they name is upstream of an operator that takes them. Nothing is rendered twice, so that a
template in a prompt or in the service's words stays a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import XComArg

if TYPE_CHECKING:
    from pathlib import Path

    from airflow.sdk import BaseOperator, Context

    from airflow_provider_wan.notifications.message import Message

__all__ = ["Told", "dingtalk", "filled", "mail", "slack"]


class _Teller:
    """What is told of one edit, for all fields of a notifier. Asks Airflow once for each time it is told.

    Args:
        edit: The task to tell of; None: the one that a callback is about, or that tells.
        poster: Where its picture is: a task's output, or a template.
    """

    def __init__(self, edit: BaseOperator | str | None, poster: Any) -> None:
        self.task_id = edit if edit is None or isinstance(edit, str) else edit.task_id
        self.poster = getattr(poster, "output", poster)
        self.named = [one for one in (edit, getattr(poster, "operator", poster)) if hasattr(one, "task_id")]
        self._for: Any = None
        self._file: Path | None = None

    def message(self, context: Context) -> Message:
        """Return what there is to say."""
        self._look(context)
        return self._message

    def file(self, context: Context) -> Path | None:
        """Return the poster on the worker's disk."""
        self._look(context)
        if self._file is None and self._message.poster:
            from airflow_provider_wan.notifications.posters import file

            self._file = file(self._message.poster)
        return self._file

    def _look(self, context: Context) -> None:
        from airflow_provider_wan.notifications.gather import gather
        from airflow_provider_wan.notifications.message import message

        ti: Any = context["ti"]
        told = (ti.dag_id, ti.run_id, ti.task_id, ti.map_index, ti.try_number, getattr(ti, "state", None))
        if told == self._for:
            return
        outcome = gather(context, self.task_id)
        self._message = message(replace(outcome, poster=self._poster(context)))
        self._file = None
        self._for = told

    def _poster(self, context: Context) -> str | None:
        poster = self.poster
        if isinstance(poster, str):
            found: Any = context["task"].render_template(poster, context)
        else:
            found = poster.resolve(context) if poster is not None else None
        return found if isinstance(found, str) and found else None


class Told(XComArg):
    """A field of a notifier or operator that is filled in with a message when the task runs.

    Args:
        teller: What is told.
        what: The field, for people.
        make: Makes it.
    """

    def __init__(self, teller: _Teller, what: str, make: Callable[[_Teller, Context], Any]) -> None:
        self._teller = teller
        self._what = what
        self._make = make

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        """Yield what has to come before, for Airflow, which makes it upstream."""
        for operator in self._teller.named:
            yield operator, "return_value"

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """Return the field's value; called by Airflow when it renders the field."""
        return self._make(self._teller, context)  # type: ignore[arg-type]

    def __str__(self) -> str:
        """Stand for the field in Airflow's pages before it is filled in; the same whenever a DAG is read."""
        return f"({self._what} about {self._teller.task_id or 'this task'})"

    __repr__ = __str__


def mail(edit: BaseOperator | str | None = None, *, poster: Any = None) -> dict[str, Any]:
    """Return `subject`, `html_content`, `files` and `mime_subtype`, for `SmtpNotifier` and `EmailOperator`.

    Args:
        edit: The task to tell of, or its id. Of a mapped one all instances are told, or the one beside which the
            teller runs in a mapped task group. None: the task whose callback it is.
        poster: The task that makes a picture of it, e.g. `VideoContactSheetOperator`, or a template for its URI.
            The mail brings it along. None: no picture.
    """
    teller = _Teller(edit, poster)
    return {
        "subject": Told(teller, "subject", _subject),
        "html_content": Told(teller, "mail", _html),
        "files": Told(teller, "poster", _files),
        "mime_subtype": "related",  # so that the picture shows in the text and not below it
    }


def slack(edit: BaseOperator | str | None = None, *, poster: Any = None) -> dict[str, Any]:
    """Return `text` and `blocks`, for `SlackNotifier`, `SlackWebhookNotifier` and `SlackAPIPostOperator`.

    Args:
        edit: As for `mail`.
        poster: Address of a picture, or a task or template that gives one. Slack fetches it itself, so only an
            `https` address without a query is used; where Slack can't fetch it, it refuses the message.
    """
    teller = _Teller(edit, poster)
    return {"text": Told(teller, "text", _slack_text), "blocks": Told(teller, "blocks", _slack_blocks)}


def dingtalk(edit: BaseOperator | str | None = None, *, poster: Any = None) -> dict[str, Any]:
    """Return `message_type` and `message`, for `DingdingOperator`, and with `filled` for `DingdingHook`.

    Args:
        edit: As for `mail`.
        poster: As for `slack`.
    """
    return {
        "message_type": "markdown",
        "message": Told(_Teller(edit, poster), "message", _dingtalk),
    }


def filled(fields: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Fill in what one of the functions here returned, for a callback that calls a hook itself.

    Args:
        fields: What it returned.
        context: The callback's.
    """
    return {
        name: value.resolve(context) if isinstance(value, Told) else value for name, value in fields.items()
    }


def _subject(teller: _Teller, context: Context) -> str:
    return teller.message(context).title


def _html(teller: _Teller, context: Context) -> str:
    from airflow_provider_wan.notifications.as_mail import html

    file = teller.file(context)
    return html(teller.message(context), picture=f"cid:{file.name}" if file else None)


def _files(teller: _Teller, context: Context) -> list[str]:
    file = teller.file(context)
    return [str(file)] if file else []


def _slack_text(teller: _Teller, context: Context) -> str:
    from airflow_provider_wan.notifications.as_slack import text

    return text(teller.message(context))


def _slack_blocks(teller: _Teller, context: Context) -> list[dict[str, Any]]:
    from airflow_provider_wan.notifications.as_slack import blocks
    from airflow_provider_wan.notifications.posters import public

    found = teller.message(context)
    return blocks(found, picture=public(found.poster))


def _dingtalk(teller: _Teller, context: Context) -> dict[str, str]:
    from airflow_provider_wan.notifications.as_dingtalk import markdown
    from airflow_provider_wan.notifications.posters import public

    found = teller.message(context)
    return markdown(found, picture=public(found.poster))
