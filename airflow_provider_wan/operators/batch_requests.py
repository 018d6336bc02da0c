"""Reads the list of edits that a batch is given: request objects, plain mappings, or JSON text of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_wan.dashscope.errors import InvalidRequestError
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
    VideoSynthesis,
    Wan3Video,
    WanRequest,
)
from airflow_provider_wan.operators.late import is_late, plain

FUNCTIONS: Mapping[str, type[WanRequest]] = {
    kind.function: kind
    for kind in (
        *(ImageReference, VideoRepainting, LocalEdit, VideoExtension, VideoOutpainting),
        *(VideoEdit, ImageToVideo, TextToVideo, FramesToVideo, ReferenceToVideo, Wan3Video),
        *(Animate, SpeechToVideo, VideoStyle, VideoSynthesis),
    )
}
"""What `function` may be: the name that results carry too."""
SHOWN = 20
"""So many problems are listed; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Item:
    """One edit of the list.

    Attributes:
        index: Its place, from 0.
        request: The request.
        output_path: Where its result is landed; None: it isn't.
    """

    index: int
    request: WanRequest
    output_path: str | None


def as_given(requests: Any) -> Any:
    """Turn request objects into plain mappings, which Airflow can render, store and show."""
    if isinstance(requests, list | tuple):
        return [_mapping(one) if isinstance(one, WanRequest) else one for one in requests]
    return requests


def problems(requests: Any, output_path: Any) -> list[str]:
    """Return all that is wrong with a batch as far as it is known; templates aren't yet."""
    path = plain(output_path)
    if is_late(requests) and not isinstance(requests, list | tuple):
        return []
    try:
        items = _listed(requests)
    except InvalidRequestError as error:
        return [str(error)]
    found = [text for index, item in enumerate(items) for text in _problems_of(index, item)]
    return found + list(_collisions(items, path))


def read(requests: Any, output_path: str | None) -> list[Item]:
    """Read a batch with everything rendered.

    Raises:
        InvalidRequestError: Listing what is wrong with which edit.
    """
    wrong = problems(requests, output_path)
    if wrong:
        raise InvalidRequestError(listing(wrong))
    items = []
    for index, item in enumerate(_listed(requests)):
        values = _values(item)
        function, path = values.pop("function"), values.pop("output_path", None) or output_path
        items.append(Item(index, FUNCTIONS[function](**values), path))
    return items


def listing(wrong: list[str]) -> str:
    """Put problems one below the other, the first of them."""
    more = [f"and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
    return "\n  ".join([f"{len(wrong)} problem{'s' if len(wrong) > 1 else ''}:", *wrong[:SHOWN], *more])


def _mapping(request: WanRequest) -> dict[str, Any]:
    return {"function": request.function, **request.model_dump(mode="json", exclude_none=True)}


def _listed(requests: Any) -> list[Any]:
    if isinstance(requests, str):
        try:
            requests = json.loads(requests)
        except ValueError:
            raise InvalidRequestError(
                "requests: must be a list, but is text that is no JSON array. "
                "Where a template makes it, add `| tojson`."
            ) from None
    if isinstance(requests, Mapping) or not hasattr(requests, "__iter__"):
        raise InvalidRequestError(
            f"requests: must be a list of edits, but is a {type(requests).__name__}. Put it in a list: [...]."
        )
    return list(requests)  # what another mapped task returned comes as a lazy sequence


def _values(item: Mapping[str, Any] | WanRequest) -> dict[str, Any]:
    values = _mapping(item) if isinstance(item, WanRequest) else item
    return {name: plain(value) for name, value in values.items() if value is not None}


def _problems_of(index: int, item: Any) -> Iterator[str]:
    where = f"requests[{index}]"
    if not isinstance(item, WanRequest) and is_late(item) and not isinstance(item, Mapping):
        return
    if not isinstance(item, Mapping | WanRequest):
        yield (
            f"{where}: must be a request or a mapping, but is a {type(item).__name__}. "
            'Write e.g. {"function": "video_outpainting", "video_url": ..., ...}.'
        )
        return
    values = _values(item)
    function = values.pop("function", None)
    path = values.pop("output_path", None)
    if path is not None and not is_late(path) and (not isinstance(path, str) or path in ("", "None")):
        yield f"{where}.output_path={path}: must be a path or URI. Give one, or leave it out."
    if is_late(function):
        return
    if function not in FUNCTIONS:
        names = ", ".join(FUNCTIONS)
        given = "" if function is None else f"={str(function)[:80]}"
        yield f"{where}.function{given}: must name the kind of edit. Use one of {names}."
        return
    late = {name for name, value in values.items() if is_late(value)}
    known = {name: value for name, value in values.items() if name not in late}
    for problem in FUNCTIONS[function].problems(known, late):
        yield f"{where}.{problem}"


def _collisions(items: list[Any], output_path: Any) -> Iterator[str]:
    """Name files that more than one edit would be landed as."""
    if not isinstance(output_path, str | None) or output_path in ("", "None"):
        yield f"output_path={output_path}: must be a path or URI. Give one, e.g. s3://conn@bucket/folder/."
        return
    own = [plain(item.get("output_path")) if isinstance(item, Mapping) else None for item in items]
    paths = [path or output_path for path in own]
    files = Counter(path for path in paths if isinstance(path, str) and not is_late(path))
    for path, times in files.items():
        if times > 1 and not path.endswith("/"):
            yield (
                f"output_path={path}: is one file for {times} edits, each of which would replace the one before. "
                "End it with a slash to land into a folder, where each file is named after its job."
            )
