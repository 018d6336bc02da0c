"""One frozen model per kind of edit: its fields, their ranges, and what goes with what.

Mistakes are found before anything is sent, also what the service would silently drop: a prompt's end, a
fourth picture, a field that another field overrules.
"""

from __future__ import annotations

from airflow_provider_wan.dashscope.requests.base import WanRequest
from airflow_provider_wan.dashscope.requests.figures import Animate, SpeechToVideo, VideoStyle
from airflow_provider_wan.dashscope.requests.frames import FramesToVideo
from airflow_provider_wan.dashscope.requests.image_to_video import ImageToVideo
from airflow_provider_wan.dashscope.requests.problem import Problem, summary
from airflow_provider_wan.dashscope.requests.reference import ReferenceToVideo
from airflow_provider_wan.dashscope.requests.synthesis import VideoSynthesis
from airflow_provider_wan.dashscope.requests.text_to_video import TextToVideo
from airflow_provider_wan.dashscope.requests.vace import (
    ImageReference,
    LocalEdit,
    VideoExtension,
    VideoOutpainting,
    VideoRepainting,
)
from airflow_provider_wan.dashscope.requests.video_edit import VideoEdit
from airflow_provider_wan.dashscope.requests.wan3 import Wan3Video

__all__ = [
    "Animate",
    "FramesToVideo",
    "ImageReference",
    "ImageToVideo",
    "LocalEdit",
    "Problem",
    "ReferenceToVideo",
    "SpeechToVideo",
    "TextToVideo",
    "VideoEdit",
    "VideoExtension",
    "VideoOutpainting",
    "VideoRepainting",
    "VideoStyle",
    "VideoSynthesis",
    "Wan3Video",
    "WanRequest",
    "summary",
]
