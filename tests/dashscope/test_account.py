"""Account settings as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.errors import ConnectionSettingsError, Retry

KEY = "sk-0123456789abcdef"


@pytest.mark.parametrize(
    ("settings", "base_url"),
    [
        ({}, "https://dashscope-intl.aliyuncs.com/api/v1"),
        ({"region": " "}, "https://dashscope-intl.aliyuncs.com/api/v1"),
        ({"region": "cn-beijing"}, "https://dashscope.aliyuncs.com/api/v1"),
        ({"region": "us-east-1"}, "https://dashscope-us.aliyuncs.com/api/v1"),
        ({"region": "cn-hongkong"}, "https://cn-hongkong.dashscope.aliyuncs.com/api/v1"),
        (
            {"region": "eu-central-1", "workspace_id": "llm-abc"},
            "https://llm-abc.eu-central-1.maas.aliyuncs.com/api/v1",
        ),
        (
            {"region": "cn-beijing", "workspace_id": "llm-abc"},
            "https://dashscope.aliyuncs.com/api/v1",  # the header names the workspace there
        ),
        ({"host": "http://127.0.0.1:8765/api/v1"}, "http://127.0.0.1:8765/api/v1"),
        ({"host": " http://127.0.0.1:8765/ "}, "http://127.0.0.1:8765/api/v1"),
        ({"host": "http://[::1]:8765"}, "http://[::1]:8765/api/v1"),
        ({"host": "gateway.example"}, "https://gateway.example/api/v1"),
        ({"host": "https://gateway.example/wan/v1/"}, "https://gateway.example/wan/v1"),
        ({"host": "https://gateway.example", "region": "eu-central-1"}, "https://gateway.example/api/v1"),
        ({"host": "", "region": "cn-beijing"}, "https://dashscope.aliyuncs.com/api/v1"),
    ],
)
def test_base_url_follows_from_the_settings(settings: dict[str, Any], base_url: str) -> None:
    assert Account.of(api_key=KEY, **settings).base_url == base_url


@pytest.mark.parametrize("key", [None, "", "  ", "\n"])
def test_missing_key_says_where_it_belongs(key: str | None) -> None:
    with pytest.raises(ConnectionSettingsError, match=r"connection 'a' has no API key.*password") as caught:
        Account.of(api_key=key, source="connection 'a'")
    assert caught.value.retry is Retry.ACT


@pytest.mark.parametrize("key", ["sk-12 34", "sk-12\n34", "sk-ключ", "sk-\x00", "sk-\x7f", "sk-“x”"])
def test_key_with_stray_characters_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ConnectionSettingsError, match="Copy it again") as caught:
        Account.of(api_key=key)
    assert key not in str(caught.value)


def test_key_copied_with_a_line_break_at_its_end_is_taken() -> None:
    assert Account.of(api_key=f"{KEY}\n").api_key == KEY


@pytest.mark.parametrize("region", ["singapore", "cn-shanghai", 5, ["cn-beijing"]])
def test_unknown_region_lists_the_known_ones(region: Any) -> None:
    with pytest.raises(ConnectionSettingsError, match="cn-beijing, ap-southeast-1"):
        Account.of(api_key=KEY, region=region)


@pytest.mark.parametrize("region", ["eu-central-1", "ap-northeast-1"])
def test_region_without_a_shared_host_asks_for_the_workspace(region: str) -> None:
    with pytest.raises(ConnectionSettingsError, match="Set `workspace_id`"):
        Account.of(api_key=KEY, region=region)


@pytest.mark.parametrize("workspace", ["evil.example/", "a.b", "llm abc", "x\r\nHost: y", "lüm", "x" * 64])
def test_workspace_that_could_lead_to_another_host_is_refused(workspace: str) -> None:
    with pytest.raises(ConnectionSettingsError, match="workspace_id"):
        Account.of(api_key=KEY, region="eu-central-1", workspace_id=workspace)


@pytest.mark.parametrize(
    "host",
    [
        "ftp://a.example",
        "http://",
        "https:///api/v1",
        "http://[oops",
        "http://a.example:99999",
        "http://a.example:x",
        "http://a.example/api?x=1",
        "http://a.example/#x",
        "http://a .example",
        "http://a.\nexample",
        "http://ü.example",
    ],
)
def test_host_that_is_no_base_url_shows_how_one_looks(host: str) -> None:
    with pytest.raises(ConnectionSettingsError, match=r"https://dashscope-intl\.aliyuncs\.com/api/v1"):
        Account.of(api_key=KEY, host=host)


def test_host_with_a_password_is_refused_without_being_shown() -> None:
    """httpx would send it in place of the API key."""
    with pytest.raises(ConnectionSettingsError, match="user name or a password") as caught:
        Account.of(api_key=KEY, host="https://user:hunter2@gateway.example")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "qps"), [(None, 8.0), ("", 8.0), (2, 2.0), ("0.5", 0.5), (20, 20.0), (" 3 ", 3.0)]
)
def test_status_qps_is_read_as_people_write_it(written: Any, qps: float) -> None:
    assert Account.of(api_key=KEY, status_qps=written).status_qps == qps


@pytest.mark.parametrize("written", [0, -1, 20.1, "fast", "nan", "inf", [8], {}])
def test_status_qps_beyond_the_service_s_limit_is_refused(written: Any) -> None:
    with pytest.raises(ConnectionSettingsError, match="at most 20"):
        Account.of(api_key=KEY, status_qps=written)
