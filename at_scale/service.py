"""What the emulated service says of a run."""

from __future__ import annotations

from typing import Any

import httpx

from at_scale.queries import Request, parse
from at_scale.settings import Settings


class Service:
    """Asks the emulator's control routes, which are not counted as queries, and reads its record.

    Args:
        settings: Of the trial.
    """

    def __init__(self, settings: Settings) -> None:
        self._record = settings.requests
        self._client = httpx.Client(base_url=settings.demo.emulator_url, timeout=30, trust_env=False)

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            return self._client.get("/emulator/clock").is_success
        except httpx.TransportError:
            return False

    def jobs(self) -> list[dict[str, Any]]:
        """Return all jobs, with their inputs."""
        return list(self._get("tasks")["tasks"])

    def charges(self) -> list[dict[str, Any]]:
        """Return what was billed."""
        return list(self._get("ledger")["charges"])

    def requests(self) -> list[Request]:
        """Return all requests until now."""
        # The last line may be under way.
        return [
            parse(line) for line in self._record.read_text().splitlines(keepends=True) if line.endswith("\n")
        ]

    def submitted(self, since: float) -> int:
        """Count the submissions that were taken since a moment."""
        return sum(
            request.kind == "submit" and request.status == 200 and request.at >= since
            for request in self.requests()
        )

    def _get(self, what: str) -> Any:
        return self._client.get(f"/emulator/{what}").raise_for_status().json()
