"""Errors about an edit's input files, all of them found before anything is paid."""

from __future__ import annotations

from airflow_provider_wan.dashscope.errors import Retry, WanInputError


class InputNotAllowedError(WanInputError):
    """An input points where this deployment lets no edit point: a local file, an internal address.

    What to do: Give an address that is allowed, or have `[wan] local_media_roots` or `allow_private_urls` changed.
    """


class InputUnfitError(WanInputError):
    """An input file breaks a limit of the model: its size, format, length, sides or frame rate.

    What to do: Bring the file within the limit that the message names, e.g. by `VideoConformOperator`.
    """


class InputUnreadableError(WanInputError):
    """An input file can't be read by this worker: it isn't there, or its storage doesn't answer.

    What to do: Check that the file is there and that the connection's credentials may read it.
    """

    retry = Retry.LATER


class InputNotStagedError(WanInputError):
    """An input can't be handed to the service the way it was asked for, or in any way at all.

    What to do: Use a bucket that can presign, or another `staging`, as the message says.
    """
