"""Operators that work on footage, on the worker and free of charge: cut, join, mask, show, check."""

from __future__ import annotations

from airflow_provider_wan.operators.video.base import VideoToolOperator
from airflow_provider_wan.operators.video.check import VideoCheckOperator
from airflow_provider_wan.operators.video.cutting import (
    VideoConformOperator,
    VideoProbeOperator,
    VideoSplitOperator,
    VideoTrimOperator,
)
from airflow_provider_wan.operators.video.joining import (
    VideoConcatenateOperator,
    VideoRestoreSoundOperator,
    VideoStripSoundOperator,
)
from airflow_provider_wan.operators.video.pictures import (
    VideoComparisonOperator,
    VideoContactSheetOperator,
    VideoFramesOperator,
    VideoMaskOperator,
)

__all__ = [
    "VideoCheckOperator",
    "VideoComparisonOperator",
    "VideoConcatenateOperator",
    "VideoConformOperator",
    "VideoContactSheetOperator",
    "VideoFramesOperator",
    "VideoMaskOperator",
    "VideoProbeOperator",
    "VideoRestoreSoundOperator",
    "VideoSplitOperator",
    "VideoStripSoundOperator",
    "VideoToolOperator",
    "VideoTrimOperator",
]
