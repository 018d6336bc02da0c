"""What the deployment's configuration, section `[wan]`, lets edits do."""

from __future__ import annotations

from dataclasses import dataclass

from airflow.providers.common.compat.sdk import conf

SECTION = "wan"


@dataclass(frozen=True, slots=True)
class Deployment:
    """The settings of section `[wan]`; an author or a run's parameters can't change them.

    Attributes:
        local_media_roots: Folders below which local inputs may be read.
        allow_private_urls: Whether http(s) inputs may point to internal addresses.
        preflight: Whether inputs are looked at where the operator doesn't say.
    """

    local_media_roots: tuple[str, ...] = ()
    allow_private_urls: bool = False
    preflight: bool = True

    @classmethod
    def configured(cls) -> Deployment:
        """Read Airflow's configuration. What isn't set there is as strict as it gets."""
        roots = conf.get(SECTION, "local_media_roots", fallback="") or ""
        return cls(
            local_media_roots=tuple(root.strip() for root in roots.split(",") if root.strip()),
            allow_private_urls=conf.getboolean(SECTION, "allow_private_urls", fallback=False),
            preflight=conf.getboolean(SECTION, "preflight", fallback=True),
        )


@dataclass(frozen=True, slots=True)
class Tariff:
    """What section `[wan]` says of money, as it is written there. `prices` reads it.

    Attributes:
        prices: JSON of prices that go before the catalogue's.
        currency: What those and the limits are in.
        price_date: When those were agreed on.
        max_cost_per_run: Most that the edits of a DAG run may cost.
    """

    prices: str = ""
    currency: str = ""
    price_date: str = ""
    max_cost_per_run: str = ""

    @classmethod
    def configured(cls) -> Tariff:
        """Read Airflow's configuration."""
        names = ("prices", "currency", "price_date", "max_cost_per_run")
        return cls(*((conf.get(SECTION, name, fallback="") or "").strip() for name in names))
