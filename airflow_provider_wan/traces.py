"""The parts of an edit as spans, through the OpenTelemetry API that Airflow brings.

They nest under the spans that Airflow opens for a task and for a trigger. Where tracing is off they cost next to
nothing. A span holds what `Facts` names and no more: never a prompt, an address or an error's message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

if TYPE_CHECKING:
    from opentelemetry.trace import Span


class Facts(TypedDict, total=False):
    """What a span may tell: attributes `wan.model`, `wan.function`, and so on. None tells nothing."""

    model: str | None
    function: str | None
    region: str | None
    job_id: str | None
    status: str | None


class Part:
    """A part of an edit that is going on."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def tell(self, **facts: Unpack[Facts]) -> None:
        """Add what has become known meanwhile."""
        self._span.set_attributes(_attributes(facts))


@contextmanager
def span(name: str, **facts: Unpack[Facts]) -> Iterator[Part]:
    """Trace a part of an edit while the block lasts, as a span `wan.<name>`.

    Where the block raises, the span ends as an error with the name of the exception's class. To hand over to the
    triggerer, or to be cancelled, is no error.

    Args:
        name: The part: `stage`, `submit`, `wait` or `land`.
        **facts: What is known of the edit by now.
    """
    from opentelemetry import trace  # at first use: parsing a DAG needs none

    tracer = trace.get_tracer("airflow_provider_wan")
    with tracer.start_as_current_span(
        f"wan.{name}", attributes=_attributes(facts), record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield Part(current)
        except Exception as error:
            current.set_status(trace.StatusCode.ERROR, type(error).__name__)
            raise


def _attributes(facts: Mapping[str, Any]) -> dict[str, str]:
    return {f"wan.{name}": str(value) for name, value in facts.items() if value is not None}
