"""What can go wrong between us and the service, as one tree.

The first question about any of these is whether money was spent, so that is how the tree divides::

    WanError
    ├── WanInputError (also a ValueError)   refused here; nothing was sent, nothing is billed
    │   ├── InvalidRequestError             a field, or two that don't go together
    │   └── ConnectionSettingsError         no key, unknown region, no address
    ├── NoRoomError                         the account's queue stayed too long; nothing was submitted
    ├── ServiceError                        the service said no, to a call or to a job; not billed
    │   ├── InvalidParameterError           it doesn't take this request
    │   │   └── InputMediaError             it could not fetch or read an input
    │   ├── ContentRejectedError            moderation, of what went in or of what came out
    │   ├── AuthenticationError             key missing, wrong, or of another region
    │   ├── PermissionDeniedError           key is right, but not for this
    │   ├── BillingError                    unpaid, not bought, free quota used up
    │   ├── ThrottledError                  too many calls; the same call later is fine
    │   ├── UnavailableError                the service's own trouble, or the way to it
    │   │   └── UnreachableError            no connection came about; nothing was sent
    │   └── UnsupportedOperationError       e.g. cancelling a job that is already running
    ├── SubmitUnknownError                  the answer to a paid call was lost: a job may exist
    ├── UnclearSubmitError                  an earlier one was lost, and jobs exist that may be its
    ├── TaskEndedError                      an accepted job gave no result and no reason
    │   ├── TaskCanceledError
    │   ├── TaskUnknownError                older than 24 hours, or another account's
    │   └── TaskTimeoutError                our own deadline; the job may go on and be billed
    └── ResultError                         the edit is done and billed, the file is not in place
        ├── ResultExpiredError
        ├── ResultInvalidError
        └── DestinationError

Which class a code of the service becomes, and what a retry is good for, is data: see `codes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

from airflow_provider_wan.dashscope.redact import redacted


class Retry(StrEnum):
    """What is worth doing after an error."""

    LATER = "later"
    """Make the same call again after a pause. Nothing was accepted, so nothing is paid twice."""
    NEW_JOB = "new_job"
    """Submit the edit again as a new job; the failed one is not billed."""
    NEVER = "never"
    """The same request will fail again."""
    ACT = "act"
    """Someone has to change something first: a key, a permission, a bill."""


_RETRY_SAYS = {
    Retry.LATER: "A retry makes the same call again.",
    Retry.NEW_JOB: "A retry submits a new job.",
    Retry.NEVER: "It is not retried.",
    Retry.ACT: "It is not retried; run it again once that is settled.",
}


class WanError(Exception):
    """Any error of this package.

    What to do: Read the end of the message: it says what was paid and what a retry does.
    """

    retry: Retry = Retry.NEVER
    spent: str = "Nothing was billed."
    """One sentence on money, for messages and for the reference page."""
    consequence: str = ""
    """What a retry will do, where only the caller can say; ends the message."""

    def __str__(self) -> str:
        return f"{super().__str__()} {self.consequence}".rstrip()


class WanInputError(WanError, ValueError):
    """Something we refuse ourselves, before anything is sent.

    What to do: Correct what the message names, then clear the task.
    """

    spent = "Nothing was sent or billed."


class InvalidRequestError(WanInputError):
    """An edit's parameters break a rule of the service."""


class ConnectionSettingsError(WanInputError):
    """The connection lacks a key, names an unknown region, or has no address to call."""

    retry = Retry.ACT


class NoRoomError(WanError):
    """The account's queue stayed too long for as long as the task was allowed to wait.

    What to do: Give the task a longer `execution_timeout`, or submit fewer edits at a time.
    """

    retry = Retry.LATER
    spent = "Nothing was submitted or billed."

    def __init__(self, message: str) -> None:
        super().__init__(f"{message} {self.spent} A retry waits again.")


class ServiceError(WanError):
    """The service refused a call, or ended a job as FAILED. Neither is billed.

    Attributes:
        code: The service's error code as it spells it; empty when it gave none.
        reason: The service's own message, without the queries of addresses in it.
        request_id: Id of the call, to quote to the vendor's support; empty when unknown.
        http_status: Status of the answer; None when the answer was a job's end.
        task_id: The job that failed; None when a call was refused.
        retry_after: Seconds the service asked us to wait; None when it didn't say.
    """

    what: ClassVar[str] = "DashScope refused the call"
    spent = "A refused call isn't billed."
    advice: ClassVar[str] = "Read the service's message above."

    def __init__(
        self,
        reason: str,
        *,
        code: str = "",
        request_id: str = "",
        http_status: int | None = None,
        task_id: str | None = None,
        retry_after: float | None = None,
        retry: Retry | None = None,
        advice: str | None = None,
    ) -> None:
        self.reason = redacted(reason)
        self.code = code
        self.request_id = request_id
        self.http_status = http_status
        self.task_id = task_id
        self.retry_after = retry_after
        self.retry = retry or type(self).retry
        self.what_to_do = advice or self.advice
        if task_id:
            self.spent = "A failed job isn't billed."
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        what = f"Job {self.task_id} failed" if self.task_id else self.what
        facts = []
        if self.task_id or self.http_status is not None:
            facts.append(f"code {self.code or 'none given'}")
        if self.http_status is not None:
            facts.append(f"HTTP {self.http_status}")
        if self.request_id:
            facts.append(f"request_id {self.request_id}")
        reason = (self.reason or "no message was given").rstrip(". ")
        where = f" ({', '.join(facts)})" if facts else ""
        return f"{what}: {reason}{where}. {self.what_to_do} {self.spent} {_RETRY_SAYS[self.retry]}"


class InvalidParameterError(ServiceError):
    """The service doesn't take the request as it is."""

    advice = "Correct the request; the same one will be refused again."


class InputMediaError(InvalidParameterError):
    """The service could not download or decode one of the inputs."""

    advice = (
        "Check that each input URL opens from the public internet without a login, "
        "hasn't expired, and is a file of the documented format."
    )


class ContentRejectedError(ServiceError):
    """Moderation refused the prompt, an input, or the finished video."""

    advice = "Change the prompt or the inputs; the same request will be rejected again."


class AuthenticationError(ServiceError):
    """The key is missing, wrong, revoked, or belongs to another region or plan."""

    retry = Retry.ACT
    advice = (
        "Check the connection: its password must be an API key (sk-...) of the same region as its "
        "`region` or host; keys don't work across regions."
    )


class PermissionDeniedError(ServiceError):
    """The key is valid but may not use this model, workspace or operation."""

    retry = Retry.ACT
    advice = "Ask the account's administrator to grant this key's workspace access to the model."


class BillingError(ServiceError):
    """The account is overdrawn, hasn't bought the model, or has used up its free quota."""

    retry = Retry.ACT
    advice = "Settle it in the Model Studio console; retrying can't help until then."


class ThrottledError(ServiceError):
    """Too many calls for the account's limits."""

    retry = Retry.LATER
    advice = "The same call is fine later."


class UnavailableError(ServiceError):
    """The service failed, is overloaded, could not be reached, or answered nonsense."""

    retry = Retry.LATER
    what = "The call to DashScope failed"
    spent = "This call isn't billed."
    advice = "This is the service's own trouble; trying again later is reasonable."


class UnreachableError(UnavailableError):
    """No connection to the service came about, so it can't have seen the call."""

    spent = "Nothing was sent or billed."
    advice = "Check the connection's host or region, and the network's way out."


class UnsupportedOperationError(ServiceError):
    """The job's state doesn't allow the operation, e.g. cancelling one that is already running."""

    advice = "Only a job that is still PENDING can be cancelled; a running one goes on and is billed."


class SubmitUnknownError(WanError):
    """The submission was sent but no answer tells whether it was accepted, so a job may or may not exist.

    What to do: Let the retry run, or clear the task: it first asks the service what was created.

    Attributes:
        reason: What came instead of a usable answer.
        request_id: Id of the submission where an answer named one; the service's list of jobs shows it.
    """

    retry = Retry.LATER
    spent = "If the service accepted the job, it will be billed."

    def __init__(self, reason: str, *, request_id: str = "") -> None:
        self.reason = redacted(reason)
        self.request_id = request_id
        named = f" (request_id {request_id})" if request_id else ""
        super().__init__(
            f"The job was sent, but the service's answer doesn't tell whether it was accepted: "
            f"{self.reason.rstrip('. ')}{named}. {self.spent} It was not sent again, because that could "
            "pay for a second job."
        )


class UnclearSubmitError(WanError):
    """An earlier submission's outcome isn't known, and the service has jobs that may have come of it.

    What to do: See by their ids whether one of the jobs is this edit's. Clearing the task pays for a new one.

    Attributes:
        candidates: Those jobs, described; empty where the service lists no jobs that old.
    """

    spent = "If one of them is this edit's, it will be billed."

    def __init__(self, candidates: Sequence[str]) -> None:
        self.candidates = tuple(candidates)
        if self.candidates:
            found = (
                f"the service has created {len(self.candidates)} job(s) of the model since that can't be "
                f"accounted for: {'; '.join(self.candidates)}. {self.spent} Nothing was submitted. See whether one "
                "is yours (their results can be fetched by id for 24 hours)"
            )
        else:
            found = (
                "that was over 24 hours ago, which is as far back as the service lists jobs. If it was accepted, "
                "it was billed, and its result is gone. Nothing was submitted"
            )
        super().__init__(
            f"An earlier attempt was cut off while it submitted this edit, and {found}; to pay for a new one all "
            "the same, clear the task."
        )


class TaskEndedError(WanError):
    """A job the service accepted will give no result.

    What to do: Look at the job by its id; clear the task to take it up or to submit a new one.

    Attributes:
        task_id: The job.
    """

    def __init__(self, message: str, *, task_id: str, spent: str | None = None) -> None:
        self.task_id = task_id
        self.spent = spent or self.spent
        super().__init__(f"Job {task_id} {message} {self.spent} {_RETRY_SAYS[self.retry]}")


class TaskCanceledError(TaskEndedError):
    """Someone cancelled the job while it was queued.

    What to do: Nothing, where there are `retries`; else clear the task.
    """

    retry = Retry.NEW_JOB
    spent = "A cancelled job isn't billed."


class TaskUnknownError(TaskEndedError):
    """The service doesn't know the job: it is older than 24 hours, or another account's.

    What to do: Check that the connection is still of the same account. Clearing the task submits a new job.
    """

    spent = "If the job had finished, it was billed."


class TaskTimeoutError(TaskEndedError):
    """The job didn't end before the operator's own deadline.

    What to do: Clear the task to wait for the same job again; raise `timeout` if edits often take so long.
    """

    spent = "If the job finishes, it will be billed."


class ResultError(WanError):
    """The edit succeeded and is billed, but its file isn't where it should be.

    What to do: Let the retry land the result again, within 24 hours after the submission.
    """

    retry = Retry.LATER
    spent = "The edit is done and billed; landing it again costs nothing while its URL lives (24 hours)."

    def __init__(self, message: str, *, task_id: str = "") -> None:
        self.task_id = task_id
        super().__init__(f"The result of job {task_id} {message} {self.spent}" if task_id else message)


class ResultExpiredError(ResultError):
    """The result's URL is no longer served; results live 24 hours.

    What to do: Clear the task to pay for a new job, and land results within 24 hours.
    """

    retry = Retry.NEVER
    spent = "The edit was billed; getting its result again needs a new, billed job."


class ResultInvalidError(ResultError):
    """What was downloaded is cut short or isn't an MP4."""


class DestinationError(ResultError):
    """The destination can't be written. Found before the submission, it has cost nothing.

    What to do: Correct `output_path`, or the rights of its connection, then clear the task.
    """
