"""How much a text is worded like something: what is forbidden, or what a customer lets on.

Linear models over groups of one to three characters. `fixtures/make_wording.py` makes the one of what an agent says,
`fixtures/make_customer_wording.py` those of what a customer says; they tell from what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Like = Literal["forbidden", "grumble", "complaint", "authority", "leader", "compensation", "agitated", "confused"]
LEAST = 8  # characters of an agent's text that is looked at: 没错 and 金毛 are worded like anything
LONGEST = 3  # characters of a group
WINDOW, STEP = 32, 6  # characters of a stretch, and from one to the next
_AGENT, _CUSTOMER = "agent.npz", "customer.npz"


class Likeness(NamedTuple):
    """How far a text is above the bar, and from where to where it is most alike."""

    above: float
    start: int
    end: int


class WordingModel:
    """Linear models over groups of one to three characters, asked of every stretch of a text.

    Args:
        groups: of characters, each with its place.
        idf: how much a group counts [group].
        likes: what each model tells.
        weights: what a group speaks for [model, group].
        offset: of each model, less its bar [model].
        least: characters of a text that is looked at.
    """

    def __init__(
        self,
        groups: Mapping[str, int],
        idf: npt.NDArray[np.float32],
        likes: Sequence[str],
        weights: npt.NDArray[np.float32],
        offset: npt.NDArray[np.float64],
        least: int = LEAST,
    ) -> None:
        self._at, self._likes = groups, likes
        self._squared = np.square(idf, dtype=np.float64)
        self._speaks = np.ascontiguousarray(np.multiply(idf, weights, dtype=np.float64).T)  # [group, model]
        self._offset, self._least = offset, least

    def likenesses(self, text: str) -> dict[str, Likeness]:
        """How much a text is worded like each; one that is too short like none.

        Args:
            text: spoken characters, canonical.
        """
        if len(text) < self._least:
            return dict.fromkeys(self._likes, Likeness(-np.inf, 0, len(text)))
        places = stretches(len(text))
        scores = self._scores(text, places)
        most = zip(self._likes, scores.argmax(axis=0).tolist(), scores.max(axis=0).tolist(), strict=True)
        return {like: Likeness(above, *places[at]) for like, at, above in most}

    def above(self, like: Like, text: str, words: tuple[int, int], clauses: tuple[int, int]) -> float:
        """How far words are above the bar, at most: by themselves, in their clauses, or in a stretch that they lie in.

        Args:
            like: what they may be worded like.
            text: spoken characters, canonical.
            words: the first character of the words, and one behind the last;
            clauses: the same of the clauses they lie in. Longer ones than a stretch are not asked about.
        """
        places = [words, *([clauses] if clauses[1] - clauses[0] <= WINDOW else ()), *stretches(len(text), *words)]
        first, last = min(a for a, _ in places), max(b for _, b in places)  # so a long text takes no longer
        scores = self._scores(text[first:last], [(a - first, b - first) for a, b in places])
        return float(scores[:, self._likes.index(like)].max())

    def _scores(self, text: str, places: list[tuple[int, int]]) -> npt.NDArray[np.float64]:
        """How far each place of a text is above each bar [place, model]."""
        start, end, group, before = self._groups_in(text)
        scores = []
        for (a, b), begin in zip(places, np.searchsorted(start, places).tolist(), strict=True):
            held = slice(*begin)  # these begin in the place
            scores.append(self._score(group[held][(end[held] <= b) & (before[held] < a)]))
        return np.array(scores)

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

    def _score(self, groups: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Of some groups, each once, over their length as a vector [model]; of none nothing is known."""
        if not groups.size:
            return np.full(len(self._likes), -np.inf)
        scores: npt.NDArray[np.float64] = self._speaks[groups].sum(axis=0) / np.sqrt(self._squared[groups].sum())
        return self._offset + scores


def stretches(length: int, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """From where to where the stretches of a text lie, of characters `[start, end)` only those that hold some.

    All of a text where it is no longer than one.
    """
    last = max(0, length - WINDOW)
    end = length if end is None else end
    reaching = max(0, -((WINDOW - 1 - start) // STEP)) * STEP  # the first that is not over before
    firsts = (*range(reaching, min(last, end), STEP), last)
    return [(first, min(first + WINDOW, length)) for first in firsts if first < max(end, 1) and start < first + WINDOW]


def wording_model(like: Like = "forbidden") -> WordingModel:
    """The packaged one that tells, beside others, what is worded so."""
    return _packaged(_AGENT if like == "forbidden" else _CUSTOMER)


@cache
def _packaged(file: str) -> WordingModel:
    with np.load(Path(__file__).with_name(file)) as held:
        groups = {group: at for at, group in enumerate(_names(held["groups"]))}
        likes, least = _names(held["like"]), int(held["least"])
        return WordingModel(groups, held["idf"], likes, held["weights"], held["offset"], least)


def _names(held: npt.NDArray[np.uint8]) -> list[str]:
    return held.tobytes().decode().split("\n")
