"""How much a text is worded like what is forbidden: a linear model over groups of one to three characters.

Made by `fixtures/make_wording.py`, which says from what.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

LEAST = 8  # characters of a text that is looked at: 没错 and 金毛 are worded like anything
LONGEST = 3  # characters of a group
WINDOW, STEP = 32, 6  # characters of a stretch, and from one to the next
WEIGHTS = Path(__file__).with_name("wording.npz")


class Likeness(NamedTuple):
    """How far a text is above the bar, and from where to where it is most alike."""

    above: float
    start: int
    end: int


class WordingModel:
    """A linear model over groups of one to three characters, asked of every stretch of a text.

    Args:
        groups: of characters.
        idf: how much a group counts [group].
        weights: what it speaks for [group].
        offset: of the model, less its bar.
    """

    def __init__(
        self, groups: list[str], idf: npt.NDArray[np.float32], weights: npt.NDArray[np.float32], offset: float
    ) -> None:
        self._at = {group: at for at, group in enumerate(groups)}
        self._squared = np.square(idf, dtype=np.float64)
        self._speaks = np.multiply(idf, weights, dtype=np.float64)
        self._offset = offset

    def likeness(self, text: str) -> Likeness:
        """How much a text is worded like what is forbidden; one that is too short not at all.

        Args:
            text: spoken characters, canonical.
        """
        if len(text) < LEAST:
            return Likeness(-np.inf, 0, len(text))
        start, end, group, before = self._groups_in(text)
        places = stretches(len(text))
        scores = []
        for (a, b), (first, last) in zip(places, np.searchsorted(start, places).tolist(), strict=True):
            held = slice(first, last)  # these begin in the stretch
            scores.append(self._score(group[held][(end[held] <= b) & (before[held] < a)]))
        worst = max(range(len(places)), key=scores.__getitem__)
        return Likeness(scores[worst], *places[worst])

    def _groups_in(self, text: str) -> npt.NDArray[np.intp]:
        """The groups in a text: where each begins and ends, its index, and where it began the last time before (-1)."""
        last: dict[int, int] = {}
        found = []
        for start in range(len(text)):
            for end in range(start + 1, min(start + LONGEST, len(text)) + 1):
                group = self._at.get(text[start:end])
                if group is not None:
                    found.append((start, end, group, last.get(group, -1)))
                    last[group] = start
        return np.array(found, np.intp).reshape(-1, 4).T

    def _score(self, groups: npt.NDArray[np.intp]) -> float:
        """Of some groups, each once, over their length as a vector; of none nothing is known."""
        if not groups.size:
            return -np.inf
        length = float(np.sqrt(self._squared[groups].sum()))
        return self._offset + float(self._speaks[groups].sum()) / length


def stretches(length: int) -> list[tuple[int, int]]:
    """From where to where the stretches of a text lie; all of it where it is no longer than one."""
    last = max(0, length - WINDOW)
    return [(start, min(start + WINDOW, length)) for start in (*range(0, last, STEP), last)]


@cache
def wording_model() -> WordingModel:
    """The packaged one."""
    with np.load(WEIGHTS) as held:
        groups = held["groups"].tobytes().decode().split("\n")
        return WordingModel(groups, held["idf"], held["weights"], float(held["offset"]))
