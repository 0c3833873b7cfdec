"""Frames in the words of a call's turns as they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

from analyzer.rules.checks.framefits import Places, Reach, anything, in_row, one, reach_of
from analyzer.rules.checks.frameneeds import needs_of
from analyzer.rules.checks.frames import Fit, fits_in
from analyzer.rules.checks.frametree import Char, Frame, tree_of
from analyzer.speech.sound import canon


class Lines:
    """Texts of turns, in which patterns are looked for.

    Args:
        texts: the turns' spoken characters, in order.
        known: patterns that will be asked for, perhaps: what they need is looked for once for all together.
    """

    def __init__(self, texts: Sequence[str], known: tuple[str, ...] = ()) -> None:
        self._texts, self._known = texts, known
        self._found: dict[tuple[str, ...], dict[int, list[Fit]]] = {}

    def find(self, patterns: tuple[str, ...]) -> Mapping[int, Sequence[Fit]]:
        """Where the patterns fit, by the turn's place among the texts; one pattern after the other."""
        if patterns not in self._found:
            found: dict[int, list[Fit]] = {}
            for pattern in patterns:
                for place, last in self._where(pattern):
                    for start, end in fits_in(pattern, self._texts[place]):
                        found.setdefault(place, []).append(Fit(start, end, pattern))
                        if end >= last:
                            break
            self._found[patterns] = found
        return self._found[patterns]

    @cached_property
    def _canonical(self) -> list[str]:
        return [*map(canon, self._texts)]

    @cached_property
    def _places(self) -> Places:
        return Places(dict(enumerate(self._canonical)))

    @cached_property
    def _may_fit(self) -> Mapping[str, int]:
        """Texts that hold what known patterns need, as the bits of a number."""
        return needs_of(self._known).may_fit(self._canonical)

    def _where(self, pattern: str) -> Iterator[tuple[int, int]]:
        """In which texts it may fit at all, so that few automata are built, and where it ends in each at the latest."""
        holding = self._may_fit.get(pattern)
        if holding == 0:
            return
        reach, places = _reach_of(pattern), self._places
        if reach is None:
            yield from enumerate(map(len, self._texts))
            return
        begins = places.every if holding is None else places.among(_ones(holding))
        for place, first, ends in places.lines(reach(places, begins)):
            yield place, ends.bit_length() - 1 - first


def _ones(number: int) -> Iterator[int]:
    """Which bits of a number are set."""
    while number:
        yield (number & -number).bit_length() - 1
        number &= number - 1


@lru_cache(maxsize=16384)
def _reach_of(pattern: str) -> Reach | None:
    """Where a pattern may end in characters as rules see them; None where no tree is made of it."""
    frame = tree_of(pattern)
    return _reach(frame) if frame is not None else None


def _reach(frame: Frame) -> Reach:
    return reach_of(frame, _char, lambda parts: in_row([_reach(part) for part in parts], back=False))


def _char(char: Char) -> Reach:
    return anything(back=False) if char.negated else one(char.chars, back=False)
