"""Whether a connection's settings fit together, as far as can be told without asking anybody. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.doctor.finding import Finding, Level, note, ok, trouble, warning
from airflow_provider_wan.doctor.hiding import in_part
from airflow_provider_wan.doctor.hosts import Place, place_of

API_PATH = "/api/v1"
_PROXIES = ("https_proxy", "http_proxy", "all_proxy")


def check_settings(account: Account, environment: Mapping[str, str]) -> list[Finding]:
    """Say what of a connection's settings doesn't fit, or that all does."""
    place = place_of(account.base_url)
    found = [*_key(account.api_key), *_region(account, place), *_workspace(account, place), *_address(place)]
    if not any(finding.level in (Level.WARNING, Level.TROUBLE) for finding in found):
        region = catalog.REGIONS[account.region]
        workspace = f", workspace {in_part(account.workspace_id)}" if account.workspace_id else ""
        words = (
            f"The key's form, region {account.region} ({region.name}) and {place.words}{workspace} fit together, as "
            "far as can be told without asking"
        )
        found.insert(0, ok("settings", words))
    if place.kind == "shared":
        names = ", ".join(model.name for model in catalog.MODELS if model.family == "wan3")
        found.append(
            note(
                "settings",
                f"{names} are documented on workspaces' hosts only, and this is a shared one",
                advice="for those, set the connection's host to the workspace's",
            )
        )
    proxies = sorted(name for name in environment if name.lower() in _PROXIES and environment[name])
    if proxies:
        found.append(
            note("settings", f"Calls may go through a proxy, because {' and '.join(proxies)} is set")
        )
    return found


def _key(key: str) -> Iterator[Finding]:
    if key.startswith("sk-sp-"):
        yield trouble(
            "settings",
            "The key begins with sk-sp-, as keys of a Coding or Token Plan do",
            "an ordinary key, sk-...",
            "make one in Model Studio's console, in the region of the connection",
        )
    elif key.startswith("st-"):
        yield note(
            "settings",
            "The key is a temporary one (st-...), which lives for 30 minutes at most",
            advice="put an ordinary key into the connection that DAGs use",
        )
    elif not key.startswith("sk-"):
        yield warning(
            "settings",
            "The key doesn't begin with sk-",
            "an API key of Model Studio, and not an AccessKey of Alibaba Cloud",
            "copy it again from the console, under API-KEY",
        )


def _region(account: Account, place: Place) -> Iterator[Finding]:
    if place.region not in (None, account.region):
        yield trouble(
            "settings",
            f"The host belongs to {place.region}, but the connection's region is {account.region}",
            "both the same: key, models, their spelling and prices go by the region",
            f"set `region` to {place.region} if the key was made there, else leave the host empty",
        )


def _workspace(account: Account, place: Place) -> Iterator[Finding]:
    if place.workspace and account.workspace_id and place.workspace != account.workspace_id.lower():
        yield trouble(
            "settings",
            f"The host is that of workspace {in_part(place.workspace)}, but `workspace_id` is "
            f"{in_part(account.workspace_id)}",
            "one workspace: its host takes its own keys only",
            "correct one of them, or leave `workspace_id` out",
        )


def _address(place: Place) -> Iterator[Finding]:
    if place.path != API_PATH and place.kind not in ("own", "loopback"):
        yield trouble(
            "settings",
            f"The host's path is {place.path}",
            f"{API_PATH}, where the video models are",
            "correct the connection's host, or leave it empty",
        )
    if not place.encrypted and place.kind not in ("loopback", "internal"):
        yield warning(
            "settings",
            "The host is called by http, so the key travels for all to read",
            "https",
            "write https:// in the connection's host",
        )
