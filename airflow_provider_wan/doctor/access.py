"""Whether the service lets this key in, by what it answered first. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.errors import (
    AuthenticationError,
    BillingError,
    PermissionDeniedError,
    ThrottledError,
)
from airflow_provider_wan.doctor.answer import Answer
from airflow_provider_wan.doctor.finding import Finding, ok, trouble, warning

_ABOUT = "access"
_SERVICE = "an answer of the service"


def check_access(account: Account, answers: Sequence[Answer]) -> Finding:
    """Say whether the key is let in.

    Args:
        account: Whose key it is.
        answers: All answers, in the order of the calls; at least one.
    """
    if any(answer.good for answer in answers):
        return ok(
            _ABOUT,
            f"The key is let in, in {account.region} ({catalog.REGIONS[account.region].name})",
        )
    first = answers[0]
    if all(answer.status is None for answer in answers):
        return _silence(first)
    first = next(answer for answer in answers if answer.status is not None)
    error = first.error
    if isinstance(error, AuthenticationError):
        return _refused(account, first)
    if isinstance(error, PermissionDeniedError):
        return trouble(
            _ABOUT,
            f"The key is known but isn't let in: {first.refusal()}",
            _SERVICE,
            "have the account's administrator allow the key's workspace to use the models, and check `workspace_id`",
        )
    if isinstance(error, BillingError):
        return trouble(
            _ABOUT,
            f"The account has to be put in order: {first.refusal()}",
            _SERVICE,
            "settle it in Model Studio's console",
        )
    if isinstance(error, ThrottledError):
        return warning(
            _ABOUT,
            f"All calls were answered {first.refusal()}, so nothing else could be seen",
            "20 queries a second for the account",
            "find out what else uses the account, and run this again later",
        )
    return _nonsense(first)


def refused(answers: Sequence[Answer]) -> bool:
    """Whether the first answer says that no other call will be let in either."""
    error = answers[0].error if answers else None
    return isinstance(error, AuthenticationError | BillingError)


def _silence(first: Answer) -> Finding:
    if not first.reached:
        return trouble(
            _ABOUT,
            f"No connection to the host came about ({first.trouble})",
            _SERVICE,
            "check the connection's host and region, this machine's name resolution, and its way out to the internet",
        )
    return trouble(
        _ABOUT,
        f"The host takes connections but didn't answer ({first.trouble}, after {first.seconds:.1f} s)",
        _SERVICE,
        "check the connection's host, and whether a proxy or a firewall holds answers back; then try again",
    )


def _refused(account: Account, first: Answer) -> Finding:
    if first.error and first.error.code == "NOT AUTHORIZED":
        return trouble(
            _ABOUT,
            f"The key may not use the workspace: {first.refusal()}",
            "a workspace that exists and that the key belongs to",
            "correct `workspace_id`, or leave it out",
        )
    others = ", ".join(
        f"{region.id} ({region.name})"
        for region in catalog.REGIONS.values()
        if region.id != account.region and region.shared_url
    )
    return trouble(
        _ABOUT,
        f"The key is refused in {account.region}: {first.refusal()}",
        "a key that was made in this region, since a key belongs to one region and is unknown in all others",
        f"set `region` to where the key was made (without a workspace {others} can be tried), leave the host empty "
        f"unless it is one of that region, copy the key again, or make one in {account.region}; keys of a Coding or "
        "Token Plan (sk-sp-...) and revoked ones are refused everywhere",
    )


def _nonsense(first: Answer) -> Finding:
    status = first.status or 0
    if 300 <= status < 400:
        return trouble(
            _ABOUT,
            f"The host leads elsewhere: {first.refusal()}",
            _SERVICE,
            "write the service's own address as the connection's host, or leave it empty",
        )
    if status >= 500:
        return trouble(
            _ABOUT,
            f"The host answers, but only with errors of its own: {first.refusal()}",
            _SERVICE,
            "wait and try again; if the host is a gateway of yours, look there",
        )
    return trouble(
        _ABOUT,
        f"The host answers, but not as the service does: {first.refusal()}",
        _SERVICE,
        "correct the connection's host (a base URL ends with /api/v1), or leave it empty",
    )
