"""How far this machine's clock and the service's are apart, and how fast the service answers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from airflow_provider_wan.dashscope.sweep import MARGIN
from airflow_provider_wan.doctor.answer import Answer
from airflow_provider_wan.doctor.finding import Finding, counted, note, ok, trouble, warning

APART = 5.0
"""Seconds beyond which clocks that differ are worth a warning."""
FAR_APART = MARGIN.total_seconds()
"""Seconds beyond which the list of jobs, asked for by this machine's time, lacks jobs."""
SLOW = 2.0
VERY_SLOW = 10.0
"""Seconds. The provider waits 20 for the answer to a query."""


def check_clocks(answers: Sequence[Answer]) -> Finding:
    """Say by how much the clocks differ."""
    ahead = clock_ahead(answers)
    if ahead is None:
        return note(
            "clock",
            "No answer has a Date header, so the clocks can't be compared",
            "a Date header with each answer",
            "see to it that this machine's clock is kept right (NTP)",
        )
    apart = abs(ahead)
    if apart <= APART:
        return ok("clock", f"The service's clock and this machine's agree within {max(1.0, apart):.0f} s")
    found = f"The service's clock is {_span(apart)} {'ahead of' if ahead > 0 else 'behind'} this machine's"
    expected = (
        f"within {APART:.0f} s, because deadlines, the 24 hours after which results expire, and when a lost submission "
        "was sent are counted by this machine's clock"
    )
    advice = "set this machine's clock right (NTP), and that of every worker and triggerer"
    if apart <= FAR_APART:
        return warning("clock", found, expected, advice)
    return trouble("clock", f"{found}, too far for lists of recent jobs to be complete", expected, advice)


def clock_ahead(answers: Sequence[Answer]) -> float | None:
    """Return by how many seconds the service's clock is ahead, to about a second; None where no answer has a date."""
    # The header has whole seconds, cut off, and was written somewhere between sending and receiving.
    each = [
        dated + 0.5 - (answer.sent + answer.seconds / 2)
        for answer in answers
        if (dated := answer.dated) is not None
    ]
    return median(each) if each else None


def check_speed(answers: Sequence[Answer]) -> Finding | None:
    """Say how fast answers came; None where none came."""
    came = [answer for answer in answers if answer.status is not None]
    if not came:
        return None
    slowest = max(came, key=lambda answer: answer.seconds)
    middle = median(answer.seconds for answer in came)
    found = (
        f"{counted(len(came), 'answer')}, half of them within {_short(middle)}, the slowest ({slowest.what}) after "
        f"{_short(slowest.seconds)}"
    )
    lost = [answer for answer in answers if answer.status is None]
    if lost:
        return warning(
            "speed",
            f"{found}; {counted(len(lost), 'call')} had none ({lost[0].trouble})",
            "an answer to each call",
            "the provider makes such calls again; if it happens often, look at the way to the service",
        )
    if middle > SLOW or slowest.seconds > VERY_SLOW:
        return warning(
            "speed",
            found,
            f"half within {SLOW:.0f} s and all within {VERY_SLOW:.0f} s",
            "edits are noticed later than they end; look at the way to the service (proxy, another continent)",
        )
    return ok("speed", found)


def _span(seconds: float) -> str:
    if seconds < 600:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds:.0f} s ({seconds / 3600:.1f} hours)"


def _short(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
