"""Which job of each function is the cheapest, by the catalogue and its prices. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from itertools import product
from typing import Any

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import Model
from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.estimates import at_most
from airflow_provider_wan.dashscope.inputs import inputs_of
from airflow_provider_wan.dashscope.price_list import Money
from airflow_provider_wan.dashscope.requests import (
    Animate,
    FramesToVideo,
    ImageReference,
    ImageToVideo,
    LocalEdit,
    ReferenceToVideo,
    SpeechToVideo,
    TextToVideo,
    VideoEdit,
    VideoExtension,
    VideoOutpainting,
    VideoRepainting,
    VideoStyle,
    Wan3Video,
    WanRequest,
)

PICTURE = "https://live.invalid/picture.jpg"
CLIP = "https://live.invalid/clip.mp4"
MASK = "https://live.invalid/mask.png"
SOUND = "https://live.invalid/sound.wav"
PERSON = "https://live.invalid/person.png"
MOTION = "https://live.invalid/motion.mp4"
SECONDS: Mapping[str, float] = {CLIP: 2.2, MOTION: 2.2, SOUND: 2.0}
"""How long inputs are. The shortest clip that models take has 2 seconds; a little more is for their rounding."""
MADE_BY = "text_to_video"
"""The function whose result the figures' picture and motion are taken from: there is no other person at hand."""
_FROM_A_RESULT = frozenset({PERSON, MOTION})

_RABBIT = "A large grey rabbit stands on a meadow and looks around"
_FIGURE = "A young woman stands in front of a plain wall, facing the camera, her whole body in view, and lifts one arm"


@dataclass(frozen=True, slots=True)
class _Plan:
    kind: type[WanRequest]
    fields: Sequence[Mapping[str, Any]]
    """Ways to ask for it; which one fits follows from the model."""


_PLANS: Mapping[str, _Plan] = {
    plan.kind.function: plan
    for plan in (
        _Plan(TextToVideo, [{"prompt": _FIGURE}]),
        _Plan(
            ImageToVideo,
            [{"img_url": PICTURE, "prompt": _RABBIT}, {"first_frame_url": PICTURE, "prompt": _RABBIT}],
        ),
        _Plan(FramesToVideo, [{"first_frame_url": PICTURE, "prompt": _RABBIT}]),
        _Plan(
            ReferenceToVideo,
            [{"reference_image_urls": [PICTURE], "prompt": "character1 looks around, Image 1"}],
        ),
        _Plan(Wan3Video, [{"prompt": _RABBIT}]),
        _Plan(ImageReference, [{"ref_images_url": [PICTURE], "prompt": _RABBIT}]),
        _Plan(
            VideoRepainting,
            [{"video_url": CLIP, "control_condition": "scribble", "prompt": f"{_RABBIT}, drawn in ink"}],
        ),
        _Plan(LocalEdit, [{"video_url": CLIP, "mask_image_url": MASK, "prompt": "A red ball on a meadow"}]),
        _Plan(VideoExtension, [{"first_clip_url": CLIP, "prompt": _RABBIT}]),
        _Plan(VideoOutpainting, [{"video_url": CLIP, "left_scale": 1.25, "prompt": "A wide meadow"}]),
        _Plan(VideoEdit, [{"video_url": CLIP, "prompt": "Make it snow"}]),
        _Plan(Animate, [{"image_url": PERSON, "video_url": MOTION}]),
        _Plan(SpeechToVideo, [{"image_url": PERSON, "audio_url": SOUND}]),
        _Plan(VideoStyle, [{"video_url": CLIP, "style": 7}]),
    )
}
FUNCTIONS: tuple[str, ...] = tuple(_PLANS)
"""In the order in which their jobs are run."""


@dataclass(frozen=True, slots=True)
class Case:
    """The cheapest job of a function.

    Attributes:
        function: The function.
        model: The model.
        model_name: Its id in the region.
        path: Where to post.
        body: What to post, with stand-ins for the inputs' addresses.
        most: What it costs at most.
    """

    function: str
    model: Model
    model_name: str
    path: str
    body: Mapping[str, Any]
    most: Money

    @property
    def inputs(self) -> list[str]:
        """The stand-ins in the body, each once."""
        return list(dict.fromkeys(one.url for one in inputs_of(self.body)))

    @property
    def needs_a_result(self) -> bool:
        """Whether an input is made of another job's result."""
        return not _FROM_A_RESULT.isdisjoint(self.inputs)

    @property
    def chosen(self) -> str:
        """The parameters that make it cheap."""
        return ", ".join(f"{name}={value}" for name, value in (self.body.get("parameters") or {}).items())


def cheapest(function: str, region: str) -> Case | None:
    """Return a function's cheapest job in a region; None where it has none there, or none with a known price."""
    plan = _PLANS[function]
    return min(_cases(function, plan, region), key=lambda case: case.most.amount, default=None)


def together(cases: Sequence[Case]) -> str:
    """Return what jobs cost together at most: an amount to the cent, rounded up."""
    total = sum((case.most.amount for case in cases), Decimal(0))
    return str(total.quantize(Decimal("0.01"), rounding=ROUND_CEILING))


def minutes(cases: Sequence[Case]) -> tuple[int, int]:
    """Return how long jobs usually take one after the other: at best, and at worst."""
    return (
        sum(case.model.typical_seconds[0] for case in cases) // 60,
        -(-sum(case.model.typical_seconds[1] for case in cases) // 60),
    )


def _cases(function: str, plan: _Plan, region: str) -> Iterator[Case]:
    models = [
        model for model in catalog.MODELS if model.family in plan.kind.families and region in model.spellings
    ]
    for model, fields in product(models, plan.fields):
        name = model.spellings[region]
        for chosen in _choices(model, plan.kind):
            try:
                request = plan.kind(model=name, **fields, **chosen)
                body = request.body(region)
            except InvalidRequestError:
                continue
            lengths = {one.role: SECONDS[one.url] for one in inputs_of(body) if one.url in SECONDS}
            most = at_most(body, region, lengths)
            if most is not None and _uploadable(model, body):
                yield Case(function, model, name, request.path(), body, most)


def _choices(model: Model, kind: type[WanRequest]) -> Iterator[dict[str, Any]]:
    """Yield every choice of what the price depends on."""
    sizes = {tier: size for tier, (size, *_) in catalog.SIZES.items() if size in model.sizes}
    shortest = min((seconds for seconds in model.durations if seconds > 0), default=None)
    options: dict[str, list[Any]] = {
        "resolution": list(model.resolutions),
        "size": list(sizes.values()),
        "duration": [] if shortest is None or model.family == "vace" else [shortest],
        "audio": [False] if model.audio else [],
        "mode": ["wan-std", "wan-pro"] if model.family == "animate" else [],
        "min_len": [540, 720] if model.family == "style" else [],
    }
    taken = {name: values for name, values in options.items() if values and name in kind.model_fields}
    for values in product(*taken.values()):
        yield dict(zip(taken, values, strict=True))


def _uploadable(model: Model, body: Mapping[str, Any]) -> bool:
    """Whether all inputs may come from the service's temporary storage: nothing else is at hand."""
    limits = [model.media.get(one.role) for one in inputs_of(body)]
    return all(limit is None or limit.temporary for limit in limits)
