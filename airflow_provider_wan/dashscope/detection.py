"""Whether an image will do for speech-to-video: what the service's detector answers, at once and without a job.

Source: Model Studio, `wan-s2v-detect-api`, 2026-02-11, re-read in October 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.errors import InvalidParameterError, UnavailableError

DETECTOR = "wan2.2-s2v-detect"
"""The detector's model; offered in Beijing only."""
_BEIJING = "cn-beijing"


def price() -> str:
    """Return what one detection costs by the catalogue, e.g. `CNY 0.004`."""
    model = catalog.find(DETECTOR)
    amount = catalog.price(model, _BEIJING, "image") if model else None
    return f"CNY {amount}"


class ImageNotPassedError(InvalidParameterError):
    """The detector says that an image won't do. It is asked before the submission, so there is no job."""

    what: ClassVar[str] = "The detector did not pass the image"
    spent = f"No job was submitted, and nothing but the detection ({price()}) was billed."
    advice: ClassVar[str] = (
        "Give a picture that shows one person from the front, clearly and not too small, with sides of 400 to 7000 "
        "pixels; or leave `detect` out to try this one all the same."
    )


class DetectionLostError(UnavailableError):
    """The detector was asked, but no answer tells what it found. There is no job."""

    what: ClassVar[str] = "The detector's answer was lost"
    spent = f"No job was submitted; if the detector did its work, that is billed ({price()}), and the next time again."


@dataclass(frozen=True, slots=True)
class Detection:
    """What the detector found.

    Attributes:
        passed: Whether the image will do.
        humanoid: Whether there is a person in it; None where that wasn't said.
        message: Why it won't do; mostly empty.
        code: The service's code for that; mostly empty.
        request_id: Id of the call.
    """

    passed: bool
    humanoid: bool | None = None
    message: str = ""
    code: str = ""
    request_id: str = ""

    def require(self) -> None:
        """Go on only if the image will do.

        Raises:
            ImageNotPassedError: It won't.
        """
        if self.passed:
            return
        found = "it found no person in it" if self.humanoid is False else "it gave no reason"
        said = ": ".join(filter(None, (self.code, self.message)))
        raise ImageNotPassedError(said or found, code=self.code, request_id=self.request_id)


def read_detection(answer: Mapping[str, Any]) -> Detection:
    """Read the detector's answer. One that isn't passed comes as a success, with empty `code` and `message`.

    Raises:
        DetectionLostError: The answer doesn't say whether the image is passed.
    """
    request_id = str(answer.get("request_id") or "")
    output = answer.get("output")
    passed = output.get("check_pass") if isinstance(output, Mapping) else None
    if not isinstance(output, Mapping) or not isinstance(passed, bool):
        raise DetectionLostError("an answer that doesn't say what was found", request_id=request_id)
    humanoid = output.get("humanoid")
    return Detection(
        passed=passed,
        humanoid=humanoid if isinstance(humanoid, bool) else None,
        message=str(output.get("message") or ""),
        code=str(output.get("code") or ""),
        request_id=request_id,
    )
