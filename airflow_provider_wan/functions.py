"""What edit functions are called when people read of them.

Models of one function have none that the service names. Records and the ledger keep the catalogue's name of their
family instead, such as `i2v`, which says little to people.
"""

from __future__ import annotations

from collections.abc import Mapping

_NAMES: Mapping[str, str] = {
    "videoedit": "video edit",
    "happyhorse_video_edit": "video edit",
    **dict.fromkeys(("i2v", "i2v_media", "happyhorse_i2v"), "image to video"),
    **dict.fromkeys(("t2v", "happyhorse_t2v"), "text to video"),
    **dict.fromkeys(("r2v", "happyhorse_r2v"), "reference to video"),
    "kf2v": "first and last frame to video",
    "s2v": "speech to video",
    "wan3": "Wan 3.0 video",
    "animate": "figure animation",
    "style": "video style",
}


def readable(function: str | None) -> str | None:
    """Return what a function, or the family of a model that has none, is called; its own name where that says it.

    Args:
        function: As records have it, e.g. `video_repainting` or `i2v`; None where there is none.
    """
    return None if function is None else _NAMES.get(function, function)
