"""List prices in CNY per billed second; limited-time discounts are left out.

Source: Model Studio, `model-pricing`, 2026-05-26, re-read in the copy of October 2026. The vendor lists its
international prices in CNY too.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from airflow_provider_wan.dashscope.catalog.model import PriceScope

PRICE_DATE = "2026-10"
"""Date of the price page's copy that was read last."""

Prices = Mapping[PriceScope, Mapping[str, Decimal]]


def _prices(tiers: str, *, mainland: str = "", international: str = "", worldwide: str = "") -> Prices:
    """Name the tiers once, then give a price for each, or "-" where none is published."""
    scopes: dict[PriceScope, str] = {
        "mainland": mainland,
        "international": international,
        "global": worldwide,
    }
    return {
        scope: {
            tier: Decimal(price)
            for tier, price in zip(tiers.split(), prices.split(), strict=True)
            if price != "-"
        }
        for scope, prices in scopes.items()
        if prices
    }


STANDARD = _prices(
    "720P 1080P",
    mainland="0.6 1.0",
    international="0.733924 1.100886",
)
"""wan2.7-videoedit, and t2v, i2v, r2v of 2.7."""

STANDARD_WORLDWIDE = _prices(
    "720P 1080P",
    mainland="0.6 1.0",
    international="0.733924 1.100886",
    worldwide="0.6 1.0",
)
"""t2v, i2v, r2v of 2.6."""

US = _prices("720P 1080P", worldwide="0.733924 1.100886")
"""The `-us` models of 2.6, whose scope is "US"."""

FLASH = _prices(
    "720P 1080P 720P_silent 1080P_silent",
    mainland="0.3 0.5 0.15 0.25",
    international="0.366962 0.550443 0.183481 0.275221",
)
"""wan2.6-i2v-flash and wan2.6-r2v-flash."""

PREVIEW = _prices(
    "480P 720P 1080P",
    mainland="0.3 0.6 1.0",
    international="0.366961 0.733923 1.100885",
)
"""The 2.5 models."""

PLUS_22 = _prices("480P 1080P", mainland="0.14 0.70", international="0.146785 0.733924")
I2V_FLASH_22 = _prices(
    "480P 720P 1080P",
    mainland="0.10 0.20 0.48",
    international="0.110089 0.264213 -",
)
KF2V_FLASH_22 = _prices("480P 720P 1080P", mainland="0.10 0.20 0.48")

TURBO_21 = _prices("480P 720P", mainland="0.24 0.24", international="0.264213 0.264213")
PLUS_21 = _prices("720P", mainland="0.70", international="0.733924")
"""VACE, and the 2.1 plus models."""

ANIMATE_MOVE = _prices("wan-std wan-pro", mainland="0.4 0.6", international="0.880709 1.321063")
ANIMATE_MIX = _prices("wan-std wan-pro", mainland="0.6 0.9", international="1.321063 1.908202")
S2V = _prices("480P 720P", mainland="0.5 0.9")
S2V_DETECT = _prices("image", mainland="0.004")
"""Per image, not per second."""
STYLE = _prices("540P 720P", mainland="0.2 0.5")

WAN3 = _prices(
    "480P 720P 1080P",
    mainland="0.3 0.6 1.2",
    international="0.37471 0.74942 1.49884",
    worldwide="0.3 0.6 1.2",
)
WAN3_PRIME = _prices(
    "480P 720P 1080P",
    mainland="0.45 0.9 1.8",
    international="0.495838 1.020844 2.041687",
    worldwide="0.45 0.9 1.8",
)

HAPPYHORSE_10 = _prices(
    "720P 1080P",
    mainland="0.9 1.6",
    international="1.049188 1.798608",
    worldwide="0.9 1.6",
)
HAPPYHORSE_11 = _prices(
    "480P 720P 1080P",
    mainland="0.45 0.9 1.2",
    international="0.524594 1.049188 1.348956",
    worldwide="0.45 0.9 1.2",
)
