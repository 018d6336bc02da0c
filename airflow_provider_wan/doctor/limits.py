"""The service's own account of what an account may run, held against the catalogue. Pure.

Source: Model Studio, `list-quotas`, re-read 2026-09. Documented on Beijing's workspace hosts only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.doctor.answer import Answer, whole
from airflow_provider_wan.doctor.finding import Finding, note, ok, some

_ABOUT = "limits"


@dataclass(frozen=True, slots=True)
class Limit:
    """What an account may do with a model. None: not told.

    Attributes:
        running: Jobs at once.
        queue: Jobs that may wait.
        submit_rps: Submissions a second.
    """

    running: int | None
    queue: int | None
    submit_rps: float | None

    def other(self, model: catalog.Model) -> list[str]:
        """Say what the catalogue says otherwise."""
        return [
            f"{what} {ours} -> {theirs:g}"
            for what, ours, theirs in (
                ("running", model.running, self.running),
                ("queue", model.queue, self.queue),
                ("submissions a second", model.submit_rps, self.submit_rps),
            )
            if theirs is not None and theirs != ours
        ]


def limits_of(answers: Sequence[Answer]) -> dict[str, Limit]:
    """Read the service's limits, by model id."""
    found: dict[str, Limit] = {}
    for answer in answers:
        output = answer.body.get("output")
        rows = output.get("quotas") if isinstance(output, Mapping) else None
        for row in rows if isinstance(rows, list) else []:
            told = row.get("model_limit") if isinstance(row, Mapping) else None
            if isinstance(told, Mapping) and isinstance(row.get("model"), str):
                found[row["model"]] = Limit(
                    whole(told.get("async_user_concurrency_limit")),
                    whole(told.get("async_user_queue_limit")),
                    _rate(told),
                )
    return found


def _rate(told: Mapping[str, object]) -> float | None:
    number, period = whole(told.get("request_limit")), whole(told.get("request_limit_period"))
    return number / period if number and period else None


def check_limits(account: Account, answers: Sequence[Answer]) -> Iterator[Finding]:
    """Say whether the service's limits are those of the catalogue."""
    if not answers:
        return
    limits = limits_of(answers)
    ours = catalog.in_region(account.region)
    told = {name: limit for name, limit in limits.items() if name in ours}
    if not told:
        why = answers[0].refusal() if not answers[0].good else "no limit of a video model is in it"
        yield note(
            _ABOUT,
            f"The service doesn't tell the account's limits here: {why}",
            "an answer on workspaces' hosts; elsewhere it isn't documented",
            "the catalogue's limits count",
        )
        return
    differing: dict[str, list[str]] = {}
    for name, limit in sorted(told.items()):
        for other in limit.other(ours[name]):
            differing.setdefault(other, []).append(name)
    if differing:
        yield note(
            _ABOUT,
            f"The service tells limits of {len(told)} models, which differ from the catalogue's: "
            + "; ".join(f"{other} of {some(names, 40)}" for other, names in differing.items()),
            "the same",
            "open an issue with this report; `airflow wan pools` goes by the catalogue",
        )
    else:
        yield ok(_ABOUT, f"The service's limits of {len(told)} models are the catalogue's")
