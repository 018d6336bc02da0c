"""The inputs of live jobs: small files, cut from the demo's clip or from what a job has made.

What works on footage is imported when something is made: most runs only say that nothing is sent.
"""

from __future__ import annotations

import wave
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.live.cases import CLIP, MASK, MOTION, PERSON, PICTURE, SECONDS, SOUND

MEDIA = Path(__file__).parents[2] / "demo" / "media"


class MissingResultError(Exception):
    """An input is to be made of a result that there isn't."""


class Files:
    """Makes each input when it is first wanted.

    Args:
        folder: Where to.

    Attributes:
        result: The video of the job that shows a person, once there is one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, Path] = {}
        self.result: Path | None = None

    def get(self, url: str) -> Path:
        """Return the file behind a stand-in.

        Raises:
            MissingResultError: It is to be made of a result that there isn't.
        """
        if url not in self._made:
            self._made[url] = _MAKE[url](self)
        return self._made[url]

    def path(self, url: str) -> Path:
        """Return where a stand-in's file goes."""
        return self._folder / Path(url).name

    def of_a_result(self) -> Path:
        """Return the result to take a picture or a motion from."""
        if self.result is None:
            raise MissingResultError("text_to_video, whose result it is to be made of, has given none")
        return self.result


def _picture(files: Files) -> Path:
    del files
    return MEDIA / "big_buck_bunny.jpg"


def _clip(files: Files) -> Path:
    from airflow_provider_wan.media.cutting import trim

    trim(MEDIA / "big_buck_bunny.mp4", files.path(CLIP), end=SECONDS[CLIP], sound=False)
    return files.path(CLIP)


def _mask(files: Files) -> Path:
    """White where the edit is to be, of exactly the clip's pixels."""
    import av
    from PIL import Image

    with av.open(str(files.get(CLIP))) as container:
        width, height = container.streams.video[0].width, container.streams.video[0].height
    mask = Image.new("L", (width, height), 0)
    mask.paste(255, (width // 4, height // 4, width // 2, height // 2))
    mask.save(files.path(MASK))
    return files.path(MASK)


def _sound(files: Files) -> Path:
    import av

    rate = 16_000
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    with av.open(str(MEDIA / "big_buck_bunny.mp3")) as container:
        decoded = (part for frame in container.decode(audio=0) for part in resampler.resample(frame))
        samples = b"".join(bytes(part.planes[0])[: part.samples * 2] for part in decoded)
    with wave.open(str(files.path(SOUND)), "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        out.writeframes(samples[: int(SECONDS[SOUND] * rate) * 2])
    return files.path(SOUND)


def _person(files: Files) -> Path:
    from airflow_provider_wan.media.frames import take_frames

    (frame,) = take_frames(files.of_a_result(), files.path("frames"), ["first"])
    return frame


def _motion(files: Files) -> Path:
    from airflow_provider_wan.media.cutting import trim

    trim(files.of_a_result(), files.path(MOTION), end=SECONDS[MOTION], sound=False)
    return files.path(MOTION)


_MAKE: Mapping[str, Callable[[Files], Path]] = {
    PICTURE: _picture,
    CLIP: _clip,
    MASK: _mask,
    SOUND: _sound,
    PERSON: _person,
    MOTION: _motion,
}
