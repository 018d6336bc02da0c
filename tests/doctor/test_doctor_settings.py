"""What a connection's settings alone tell, before anybody is asked."""

from __future__ import annotations

import pytest

from airflow_provider_wan.dashscope import Account
from airflow_provider_wan.doctor.finding import Finding, Level
from airflow_provider_wan.doctor.hosts import place_of
from airflow_provider_wan.doctor.settings import check_settings

SINGAPORE, BEIJING = "ap-southeast-1", "cn-beijing"
TROUBLE, WARNING, NOTE, OK = Level.TROUBLE, Level.WARNING, Level.NOTE, Level.OK


def found(region: str = SINGAPORE, key: str = "sk-0123456789", **settings: str) -> list[Finding]:
    return check_settings(Account.of(api_key=key, region=region, **settings), {})


@pytest.mark.parametrize(
    ("settings", "level", "says"),
    [
        (
            {"host": "dashscope.aliyuncs.com"},
            TROUBLE,
            "The host belongs to cn-beijing, but the connection's region is ap-",
        ),
        (
            {"host": "https://llm-1234567.cn-beijing.maas.aliyuncs.com/api/v1"},
            TROUBLE,
            "set `region` to cn-beijing if the key was made there",
        ),
        (
            {"host": "llm-abcdefghi.ap-southeast-1.maas.aliyuncs.com", "workspace_id": "llm-zyxwvutsr"},
            TROUBLE,
            "The host is that of workspace llm-***, but `workspace_id` is llm-***",
        ),
        (
            {"host": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"},
            TROUBLE,
            "path is /compatible-mode/v1",
        ),
        (
            {"host": "http://dashscope-intl.aliyuncs.com/api/v1"},
            WARNING,
            "called by http, so the key travels",
        ),
        ({"host": "http://gateway.example/api/v1"}, WARNING, "called by http, so the key travels"),
        ({"key": "sk-sp-0123456789"}, TROUBLE, "as keys of a Coding or Token Plan do"),
        ({"key": "st-0123456789"}, NOTE, "a temporary one"),
        ({"key": "LTAI5t0123456789"}, WARNING, "not an AccessKey of Alibaba Cloud"),
        ({}, NOTE, "wan3.0-video, wan3.0-video-prime are documented on workspaces' hosts only"),
        ({}, OK, "region ap-southeast-1 (Singapore) and the region's shared host fit together"),
        (
            {"region": "eu-central-1", "workspace_id": "llm-abcdefghi"},
            OK,
            "region eu-central-1 (Frankfurt) and a workspace's host, workspace llm-*** fit together",
        ),
        ({"host": "trial.ap-southeast-1.maas.aliyuncs.com"}, OK, "and the trial host fit together"),
        ({"host": "http://127.0.0.1:8765/api/v1"}, OK, "and a host on this machine fit together"),
    ],
)
def test_settings_that_do_not_fit_are_named_and_others_fit(
    settings: dict[str, str], level: Level, says: str
) -> None:
    findings = found(**settings)
    assert [one.level for one in findings if says in str(one)] == [level], [str(one) for one in findings]
    fits = any("fit together" in str(one) for one in findings)
    assert fits is not any(one.level in (TROUBLE, WARNING) for one in findings)


def test_the_same_workspace_in_host_and_settings_fits_whatever_the_case() -> None:
    (one,) = found(host="llm-AbcDefGhi.ap-southeast-1.maas.aliyuncs.com", workspace_id="llm-AbcDefGhi")
    assert one.level is OK


def test_proxies_are_named_without_their_address() -> None:
    account = Account.of(api_key="sk-0123456789")
    said = [
        str(one)
        for one in check_settings(account, {"https_proxy": "http://u:p@h:1", "HTTP_PROXY": "", "PATH": "/"})
    ]
    assert said[-1] == "Calls may go through a proxy, because https_proxy is set."


@pytest.mark.parametrize(
    ("url", "kind", "region", "private"),
    [
        ("https://dashscope.aliyuncs.com/api/v1", "shared", BEIJING, False),
        ("https://cn-hongkong.dashscope.aliyuncs.com/api/v1", "shared", "cn-hongkong", False),
        ("https://llm-1.us-east-1.maas.aliyuncs.com/api/v1", "workspace", "us-east-1", False),
        ("https://trial.cn-hongkong.maas.aliyuncs.com/api/v1", "trial", "cn-hongkong", False),
        ("http://vpc-cn-beijing.dashscope.aliyuncs.com/api/v1", "internal", BEIJING, True),
        ("https://ep-1.dashscope.cn-beijing.privatelink.aliyuncs.com/api/v1", "internal", BEIJING, True),
        ("https://coding.dashscope.aliyuncs.com/api/v1", "other", None, False),
        ("http://localhost:1/api/v1", "loopback", None, False),
        ("http://[::1]:1/api/v1", "loopback", None, False),
        ("https://dashscope.aliyuncs.com.evil.example/api/v1", "own", None, True),
    ],
)
def test_host_tells_whose_it_is(url: str, kind: str, region: str | None, private: bool) -> None:
    place = place_of(url)
    assert (place.kind, place.region, place.private) == (kind, region, private)
