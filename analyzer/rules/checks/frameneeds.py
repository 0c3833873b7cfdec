"""What a frame cannot do without, so that most are laid over no call: of each need one character, or two in a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from analyzer.rules.checks.frametree import Char, Frame, Row, Times, Ways

_PAIRS = 64  # of more no need is made: their characters alone are one then

Need = frozenset[str]


def needs_of(frame: Frame) -> tuple[Need, ...]:
    """Strings of one or two characters: of each set one at least stands in every text that the frame fits.

    What a text seldom has comes first. A frame may have no needs.
    """
    return tuple(sorted(set(_needs(frame)), key=lambda need: (_commonness(need), sorted(need))))


class Strings:
    """Which lines have what meets needs: a set of lines is one number, of which a bit is a line.

    Args:
        lines: in order.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines: dict[str, int] = {}  # that have each string
        self._meeting: dict[Need, int] = {}
        for place, line in enumerate(lines):
            for string in {*line, *map("".join, pairwise(line))}:
                self._lines[string] = self._lines.get(string, 0) | 1 << place
        self._every = frozenset(self._lines)

    def meet(self, needs: Iterable[Need]) -> int:
        """The lines that meet all of them."""
        lines = -1
        for need in needs:
            if need not in self._meeting:
                meeting = 0
                for string in need & self._every:
                    meeting |= self._lines[string]
                self._meeting[need] = meeting
            lines &= self._meeting[need]
            if not lines:
                break
        return lines


def _needs(frame: Frame) -> Iterator[Need]:
    match frame:
        case Char(chars, _, negated):
            if not negated:
                yield chars
        case Row(parts):
            yield from _in_row(parts)
        case Ways(ways):
            each = [min(_needs(way), key=_commonness, default=None) for way in ways]
            if None not in each:
                yield frozenset().union(*[need for need in each if need is not None])
        case Times(part, least):
            if least > 0:
                yield from _needs(part)


def _in_row(parts: Sequence[Frame]) -> Iterator[Need]:
    """Those of each part, and of two characters side by side."""
    for part in parts:
        yield from _needs(part)
    for one, other in pairwise(parts):
        if isinstance(one, Char) and isinstance(other, Char) and not (one.negated or other.negated):
            pairs = frozenset(a + b for a in one.chars for b in other.chars)
            yield from [pairs] if len(pairs) <= _PAIRS else []


def _commonness(need: Need) -> tuple[bool, int]:
    """Single characters are met sooner than pairs, and many sooner than few."""
    return any(len(string) == 1 for string in need), len(need)
