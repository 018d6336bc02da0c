"""What is due next. Pure: moments are numbers, and nobody waits in here."""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Agenda(Generic[K]):
    """Keys by the moment at which each is due, the most overdue first. Nothing costs more than O(log n)."""

    def __init__(self) -> None:
        self._due: dict[K, tuple[float, int]] = {}
        # Entries of keys that were moved or dropped stay in here until they come up.
        self._heap: list[tuple[float, int, K]] = []
        self._numbers = itertools.count()
        self._per_second: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._due)

    def put(self, key: K, due: float) -> None:
        """Set, or change, when a key is due."""
        self.drop(key)
        number = next(self._numbers)
        self._due[key] = (due, number)
        self._per_second[math.floor(due)] += 1
        heapq.heappush(self._heap, (due, number, key))
        if len(self._heap) > 2 * len(self._due) + 64:
            self._heap = [(moment, n, key) for key, (moment, n) in self._due.items()]
            heapq.heapify(self._heap)

    def drop(self, key: K) -> None:
        """Forget a key; one that isn't there is no error."""
        entry = self._due.pop(key, None)
        if entry is not None:
            second = math.floor(entry[0])
            self._per_second[second] -= 1
            if not self._per_second[second]:
                del self._per_second[second]

    def first(self) -> tuple[float, K] | None:
        """Return the key that is due first and its moment; None when there is none."""
        while self._heap:
            due, number, key = self._heap[0]
            if self._due.get(key) == (due, number):
                return due, key
            heapq.heappop(self._heap)
        return None

    def due_by(self, moment: float) -> int:
        """Return how many are due by a moment, or within the same second."""
        last = math.floor(moment)
        return sum(number for second, number in self._per_second.items() if second <= last)
