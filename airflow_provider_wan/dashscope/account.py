"""Whom we call and as whom: region, address, key, workspace. Pure settings, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.errors import ConnectionSettingsError
from airflow_provider_wan.dashscope.redact import redacted

DEFAULT_REGION = "ap-southeast-1"
DEFAULT_STATUS_QPS = 8.0


@dataclass(frozen=True, slots=True)
class Account:
    """One key in one region, ready to be called.

    Attributes:
        api_key: `sk-...`, or a temporary `st-...`. Never shown by `repr`.
        region: Region id, e.g. `cn-beijing`.
        base_url: Where the API's paths begin, e.g. `https://dashscope-intl.aliyuncs.com/api/v1`.
        workspace_id: Workspace to work in; None for the key's own.
        status_qps: How many status queries a second one process may send. The service grants an
            account 20, shared by all its keys, programs and people.
    """

    api_key: str = field(repr=False)
    region: str
    base_url: str
    workspace_id: str | None = None
    status_qps: float = DEFAULT_STATUS_QPS

    @classmethod
    def of(
        cls,
        *,
        api_key: str | None,
        region: str | None = None,
        host: str | None = None,
        workspace_id: str | None = None,
        status_qps: float | str | None = None,
        source: str = "the account",
    ) -> Self:
        """Check settings as people write them and fill in what follows from them.

        Args:
            api_key: The key.
            region: Region id; Singapore when left out.
            host: Base URL to use instead of the region's own, e.g. `http://127.0.0.1:8765/api/v1`.
            workspace_id: Workspace id, as on the console's workspace page.
            status_qps: Status queries a second, more than 0 and at most 20.
            source: Where the settings came from, for messages.

        Raises:
            ConnectionSettingsError: Naming the setting, what was found and what to write instead.
        """
        key = (api_key or "").strip()
        if not key:
            raise ConnectionSettingsError(
                f"{source} has no API key. Put the key (sk-...) into its password; "
                "Model Studio's console shows it under `API-KEY`, one per region."
            )
        if not re.fullmatch(r"[!-~]+", key):
            raise ConnectionSettingsError(
                f"The API key of {source} has a space, or a character no key has, in it. Copy it again."
            )
        region_id = str(region or "").strip() or DEFAULT_REGION
        known = catalog.REGIONS.get(region_id)
        if known is None:
            raise ConnectionSettingsError(
                f"{source} names region {region_id!r}, which isn't known. Use one of: {', '.join(catalog.REGIONS)}."
            )
        workspace = _workspace(workspace_id, source)
        if host and host.strip():
            base_url = _base_url(host.strip(), source)
        elif workspace and known.shared_url is None:
            base_url = known.workspace_url.format(workspace_id=workspace)
        elif known.shared_url is not None:
            base_url = known.shared_url
        else:
            raise ConnectionSettingsError(
                f"Region {region_id} has no shared address, only one per workspace. Set `workspace_id` in the extra "
                f"of {source} (it looks like llm-xxxx), or the full base URL as its host."
            )
        return cls(
            api_key=key,
            region=region_id,
            base_url=base_url,
            workspace_id=workspace,
            status_qps=_status_qps(status_qps, source),
        )


def _workspace(workspace_id: str | None, source: str) -> str | None:
    workspace = str(workspace_id or "").strip()
    # It becomes part of a host name and a header, so nothing in it may lead anywhere else.
    if workspace and not re.fullmatch(r"[A-Za-z0-9_-]{1,63}", workspace):
        raise ConnectionSettingsError(
            f"`workspace_id` of {source} is {workspace!r}. It is made of letters, digits and hyphens, "
            "like llm-xxxx; the console's workspace page shows it."
        )
    return workspace or None


def _base_url(host: str, source: str) -> str:
    url = host if "://" in host else f"https://{host}"
    if "@" in url:
        raise ConnectionSettingsError(
            f"The host of {source} has a user name or a password in it. Leave them out: "
            "the API key alone, as the connection's password, says who is calling."
        )
    if not _is_base(url):
        raise ConnectionSettingsError(
            f"The host of {source} is {redacted(host)!r}, which isn't a base URL. "
            "Write e.g. https://dashscope-intl.aliyuncs.com/api/v1, or leave it empty."
        )
    parts = urlsplit(url)
    path = parts.path.rstrip("/") or "/api/v1"
    return f"{parts.scheme}://{parts.netloc}{path}"


def _is_base(url: str) -> bool:
    if not re.fullmatch(r"[!-~]+", url):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a bracket left open, a port that is none
        return False
    web = parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0
    return web and not parts.query and not parts.fragment


def _status_qps(value: float | str | None, source: str) -> float:
    if value is None or value == "":
        return DEFAULT_STATUS_QPS
    try:
        qps = float(value)
    except (TypeError, ValueError):
        qps = -1.0
    if not 0 < qps <= 20:
        raise ConnectionSettingsError(
            f"`status_qps` of {source} is {value!r}. It must be a number above 0 and at most 20, "
            "the service's limit for the whole account."
        )
    return qps
