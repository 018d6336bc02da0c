"""The billing ledger: what the emulated account would have to pay."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Charge:
    """One paid job, or one answer that is paid without a job. Only what succeeded is.

    Attributes:
        task_id: The job; empty where there is none.
        account: The main account that pays.
        region: Region the job ran in.
        model: The model's id as it was sent.
        seconds: Billed seconds; 0 where the price is for an image.
        tier: Price tier, e.g. `720P`, or `image`.
        cost: Seconds, or one image, times list price in CNY; None where the catalogue has no price.
        at: End of the job, seconds since 1970 on the service's clock.
    """

    task_id: str
    account: str
    region: str
    model: str
    seconds: float
    tier: str
    cost: Decimal | None
    at: float

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON; money as a string, so that no digit is lost."""
        return {
            "task_id": self.task_id,
            "account": self.account,
            "region": self.region,
            "model": self.model,
            "billed_seconds": self.seconds,
            "tier": self.tier,
            "cost": None if self.cost is None else str(self.cost),
            "currency": "CNY",
            "at": self.at,
        }


def cost(price: Decimal | None, seconds: float) -> Decimal | None:
    """Return what some seconds cost; None without a price."""
    return None if price is None else price * Decimal(str(seconds))


def statement(charges: list[Charge]) -> dict[str, Any]:
    """Sum up the ledger as plain JSON."""
    total = sum((charge.cost for charge in charges if charge.cost is not None), Decimal(0))
    return {
        "paid_tasks": sum(1 for charge in charges if charge.task_id),
        "billed_seconds": round(sum(charge.seconds for charge in charges), 2),
        "cost": str(total),
        "currency": "CNY",
        "charges": [charge.as_json() for charge in charges],
    }
