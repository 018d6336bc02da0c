"""The page about the real service shows what the doctor says, and what live jobs cost."""

from __future__ import annotations

import re
from pathlib import Path

from tests.doctor.conftest import Start, seen_by
from tests.doctor.jobs import submitted
from tests.live.cases import FUNCTIONS, cheapest, together

PAGE = (Path(__file__).parents[2] / "docs" / "real-service.md").read_text()


def alike(text: str) -> str:
    """A text without its numbers and its line breaks, both of which differ from run to run."""
    return re.sub(r"\d+(\.\d+)?", "N", " ".join(text.split()))


def test_page_shows_the_report_on_an_emulator_with_five_jobs(start: Start) -> None:
    emulator = start(submit_rps=None)
    submitted(emulator, vace=5, apart=0.6)
    report = seen_by(emulator.base_url).as_table(100)
    shown = re.search(r"```text\n(This report holds .*?)```", PAGE, re.DOTALL)
    assert shown
    findings = re.compile(r"^(ok|note|warning|trouble)  .*", re.MULTILINE | re.DOTALL)
    ours, theirs = findings.search(report), findings.search(shown[1])
    assert ours
    assert theirs
    # What came last may have been slowest, so of speed only the words around it are the same.
    slowest = re.compile(r"the slowest \([\w ]+\) after N m?s")
    assert slowest.sub("", alike(theirs[0])) == slowest.sub("", alike(ours[0]))


def test_page_names_what_all_live_jobs_cost_and_how_the_first_is_asked_for() -> None:
    amounts = {
        region: together([case for function in FUNCTIONS if (case := cheapest(function, region))])
        for region in ("cn-beijing", "ap-southeast-1")
    }
    assert f"In Beijing all functions together cost {amounts['cn-beijing']} CNY at most" in PAGE
    assert f"which lacks two, {amounts['ap-southeast-1']} |" in PAGE
    assert f"Type 'yes' to pay up to {amounts['ap-southeast-1']} CNY" in PAGE
    first = cheapest("text_to_video", "cn-beijing")
    assert first is not None
    assert f'model="{first.model_name}", size="832*480"' in PAGE
    assert f"costs CNY {first.most.amount:.2f} in Beijing" in PAGE
    assert (
        len(FUNCTIONS) - sum(cheapest(function, "ap-southeast-1") is not None for function in FUNCTIONS) == 2
    )
