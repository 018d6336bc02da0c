"""Regions and their hosts.

Sources: Model Studio, `regions` and `base-url` (2026-05-25 to mid 2026), and the endpoint blocks of the
model pages, newest 2026-10-22. Where they disagree (does the shared Singapore host stay, has Virginia
workspace hosts) the newer page wins: both yes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from airflow_provider_wan.dashscope.catalog.model import PriceScope, Region
from airflow_provider_wan.dashscope.errors import ConnectionSettingsError


def _region(id_: str, name: str, letter: str, scope: PriceScope, shared_host: str | None) -> Region:
    return Region(
        id=id_,
        name=name,
        letter=letter,
        shared_url=f"https://{shared_host}/api/v1" if shared_host else None,
        workspace_url=f"https://{{workspace_id}}.{id_}.maas.aliyuncs.com/api/v1",
        price_scope=scope,
    )


_ALL = (
    _region("cn-beijing", "Beijing", "B", "mainland", "dashscope.aliyuncs.com"),
    _region("ap-southeast-1", "Singapore", "S", "international", "dashscope-intl.aliyuncs.com"),
    _region("us-east-1", "Virginia", "V", "global", "dashscope-us.aliyuncs.com"),
    _region("eu-central-1", "Frankfurt", "F", "global", None),
    _region("ap-northeast-1", "Tokyo", "T", "global", None),
    # The rate table names it, no price table does: a price scope of its own, without prices.
    _region("cn-hongkong", "Hong Kong", "H", "hongkong", "cn-hongkong.dashscope.aliyuncs.com"),
)

REGIONS: Mapping[str, Region] = MappingProxyType({region.id: region for region in _ALL})
"""Every region, by id."""

BY_LETTER: Mapping[str, str] = MappingProxyType({region.letter: region.id for region in _ALL})


def find_region(region_id: str) -> Region:
    """Return a region by its id.

    Raises:
        ConnectionSettingsError: There is no such region.
    """
    try:
        return REGIONS[region_id]
    except KeyError:
        raise ConnectionSettingsError(
            f"Unknown region {region_id!r}. Set the connection's `region` to one of {', '.join(REGIONS)}."
        ) from None
