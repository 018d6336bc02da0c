"""What the catalogue says about a region and about a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal

PriceScope = Literal["mainland", "international", "global", "hongkong"]

VIDEO_GENERATION = "/services/aigc/video-generation/video-synthesis"
FACE_DETECT = "/services/aigc/image2video/face-detect"


@dataclass(frozen=True, slots=True)
class Region:
    """A region of Model Studio. Keys, models, uploads and jobs belong to one region each."""

    id: str
    """The id used in connections, e.g. `ap-southeast-1`."""
    name: str
    """The console's name, e.g. `Singapore`."""
    letter: str
    """One letter for the catalogue's region columns."""
    shared_url: str | None
    """Base URL for every account's keys; None where the region has workspace hosts only."""
    workspace_url: str
    """Base URL of one workspace, with `{workspace_id}` to fill in. It takes only that workspace's keys."""
    price_scope: PriceScope
    """Which price column applies here."""


class Billing(StrEnum):
    """Which seconds of a finished job are billed. Failed and cancelled jobs are free."""

    OUTPUT = "output"
    INPUT_AND_OUTPUT = "input+output"
    CAPPED_INPUT_AND_OUTPUT = "min(input,5)+output"
    """The input counts with 5 seconds at most."""


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What a model asks of one kind of input file. None limits nothing, or isn't published."""

    kind: Literal["image", "video", "audio", "file"]
    formats: tuple[str, ...] = ()
    """Formats in lower case, one name for each: `jpeg` (also for jpg), `mp4`, `wav`, ..."""
    max_mb: float | None = None
    """Largest file in MB of 1024 * 1024 bytes."""
    min_side: int | None = None
    """Shortest side in pixels."""
    max_side: int | None = None
    """Longest side in pixels."""
    max_aspect: float | None = None
    """How many times longer the long side may be than the short one."""
    min_seconds: float | None = None
    max_seconds: float | None = None
    """Longest length that is taken at all."""
    cut_seconds: float | None = None
    """The service silently uses only so many seconds from the start."""
    min_fps: float | None = None
    alpha: bool = True
    """Whether an image may be transparent."""
    inline: bool = False
    """Whether a `data:` URI is documented for it."""
    temporary: bool = True
    """Whether the service's own temporary storage (`oss://`) is documented for it."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model: where it is offered, what it takes, what it costs.

    Limits count per main account and model: all its users, workspaces and keys together.
    """

    name: str
    """Its id; for the 2.1 models, whose id differs in Beijing, the id used elsewhere."""
    family: str
    """Models of one family take the same fields."""
    spellings: Mapping[str, str]
    """Region id -> model id to send there. Regions without the model are absent."""
    path: str = VIDEO_GENERATION
    """Path of the create call, below the base URL."""
    submit_rps: int = 5
    """Create calls a second."""
    running: int = 5
    """Jobs in work at once; further ones wait as PENDING. 0: the model answers at once, without a job."""
    queue: int | None = 500
    """Jobs that may wait; None where no figure is published."""
    prompt_max: int = 0
    """Characters of `prompt`; a letter and a Han character count 1 each. 0: takes no prompt."""
    negative_prompt_max: int = 0
    """Characters of `negative_prompt`. 0: takes none."""
    resolutions: tuple[str, ...] = ()
    """Allowed `resolution`; empty where the model has no such parameter."""
    default_resolution: str | None = None
    sizes: tuple[str, ...] = ()
    """Allowed `size`, as `W*H` in pixels; empty where the model has no such parameter."""
    default_size: str | None = None
    ratios: tuple[str, ...] = ()
    """Allowed `ratio`; empty where the model has no such parameter."""
    default_ratio: str | None = None
    """None: the output follows the input."""
    durations: tuple[int, ...] = ()
    """Allowed `duration` in seconds. 0 means "as the input", -1 "the model decides"."""
    default_duration: int | None = None
    billing: Billing = Billing.OUTPUT
    prices: Mapping[PriceScope, Mapping[str, Decimal]] = field(default_factory=dict)
    """Price scope -> tier -> CNY per billed second. Tiers: `720P`, `720P_silent` (with `audio: false`),
    `wan-std`; `image` is per image."""
    typical_seconds: tuple[int, int] = (60, 300)
    """How long a job usually takes, from the start of its work."""
    snapshots: tuple[str, ...] = ()
    """Ids of dated versions; each is offered where the model is."""
    audio: bool = False
    """Takes `parameters.audio`."""
    audio_url: bool = False
    """Takes `input.audio_url`."""
    shot_type: bool = False
    """Takes `parameters.shot_type`."""
    templates: tuple[str, ...] = ()
    """Effect templates for `input.template`."""
    image_max_mb: int | None = None
    """Size of the largest input image; None where the model takes no image, or no figure is published."""
    watermark_default: bool = False
    """Whether the video is watermarked when the request doesn't say."""
    media: Mapping[str, MediaLimits] = field(default_factory=dict)
    """Limits of input files by role: the body's field (`video_url`), or an item's type in `media` (`video`). Where a
    field takes more than one kind of file, the others stand as `role:kind` (`reference_urls:video`)."""
    result_keys: tuple[str, ...] = ("video_url",)
    """Where the finished job's `output` holds the URL, from the outside in."""
