from __future__ import annotations

import pytest

from tests.ui.conftest import MP4, Laid
from tests.ui.laid import edited, request
from tests.ui.serving import Served


def test_it_answers(served: Served, laid: Laid) -> None:
    (served.roots / "a.mp4").write_bytes(MP4)
    place = laid(edited(f"file://{served.roots}/a.mp4"))
    for page in ("edit", "edit/data", "run", "run/data"):
        answer = served.get(place.link(page))
        print(page, answer.status_code, dict(answer.headers), answer.text[:3000])
    answer = served.get(place.link("media", of="result"), Range="bytes=0-99")
    print(answer.status_code, dict(answer.headers), len(answer.content))
    print(served.log.read_text()[-3000:])
    assert 0
