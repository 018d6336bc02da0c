"""What all edit requests have in common: reading, checking, and the body to post."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import Model
from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.requests import clashes, effects, limits, taken
from airflow_provider_wan.dashscope.requests.clashes import Clash
from airflow_provider_wan.dashscope.requests.fields import Word
from airflow_provider_wan.dashscope.requests.given import Given
from airflow_provider_wan.dashscope.requests.problem import Problem, shown, summary
from airflow_provider_wan.dashscope.requests.rules import ListOf, Refused, Rule, alternatives, meant
from airflow_provider_wan.dashscope.requests.urls import Url


class WanRequest(BaseModel):
    """One edit, checked. It can't be changed.

    Fields carry the service's own names. What is left out, or None, is not sent.

    Raises:
        InvalidRequestError: Names every problem with its field, value, rule and fix.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        defer_build=True,  # a process that only parses DAGs with templates never needs it
        hide_input_in_errors=True,  # pydantic's own messages would show signed URLs
    )

    function: ClassVar[str]
    """What results call this kind of edit; for VACE the value of `input.function`."""
    families: ClassVar[tuple[str, ...]]
    """Catalogue families whose models take this request."""
    default: ClassVar[str | None] = None
    """The model that is used when none is named; None: the first of the families."""
    media_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that hold a URL or a list of them."""
    media_types: ClassVar[Mapping[str, str]] = {}
    """Fields that are sent as items of `input.media`, with the item's type."""
    input_fields: ClassVar[frozenset[str]] = frozenset(
        {"prompt", "negative_prompt", "template", "mask_frame_id"}
    )
    """Fields that the service wants in `input`, as all media. All others go into `parameters`."""
    clashes: ClassVar[Sequence[Clash]] = ()
    """Fields of this kind of edit that don't go together."""
    field_rules: ClassVar[Mapping[str, Rule]]

    model: Word | None = None
    """Id of the model as the region spells it; None: the function's own model."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.field_rules = {name: _rule(info) for name, info in cls.model_fields.items()}
        cls.media_fields = tuple(name for name, rule in cls.field_rules.items() if _holds_url(rule))

    def __init__(self, **values: Any) -> None:
        taken, problems = self._read(values, ())
        if problems:
            raise InvalidRequestError(summary(type(self).__name__, problems))
        super().__init__(**taken)

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        for name, value in self._given():
            yield name, value if isinstance(value, bool | int | float) else shown(value)

    @classmethod
    def problems(cls, values: Mapping[str, Any], unknown: Collection[str] = ()) -> list[Problem]:
        """Return everything that is wrong with a request.

        Args:
            values: The fields; one that is None counts as left out.
            unknown: Fields whose value comes later (a template, an XCom). They count as given; what depends
                on their value isn't checked.
        """
        return cls._read(values, unknown)[1]

    @classmethod
    def _read(
        cls, values: Mapping[str, Any], unknown: Collection[str]
    ) -> tuple[dict[str, Any], list[Problem]]:
        given = {name: value for name, value in values.items() if value is not None and name not in unknown}
        taken: dict[str, Any] = {}
        problems = [cls._unknown_field(name) for name in [*given, *unknown] if name not in cls.field_rules]
        for name, rule in cls.field_rules.items():
            if name in given:
                try:
                    taken[name] = rule.read(name, given[name])
                except Refused as refused:
                    problems.extend(refused.problems)
            elif cls.model_fields[name].is_required() and name not in unknown:
                problems.append(Problem(name, None, "is required", f"Give `{name}`."))
        unclear = {name for name in [*given, *unknown] if name not in taken}
        problems.extend(cls.check(Given(taken, unclear)))
        return taken, problems

    @classmethod
    def check(cls, given: Given) -> Iterator[Problem]:
        """Check what depends on the model, or on several fields. Subclasses add theirs."""
        name = given.get("model")
        if name and name not in _ids(cls.families):
            fix = meant(name, _ids(cls.families), f"Use {alternatives(_ids(cls.families))}.")
            others = sorted(kind.__name__ for kind in _requests(WanRequest) if name in _ids(kind.families))
            itself = f" {name} goes with {alternatives(others)}." if others else ""
            yield Problem(
                "model",
                shown(name),
                f"is no model that {cls.__name__} knows",
                f"{fix}{itself} Or send it as it is with VideoSynthesis (WanVideoSynthesisOperator).",
            )
        models = cls.candidates(given)
        yield from limits.check(given, models, cls.media_fields)
        yield from taken.check(given, models, cls.families)
        yield from effects.check(given, models, cls.families)
        yield from clashes.check(given, models, (*clashes.COMMON, *cls.clashes))

    @classmethod
    def candidates(cls, given: Given) -> Sequence[Model]:
        """Return the models that the request may mean: one, or all of its kind while that isn't known."""
        model = catalog.find(given.get("model") or "")
        if model is not None and model.family in cls.families:
            return (model,)
        default = cls.default_model(given)
        return _models(cls.kinds(given)) if "model" in given or default is None else (default,)

    @classmethod
    def kinds(cls, given: Given) -> Collection[str]:  # noqa: ARG003  # image-to-video looks at it
        """Return the families that may be meant while the model isn't known."""
        return cls.families

    @classmethod
    def default_model(cls, given: Given) -> Model | None:  # noqa: ARG003  # image-to-video looks at it
        """Return the model that is used when none is named, or None where that can't be said."""
        return catalog.find(cls.default) if cls.default else _models(cls.families)[0]

    def model_for(self, region_id: str) -> str:
        """Return the model's id as a region spells it.

        Args:
            region_id: The region, e.g. `cn-beijing`.

        Raises:
            InvalidRequestError: The region doesn't offer the model, or the author wrote another region's id.
        """
        return catalog.spelling(self._model(), region_id, self.model)

    def path(self) -> str:
        """Return the path to post to, below the base URL."""
        return self._model().path

    def body(self, region_id: str) -> dict[str, Any]:
        """Return the JSON to post. It holds what the author gave and nothing else.

        Args:
            region_id: The region that it is posted to.

        Raises:
            InvalidRequestError: As `model_for`.
        """
        body: dict[str, Any] = {"model": self.model_for(region_id), "input": self._input()}
        if parameters := self._parameters():
            body["parameters"] = parameters
        return body

    def _model(self) -> Model:
        return self.candidates(Given(dict(self._given()), ()))[0]

    def _given(self) -> Iterator[tuple[str, Any]]:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if value is not None:
                yield name, value

    def _input(self) -> dict[str, Any]:
        parts: dict[str, Any] = {}
        media = []
        for name, value in self._given():
            if name in self.media_types:
                urls = [value] if isinstance(value, str) else value
                media += [{"type": self.media_types[name], "url": url} for url in urls]
            elif name in self.media_fields or name in self.input_fields:
                parts[name] = _plain(value)
        if media:
            parts["media"] = media
        return parts

    def _parameters(self) -> dict[str, Any]:
        elsewhere = {"model", *self.input_fields, *self.media_fields}
        return {name: _plain(value) for name, value in self._given() if name not in elsewhere}

    @classmethod
    def _unknown_field(cls, name: str) -> Problem:
        # The value isn't shown: it may be anything, a key included. And a name may be an address that stands astray.
        has = sorted(other.__name__ for other in _requests(WanRequest) if name in other.model_fields)
        if has:
            return Problem(
                shown(name), None, f"is no field of {cls.__name__}", f"It belongs to {', '.join(has)}."
            )
        fix = meant(name, cls.field_rules, f"Its fields are {', '.join(cls.field_rules)}.")
        return Problem(shown(name), None, f"is no field of {cls.__name__}", fix)


def _rule(info: Any) -> Rule:
    """Find the rule in `Annotated[X, rule]`, also inside `Annotated[X, rule] | None`."""
    nested = [mark for part in get_args(info.annotation) for mark in getattr(part, "__metadata__", ())]
    return next(mark for mark in (*info.metadata, *nested) if isinstance(mark, Rule))


def _holds_url(rule: Rule) -> bool:
    return isinstance(rule, Url) or (isinstance(rule, ListOf) and isinstance(rule.item, Url))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _models(families: Collection[str]) -> list[Model]:
    return [model for model in catalog.MODELS if model.family in families]


def _ids(families: Collection[str]) -> list[str]:
    return [
        id_
        for model in _models(families)
        for id_ in (*dict.fromkeys(model.spellings.values()), *model.snapshots)
    ]


def _requests(base: type[WanRequest]) -> Iterator[type[WanRequest]]:
    for request in base.__subclasses__():
        if not request.__name__.startswith("_"):
            yield request
        yield from _requests(request)
