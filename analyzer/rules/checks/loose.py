"""Where a frame may fit words heard badly: by syllables, one of a few in a row or one of its parts being any other.

A pattern sees exact text; a recogniser gets one character in ten wrong, and two thirds of these sound like the right
ones. What is found here only may be it: `mishearing` tells how much speaks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

import re2

from analyzer.rules.checks.frames import OneText, compiled
from analyzer.rules.checks.frametree import Char, Edge, Frame, Row, Times, Ways, tree_of
from analyzer.rules.checks.mishearing import BELIEVED, HeardTurn, reaches, weight_of

_ANY = "."
_FEWEST = 3  # parts of a frame that say something, where one may be anything
_TELLING = 8.0  # what the other of two in a row must weigh, where one may be any


class SoundLines:
    """Texts of turns by their syllables, for patterns.

    Args:
        texts: by turn its place, its spoken characters, their probabilities.
    """

    def __init__(self, texts: Sequence[tuple[int, str, Sequence[float]]]) -> None:
        self._turns = {
            place: HeardTurn.of(text, each) for place, text, each in texts if any(p < BELIEVED for p in each)
        }
        self._text = OneText({place: turn.signs for place, turn in self._turns.items()})

    def find(self, pattern: str, but_for_one: bool = False) -> Iterator[tuple[int, int, int]]:
        """Where a pattern may fit: the turn's place, the first character, and one behind the last."""
        loosened = loosen(pattern, but_for_one) if self._turns else ""
        for place, start, end in self._text.find(loosened, is_wide=True) if loosened else ():
            if end > start:
                yield place, start, end

    def is_heard(self, pattern: str, place: int, start: int, end: int, bits: float) -> bool:
        """Whether that much speaks for a pattern in characters `[start, end)` of a turn."""
        return reaches(pattern, self._turns[place], start, end, bits)


@lru_cache(maxsize=16384)
def loosen(pattern: str, but_for_one: bool = False) -> str:
    """The pattern for lines of syllables; empty where none can be made of it, or one too large.

    Args:
        pattern: as frames have them.
        but_for_one: a part of the whole may be anything, where its essence need not lie in that part.
    """
    frame = tree_of(pattern)
    if frame is None:
        return ""
    ways = [_but_for_one(frame)] if but_for_one else []
    for loosened in [*ways, _written(frame)]:
        try:
            compiled(loosened, is_wide=True)
        except re2.error:
            continue
        return loosened
    return ""


def _but_for_one(frame: Frame) -> str:
    """A frame as a whole, of whose parts one may be anything."""
    match frame:
        case Ways(ways):
            return f"(?:{'|'.join(map(_but_for_one, ways))})"
        case Row(parts) if sum(_says_something(part) for part in parts) >= _FEWEST:
            pieces = list(_pieces(parts))
            exact = [written for written, _ in pieces]
            others = [[*exact[:at], other, *exact[at + 1 :]] for at, (_, other) in enumerate(pieces) if other]
            return _one_of(exact, *others)
    return _written(frame)


def _says_something(part: Frame) -> bool:
    return isinstance(part, Ways) or (isinstance(part, Char) and not part.negated)


def _written(frame: Frame) -> str:
    match frame:
        case Char(_, signs, negated):
            return _ANY if negated else f"[{''.join(sorted(signs))}]" if len(signs) > 1 else "".join(signs)
        case Edge(is_start):
            return "^" if is_start else "$"
        case Ways(ways):
            return f"(?:{'|'.join(map(_written, ways))})"
        case Times(part, least, most):
            return f"(?:{_written(part)}){{{least},{'' if most is None else most}}}"
        case Row(parts):
            return "".join(written for written, _ in _pieces(parts))


def _pieces(parts: Sequence[Frame]) -> Iterator[tuple[str, str]]:
    """Rows of characters and single parts, each with what else may stand for it as a whole, if anything."""
    for is_literal, run in groupby(parts, lambda part: isinstance(part, Char) and part.is_literal):
        row = list(run)
        if is_literal:
            yield _in_a_row(row), _ANY if len(row) == 1 else ""
            continue
        for part in row:
            other = "" if not _says_something(part) else _ANY if isinstance(part, Char) else f"{_ANY}{{1,2}}"
            yield _written(part), other


def _in_a_row(parts: Sequence[Frame]) -> str:
    """Characters in a row, of which one may be any other: of two only beside one that says something."""
    exact = [_written(part) for part in parts]
    weights = [weight_of(char) for part in parts if isinstance(part, Char) for char in part.chars]
    others = [
        [*exact[:at], _ANY, *exact[at + 1 :]]
        for at in range(len(exact))
        if len(exact) > 2 or (len(exact) == 2 and weights[1 - at] >= _TELLING)
    ]
    return _one_of(exact, *others)


def _one_of(*ways: Sequence[str]) -> str:
    return f"(?:{'|'.join(map(''.join, ways))})" if len(ways) > 1 else "".join(ways[0])
