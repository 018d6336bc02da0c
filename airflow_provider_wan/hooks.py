"""From an Airflow connection to a client of the service."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.errors import ConnectionSettingsError, WanError

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from airflow_provider_wan.dashscope.client import DashScopeClient

DEFAULT_CONN_ID = "dashscope_default"


class DashScopeHook(BaseHook):
    """Finds a DashScope connection and lends the process's client for it.

    The connection's password is the API key. Its extra may hold `region` (Singapore when left out),
    `workspace_id` and `status_qps`; its host is only for a base URL other than the region's own. A key
    belongs to one region: with another it is refused as wrong.

    Args:
        conn_id: Id of a connection of type `dashscope`.
        kwargs: As for any hook.

    Raises:
        ConnectionSettingsError: On first use, naming the setting that is missing or wrong.
    """

    conn_name_attr = "conn_id"
    default_conn_name = DEFAULT_CONN_ID
    conn_type = "dashscope"
    hook_name = "DashScope (Wan)"

    def __init__(self, conn_id: str = DEFAULT_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id

    def get_account(self) -> Account:
        """Look the connection up and check its settings. The key is masked in logs from here on."""
        try:
            connection = self.get_connection(self.conn_id)
        except AirflowNotFoundException as error:
            raise _missing(self.conn_id) from error
        return _account(self.conn_id, connection)

    async def aget_account(self) -> Account:
        """As `get_account`, for triggers: without blocking the event loop."""
        try:
            connection = await self.aget_connection(self.conn_id)
        except AirflowNotFoundException as error:
            raise _missing(self.conn_id) from error
        return _account(self.conn_id, connection)

    def get_conn(self) -> DashScopeClient:
        """Return the client, shared by everything in this process that uses the same account."""
        from airflow_provider_wan.dashscope.clients import client_for

        return client_for(self.get_account())

    def test_connection(self) -> tuple[bool, str]:
        """Try the connection by listing at most one job, which is free of charge."""
        from airflow_provider_wan.dashscope.client import DashScopeClient

        try:
            account = self.get_account()
            with DashScopeClient(account, patient=False) as client:
                client.list_tasks(page_size=1)
        except WanError as error:
            return False, str(error)
        return True, f"The key works in {account.region} ({account.base_url})."

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Say what Airflow 3.1 changes in the connection's form. Later versions read the provider's info alone."""
        return {
            name.replace("-", "_"): what for name, what in _connection_type()["ui-field-behaviour"].items()
        }

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Make the fields that Airflow 3.1 adds to the connection's form, each a text or a choice.

        Raises:
            ImportError: There is no form library. Airflow then shows the extra as JSON, or puts in its own stand-in.
        """
        forms, checks = (importlib.import_module(name) for name in ("wtforms", "wtforms.validators"))
        fields = {}
        for name, told in _connection_type()["conn-fields"].items():
            choices, default = (told["schema"].get(key) for key in ("enum", "default"))
            fields[name] = forms.StringField(
                told["label"],
                validators=[checks.Optional(), *([checks.any_of(choices)] if choices else [])],
                description=told["description"],
                default=None if default is None else str(default),
            )
        return fields


def _connection_type() -> dict[str, Any]:
    from airflow_provider_wan import get_provider_info

    (only,) = get_provider_info()["connection-types"]
    return dict(only)


def _missing(conn_id: str) -> ConnectionSettingsError:
    return ConnectionSettingsError(
        f"There is no connection {conn_id!r}. Create one of type `dashscope` with the API key as its password, e.g. "
        f"airflow connections add {conn_id} --conn-type dashscope --conn-password sk-..."
    )


def _account(conn_id: str, connection: Connection) -> Account:
    if connection.conn_type and connection.conn_type != DashScopeHook.conn_type:
        raise ConnectionSettingsError(
            f"Connection {conn_id!r} is of type {connection.conn_type!r}, not {DashScopeHook.conn_type!r}. "
            "Name a DashScope connection in `conn_id`."
        )
    extra = _extra(conn_id, connection.extra)
    return Account.of(
        api_key=connection.password,
        host=_address(connection),
        region=extra.get("region"),
        workspace_id=extra.get("workspace_id"),
        status_qps=extra.get("status_qps"),
        source=f"connection {conn_id!r}",
    )


def _extra(conn_id: str, text: str | None) -> dict[str, Any]:
    # Read here and not by `extra_dejson`, which talks to Airflow's supervisor and would block a trigger's loop.
    try:
        extra = json.loads(text or "{}")
    except ValueError:
        extra = None
    if not isinstance(extra, dict):
        raise ConnectionSettingsError(
            f'The extra of connection {conn_id!r} isn\'t a JSON object. Write e.g. {{"region": "cn-beijing"}}.'
        )
    return extra


def _address(connection: Connection) -> str | None:
    """Put the base URL together again: a connection given as a URI has it split into parts."""
    host = connection.host
    if not host:
        return None
    scheme, separator, rest = host.rpartition("://")
    if connection.port and ":" not in rest:
        name, slash, path = rest.partition("/")
        return f"{scheme or 'http'}://{name}:{connection.port}{slash}{path}"
    return f"{scheme}{separator}{rest}"
