"""Where frames fit, in all lines at once: a set of places is one number, of which a bit is a place.

A frame is made into a function from the places where it may begin to those where it ends then, and into one from its
ends to its beginnings. An automaton would have to be built anew for every text; this has nothing to build.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from analyzer.rules.checks.frametree import Char, Edge, Frame, Row, Times, Ways

Reach = Callable[["Places", int], int]


class Places:
    """Lines of characters, each with its end behind it, as sets of places.

    Args:
        lines: by their names, in order.
    """

    def __init__(self, lines: Mapping[int, str]) -> None:
        self._names = [*lines]
        self._firsts: list[int] = []  # places, as what follows of each line
        self._all: list[int] = []
        self.of: dict[str, int] = {}  # of each character
        self._of_any: dict[frozenset[str], int] = {}
        self._of_word: dict[tuple[str, tuple[bool, ...]], int] = {}
        self.first = self.end = at = 0
        for line in lines.values():
            for place, char in enumerate(line, at):
                self.of[char] = self.of.get(char, 0) | 1 << place
            self._firsts.append(at)
            self._all.append((1 << len(line) + 1) - 1 << at)
            self.first |= 1 << at
            at += len(line) + 1
            self.end |= 1 << at - 1
        self._of_line = dict(zip(lines, self._all, strict=True))
        self.every = (1 << at) - 1
        self.inside = self.every & ~self.end  # of characters
        self._runs = {0: self.every, 1: self.inside}

    def any_of(self, chars: frozenset[str]) -> int:
        """The places of these characters."""
        places = self._of_any.get(chars)
        if places is None:
            places = 0
            for char in chars:
                places |= self.of.get(char, 0)
            self._of_any[chars] = places
        return places

    def of_word(self, word: tuple[str, tuple[bool, ...]]) -> int:
        """Where characters in a row begin, at most one of them being any other; of each whether it may be that one.

        Frames share words, so the places of each are kept.
        """
        if word not in self._of_word:
            whole, changed = self.every, 0  # from where what is behind is said, and is but for one
            for char, is_open in zip(*(some[::-1] for some in word), strict=True):
                here = self.of.get(char, 0)
                changed = (changed >> 1 & here) | (whole >> 1 & self.inside if is_open else 0)
                whole = whole >> 1 & here
            self._of_word[word] = whole | changed
        return self._of_word[word]

    def along(self, at: int, length: int, back: bool) -> int:
        """The places so many characters behind these, or before them."""
        return at >> length & self._of_run(length) if back else (at & self._of_run(length)) << length

    def _of_run(self, length: int) -> int:
        """Where so many characters in a row begin, whichever they are."""
        if length not in self._runs:
            half = length // 2
            self._runs[length] = self._of_run(half) & self._of_run(length - half) >> half
        return self._runs[length]

    def among(self, names: Iterable[int]) -> int:
        """The places of these lines."""
        places = 0
        for name in names:
            places |= self._of_line[name]
        return places

    def lines(self, places: int) -> Iterator[tuple[int, int, int]]:
        """The lines that have some of these places, in order: the name, the first place, and which they have."""
        while places:  # mostly there are none, or few
            at = bisect_right(self._firsts, (places & -places).bit_length() - 1) - 1
            here = places & self._all[at]
            yield self._names[at], self._firsts[at], here
            places ^= here


def fits(forward: Reach, begins: int, text: Places) -> Iterator[tuple[int, int, int]]:
    """Where a frame fits: line, first character, one behind the last; the leftmost as far as it goes, then the next.

    Args:
        forward: from where the frame begins to where it ends.
        begins: the places where it may begin and surely ends somewhere.
        text: in which.
    """
    for line, first, left in text.lines(begins):
        while left:
            start = (left & -left).bit_length() - 1
            end = forward(text, 1 << start).bit_length() - 1
            if end > start:
                yield line, start - first, end - first
            left &= -1 << max(end, start + 1)


def reach_of(frame: Frame, char: Callable[[Char], Reach], row: Callable[[Sequence[Frame]], Reach], back: bool) -> Reach:
    """The function that a frame is, by that of one of its characters, and that of parts one behind the other."""
    match frame:
        case Char(negated=True):
            return anything(1, 1, back)
        case Char():
            return char(frame)
        case Row(parts):
            return row(parts)
        case Ways(ways):
            return one_way([reach_of(way, char, row, back) for way in ways])
        case Times(Char(negated=True), least, most):
            return anything(least, most, back)
        case Times(part, least, most):
            return often(reach_of(part, char, row, back), least, most)
        case Edge(is_start):
            return edge(is_start)


@lru_cache(maxsize=16384)
def one(chars: frozenset[str], back: bool) -> Reach:
    """One of these characters."""
    if len(chars) == 1:  # most are
        (char,) = chars
        if back:
            return lambda text, at: at >> 1 & text.of.get(char, 0)
        return lambda text, at: (at & text.of.get(char, 0)) << 1
    if back:
        return lambda text, at: at >> 1 & text.any_of(chars)
    return lambda text, at: (at & text.any_of(chars)) << 1


def a_word(chars: str, is_open: tuple[bool, ...], back: bool) -> Reach:
    """Characters in a row, at most one of them being any other (`Places.of_word`)."""
    word, length = (chars, is_open), len(chars)
    if back:
        return lambda text, at: at >> length & text.of_word(word)
    return lambda text, at: (at & text.of_word(word)) << length


def anything(least: int, most: int | None, back: bool) -> Reach:
    """Any characters, so many of them."""
    if least == most == 1:
        return lambda text, at: at >> 1 & text.inside if back else (at & text.inside) << 1

    def reach(text: Places, at: int) -> int:
        found = text.along(at, least, back)
        left, step = text.every.bit_length() if most is None else most - least, 1
        while left > 0 and found:  # places up to `step - 1` farther are found already
            step = min(step, left)
            farther = text.along(found, step, back)
            if not farther & ~found:
                break
            found |= farther
            left, step = left - step, 2 * step
        return found

    return reach


def edge(is_start: bool) -> Reach:
    """The beginning of a line, or its end."""
    return lambda text, at: at & (text.first if is_start else text.end)


def in_row(parts: Sequence[Reach], back: bool) -> Reach:
    """One behind the other."""
    if len(parts) == 1:
        return parts[0]
    order = tuple(parts[::-1] if back else parts)

    def reach(text: Places, at: int) -> int:
        for part in order:
            at = part(text, at)
            if not at:
                return 0
        return at

    return reach


def one_way(ways: Sequence[Reach]) -> Reach:
    """One of these."""

    def reach(text: Places, at: int) -> int:
        found = 0
        for way in ways if at else ():
            found |= way(text, at)
        return found

    return reach


def often(part: Reach, least: int, most: int | None) -> Reach:
    """A part so often."""

    def reach(text: Places, at: int) -> int:
        found, count = at if least == 0 else 0, 0
        while at and (most is None or count < most):
            at, count = part(text, at), count + 1
            if count >= least:
                at &= ~found  # from where it was before nothing new is reached
                found |= at
        return found

    return reach


def but_for_one(parts: Sequence[tuple[Reach, Reach | None]], back: bool) -> Reach:
    """Parts one behind the other, for at most one of which another may stand, where one is named."""
    if all(other is None for _, other in parts):
        return in_row([part for part, _ in parts], back)
    order = tuple(parts[::-1] if back else parts)

    def reach(text: Places, at: int) -> int:
        changed = 0
        for part, other in order:
            if not at and not changed:
                return 0
            instead = other(text, at) if other is not None and at else 0
            changed = (part(text, changed) if changed else 0) | instead
            at = part(text, at) if at else 0
        return at | changed

    return reach
