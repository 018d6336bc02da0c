"""How the service lists jobs: what neither its pages nor its SDKs agree on. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.sweep import PAGE_SIZE
from airflow_provider_wan.doctor.answer import Answer, moment_of, rows_of, whole
from airflow_provider_wan.doctor.finding import Finding, counted, note, ok, some, trouble, warning

_KNOWN_ARRAYS = ("data", "tasks")
_KNOWN_FIELDS = frozenset(
    {"total", "total_page", "page_no", "page_size", "request_id", "code", "message", *_KNOWN_ARRAYS}
)
_KNOWN_OF_A_ROW = frozenset(
    {"api_key_id", "caller_parent_id", "caller_uid", "gmt_create", "start_time", "end_time", "model_name"}
    | {"region", "request_id", "status", "task_id", "user_api_unique_key"}
)
_NONE_SEEN = "there are too few jobs of the last 24 hours to see it"


@dataclass(frozen=True, slots=True)
class Page:
    """One list: how many rows it was asked for, and what came."""

    asked: int
    answer: Answer

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """Its rows."""
        return rows_of(self.answer)[1]

    @property
    def total(self) -> int | None:
        """How many jobs there are in all, by its own account."""
        return whole(self.answer.body.get("total"))


def check_lists(account: Account, pages: Sequence[Page]) -> Iterator[Finding]:
    """Say how lists look.

    Args:
        account: Whose jobs they show.
        pages: The same list, asked for with different page sizes.
    """
    good = [page for page in pages if page.answer.good]
    if good:
        # The one that shows most.
        best = max(good, key=lambda page: len(page.rows))
        yield _array(best)
        yield _total(best)
        yield _order(best)
        yield _times(best)
        yield from _region(account, best)
        yield from _fields(best)
    if pages:
        yield _sizes(pages)


def _array(page: Page) -> Finding:
    name, rows = rows_of(page.answer)
    if name is None:
        if page.total == 0:
            return note("list", "An empty list comes without an array for its rows", "an array `data`")
        return trouble(
            "list",
            f"A list of jobs has no rows; its fields are {some(sorted(page.answer.body))}",
            "an array `data`",
            "open an issue with this report: until then the provider looks at each job singly",
        )
    if name == "data":
        return ok("list", f"A list's rows are in `data`, as documented ({counted(len(rows), 'row')} seen)")
    if name in _KNOWN_ARRAYS:
        return note(
            "list",
            f"A list's rows are in `{name}`, where one of the vendor's SDKs expects them",
            "`data`, as documented; the provider reads both",
        )
    return trouble(
        "list",
        f"A list's rows are in `{name}`",
        "`data` or `tasks`, which are all that the provider reads",
        "open an issue with this report; until then don't set on_unknown_submit='resubmit', because a job whose "
        "submission was lost wouldn't be found",
    )


def _total(page: Page) -> Finding:
    if page.total is not None:
        return ok("list", f"A list says how many jobs there are in all: {page.total} in the last 24 hours")
    return trouble(
        "list",
        f"A list doesn't say how many jobs there are; its fields are {some(sorted(page.answer.body))}",
        "a number `total`, by which the provider knows whether there is room in the account's queue",
        "open an issue with this report; until then set max_queue_wait=None",
    )


def _order(page: Page) -> Finding:
    moments = [moment for row in page.rows if (moment := moment_of(row)) is not None]
    expected = "any order; none is documented, and the provider doesn't rely on one"
    if len(set(moments)) < 2:
        return note("list order", f"The order of a list isn't known: {_NONE_SEEN}")
    if moments == sorted(moments, reverse=True):
        return ok("list order", f"A list shows the newest jobs first ({len(moments)} seen)")
    if moments == sorted(moments):
        return note("list order", f"A list shows the oldest jobs first ({len(moments)} seen)", expected)
    return note("list order", f"A list has no order by creation ({len(moments)} seen)", expected)


def _times(page: Page) -> Finding:
    if not page.rows:
        return note("list times", f"How a list writes times isn't known: {_NONE_SEEN}")
    if all(moment_of(row) is not None for row in page.rows):
        return ok(
            "list times", "A list's times are milliseconds since 1970, as documented, so no zone matters"
        )
    kinds = sorted({type(row.get("gmt_create")).__name__ for row in page.rows})
    return trouble(
        "list times",
        f"Some rows of a list have no `gmt_create` in milliseconds since 1970, but: {some(kinds)}",
        "milliseconds since 1970, by which the provider tells which job a lost submission may have made",
        "open an issue with this report",
    )


def _region(account: Account, page: Page) -> Iterator[Finding]:
    regions = sorted({str(row["region"]) for row in page.rows if row.get("region")})
    if regions and regions != [account.region]:
        yield warning(
            "list",
            f"The list has jobs of {some(regions)}",
            f"{account.region}, the connection's region",
            "check the connection's `region`: models, their spelling and prices go by it",
        )


def _fields(page: Page) -> Iterator[Finding]:
    unknown = sorted(
        {name for name in page.answer.body if name not in _KNOWN_FIELDS and name != "output"}
        | {f"row.{name}" for row in page.rows for name in row if name not in _KNOWN_OF_A_ROW}
    )
    if unknown:
        yield note(
            "list",
            f"A list has fields that aren't documented: {some(unknown)}",
            advice="nothing, but they may be worth an issue",
        )


def granted(page: Page) -> int | None:
    """Return how many rows a page may have, as far as its answer tells; None where it doesn't."""
    rows, total = len(page.rows), page.total
    if total is not None and 0 < rows < min(total, page.asked):
        return rows
    said = whole(page.answer.body.get("page_size"))
    if said and said != page.asked:
        return said
    return page.asked if rows == page.asked or said == page.asked else None


def _sizes(pages: Sequence[Page]) -> Finding:
    def outcome(page: Page) -> str:
        if not page.answer.good:
            return f"{page.asked}: {page.answer.refusal()}"
        size = granted(page)
        if size is None:
            return f"{page.asked}: nothing said"
        proven = "" if len(page.rows) == size else ", by its own account"
        return f"{page.asked}: {size} granted{proven}"

    found = f"Asked for so many rows a page: {'; '.join(map(outcome, pages))}"
    of_ours = next((page for page in pages if page.asked == PAGE_SIZE), None)
    if of_ours is None or of_ours.answer.status is None:
        return note("page size", found)
    if not of_ours.answer.good:
        return warning(
            "page size",
            found,
            f"{PAGE_SIZE} rows a page, for which the provider asks",
            "open an issue with this report; until then the provider looks at each job singly",
        )
    size = granted(of_ours)
    if size is not None and size < PAGE_SIZE:
        return note(
            "page size",
            found,
            f"{PAGE_SIZE} rows a page, for which the provider asks; it takes what is granted, and needs more queries",
        )
    return ok("page size", f"{found}; the provider asks for {PAGE_SIZE}")
