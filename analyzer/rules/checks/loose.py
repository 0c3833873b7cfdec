"""Where a frame may fit words heard badly: by syllables, one of a few in a row or one of its parts being any other.

A pattern sees exact text; a recogniser gets one character in ten wrong, and two thirds of these sound like the right
ones. What is found here only may be it: `mishearing` tells how much speaks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import compress, groupby

import numpy as np
import numpy.typing as npt

from analyzer.rules.checks.framebounds import bounds_of
from analyzer.rules.checks.framefits import (
    Places,
    Reach,
    a_word,
    anything,
    but_for_one,
    fits,
    in_row,
    one,
    one_way,
    reach_of,
)
from analyzer.rules.checks.frametree import Char, Frame, Row, Ways, tree_of
from analyzer.rules.checks.mishearing import BELIEVED, HeardTurn, reaches, weight_of

_FEWEST = 3  # parts of a frame that say something, where one may be anything
_TELLING = 8.0  # what the other of two in a row must weigh, where one may be any


class SoundLines:
    """Texts of turns by their syllables, for patterns.

    Args:
        texts: by turn its place, its spoken characters, their probabilities.
        known: patterns that will be asked for, perhaps: what speaks for them at most is worked out for all together.
    """

    def __init__(self, texts: Sequence[tuple[int, str, Sequence[float]]], known: tuple[str, ...] = ()) -> None:
        self._turns = {
            place: HeardTurn.of(text, each) for place, text, each in texts if any(p < BELIEVED for p in each)
        }
        self._places = Places({place: turn.signs for place, turn in self._turns.items()})
        self._known = known

    def find(self, pattern: str, bits: float, loose: bool = False) -> Iterator[tuple[int, int, int]]:
        """Where at least so many bits speak for a pattern: the turn's place, first character, one behind the last.

        Args:
            pattern: as frames have them; one that no tree is made of fits nowhere.
            bits: needed.
            loose: a part of the whole may be anything, where its essence need not lie in that part.
        """
        reach, places = _reach_of(pattern, loose), self._places
        among = places.among(self._enough(pattern, bits)) if reach is not None else 0
        if reach is None or not among or not (ends := reach.forward(places, among)):
            return
        for place, start, end in fits(reach.forward, reach.back(places, ends), places):
            if reaches(pattern, self._turns[place], start, end, bits):
                yield place, start, end

    def _enough(self, pattern: str, bits: float) -> Iterable[int]:
        """In which turns so much may speak for it at all."""
        if pattern not in self._most:
            return self._turns
        return compress(self._turns, self._most[pattern] >= bits)

    @cached_property
    def _most(self) -> Mapping[str, npt.NDArray[np.float32]]:
        """What speaks for a pattern in each turn, at most."""
        if not self._known or not self._turns:
            return {}
        bounds = bounds_of(self._known)
        return dict(zip(bounds.patterns, bounds.most(list(self._turns.values())), strict=True))


class _BothWays:
    """From where a frame begins to where it ends, and from there back; each is made when it is first needed."""

    def __init__(self, make: Callable[[Frame, bool], Reach], frame: Frame) -> None:
        self._make, self._frame = make, frame

    @cached_property
    def forward(self) -> Reach:
        return self._make(self._frame, False)

    @cached_property
    def back(self) -> Reach:
        return self._make(self._frame, True)


@lru_cache(maxsize=16384)
def _reach_of(pattern: str, loose: bool) -> _BothWays | None:
    """A pattern's in lines of syllables; None where no tree is made of it."""
    frame = tree_of(pattern)
    return _BothWays(_loose if loose else _reach, frame) if frame is not None else None


def _loose(frame: Frame, back: bool) -> Reach:
    """A frame as a whole, of whose parts one may be anything."""
    match frame:
        case Ways(ways):
            return one_way([_loose(way, back) for way in ways])
        case Row(parts) if sum(_says_something(part) for part in parts) >= _FEWEST:
            return but_for_one([(_in_a_row(piece, back), _instead(piece, back)) for piece in _pieces(parts)], back)
    return _reach(frame, back)


def _reach(frame: Frame, back: bool) -> Reach:
    return reach_of(
        frame,
        lambda char: one(char.signs, back),
        lambda parts: in_row([_in_a_row(piece, back) for piece in _pieces(parts)], back),
        back,
    )


def _pieces(parts: Sequence[Frame]) -> Iterator[Sequence[Frame]]:
    """Single characters in a row as one piece, and every other part."""
    for is_literal, run in groupby(parts, lambda part: isinstance(part, Char) and part.is_literal):
        row = list(run)
        yield from [row] if is_literal else ([part] for part in row)


def _in_a_row(piece: Sequence[Frame], back: bool) -> Reach:
    """Characters in a row, of which one may be any other: of two only beside one that says something."""
    if len(piece) == 1:
        return _reach(piece[0], back)
    chars = [part for part in piece if isinstance(part, Char)]
    weights = [weight_of(char) for one in chars for char in one.chars]
    is_open = tuple(len(piece) > 2 or weights[1 - at] >= _TELLING for at in range(len(piece)))
    return a_word("".join(sign for one in chars for sign in one.signs), is_open, back)


def _instead(piece: Sequence[Frame], back: bool) -> Reach | None:
    """What may stand for a piece as a whole, if anything."""
    if len(piece) > 1 or not _says_something(piece[0]):
        return None
    return anything(1, 1 if isinstance(piece[0], Char) else 2, back)


def _says_something(part: Frame) -> bool:
    return isinstance(part, Ways) or (isinstance(part, Char) and not part.negated)
