"""In which texts frames may fit at all: those that hold the characters and pairs of them that each can't be without.

Most frames fit nowhere in a call, and few texts hold what one needs. That is asked of all frames together: a set of
texts is one number, of which a bit is a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce
from itertools import accumulate, groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analyzer.rules.checks.frametree import Char, Edge, Frame, Row, Times, Ways, tree_of

_Bits = npt.NDArray[np.uint64]
_Places = npt.NDArray[np.intp]
_Units = frozenset[str]  # characters as rules see them, or pairs of these

_TEXTS = 64  # at a time: bits of a number
_MOST_PAIRS = 64  # of more one is nearly always there
_CODE = 21  # bits of a character


@lru_cache(maxsize=8)
def needs_of(patterns: tuple[str, ...]) -> FrameNeeds:
    """What these patterns need; kept, so that every call of a batch shares it."""
    return FrameNeeds(patterns)


class FrameNeeds:
    """Patterns with what they need worked out once.

    Args:
        patterns: as frames have them; one that no tree is made of may fit any text.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = tuple(dict.fromkeys(patterns))
        needs = _Needs()
        tops = [needs.of(tree).need if tree is not None else _NOTHING for tree in map(tree_of, self._patterns)]
        units = [0, *(_code(unit) for some in needs.units for unit in some)]
        self._units, rows = np.unique(np.array(units, np.uint64), return_inverse=True)
        self._flat = rows[1:]
        self._begins = _begins(map(len, needs.units))
        self._steps, self._tops = needs.steps(tops)

    def may_fit(self, texts: Sequence[str]) -> dict[str, int]:
        """For each pattern the texts that it may fit.

        Args:
            texts: as rules see them; the first is the lowest bit.
        """
        found = [0] * len(self._patterns)
        for at in range(0, len(texts), _TEXTS):
            some = self._may_fit(texts[at : at + _TEXTS]).tolist()
            found = [before | here << at for before, here in zip(found, some, strict=True)]
        return dict(zip(self._patterns, found, strict=True))

    def _may_fit(self, texts: Sequence[str]) -> _Bits:
        owners = np.repeat(np.arange(len(texts), dtype=np.uint64), [*map(len, texts)])
        chars = _codes("".join(texts))
        beside = owners[:-1] == owners[1:]
        said = np.concatenate([chars, (chars[:-1] << np.uint64(_CODE) | chars[1:])[beside]])
        bits = np.uint64(1) << np.concatenate([owners, owners[1:][beside]])
        rows = np.searchsorted(self._units, said)
        needed = self._units[np.minimum(rows, len(self._units) - 1)] == said
        holding = np.zeros(len(self._units), np.uint64)
        np.bitwise_or.at(holding, rows[needed], bits[needed])
        known = np.empty(1 + len(self._begins) + sum(len(step.begins) for step in self._steps), np.uint64)
        known[0] = (1 << len(texts)) - 1
        at = 1 + len(self._begins)
        if at > 1:
            np.bitwise_or.reduceat(holding[self._flat], self._begins, out=known[1:at])
        for step in self._steps:
            join = np.bitwise_and if step.all_of else np.bitwise_or
            join.reduceat(known[step.parts], step.begins, out=known[at : at + len(step.begins)])
            at += len(step.begins)
        return known[self._tops]


class _Step(NamedTuple):
    """Needs made of needs before them: all of these or any, which, and where each one's begin."""

    all_of: bool
    parts: _Places
    begins: _Places


_Ref = int  # of units from 1 on, and of what is made of others from -1 down
_NOTHING: _Ref = 0


class _Made(NamedTuple):
    """A need that is all of others, or any."""

    height: int
    all_of: bool
    parts: tuple[_Ref, ...]


class _Part(NamedTuple):
    """A part of a frame.

    Args:
        need: what there is wherever the part is.
        may_be_nothing: it fits where no character is.
        firsts, lasts: what it may begin and end with where it is something; None: anything.
    """

    need: _Ref
    may_be_nothing: bool
    firsts: _Units | None
    lasts: _Units | None


class _Needs:
    """What frames need, each need once."""

    def __init__(self) -> None:
        self.units: dict[_Units, int] = {}  # numbered from 1: 0 is nothing
        self._pairs: dict[tuple[_Units, _Units], _Ref] = {}
        self._made: dict[_Made, int] = {}
        self._heights: dict[_Ref, int] = {}

    def of(self, frame: Frame) -> _Part:
        """What a frame needs."""
        match frame:
            case Char(_, _, True):
                return _Part(_NOTHING, False, None, None)
            case Char(chars):
                return _Part(self._one_of(chars), False, chars, chars)
            case Edge():
                return _Part(_NOTHING, True, _Units(), _Units())
            case Times(part, least):
                once = self.of(part)
                return once if least > 0 else once._replace(need=_NOTHING, may_be_nothing=True)
            case Ways(ways):
                each = [self.of(way) for way in ways]
                return _Part(
                    self._of_others(False, [way.need for way in each]),
                    any(way.may_be_nothing for way in each),
                    reduce(_united, [way.firsts for way in each]),
                    reduce(_united, [way.lasts for way in each]),
                )
            case Row(parts):
                return self._row([self.of(part) for part in parts])

    def steps(self, tops: Sequence[_Ref]) -> tuple[list[_Step], _Places]:
        """What is made in which order, and the place of each of the tops in it."""
        made = sorted(self._made, key=lambda one: (one.height, one.all_of))
        place: dict[_Ref, int] = {number: number for number in range(len(self.units) + 1)}
        place |= {self._made[one]: at for at, one in enumerate(made, len(place))}
        steps = []
        for (_, all_of), alike in groupby(made, key=lambda one: (one.height, one.all_of)):
            some = [one.parts for one in alike]
            parts = np.array([place[part] for each in some for part in each], np.intp)
            steps.append(_Step(all_of, parts, _begins(map(len, some))))
        return steps, np.array([place[top] for top in tops], np.intp)

    def _row(self, parts: Sequence[_Part]) -> _Part:
        """Parts one behind the other: what one ends with and the next begins with are a pair."""
        needs: list[_Ref] = []
        nothing_yet = True
        firsts: _Units | None = _Units()
        lasts: _Units | None = _Units()
        for need, may_be_nothing, begins, ends in parts:
            needs.append(need)
            if not nothing_yet and not may_be_nothing:
                needs.append(self._pair_of(lasts, begins))
            firsts = _united(firsts, begins) if nothing_yet else firsts
            lasts = _united(lasts, ends) if may_be_nothing else ends
            nothing_yet = nothing_yet and may_be_nothing
        return _Part(self._of_others(True, needs), nothing_yet, firsts, lasts)

    def _one_of(self, units: _Units) -> _Ref:
        return self.units.setdefault(units, len(self.units) + 1)

    def _pair_of(self, lasts: _Units | None, firsts: _Units | None) -> _Ref:
        if lasts is None or firsts is None or len(lasts) * len(firsts) > _MOST_PAIRS:
            return _NOTHING
        if (lasts, firsts) not in self._pairs:
            self._pairs[lasts, firsts] = self._one_of(frozenset([a + b for a in lasts for b in firsts]))
        return self._pairs[lasts, firsts]

    def _of_others(self, all_of: bool, needs: Iterable[_Ref]) -> _Ref:
        each = tuple(dict.fromkeys(needs))
        if all_of:
            each = tuple(need for need in each if need != _NOTHING)
        elif _NOTHING in each:
            return _NOTHING
        if len(each) < 2:
            return each[0] if each else _NOTHING
        height = 1 + max([self._heights.get(need, 0) for need in each])
        made = self._made.setdefault(_Made(height, all_of, each), -1 - len(self._made))
        self._heights[made] = height
        return made


def _codes(text: str) -> _Bits:
    """A number for each character."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)


def _code(unit: str) -> int:
    """The number of a character, or of a pair."""
    code = 0
    for char in unit:
        code = code << _CODE | ord(char)
    return code


def _united(one: _Units | None, other: _Units | None) -> _Units | None:
    """All of both; None where one is anything."""
    return None if one is None or other is None else one | other


def _begins(lengths: Iterable[int]) -> _Places:
    """Where each of rows one behind the other begins."""
    return np.array([0, *accumulate(lengths)][:-1], np.intp)
