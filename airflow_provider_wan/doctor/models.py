"""Which models of the catalogue answer, and what that proves. Pure.

Two kinds of free calls say something of a model. The list of models names what the platform has, not what this key
may use. The upload policy is bound to a model; whether one is refused for a model that doesn't exist is asked first,
because otherwise it proves nothing. That a job would be accepted, only a job can prove.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.errors import (
    BillingError,
    InvalidParameterError,
    PermissionDeniedError,
    UnavailableError,
)
from airflow_provider_wan.dashscope.uploads import read_policy
from airflow_provider_wan.doctor.answer import Answer, at
from airflow_provider_wan.doctor.finding import Finding, note, ok, some, trouble, warning

_ABOUT = "models"
INVENTED = "wan0.0-no-such-model"
"""Asked for to see whether a model that doesn't exist is refused."""


@dataclass(slots=True)
class Asked:
    """What was asked of models.

    Attributes:
        lists: Pages of the list of models.
        policies: Upload policies, by model id.
        invented: Of a model that doesn't exist.
        elsewhere: Of a spelling that belongs to another region, with that.
        left_out: Models that weren't asked for, because no more calls may be made.
    """

    lists: list[Answer] = field(default_factory=list)
    policies: dict[str, Answer] = field(default_factory=dict)
    invented: Answer | None = None
    elsewhere: tuple[str, Answer] | None = None
    left_out: list[str] = field(default_factory=list)

    @property
    def listed(self) -> dict[str, Mapping[str, Any]]:
        """The listed models, by id."""
        return {row["model"]: row for answer in self.lists for row in model_rows(answer)}

    @property
    def telling(self) -> bool:
        """Whether a policy says anything of its model: one that doesn't exist gets none."""
        return self.invented is not None and isinstance(self.invented.error, InvalidParameterError)


def model_rows(answer: Answer) -> list[Mapping[str, Any]]:
    """Return the rows of a page of the list of models."""
    output = answer.body.get("output")
    rows = output.get("models") if isinstance(output, Mapping) else None
    return [
        row
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, Mapping) and isinstance(row.get("model"), str)
    ]


def ids_here(account: Account) -> list[str]:
    """Return the ids of the catalogue's models in the account's region."""
    return list(catalog.in_region(account.region))


def spelled_elsewhere(account: Account) -> str | None:
    """Return an id that another region uses for a model of this one."""
    models = catalog.in_region(account.region).items()
    return next((id_ for here, model in models for id_ in model.spellings.values() if id_ != here), None)


def check_models(account: Account, asked: Asked) -> Iterator[Finding]:
    """Say which models answer, and how sure that is."""
    ids = ids_here(account)
    yield from _list(asked, ids)
    yield from _policies(asked, ids)
    yield from _other_spelling(asked)
    yield from _retiring(asked, ids)


def _list(asked: Asked, ids: Sequence[str]) -> Iterator[Finding]:
    if not asked.lists:
        return
    listed = asked.listed
    if not listed:
        why = asked.lists[0].refusal() if not asked.lists[0].good else "it names none"
        yield note(
            _ABOUT,
            f"The service has no list of models here: {why}",
            "a list, though on Beijing's shared host it isn't documented",
            "upload policies were asked for instead",
        )
        return
    named = [id_ for id_ in ids if id_ in listed]
    found = f"The list of models names {len(named)} of the catalogue's {len(ids)} in this region"
    missing = [id_ for id_ in ids if id_ not in listed]
    yield (
        note(_ABOUT, f"{found}; it doesn't name {some(missing)}", "all, as far as the list is complete")
        if missing
        else ok(_ABOUT, f"{found}; it names what there is, which doesn't prove that this key may use it")
    )


def _policies(asked: Asked, ids: Sequence[str]) -> Iterator[Finding]:
    if asked.invented is None:
        return
    if not asked.telling:
        yield note(
            _ABOUT,
            f"An upload policy was asked for a model that doesn't exist: {_came_of(asked.invented)}",
            "a refusal, without which a policy says nothing of its model",
        )
    given = [id_ for id_, answer in asked.policies.items() if _data(answer)]
    unknown = _with(asked.policies, InvalidParameterError)
    denied = _with(asked.policies, PermissionDeniedError) + _with(asked.policies, BillingError)
    others = [id_ for id_ in asked.policies if id_ not in (*given, *unknown, *denied)]
    if given and asked.telling:
        yield ok(
            _ABOUT,
            f"{len(given)} of {len(asked.policies)} models asked for give an upload policy, which a model that doesn't "
            "exist does not: so the service knows them under these names; whether it takes their jobs, only a job can "
            "tell",
        )
    elif given:
        yield note(_ABOUT, f"{len(given)} of {len(asked.policies)} models asked for give an upload policy")
    if unknown:
        say = trouble if len(unknown) == len(ids) else warning
        yield say(
            _ABOUT,
            f"The service doesn't know {some(unknown, 40)}: {asked.policies[unknown[0]].refusal()}",
            f"the models that {catalog.CATALOG_DATE}'s pages list for this region",
            "edits with them would be refused; check the region, and tell in an issue if that is right",
        )
    if denied:
        yield warning(
            _ABOUT,
            f"The key may not use {some(denied, 40)}: {asked.policies[denied[0]].refusal()}",
            advice="have the account's administrator allow the key's workspace to use them, if you need them",
        )
    if others:
        yield warning(
            _ABOUT,
            f"No sense could be had of {some(others)}: {asked.policies[others[0]].refusal()}",
            "an upload policy",
            "try again later",
        )
    if given:
        yield _upload(asked.policies[given[0]])
    if asked.left_out:
        yield note(_ABOUT, f"Not asked for, to keep to the bound of calls: {some(asked.left_out, 40)}")


def _upload(answer: Answer) -> Finding:
    """Say whether a policy is of the form that uploads need. The policy itself is a secret."""
    try:
        policy = read_policy(answer.body)
    except UnavailableError as error:
        return trouble(
            "uploads",
            f"An upload policy can't be used: {error.reason}",
            "all that its page lists",
            "open an issue with this report; until then use staging='presign'",
        )
    size = f"{policy.max_megabytes:g} MB" if policy.max_megabytes else "any size, or none told"
    return ok("uploads", f"An upload policy has all that an upload needs; files may have {size}")


def _data(answer: Answer) -> bool:
    return isinstance(answer.body.get("data"), Mapping)


def _other_spelling(asked: Asked) -> Iterator[Finding]:
    if asked.elsewhere is None or not asked.telling:
        return
    name, answer = asked.elsewhere
    if answer.good:
        yield note(
            _ABOUT,
            f"{name}, another region's spelling, gives an upload policy here too, so policies don't tell spellings "
            "apart",
            "a refusal, as jobs in another region's spelling are documented to get",
        )
    elif isinstance(answer.error, InvalidParameterError):
        yield ok(_ABOUT, f"{name}, another region's spelling, gets no upload policy here, as expected")


def _retiring(asked: Asked, ids: Sequence[str]) -> Iterator[Finding]:
    ending = [
        f"{id_} ({when})" for id_ in ids if id_ in asked.listed and (when := _offline(asked.listed[id_]))
    ]
    if ending:
        yield warning(
            _ABOUT,
            f"The vendor is going to take these models away: {some(ending, 40)}",
            advice="edit with a successor before then; their limits are lowered from the notice on, which shows as "
            "HTTP 429",
        )


def _offline(row: Mapping[str, Any]) -> str:
    """Return when a model goes, as the list says it; its form isn't documented further than the field's name."""
    told = row.get("inference_offline_info")
    places = [told, *(told.values() if isinstance(told, Mapping) else told if isinstance(told, list) else ())]
    for place in places:
        if isinstance(place, Mapping) and place.get("offline_time"):
            when = place["offline_time"]
            day = at(when / 1000).date().isoformat() if _is_time(when) else str(when)[:10]
            return (
                day
                if re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", day)
                else "a day in a form that isn't known"
            )
    return ""


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 1e12 < value < 1e14


def _with(policies: Mapping[str, Answer], kind: type[Exception]) -> list[str]:
    return [id_ for id_, answer in policies.items() if isinstance(answer.error, kind)]


def _came_of(answer: Answer) -> str:
    return "one was given" if answer.good else answer.refusal()
