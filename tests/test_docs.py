"""What the pages show can be followed: links lead somewhere, DAGs load, commands exist."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.conftest import BUNDLES, DagRunner, bundle_of
from tests.versions import dag_bag, needs_commands

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

ROOT = Path(__file__).parents[1]
README = [ROOT / "README.md"]
PAGES = [*README, *sorted((ROOT / "docs").rglob("*.md"))]

FENCE = re.compile(r"^```([^`\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^(?: {4}.*)?\n)+", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
INLINE = re.compile(r"`((?:make|python -m|airflow wan) [^`\n]+)`")
PROGRAMS = ("airflow", "make", "pip", "python", "wan-emulator")
"""Programs whose commands are checked; in a block that isn't said to be a shell's, others may be output."""


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
    """The commands in a page's blocks and lines, as a shell would split them."""
    shells = [*blocks(page, "bash"), *blocks(page, "console")]
    shown = [*shells, *map(textwrap.dedent, INDENTED.findall(prose(page))), *INLINE.findall(prose(page))]
    for text in shown:
        for line in text.replace("\\\n", " ").splitlines():
            command = line.removeprefix("$ ")
            if command.split(" ")[0] in PROGRAMS:
                yield shlex.split(command, comments=True)


def marks(text: str) -> list[pytest.MarkDecorator]:
    """What a case needs of Airflow; `wan` is the first word of our own commands."""
    return [needs_commands] if text.startswith("wan ") else []


def cases(found: list[tuple[Path, str]]) -> list[object]:
    return [
        pytest.param(page, text, id=f"{page.name}-{number}", marks=marks(text))
        for number, (page, text) in enumerate(found)
    ]


PYTHON = [(page, block) for page in PAGES for block in blocks(page, "python")]
EXAMPLES = [(page, block) for page, block in PYTHON if "DAG(" in block]
SNIPPETS = [(page, block) for page, block in PYTHON if "DAG(" not in block]
COMMANDS = [
    (page, text) for page in PAGES for text in dict.fromkeys(shlex.join(words) for words in commands(page))
]


def of(program: str, pages: Collection[Path] = PAGES) -> list[object]:
    """The cases of one program's commands, without its name."""
    found = [(page, command.split(" ", 1)) for page, command in COMMANDS if page in pages]
    return cases([(page, words[1]) for page, words in found if words[0] == program and len(words) > 1])


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


@pytest.mark.parametrize(("page", "code"), cases(SNIPPETS))
def test_snippet_that_is_no_dag_runs(page: Path, code: str) -> None:
    made: dict[str, Any] = {"__name__": page.stem}
    exec(compile(code, str(page), "exec"), made)
    for name, function in made.items():
        if name.startswith("test_"):
            function()


@pytest.mark.parametrize(("page", "command"), of("airflow"))
def test_command_is_one_that_airflow_takes(airflow_db: Path, page: Path, command: str) -> None:
    from airflow.cli import cli_parser

    cli_parser.get_parser().parse_args(shlex.split(command))  # or it exits


@pytest.mark.parametrize(("page", "command"), of("wan-emulator"))
def test_command_is_one_that_the_emulator_takes(page: Path, command: str) -> None:
    from airflow_provider_wan.emulator.__main__ import read_settings

    read_settings(shlex.split(command))  # or it exits


@pytest.mark.parametrize(("page", "command"), of("make"))
def test_make_target_exists(page: Path, command: str) -> None:
    wanted = [word for word in shlex.split(command) if "=" not in word]
    assert wanted
    assert set(wanted) <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize(("page", "command"), of("python"))
def test_module_that_python_runs_exists(page: Path, command: str) -> None:
    flag, module, *_ = shlex.split(command)
    assert flag == "-m"
    assert find_spec(module) is not None


@pytest.mark.parametrize(("page", "command"), of("pip"))
def test_pip_is_asked_for_extras_and_groups_that_exist(page: Path, command: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = re.findall(r"(?:\.|airflow-provider-wan)\[([a-z,-]+)\]", command)
    assert {extra for found in extras for extra in found.split(",")} <= set(
        project["project"]["optional-dependencies"]
    )
    assert set(re.findall(r"--group (\S+)", command)) <= set(project["dependency-groups"])


def test_ci_runs_every_make_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    named = {command for page, command in COMMANDS if page in README and command.startswith("make ")}
    assert len(named) >= 4
    assert [command for command in named if not re.search(rf"^ *{command}$", script, re.MULTILINE)] == []


@pytest.fixture(scope="module")
def reader(airflow_db: Path) -> Iterator[None]:
    """What a reader of the README has: a run of `my_dag`, and the service, whose clock is right."""
    from airflow_provider_wan.emulator import EmulatorSettings, running

    file = airflow_db / "dags" / "my_dag" / "my_dag.py"
    file.parent.mkdir()
    file.write_text("from airflow.sdk import DAG\n\nwith DAG('my_dag'):\n    pass\n")
    with pytest.MonkeyPatch.context() as patch, running(EmulatorSettings(speed=1, render=False)) as emulator:
        there = {"conn_type": "dashscope", "password": emulator.key, "host": emulator.base_url}
        patch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")  # commands set it; this takes it back
        patch.setenv("AIRFLOW_CONN_DASHSCOPE_DEFAULT", json.dumps({**there, "extra": {"status_qps": 20}}))
        patch.setenv(BUNDLES, bundle_of(file.parent))
        dag_bag(str(file)).dags["my_dag"].test()
        yield
    shutil.rmtree(file.parent)


@needs_commands
@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(("page", "command"), of("airflow", README))
def test_command_of_the_readme_does_what_it_is_there_for(page: Path, command: str) -> None:
    from airflow.cli import cli_parser

    args = cli_parser.get_parser().parse_args(shlex.split(command))
    code: object = 0
    try:
        args.func(args)
    except SystemExit as end:  # so the doctor ends
        code = end.code
    assert code == 0


@pytest.mark.parametrize(("page", "command"), of("wan-emulator", README))
def test_emulator_of_the_readme_serves_the_media_folder_that_is_there(page: Path, command: str) -> None:
    program = [sys.executable, "-m", "airflow_provider_wan.emulator"]
    own_port = ["--port", "0"]  # the last one counts
    with subprocess.Popen(
        [*program, *shlex.split(command), *own_port], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            said = [process.stdout.readline() for _ in range(2)]
            url = httpx.URL(said[1].split()[1])
            clip = httpx.get(url.copy_with(path="/media/big_buck_bunny.mp4"))
        finally:
            process.terminate()
    assert clip.content == (ROOT / "demo" / "media" / "big_buck_bunny.mp4").read_bytes()


def test_page_of_the_emulator_names_every_fault() -> None:
    from airflow_provider_wan.emulator.faults import Fault, Kind, Where

    page = (ROOT / "docs" / "emulator.md").read_text()
    wanted = [*Where, *Kind, *(field.name for field in fields(Fault))]
    assert [name for name in wanted if f"`{name}`" not in page] == []


def test_guide_quotes_what_the_log_says_while_an_edit_waits_for_room() -> None:
    from airflow_provider_wan.dashscope.room import Queue, describe, spoken

    queue = Queue(pending=40, slots=2, seconds=450)
    guide = " ".join((ROOT / "docs" / "hundreds-of-edits.md").read_text().split())
    assert describe(queue, "wan2.1-vace-plus") in guide
    assert f"Room is expected in about {spoken(queue.until_room(3600))}." in guide


def test_pages_have_examples_and_commands_that_the_tests_here_find() -> None:
    assert {page.name for page, _ in EXAMPLES} >= {"README.md", "hundreds-of-edits.md", "retry-clear-kill.md"}
    assert {page.name for page, _ in EXAMPLES} >= {
        "restyle.md",
        "masked-object.md",
        "portrait.md",
        "start.md",
    }
    assert {page.name for page, _ in SNIPPETS} >= {"emulator.md", "client.md", "requests.md", "media.md"}
    assert {page.name for page, _ in COMMANDS} >= {"README.md", "hundreds-of-edits.md", "benchmarks.md"}
    assert {command.split(" ")[0] for _, command in COMMANDS} == set(PROGRAMS)
