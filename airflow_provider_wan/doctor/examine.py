"""One examination: ask, judge, and write down what may be shown."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_wan import __version__
from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.doctor.access import check_access
from airflow_provider_wan.doctor.asking import DEFAULT_TIMEOUT, MOST_CALLS, Asker
from airflow_provider_wan.doctor.clocks import check_clocks, check_speed
from airflow_provider_wan.doctor.finding import Finding, note, trouble
from airflow_provider_wan.doctor.hiding import Hider, in_part
from airflow_provider_wan.doctor.hosts import place_of
from airflow_provider_wan.doctor.jobs import check_jobs
from airflow_provider_wan.doctor.limits import check_limits, limits_of
from airflow_provider_wan.doctor.lists import check_lists
from airflow_provider_wan.doctor.models import check_models
from airflow_provider_wan.doctor.report import Report
from airflow_provider_wan.doctor.rounds import Heard, ask_all
from airflow_provider_wan.doctor.settings import check_settings
from airflow_provider_wan.doctor.wire import check_errors, check_unknown
from airflow_provider_wan.doctor.zones import check_filter, check_times

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.account import Account


def examine(
    account: Account,
    *,
    airflow: str,
    environment: Mapping[str, str],
    timeout: float = DEFAULT_TIMEOUT,
    most: int = MOST_CALLS,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Ask the service what can be asked for nothing, and say what to make of it.

    Args:
        account: Whom to ask, and as whom.
        airflow: Airflow's version.
        environment: Environment variables, for the proxies they name.
        timeout: Seconds that an answer may take.
        most: How many calls may be made.
        sleep: Waits so many seconds.
    """
    began = datetime.now(UTC)
    findings = check_settings(account, environment)
    try:
        asker = Asker(account, timeout=timeout, most=most, sleep=sleep)
    except ValueError:
        findings.append(_no_client())
        return _report(account, findings, began, airflow, None)
    with asker:
        heard = ask_all(account, asker)
    findings += judge(account, asker, heard)
    return _report(account, findings, began, airflow, asker)


def judge(account: Account, asker: Asker, heard: Heard) -> list[Finding]:
    """Judge what was heard."""
    access = check_access(account, asker.answers)
    findings = [access, check_clocks(asker.answers)]
    if (speed := check_speed(asker.answers)) is not None:
        findings.append(speed)
    findings += check_errors(asker.answers, asker.throttled)
    if not any(answer.good for answer in asker.answers):
        return findings
    findings += check_models(account, heard.models)
    findings += check_limits(account, heard.limits)
    findings += check_jobs(heard.counts, limits_of(heard.limits))
    findings += check_lists(account, heard.pages)
    findings.append(check_times(heard.row, heard.single))
    findings.append(check_filter(heard.row, heard.windows))
    findings.append(check_unknown(heard.unknown))
    if asker.given_up:
        findings.append(note("access", "So many calls in a row had no answer that nothing more was asked"))
    return findings


def _no_client() -> Finding:
    # What the HTTP library says of it quotes the proxy's address, with its password.
    return trouble(
        "access",
        "No call can be made, because the HTTP library can't do with the proxies that the environment names",
        "addresses like http://host:port, or none",
        "correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY",
    )


def _report(
    account: Account, findings: list[Finding], began: datetime, airflow: str, asker: Asker | None
) -> Report:
    place = place_of(account.base_url)
    host = f"(own host){place.path}" if place.private else account.base_url
    about = {
        "provider": __version__,
        "airflow": airflow,
        "python": platform.python_version(),
        "platform": sys.platform,
        "catalogue": catalog.CATALOG_DATE,
        "at": began.isoformat(sep=" ", timespec="seconds"),
        "region": account.region,
        "host": f"{host} ({place.words})",
        "workspace": in_part(account.workspace_id) if account.workspace_id else "none set",
        "calls": str(len(asker.answers) if asker else 0),
    }
    return Report(about, findings, Hider(account, asker.answers if asker else ()))
