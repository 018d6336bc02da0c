"""Whose host an address names. Pure.

Source: Model Studio, `regions` and `base-url`, 2026-05-25 to mid 2026.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from airflow_provider_wan.dashscope import catalog

Kind = Literal["shared", "workspace", "trial", "internal", "other", "loopback", "own"]

_WORKSPACE_HOST = re.compile(r"(?P<workspace>[a-z0-9_-]+)\.(?P<region>[a-z0-9-]+)\.maas\.aliyuncs\.com")
_INTERNAL = re.compile(r"vpc-.*\.aliyuncs\.com|.*\.privatelink\.aliyuncs\.com|.*-vpc\.aliyuncs\.com")
_WORDS = {
    "shared": "the region's shared host",
    "workspace": "a workspace's host",
    "trial": "the trial host",
    "internal": "a host within the vendor's network",
    "other": "a host of the vendor's that isn't known here",
    "loopback": "a host on this machine",
    "own": "a host of your own",
}


@dataclass(frozen=True, slots=True)
class Place:
    """What a base URL says.

    Attributes:
        kind: `shared`: a region's host for all; `workspace`: one workspace's; `trial`; `internal`: reached from
            within the vendor's network; `other`: another of the vendor's; `loopback`; `own`: somebody else's.
        host: Its name, in lower case.
        path: Its path.
        encrypted: Whether it is https.
        region: The region it belongs to, where its name tells.
        workspace: The workspace in its name.
    """

    kind: Kind
    host: str
    path: str
    encrypted: bool
    region: str | None = None
    workspace: str | None = None

    @property
    def private(self) -> bool:
        """Whether its name is nobody's business."""
        return self.kind in ("internal", "own")

    @property
    def words(self) -> str:
        """Say what it is."""
        return _WORDS[self.kind]


def place_of(base_url: str) -> Place:
    """Read a base URL."""
    parts = urlsplit(base_url)
    host = (parts.hostname or "").lower()
    kind, region, workspace = _kind(host)
    return Place(kind, host, parts.path, parts.scheme == "https", region, workspace)


def _kind(host: str) -> tuple[Kind, str | None, str | None]:
    for region in catalog.REGIONS.values():
        if region.shared_url and host == urlsplit(region.shared_url).hostname:
            return "shared", region.id, None
    named = _WORKSPACE_HOST.fullmatch(host)
    if named:
        if named["workspace"] == "trial":
            return "trial", named["region"], None
        return "workspace", named["region"], named["workspace"]
    region_id = next((id_ for id_ in catalog.REGIONS if id_ in host), None)
    if _INTERNAL.fullmatch(host):
        return "internal", region_id, None
    if host.endswith(".aliyuncs.com"):
        return "other", region_id, None
    if host == "localhost" or _loopback(host):
        return "loopback", None, None
    return "own", None, None


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
