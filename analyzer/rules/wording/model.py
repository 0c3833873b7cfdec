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
        places = stretches(len(text))
        scores = self._scores(text, places)
        worst = max(range(len(places)), key=scores.__getitem__)
        return Likeness(scores[worst], *places[worst])

    def above(self, text: str, words: tuple[int, int], clauses: tuple[int, int]) -> float:
        """How far words are above the bar, at most: by themselves, in their clauses, or in a stretch that they lie in.

        Args:
            text: spoken characters, canonical.
            words: the first character of the words, and one behind the last;
            clauses: the same of the clauses they lie in. Longer ones than a stretch are not asked about.
        """
        places = [words, *([clauses] if clauses[1] - clauses[0] <= WINDOW else ()), *stretches(len(text), *words)]
        first, last = min(a for a, _ in places), max(b for _, b in places)  # so a long text takes no longer
        return max(self._scores(text[first:last], [(a - first, b - first) for a, b in places]))

    def _scores(self, text: str, places: list[tuple[int, int]]) -> list[float]:
        """How far each place of a text is above the bar."""
        start, end, group, before = self._groups_in(text)
        scores = []
        for (a, b), begin in zip(places, np.searchsorted(start, places).tolist(), strict=True):
            held = slice(*begin)  # these begin in the place
            scores.append(self._score(group[held][(end[held] <= b) & (before[held] < a)]))
        return scores

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


def stretches(length: int, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """From where to where the stretches of a text lie, of characters `[start, end)` only those that hold some.

    All of a text where it is no longer than one.
    """
    last = max(0, length - WINDOW)
    end = length if end is None else end
    reaching = max(0, -((WINDOW - 1 - start) // STEP)) * STEP  # the first that is not over before
    firsts = (*range(reaching, min(last, end), STEP), last)
    return [(first, min(first + WINDOW, length)) for first in firsts if first < max(end, 1) and start < first + WINDOW]


@cache
def wording_model() -> WordingModel:
    """The packaged one."""
    with np.load(WEIGHTS) as held:
        groups = held["groups"].tobytes().decode().split("\n")
        return WordingModel(groups, held["idf"], held["weights"], float(held["offset"]))
