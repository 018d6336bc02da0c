"""Which media a task instance's records hold, under which names they are asked for, and why some can't be had. Pure.

The address of what is shown comes from here, that is from the task instance's own records, and never from the web.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from airflow_provider_wan.dashscope.inputs import TEMPORARY, Input
from airflow_provider_wan.ui.instance import PATH_KEY, REPORT_KEY, RESULT_KEY, Instance
from airflow_provider_wan.ui.phases import expired
from airflow_provider_wan.ui.values import mapping, moment, text

MediaKind: TypeAlias = Literal["video", "image", "audio"]

GONE = "The service deletes results after 24 hours."
_INLINE = "It was written into the request itself, of which only the beginning is kept."
_TEMPORARY = "It is in the service's temporary storage, which only the service itself can read."
_SIGNED = "It is another edit's result at the service. Its address was signed, and signatures aren't kept."
_NOTHING = "There is no address of it."
_OF = re.compile(r"(result|input:(?P<input>[0-9]{1,5})|edit:(?P<edit>[0-9]{1,5}))")
_IMAGES = re.compile(r"\.(png|jpe?g|webp|gif|bmp)$", re.IGNORECASE)
_SOUNDS = re.compile(r"\.(mp3|wav|m4a)$", re.IGNORECASE)
_RESULTS_HOST = re.compile(r"https?://dashscope-result[\w-]*\.[\w.-]*aliyuncs\.com/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Held:
    """A file that records name.

    Attributes:
        of: Its name in a request for it: `result`, `input:0`, `edit:3`.
        kind: What it is, as far as the records tell.
        address: Where it is; may be signed, so it is never shown. None where it can't be had.
        why_not: In that case, a sentence that says why.
        gone: Whether it was there once.
    """

    of: str
    kind: MediaKind
    address: str | None
    why_not: str | None = None
    gone: bool = False


def find(instance: Instance, of: str, now: datetime) -> Held | None:
    """Return the file that is asked for; None where the records name no such one."""
    asked = _OF.fullmatch(of)
    if asked is None:
        return None
    if asked["input"] is not None:
        inputs = list(inputs_of(instance))
        number = int(asked["input"])
        return inputs[number][1] if number < len(inputs) else None
    if asked["edit"] is not None:
        number = int(asked["edit"])
        return next((held for index, held in _several(instance, now) if index == number), None)
    return result_of(instance, now)


def result_of(instance: Instance, now: datetime) -> Held | None:
    """Return what came of an edit, or of work on footage; None where nothing has, or more than one file."""
    if instance.kind == "footage":
        outputs = outputs_of(instance)
        return stored("result", outputs[0][1]) if len(outputs) == 1 else None
    return edited("result", instance.result, now) if instance.kind == "edit" and instance.result else None


def edited(of: str, result: Mapping[str, Any], now: datetime) -> Held | None:
    """Return the file of an edit's result, see `jobs.result`; None where it failed."""
    if "error" in result:
        return None
    landed = text(result.get(PATH_KEY))
    if landed is not None:
        return stored(of, landed, "video")
    if expired(result, now):
        return Held(of, "video", None, GONE, gone=True)
    signed = text(result.get("video_url"))
    if signed is None or not Input("result", signed).web:
        return Held(of, "video", None, _NOTHING)
    return Held(of, "video", signed)


def inputs_of(instance: Instance) -> Iterator[tuple[Mapping[str, Any], Held]]:
    """Yield what goes into an edit, as recorded, each with its file."""
    recorded = instance.request.get("inputs")
    for number, one in enumerate(recorded if isinstance(recorded, list) else []):
        given = mapping(one)
        kind = given.get("kind")
        yield (
            given,
            _input(f"input:{number}", kind if kind in ("image", "audio") else "video", given.get("uri")),
        )


def _input(of: str, kind: MediaKind, uri: Any) -> Held:
    address = text(uri)
    if address is None:
        return Held(of, kind, None, _NOTHING)
    one = Input(of, address)
    why = _INLINE if one.inline else _TEMPORARY if one.url.startswith(TEMPORARY) else None
    if _RESULTS_HOST.match(address) and "?" not in address:
        why = _SIGNED
    return Held(of, kind, None if why else address, why)


def stored(of: str, uri: str, kind: MediaKind | None = None) -> Held:
    """Return a file that was landed."""
    bare = uri.partition("?")[0]
    guess: MediaKind = "image" if _IMAGES.search(bare) else "audio" if _SOUNDS.search(bare) else "video"
    return Held(of, kind or guess, uri)


def outputs_of(instance: Instance) -> Sequence[tuple[str | None, str]]:
    """Return what work on footage has landed: each file's name among them, where it has one, and its URI."""
    found = instance.values.get(RESULT_KEY)
    picture = text(mapping(instance.values.get(REPORT_KEY)).get("picture"))
    if found is None and picture is not None:  # of what a check found fault with
        return [(None, picture)]
    if isinstance(found, Mapping):
        if PATH_KEY in found:
            found = found[PATH_KEY]
        else:  # single frames, by name
            named = [(str(name)[:100], part) for name, part in found.items() if _is_uri(part)]
            return named if len(named) == len(found) else []
    if _is_uri(found):
        return [(None, str(found))]
    if isinstance(found, list):
        uris = [mapping(part).get(PATH_KEY) if isinstance(part, Mapping) else part for part in found]
        return [(None, str(uri)) for uri in uris if _is_uri(uri)]
    return []


def _several(instance: Instance, now: datetime) -> Iterator[tuple[int, Held | None]]:
    if instance.kind == "footage":
        yield from (
            (index, stored(f"edit:{index}", uri)) for index, (_, uri) in enumerate(outputs_of(instance))
        )
    elif instance.kind == "batch":
        for place, entry in enumerate(instance.entries):
            index = index_of(entry, place)
            yield index, edited(f"edit:{index}", entry, now)


def index_of(entry: Mapping[str, Any], place: int) -> int:
    """Return the number of an edit in its batch, from 0."""
    index = entry.get("index")
    return index if isinstance(index, int) and not isinstance(index, bool) and index >= 0 else place


def until(result: Mapping[str, Any]) -> datetime | None:
    """Return when the service deletes, or has deleted, a result."""
    return moment(result.get("expires_at"))


def _is_uri(value: Any) -> bool:
    return isinstance(value, str) and ("://" in value or value.startswith("/")) and len(value) < 4096
