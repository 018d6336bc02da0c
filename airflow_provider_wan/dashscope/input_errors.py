"""Errors about an edit's input files, all of them found before anything is paid."""

from __future__ import annotations

from airflow_provider_wan.dashscope.errors import Retry, WanInputError


class InputNotAllowedError(WanInputError):
    """An input points where this deployment lets no edit point: a local file, an internal address."""


class InputUnfitError(WanInputError):
    """An input file breaks a limit of the model: its size, format, length, sides or frame rate."""


class InputUnreadableError(WanInputError):
    """An input file can't be read by this worker: it isn't there, or its storage doesn't answer."""

    retry = Retry.LATER


class InputNotStagedError(WanInputError):
    """An input can't be handed to the service the way it was asked for, or in any way at all."""
