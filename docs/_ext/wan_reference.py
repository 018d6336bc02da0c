"""Directives that make pages of the reference from the code itself: errors, commands, options, fields of requests.

All are used within `eval-rst`. What has no description in the code is a warning, and so ends `make docs`.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

import airflow_provider_wan
from airflow_provider_wan import cli
from airflow_provider_wan.dashscope.errors import Retry, WanError
from airflow_provider_wan.dashscope.requests import WanRequest

logger = logging.getLogger(__name__)

WHAT_TO_DO = re.compile(r"^What to do: (.+?)(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
"""The paragraph of an error's docstring that says so, where the class has no `advice`."""

_RETRIES = {
    Retry.LATER: "Airflow's retries go on; each makes the same call again.",
    Retry.NEW_JOB: "Airflow's retries go on; each submits a new job.",
    Retry.NEVER: "Not retried, whatever `retries` says: the same request would fail again.",
    Retry.ACT: "Not retried, whatever `retries` says: someone has to change something first.",
}
_COLON = "\x1f"
_UNDESCRIBED_MODULES = ("emulator", "ui")
"""Parts that raise nothing to a DAG's author."""


def public_errors() -> list[type[WanError]]:
    """Return all errors of the package that a task may end with, a class after the one it derives from."""
    for module in pkgutil.walk_packages(airflow_provider_wan.__path__, f"{airflow_provider_wan.__name__}."):
        if not module.name.split(".")[1].startswith(_UNDESCRIBED_MODULES) and "__main__" not in module.name:
            importlib.import_module(module.name)
    return [error for error in _tree(WanError) if not error.__name__.startswith("_")]


def _tree(root: type[WanError]) -> Iterator[type[WanError]]:
    yield root
    for child in sorted(root.__subclasses__(), key=lambda error: error.__name__):
        if child.__module__.startswith(airflow_provider_wan.__name__):
            yield from _tree(child)


def what_to_do(error: type[WanError]) -> str:
    """Return what an error's class or its docstring advises; empty where neither does.

    Args:
        error: The class. What the class that it derives from says holds for it, too.
    """
    for one in error.__mro__:
        found = WHAT_TO_DO.search(inspect.cleandoc(one.__doc__ or ""))
        advice = found.group(1) if found else one.__dict__.get("advice")
        if advice:
            return " ".join(str(advice).split())
    return ""


def _decides(error: type[WanError]) -> bool:
    """Tell whether each error of a class is told what a retry is good for."""
    return "retry" in inspect.signature(error.__init__).parameters


class _Generated(SphinxDirective):
    """A directive whose content is reStructuredText made here."""

    def run(self) -> list[nodes.Node]:
        """Make the content and read it."""
        lines = StringList(list(self.lines()), source=f"<{self.name}>")
        node = nodes.section()
        node.document = self.state.document
        self.state.nested_parse(lines, self.content_offset, node, match_titles=True)
        made: list[nodes.Node] = node.children
        return made

    def lines(self) -> Iterable[str]:
        """Yield the content."""
        raise NotImplementedError

    def missing(self, what: str) -> None:
        """Warn of something that isn't described."""
        logger.warning("%s isn't described where it is defined.", what, location=self.get_location())


class ErrorPages(_Generated):
    """All errors: what each means, what it costs, what a retry does, what to do."""

    def lines(self) -> Iterator[str]:
        """Yield an entry for each class."""
        for error in public_errors():
            advice = what_to_do(error)
            if not advice:
                self.missing(f"What to do about {error.__name__}")
            own = " An error of this class may say otherwise." if _decides(error) else ""
            yield from (
                f".. autoexception:: {error.__module__}.{error.__qualname__}",
                "   :show-inheritance:",
                "",
                f"   :Money: {error.spent}",
                f"   :Retry: {_RETRIES[error.retry]}{own}",
                f"   :What to do: {advice}",
                "",
            )


class RequestFields(_Generated):
    """The fields of request classes, with those that they inherit; takes the classes' dotted names, one a line."""

    has_content: ClassVar[bool] = True

    def lines(self) -> Iterator[str]:
        """Yield an entry for each class."""
        for name in self.content:
            module, _, attribute = name.rpartition(".")
            request = getattr(importlib.import_module(module), attribute)
            described = _attribute_docs(request)
            yield from (f".. autoclass:: {name}", "   :no-members:", "")
            for field, info in request.model_fields.items():
                if field not in described:
                    self.missing(f"{attribute}.{field}")
                needed = ", required" if info.is_required() else ""
                yield f"   ``{field}``{needed}"
                yield from (f"      {line}" for line in described.get(field, []))
                yield ""


def _attribute_docs(owner: type) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in reversed(owner.__mro__):
        if one.__module__.startswith(airflow_provider_wan.__name__):
            comments = ModuleAnalyzer.for_module(one.__module__).find_attr_docs()
            found |= {name: lines for (of, name), lines in comments.items() if of == one.__qualname__}
    return found


class Commands(_Generated):
    """The commands that the provider adds to `airflow`, and those of the emulator."""

    def lines(self) -> Iterator[str]:
        """Yield a section for each command."""
        for group in cli.get_wan_cli_commands():
            for command in getattr(group, "subcommands", ()):
                parser = argparse.ArgumentParser(
                    prog=f"airflow {group.name} {command.name}", description=command.description
                )
                for argument in command.args:
                    argument.add_to_parser(parser)
                yield from self._command(parser)
        from airflow_provider_wan.emulator.__main__ import _parser as emulator

        yield from self._command(emulator())

    def _command(self, parser: argparse.ArgumentParser) -> Iterator[str]:
        if not parser.description:
            self.missing(parser.prog)
        yield from (parser.prog, "-" * len(parser.prog), "", str(parser.description), "")
        yield from (".. list-table::", "   :header-rows: 1", "", "   * - Option", "     - Meaning")
        for action in parser._actions:
            if action.dest == "help":
                continue
            if not action.help:
                self.missing(f"{parser.prog} {action.option_strings}")
            value = _value(action)
            names = ", ".join(f"``{name}{value}``" for name in action.option_strings)
            yield from (f"   * - {names}", f"     - {_sentence(str(action.help))}")
        yield ""


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if action.choices is not None:
        return f" {{{','.join(map(str, action.choices))}}}"
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    return f" {metavar}"


def _sentence(text: str) -> str:
    text = " ".join(text.replace("%%", "%").split())
    return text if text.endswith((".", ")")) else f"{text}."


class Options(_Generated):
    """The options of section `[wan]` of Airflow's configuration, and the fields of the connection."""

    def lines(self) -> Iterator[str]:
        """Yield an entry for each option."""
        for section, content in airflow_provider_wan.get_provider_info()["config"].items():
            for name, option in content["options"].items():
                if not option.get("description"):
                    self.missing(f"[{section}] {name}")
                yield from (f"``{name}``", "~" * (len(name) + 4), "", option["description"], "")
                yield from self._facts(section, name, option)

    def _facts(self, section: str, name: str, option: dict[str, Any]) -> Iterator[str]:
        default = option["default"]
        yield f":Type: {option['type']}"
        yield f":Default: ``{default}``" if default else ":Default: empty"
        if option.get("example"):
            yield f":Example: ``{option['example']}``"
        yield f":Environment: ``AIRFLOW__{section.upper()}__{name.upper()}``"
        yield ""


def _describe(app: Sphinx, what: str, name: str, obj: object, options: Any, lines: Sequence[str]) -> None:  # noqa: ARG001
    if not any(line.strip() for line in lines):
        logger.warning("%s %s is public and has no docstring.", what, name)


def _cut_advice(app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]) -> None:  # noqa: ARG001
    """Take the advice out of an error's docstring: the page shows it in its own line."""
    if what == "exception":
        lines[:] = [*WHAT_TO_DO.sub("", "\n".join(lines)).split("\n"), ""]


def _hide_colons(app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]) -> None:  # noqa: ARG001
    """Keep napoleon from taking what stands before a colon in `Returns:` for a type; ours are in the signatures."""
    within = False
    for number, line in enumerate(lines):
        if line.strip() and not line.startswith(" "):
            within = line.strip() == "Returns:"
        elif within:
            lines[number] = line.replace(":", _COLON)


def _show_colons(app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]) -> None:  # noqa: ARG001
    lines[:] = [line.replace(_COLON, ":") for line in lines]


def _signature(
    app: Sphinx,  # noqa: ARG001
    what: str,
    name: str,  # noqa: ARG001
    obj: object,
    options: Any,  # noqa: ARG001
    signature: str | None,
    returns: str | None,  # noqa: ARG001
) -> tuple[str, str] | None:
    """Leave out how an error is made, which isn't for the reader to do, and fields that are listed below."""
    listed = isinstance(obj, type) and issubclass(obj, WanRequest) and obj is not WanRequest
    return ("", "") if signature and (what == "exception" or listed) else None


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx what is here."""
    app.add_directive("wan-errors", ErrorPages)
    app.add_directive("wan-requests", RequestFields)
    app.add_directive("wan-commands", Commands)
    app.add_directive("wan-options", Options)
    app.connect("autodoc-process-docstring", _describe)
    app.connect("autodoc-process-docstring", _cut_advice, priority=400)
    app.connect("autodoc-process-docstring", _hide_colons, priority=401)
    app.connect("autodoc-process-docstring", _show_colons, priority=600)
    app.connect("autodoc-process-signature", _signature)
    return {"parallel_read_safe": True}
