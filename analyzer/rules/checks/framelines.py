"""Frames in the words of a call's turns as they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from analyzer.rules.checks.framefits import Places, Reach, in_row, one, reach_of
from analyzer.rules.checks.frameletters import fits_in
from analyzer.rules.checks.frameneeds import Need, Strings, needs_of
from analyzer.rules.checks.frames import Fit
from analyzer.rules.checks.frametree import Frame, tree_of
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
    def _canonical(self) -> Mapping[int, str]:
        return {place: canon(text) for place, text in self._texts.items()}

    @cached_property
    def _places(self) -> Places:
        return Places(self._canonical)

    @cached_property
    def _strings(self) -> Strings:
        return Strings(self._canonical.values())

    def _where(self, pattern: str) -> Iterator[int]:
        """In which texts it may fit at all, so that few automata are built."""
        laid = _laid(pattern)
        if laid is None:
            yield from self._texts
        elif self._strings.meet(laid.needs):
            for place, _, _ in self._places.lines(laid.reach(self._places, self._places.every)):
                yield place


class _Laid(NamedTuple):
    """A pattern, to be laid over lines of characters as rules see them: what it needs, and where it may end then."""

    needs: tuple[Need, ...]
    reach: Reach


@lru_cache(maxsize=16384)
def _laid(pattern: str) -> _Laid | None:
    """A pattern's; None where no tree is made of it."""
    frame = tree_of(pattern)
    return _Laid(needs_of(frame), _reach(frame)) if frame is not None else None


def _reach(frame: Frame) -> Reach:
    return reach_of(
        frame,
        lambda char: one(char.chars, back=False),
        lambda parts: in_row([_reach(part) for part in parts], back=False),
        back=False,
    )
