"""One operator per edit function, and one for everything else."""

from __future__ import annotations

from airflow_provider_wan.operators.base import WanOperator, WanParameterError
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

__all__ = [
    "WanImageReferenceOperator",
    "WanImageToVideoOperator",
    "WanLocalEditOperator",
    "WanOperator",
    "WanParameterError",
    "WanVideoEditOperator",
    "WanVideoExtensionOperator",
    "WanVideoOutpaintingOperator",
    "WanVideoRepaintingOperator",
    "WanVideoSynthesisOperator",
]
