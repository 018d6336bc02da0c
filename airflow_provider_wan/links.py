"""The links that Airflow shows at an edit's task: the console of its region, and the edit's own tab.

Airflow asks for them in the worker whenever that has done its part, before a wait in the triggerer too, keeps the text
and shows it ever after. So neither leads to anything that dies, and neither asks anyone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow.providers.common.compat.sdk import BaseOperatorLink, conf

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

_MAINLAND = "cn-beijing"
_CONSOLES = "https://bailian.console.aliyun.com", "https://modelstudio.console.alibabacloud.com"


def console_url(region: str) -> str:
    """Return the address of Model Studio's console, opened in a region.

    The service's pages link to regions in this way; of a single job no address is documented.

    Args:
        region: Region id, e.g. `ap-southeast-1`.
    """
    mainland, others = _CONSOLES
    return f"{mainland if region == _MAINLAND else others}/{quote(region, safe='')}"


def tab_url(dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> str:
    """Return the address of a task instance's tab `Video` in Airflow.

    Args:
        dag_id: The DAG.
        run_id: Its run.
        task_id: The task.
        map_index: Which of its instances; -1 where it isn't mapped.

    Returns:
        Below `[api] base_url`; where that isn't set, relative to the address at which Airflow is opened.
    """
    base = str(conf.get("api", "base_url", fallback=None) or "").rstrip("/")
    dag, run, task = (quote(name, safe="") for name in (dag_id, run_id, task_id))
    mapped = f"/mapped/{map_index}" if map_index >= 0 else ""
    path = f"dags/{dag}/runs/{run}/tasks/{task}{mapped}/plugin/video"
    return f"{base}/{path}" if base else path


class WanConsoleLink(BaseOperatorLink):
    """Leads to the console of the region that an edit was made in.

    It shows once the region is known, which is when the edit's connection has been read.
    """

    name = "Model Studio console"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Return the console's address; empty, and so no link, where the region isn't known."""
        region: str | None = getattr(operator, "region", None)
        return console_url(region) if region else ""


class WanResultLink(BaseOperatorLink):
    """Leads to the tab that shows the edit, while it is waited for and when it is done.

    The service's own address of the result wouldn't do: it is signed, and dies after 24 hours.
    """

    name = "Video"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Return the tab's address."""
        return tab_url(ti_key.dag_id, ti_key.run_id, ti_key.task_id, ti_key.map_index)
