"""Edit video with Alibaba's Wan models from Apache Airflow."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

_INTEGRATION = "Alibaba Cloud Wan"
_STORAGE = "Object Storage"


_CONFIG: dict[str, Any] = {
    "wan": {
        "description": "Which inputs edits may read and how they are checked; what edits cost and may cost.",
        "options": {
            "local_media_roots": {
                "description": (
                    "Folders, separated by commas, below which `file://` inputs may be read. Symbolic links and `..` "
                    "are resolved first. Empty: no local file may be read, so that a run's parameters can't make a "
                    "worker send its files away."
                ),
                "version_added": "0.1.0",
                "type": "string",
                "example": "/srv/media,/mnt/footage",
                "default": "",
            },
            "allow_private_urls": {
                "description": (
                    "Whether http(s) inputs may point to loopback, link-local and private addresses. The address of "
                    "the connection's own host may be used in any case."
                ),
                "version_added": "0.1.0",
                "type": "boolean",
                "example": None,
                "default": "False",
            },
            "preflight": {
                "description": (
                    "Whether input files are looked at before an edit is submitted, where the operator doesn't say. "
                    "Takes effect where the `media` extra is installed."
                ),
                "version_added": "0.1.0",
                "type": "boolean",
                "example": None,
                "default": "True",
            },
            "prices": {
                "description": (
                    "JSON with prices per billed second that go before the list prices of the provider's catalogue: "
                    "discounts, savings plans, prices in another currency. By model; below that, where they differ, "
                    "by region or price scope (mainland, international, global), and by tier (720P, 720P_silent, "
                    "wan-std, ...). Whoever changes it changes what is said of edits that end from then on."
                ),
                "version_added": "0.1.0",
                "type": "string",
                "example": '{"wan2.1-vace-plus": "0.65", "wan2.7-videoedit": {"mainland": {"720P": "0.48"}}}',
                "default": "",
            },
            "currency": {
                "description": (
                    "What `prices`, `max_cost_per_run` and the operators' `max_cost` are in. The catalogue's prices "
                    "are in CNY whatever stands here, and amounts in different currencies are never added up: with "
                    "another one, give prices for all models that you use."
                ),
                "version_added": "0.1.0",
                "type": "string",
                "example": "USD",
                "default": "CNY",
            },
            "price_date": {
                "description": "How old `prices` are; shown beside costs that come of them.",
                "version_added": "0.1.0",
                "type": "string",
                "example": "2026-10-01",
                "default": "",
            },
            "max_cost_per_run": {
                "description": (
                    "Most that all edits of a DAG run may cost, in `currency`. An edit that may go beyond it isn't "
                    "submitted and fails; what tasks submit in the very same moment isn't seen. Empty: no limit."
                ),
                "version_added": "0.1.0",
                "type": "string",
                "example": "200",
                "default": "",
            },
        },
    }
}


def get_provider_info() -> dict[str, Any]:
    """Describe this provider to Airflow (entry point `apache_airflow_provider`)."""
    return {
        "package-name": "airflow-provider-wan",
        "name": "Alibaba Wan",
        "description": "Edit video with Alibaba's Wan models through DashScope (Model Studio).",
        "versions": [__version__],
        "integrations": [
            {
                "integration-name": _INTEGRATION,
                "external-doc-url": "https://www.alibabacloud.com/help/en/model-studio/",
                "tags": ["service"],
            },
            {
                "integration-name": _STORAGE,
                "external-doc-url": "https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/objectstorage.html",
                "tags": ["software"],
            },
        ],
        "sensors": [{"integration-name": _INTEGRATION, "python-modules": ["airflow_provider_wan.sensors"]}],
        "transfers": [
            {
                "source-integration-name": source,
                "target-integration-name": target,
                "python-module": "airflow_provider_wan.transfers",
            }
            for source, target in ((_INTEGRATION, _STORAGE), (_STORAGE, _INTEGRATION))
        ],
        "hooks": [{"integration-name": _INTEGRATION, "python-modules": ["airflow_provider_wan.hooks"]}],
        "operators": [
            {"integration-name": _INTEGRATION, "python-modules": ["airflow_provider_wan.operators"]}
        ],
        "triggers": [
            {
                "integration-name": _INTEGRATION,
                "python-modules": ["airflow_provider_wan.triggers"],
            }
        ],
        "extra-links": [
            "airflow_provider_wan.links.WanConsoleLink",
            "airflow_provider_wan.links.WanResultLink",
        ],
        "task-decorators": [
            {"name": "wan_edit", "class-name": "airflow_provider_wan.decorators.wan_edit_task"}
        ],
        "plugins": [{"name": "wan", "plugin-class": "airflow_provider_wan.ui.plugin.WanPlugin"}],
        "config": _CONFIG,
        # Airflow 3.2 and later read this key; 3.1 passes over it.
        "cli": ["airflow_provider_wan.cli.get_wan_cli_commands"],
        "connection-types": [
            {
                "connection-type": "dashscope",
                "hook-class-name": "airflow_provider_wan.hooks.DashScopeHook",
                "hook-name": "DashScope (Wan)",
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "login", "port", "extra"],
                    "relabeling": {"password": "API key", "host": "Base URL"},
                    "placeholders": {
                        "password": "sk-...",
                        "host": "only to replace the region's own, e.g. http://127.0.0.1:8765/api/v1",
                    },
                },
                "conn-fields": {
                    "region": {
                        "label": "Region",
                        "description": "The region the API key was made in; a key works in no other.",
                        "schema": {
                            "type": ["string", "null"],
                            "default": "ap-southeast-1",
                            "enum": [
                                "ap-southeast-1",
                                "cn-beijing",
                                "us-east-1",
                                "eu-central-1",
                                "ap-northeast-1",
                                "cn-hongkong",
                            ],
                        },
                    },
                    "workspace_id": {
                        "label": "Workspace ID",
                        "description": (
                            "llm-..., from the console's workspace page. Needed in Frankfurt and Tokyo, which have "
                            "no shared address; elsewhere only for another workspace than the key's own."
                        ),
                        "schema": {"type": ["string", "null"]},
                    },
                    "status_qps": {
                        "label": "Status queries per second",
                        "description": (
                            "What one process may use of the 20 that all programs of the account share."
                        ),
                        "schema": {"type": ["number", "null"], "default": 8, "minimum": 0.1, "maximum": 20},
                    },
                },
            }
        ],
    }
