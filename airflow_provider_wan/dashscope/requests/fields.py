"""Fields that several requests share, as types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from airflow_provider_wan.dashscope.requests.rules import Choice, Flag, ListOf, Number, Text, Whole
from airflow_provider_wan.dashscope.requests.urls import Url

Prompt = Annotated[str, Text()]
"""Chinese or English; each letter and each Han character counts 1."""

MediaUrl = Annotated[str, Url()]
"""A video, an audio file, or an image for VACE: http(s), or `oss://` in DashScope's temporary storage."""

ImageUrl = Annotated[str, Url(inline=True)]
"""An image: as `MediaUrl`, or a `data:image/...;base64,` URI."""

OneMediaUrl = Annotated[Sequence[str], ListOf(Url(), most=1)]
ThreeMediaUrls = Annotated[Sequence[str], ListOf(Url(), most=3)]
FiveMediaUrls = Annotated[Sequence[str], ListOf(Url(), most=5, cut=False)]
FiveImageUrls = Annotated[Sequence[str], ListOf(Url(inline=True), most=5, cut=False)]
NineImageUrls = Annotated[Sequence[str], ListOf(Url(inline=True), most=9, cut=False)]
TenImageUrls = Annotated[Sequence[str], ListOf(Url(inline=True), most=10, cut=False)]

OnOff = Annotated[bool, Flag()]
Seconds = Annotated[int, Whole()]
"""Whole seconds; which ones depends on the model."""
Seed = Annotated[int, Whole(0, 2147483647)]
FrameNumber = Annotated[int, Whole(1)]
Share = Annotated[float, Number(0.0, 1.0)]
Scale = Annotated[float, Number(1.0, 2.0)]

Shots = Annotated[str, Choice("single", "multi")]
Word = Annotated[str, Text()]
"""One of a few words; which ones depends on the model."""
AnyControl = Annotated[str, Choice("posebodyface", "posebody", "depth", "scribble")]
LooseControl = Annotated[str, Choice("", "posebodyface", "depth")]
"""`""` means that nothing is taken over from the video's motion."""
