"""One operator per edit function, one for everything else, one for many edits at once; and some for footage."""

from __future__ import annotations

from airflow_provider_wan.operators.base import WanOperator, WanParameterError
from airflow_provider_wan.operators.batch import WanBatchEditOperator
from airflow_provider_wan.operators.cancel import NotCancelledError, WanCancelTaskOperator
from airflow_provider_wan.operators.figures import (
    WanAnimateOperator,
    WanSpeechToVideoOperator,
    WanVideoStyleOperator,
)
from airflow_provider_wan.operators.generate import (
    Wan3VideoOperator,
    WanFramesToVideoOperator,
    WanReferenceToVideoOperator,
    WanTextToVideoOperator,
)
from airflow_provider_wan.operators.instruct import (
    WanImageToVideoOperator,
    WanVideoEditOperator,
    WanVideoSynthesisOperator,
)
from airflow_provider_wan.operators.vace import (
    WanImageReferenceOperator,
    WanLocalEditOperator,
    WanVideoExtensionOperator,
    WanVideoOutpaintingOperator,
    WanVideoRepaintingOperator,
)
from airflow_provider_wan.operators.video import (
    VideoCheckOperator,
    VideoComparisonOperator,
    VideoConcatenateOperator,
    VideoConformOperator,
    VideoContactSheetOperator,
    VideoFramesOperator,
    VideoMaskOperator,
    VideoProbeOperator,
    VideoRestoreSoundOperator,
    VideoSplitOperator,
    VideoStripSoundOperator,
    VideoTrimOperator,
)

__all__ = [
    "NotCancelledError",
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
    "VideoTrimOperator",
    "Wan3VideoOperator",
    "WanAnimateOperator",
    "WanBatchEditOperator",
    "WanCancelTaskOperator",
    "WanFramesToVideoOperator",
    "WanImageReferenceOperator",
    "WanImageToVideoOperator",
    "WanLocalEditOperator",
    "WanOperator",
    "WanParameterError",
    "WanReferenceToVideoOperator",
    "WanSpeechToVideoOperator",
    "WanTextToVideoOperator",
    "WanVideoEditOperator",
    "WanVideoExtensionOperator",
    "WanVideoOutpaintingOperator",
    "WanVideoRepaintingOperator",
    "WanVideoStyleOperator",
    "WanVideoSynthesisOperator",
]
