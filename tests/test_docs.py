"""What the pages show can be followed: links lead somewhere, DAGs load, commands exist."""

from __future__ import annotations

import re
import shlex
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import DagRunner
from tests.versions import dag_bag

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^(?: {4}.*)?\n)+", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def blocks(page: Path, language: str) -> list[str]:
    return [text for found, text in FENCE.findall(page.read_text()) if found == language]


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    """The places in a page that a link may name, as GitHub makes them from headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(page: Path) -> Iterator[list[str]]:
    """The `airflow` commands in a page's blocks, as a shell would split them."""
    shown = [*blocks(page, "bash"), *map(textwrap.dedent, INDENTED.findall(prose(page)))]
    for text in shown:
        for line in text.replace("\\\n", " ").splitlines():
            if line.startswith("airflow "):
                yield shlex.split(line, comments=True)[1:]


def cases(found: list[tuple[Path, str]]) -> list[object]:
    return [pytest.param(page, text, id=f"{page.name}-{number}") for number, (page, text) in enumerate(found)]


EXAMPLES = [(page, block) for page in PAGES for block in blocks(page, "python")]
COMMANDS = [(page, shlex.join(command)) for page in PAGES for command in commands(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_inside_the_repository_leads_to_a_page_and_a_heading(page: Path) -> None:
    broken = []
    for link in LINK.findall(prose(page)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_page_in_docs_is_linked_from_the_readme_or_another_page(page: Path) -> None:
    linked = {
        (other.parent / link.partition("#")[0]).resolve()
        for other in PAGES
        if other != page
        for link in LINK.findall(prose(other))
    }
    assert page.name == "README.md" or page in linked


@pytest.mark.parametrize(("page", "code"), cases(EXAMPLES))
def test_example_loads_as_a_dag_with_parameters_that_exist(
    airflow_db: Path, tmp_path: Path, page: Path, code: str
) -> None:
    (tmp_path / "example.py").write_text(code)
    bag = dag_bag(str(tmp_path))
    assert bag.import_errors == {}
    assert [dag.task_ids for dag in bag.dags.values() if dag.tasks], "an example is a whole DAG"


@pytest.mark.usefixtures("connection")
def test_examples_of_the_guide_run_to_their_end_with_fewer_clips(
    service: RunningEmulator, airflow_db: Path, run_dag: DagRunner, tmp_path: Path
) -> None:
    folder = airflow_db / "dags" / "guide"
    folder.mkdir()
    for number, code in enumerate(blocks(ROOT / "docs" / "hundreds-of-edits.md", "python")):
        smaller = re.sub(r"range\(\d+\)", "range(2)", code).replace("s3://media-team", f"file://{tmp_path}")
        (folder / f"example_{number}.py").write_text(smaller)
    before = len(service.submits())
    try:
        mapped, batch = run_dag("repaint_tonight"), run_dag("winter_season")
    finally:
        shutil.rmtree(folder)
    assert mapped.states == dict.fromkeys(["clips", "repaint[0]", "repaint[1]"], "success")
    assert batch.states == dict.fromkeys(["edits", "snow"], "success")
    assert [entry["status"] for entry in batch.xcom("snow")] == ["SUCCEEDED"] * 2
    assert len(service.submits()) - before == 4
    assert len(list(tmp_path.rglob("*.mp4"))) == 4


@pytest.mark.parametrize(("page", "command"), cases(COMMANDS))
def test_command_is_one_that_airflow_takes(airflow_db: Path, page: Path, command: str) -> None:
    from airflow.cli import cli_parser

    cli_parser.get_parser().parse_args(shlex.split(command))  # or it exits


def test_guide_quotes_what_the_log_says_while_an_edit_waits_for_room() -> None:
    from airflow_provider_wan.dashscope.room import Queue, describe, spoken

    queue = Queue(pending=40, slots=2, seconds=450)
    guide = " ".join((ROOT / "docs" / "hundreds-of-edits.md").read_text().split())
    assert describe(queue, "wan2.1-vace-plus") in guide
    assert f"Room is expected in about {spoken(queue.until_room(3600))}." in guide


def test_pages_have_examples_and_commands_that_the_tests_here_find() -> None:
    assert {page.name for page, _ in EXAMPLES} >= {"README.md", "hundreds-of-edits.md", "retry-clear-kill.md"}
    assert {page.name for page, _ in COMMANDS} >= {"README.md", "hundreds-of-edits.md"}
