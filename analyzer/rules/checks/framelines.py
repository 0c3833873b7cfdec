"""Frames in the words of a call's turns as they are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache

from analyzer.rules.checks.framefits import Places, Reach, anything, in_row, one, reach_of
from analyzer.rules.checks.frames import Fit, fits_in
from analyzer.rules.checks.frametree import Char, Frame, tree_of
from analyzer.speech.sound import canon


class Lines:
    """Texts of turns, in which patterns are looked for.

    Args:
        texts: the turns' spoken characters, in order.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = dict(enumerate(texts))
        self._found: dict[tuple[str, ...], dict[int, list[Fit]]] = {}

    def find(self, patterns: tuple[str, ...]) -> Mapping[int, Sequence[Fit]]:
        """Where the patterns fit, by the turn's place among the texts; one pattern after the other."""
        if patterns not in self._found:
            found: dict[int, list[Fit]] = {}
            for pattern in patterns:
                for place in self._where(pattern):
                    for start, end in fits_in(pattern, self._texts[place]):
                        found.setdefault(place, []).append(Fit(start, end, pattern))
            self._found[patterns] = found
        return self._found[patterns]

    @cached_property
    def _places(self) -> Places:
        return Places({place: canon(text) for place, text in self._texts.items()})

    def _where(self, pattern: str) -> Iterable[int]:
        """In which texts it may fit at all, so that few automata are built."""
        reach = _reach_of(pattern)
        if reach is None:
            return self._texts
        return (line for line, _, _ in self._places.lines(reach(self._places, self._places.every)))


@lru_cache(maxsize=16384)
def _reach_of(pattern: str) -> Reach | None:
    """Where a pattern may end in characters as rules see them; None where no tree is made of it."""
    frame = tree_of(pattern)
    return _reach(frame) if frame is not None else None


def _reach(frame: Frame) -> Reach:
    return reach_of(frame, _char, lambda parts: in_row([_reach(part) for part in parts], back=False))


def _char(char: Char) -> Reach:
    return anything(back=False) if char.negated else one(char.chars, back=False)
