"""Asking before money is spent: what the jobs cost at most, and whether somebody has agreed to that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.errors import ConnectionSettingsError
from airflow_provider_wan.dashscope.price_list import LIST_CURRENCY
from tests.live.cases import MADE_BY, Case, cheapest, minutes, together

KEY, REGION, HOST, WORKSPACE = "DASHSCOPE_API_KEY", "WAN_LIVE_REGION", "WAN_LIVE_HOST", "WAN_LIVE_WORKSPACE"
YES = "WAN_LIVE_YES"


class NoConsentError(Exception):
    """More would be spent than somebody has agreed to."""


@dataclass(frozen=True, slots=True)
class No:
    """Why a job isn't run.

    Attributes:
        reason: For people.
        mistake: Whether somebody has to correct something; otherwise the job is only skipped.
    """

    reason: str
    mistake: bool = False


@dataclass(slots=True)
class Choice:
    """What could be run: jobs, and why not all.

    Attributes:
        account: Whom to call; None where the environment doesn't say.
        cases: The jobs.
        no: Functions without a job.
    """

    account: Account | None
    cases: list[Case]
    no: dict[str, No]


def choose(functions: Sequence[str], environment: Mapping[str, str]) -> Choice:
    """Choose the jobs of functions.

    Args:
        functions: The functions that were selected.
        environment: Environment variables: the key, and where to.
    """
    if not environment.get(KEY):
        return Choice(None, [], dict.fromkeys(functions, No(f"{KEY} isn't set")))
    try:
        account = Account.of(
            api_key=environment[KEY],
            region=environment.get(REGION),
            host=environment.get(HOST),
            workspace_id=environment.get(WORKSPACE),
            source=f"the environment ({KEY}, {REGION}, {HOST}, {WORKSPACE})",
        )
    except ConnectionSettingsError as error:
        return Choice(None, [], dict.fromkeys(functions, No(str(error), mistake=True)))
    cases, no = [], {}
    for function in functions:
        case = cheapest(function, account.region)
        if case is None:
            no[function] = No(f"{account.region} has no model for it with a known price")
        elif case.needs_a_result and (MADE_BY not in functions or MADE_BY in no):
            no[function] = No(f"its inputs are made of the result of {MADE_BY}, which isn't selected")
        else:
            cases.append(case)
    return Choice(account, cases, no)


def announcement(account: Account, cases: Sequence[Case]) -> str:
    """Say what would be submitted where, and what that costs at most."""
    width = max(len(case.function) for case in cases)
    models = max(len(case.model_name) for case in cases)
    lines = [
        f"  {case.function:<{width}}  {case.model_name:<{models}}  {case.most.amount:>7.2f}  {case.chosen}".rstrip()
        for case in cases
    ]
    best, worst = minutes(cases)
    return "\n".join(
        [
            f"These jobs would be submitted to {account.base_url} ({account.region}), one after the other, and "
            f"cost at most, in {LIST_CURRENCY} by the list prices of {catalog.PRICE_DATE}:",
            *lines,
            f"Together at most {together(cases)} {LIST_CURRENCY}, in {best} to {worst} minutes. Failed jobs are free; "
            "discounts and free quota aren't counted.",
        ]
    )


class Till:
    """What may still be spent.

    Args:
        agreed: What somebody has agreed to.
    """

    def __init__(self, agreed: Decimal) -> None:
        self._left = agreed
        self._paid: set[str] = set()

    def pay(self, case: Case) -> None:
        """Take what a job costs at most, right before it is submitted.

        Raises:
            NoConsentError: It was taken before, or there isn't enough left.
        """
        if case.function in self._paid:
            raise NoConsentError(f"{case.function} was submitted before; one job was agreed to, and no more.")
        if case.most.amount > self._left:
            raise NoConsentError(f"{case.function} costs more than is left of what was agreed to.")
        self._paid.add(case.function)
        self._left -= case.most.amount


def decide(amount: str, environment: Mapping[str, str], ask: Callable[[str], str] | None) -> No | None:
    """Find out whether the jobs may be submitted; None: yes.

    Args:
        amount: What they cost at most, as it was printed.
        environment: A machine gives that amount in `WAN_LIVE_YES`.
        ask: Asks a person, and returns the answer; None: there is none to ask.
    """
    given = environment.get(YES, "").strip()
    if given:
        if given == amount:
            return None
        return No(f"{YES} is {given!r}, but the amount is {amount}. Nothing was sent", mistake=True)
    if ask is None:
        return No(f"nobody has agreed to it: there is no terminal to ask on, and {YES}={amount} isn't set")
    answer = ask(f"Type 'yes' to pay up to {amount} {LIST_CURRENCY}, anything else to send nothing: ")
    return None if answer.strip() == "yes" else No("the answer wasn't 'yes'. Nothing was sent")
