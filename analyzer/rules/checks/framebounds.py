"""What frames come to at most in each turn heard badly, so that each is looked for in few of them.

A frame is a tree of characters (`frametree`). Of a character the best place in a turn counts; of a row of them the best
of each, where two of them lie as near each other as in the row; parts behind each other add up, of several ways the
best counts. All else about where parts lie is left out: nothing can be read as the frame that comes to more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, groupby
from math import ceil, floor
from typing import Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from analyzer.rules.checks.frametree import Char, Edge, Frame, Row, Times, Ways, letters_in, tree_of
from analyzer.rules.checks.mishearing import LOST, HeardTurn, choice_of

_Places = npt.NDArray[np.intp]
_Flags = npt.NDArray[np.bool_]
_Eighths = npt.NDArray[np.int32]

_EIGHTH = 8  # bits are counted in eighths: what speaks for a frame rounded up, what speaks against it down
_TURNS = 64  # worked out at a time, so that a long call takes no more memory
_LOST = ceil(-LOST * _EIGHTH)
_NEVER, _ANYWHERE = -1000 * _EIGHTH, 1000 * _EIGHTH


@lru_cache(maxsize=8)
def bounds_of(patterns: tuple[str, ...]) -> FrameBounds:
    """These patterns' bounds; kept, so that every call of a batch shares them."""
    return FrameBounds(patterns)


class FrameBounds:
    """Patterns with what they are made of worked out once.

    Args:
        patterns: as frames have them; one that no tree is made of may fit anywhere.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(dict.fromkeys(patterns))
        trees = [tree_of(pattern) for pattern in self.patterns]
        parts = _Parts()
        tops = [_NOTHING if tree is None else parts.of(tree) for tree in trees]
        self._unread = np.array([tree is None for tree in trees], bool)
        self._steps, self._tops = parts.steps(tops)
        self._chars, self._bags = _Sets([*parts.chars]), _Sets([*parts.bags])
        self._words = _Words([*parts.words], [*parts.chars])
        self._choices = np.array([floor(choice_of(one) * _EIGHTH) for one in parts.chars], np.int32)[:, None]

    def most(self, turns: Sequence[HeardTurn]) -> npt.NDArray[np.float32]:
        """How much speaks for patterns in turns heard badly, in bits, at most: shape (patterns, turns)."""
        some = [self._most(turns[at : at + _TURNS]) for at in range(0, len(turns), _TURNS)]
        return (np.concatenate(some, axis=1) / _EIGHTH).astype(np.float32)

    def _most(self, turns: Sequence[HeardTurn]) -> _Eighths:
        owners, count = _owners([turn.chars for turn in turns]), len(turns)
        letters, signs = "".join(turn.chars for turn in turns), "".join(turn.signs for turn in turns)
        same, alike, other = (_eighths([getattr(turn, kind) for turn in turns]) for kind in ("same", "alike", "other"))
        others = np.full(count, _LOST, np.int32)
        np.maximum.at(others, owners, other)
        beside = _beside(other)
        chars, single = (
            np.maximum(
                self._chars.letters.best_in(letters, owners, count, same + more),
                self._chars.signs.best_in(signs, owners, count, alike + more),
            )
            - self._choices
            for more in (np.zeros_like(beside), beside)
        )
        chars = np.maximum(chars, others)
        words = self._words.heard(signs, owners, chars, single, others)
        like = np.where(self._bags.signs.has(signs), np.maximum(alike, 0), 0)
        bags = np.where(self._bags.letters.has(letters), np.maximum(same, 0), like)
        bags = np.add.reduceat(bags, np.searchsorted(owners, np.arange(count)), axis=1)
        found = self._made(chars, words, bags)
        found[self._unread] = _ANYWHERE
        return found

    def _made(self, *given: _Eighths) -> _Eighths:
        """Every pattern's, from what it is made of."""
        known = np.concatenate([np.zeros((1, given[0].shape[1]), np.int32), *given])
        out = np.empty((len(known) + sum(len(step.costs) for step in self._steps), known.shape[1]), np.int32)
        at = len(known)
        out[:at] = known
        for step in self._steps:
            join = np.add if step.adds else np.maximum
            out[at : at + len(step.costs)] = join.reduceat(out[step.parts], step.begins, axis=0) - step.costs
            at += len(step.costs)
        return np.asarray(out[self._tops], np.int32)


class _Sets:
    """Characters of which any will do: by how they are written, and by their syllables."""

    def __init__(self, sets: Sequence[Char]) -> None:
        self.letters, self.signs = _Members([one.chars for one in sets]), _Members([one.signs for one in sets])


class _Members:
    """What is in which sets, to be looked for in a text whose characters belong to lines."""

    def __init__(self, sets: Sequence[frozenset[str]]) -> None:
        self._rows = {char: at for at, char in enumerate(sorted(frozenset().union(*sets)), 1)}  # 0 is of all others
        self._flat = np.array([self._rows[char] for some in sets for char in sorted(some)] or [0], np.intp)
        self._begins = np.array([0, *accumulate(map(len, sets))][:-1], np.intp)

    def best_in(self, text: str, owners: _Places, lines: int, each: _Eighths) -> _Eighths:
        """The most that one of a set comes to in a line, where each character of the text comes to so much."""
        here = np.full((len(self._rows) + 1, lines), _NEVER, np.int32)
        np.maximum.at(here.reshape(-1), self._places(text) * lines + owners, each)
        here[0] = _NEVER
        if len(self._begins) == 0:
            return here[:0]
        return np.asarray(np.maximum.reduceat(here[self._flat], self._begins, axis=0), np.int32)

    def has(self, text: str) -> _Flags:
        """Which characters of the text are in which set, shape (sets, characters)."""
        out = np.zeros((len(self._begins), len(self._rows) + 1), bool)
        out[np.repeat(np.arange(len(out)), np.diff([*self._begins, len(self._flat)])), self._flat] = True
        return np.asarray(out[:, self._places(text)])

    def _places(self, text: str) -> _Places:
        return np.array([self._rows.get(char, 0) for char in text], np.intp)


class _Words:
    """Rows of single characters.

    Args:
        words: each as the places of its characters
        chars: among these.
    """

    def __init__(self, words: Sequence[tuple[int, ...]], chars: Sequence[Char]) -> None:
        self._count = len(words)
        self._chars = np.array([char for word in words for char in word], np.intp)
        self._begins = np.array([0, *accumulate(map(len, words))][:-1], np.intp)
        self._lengths = np.array([len(word) for word in words], np.int32)[:, None]
        pairs: list[tuple[str, str, int, int]] = []  # two syllables of a word, how far they may lie apart, and which
        for row, word in enumerate(words):
            signs = ["".join(chars[char].signs) for char in word]
            pairs += [(signs[a], signs[b], 2 * (b - a), row) for b in range(len(word)) for a in range(b)]
        self._sign = {sign: at for at, sign in enumerate(sorted({s for pair in pairs for s in pair[:2]}), 1)}
        coded = sorted((self._sign[a] << 16 | self._sign[b], apart, row) for a, b, apart, row in pairs)
        self._pairs, self._apart, self._of = np.array(coded, np.intp).reshape(-1, 3).T
        self._farthest = max((apart for _, apart, _ in coded), default=0)

    def heard(self, signs: str, owners: _Places, chars: _Eighths, single: _Eighths, others: _Eighths) -> _Eighths:
        """What they come to at most where the text sounds so.

        Args:
            signs: the text's syllables.
            owners: the line of each.
            chars: what each character comes to at most in each line,
            single: with another one beside it,
            others: and what any other does.
        """
        if self._count == 0:
            return np.zeros((0, chars.shape[1]), np.int32)
        each = chars[self._chars]
        one = others * (self._lengths - 2) + np.maximum.reduceat(single[self._chars], self._begins, axis=0)
        one = np.maximum(one, others * self._lengths)
        every = np.add.reduceat(each, self._begins, axis=0)
        near = np.zeros(every.shape, bool)
        said = np.array([self._sign.get(sign, 0) for sign in signs], np.intp)
        for apart in range(1, self._farthest + 1):
            codes = np.where(owners[:-apart] == owners[apart:], said[:-apart] << 16 | said[apart:], 0)
            first, behind = (np.searchsorted(self._pairs, codes, side) for side in ("left", "right"))
            counts = behind - first
            pair = np.arange(counts.sum()) + np.repeat(first - np.cumsum(counts) + counts, counts)
            line = np.repeat(owners[apart:], counts)
            close = self._apart[pair] >= apart
            near[self._of[pair[close]], line[close]] = True
        return np.asarray(np.where(near, every, np.minimum(one, every)), np.int32)


class _Step(NamedTuple):
    """Parts made of parts before them: which, where each one's begin, and what it costs."""

    adds: bool
    parts: _Places
    begins: _Places
    costs: _Eighths


_Kind = Literal["nothing", "char", "word", "bag", "made"]
_Ref = tuple[_Kind, int]
_NOTHING: _Ref = ("nothing", 0)


class _Made(NamedTuple):
    """A part made of others."""

    height: int
    adds: bool
    parts: tuple[_Ref, ...]
    cost: float


class _Parts:
    """What frames are made of, each part once."""

    def __init__(self) -> None:
        self.chars: dict[Char, int] = {}
        self.bags: dict[Char, int] = {}
        self.words: dict[tuple[int, ...], int] = {}
        self._made: dict[_Made, int] = {}
        self._heights: list[int] = []

    def of(self, frame: Frame) -> _Ref:
        """The part that a frame is."""
        match frame:
            case Char():
                return _NOTHING if frame.negated else ("char", _number(self.chars, frame))
            case Edge():
                return _NOTHING
            case Row(parts):
                return self._of_others(True, self._in_row(parts), 0.0)
            case Ways(ways):
                return self._of_others(False, map(self.of, ways), choice_of(frame))
            case Times(part, least, most):
                inside = [self.of(part)]
                if most != 1 and (letters := letters_in(part)).chars:
                    inside.append(("bag", _number(self.bags, letters)))
                return self._of_others(False, [*inside, _NOTHING] if least == 0 else inside, choice_of(frame))

    def steps(self, tops: Sequence[_Ref]) -> tuple[list[_Step], _Places]:
        """What is made in which order, and the place of each of the tops in it."""
        made = sorted(self._made, key=lambda one: (one.height, one.adds))
        place: dict[_Ref, int] = {_NOTHING: 0}
        numbered: tuple[tuple[_Kind, Iterable[int]], ...] = (
            ("char", self.chars.values()),
            ("word", self.words.values()),
            ("bag", self.bags.values()),
            ("made", [self._made[one] for one in made]),
        )
        for kind, numbers in numbered:
            place |= {(kind, number): at for at, number in enumerate(numbers, len(place))}
        steps = []
        for (_, adds), alike in groupby(made, key=lambda one: (one.height, one.adds)):
            some = list(alike)
            begins = [0, *accumulate(len(one.parts) for one in some)][:-1]
            parts = [place[part] for one in some for part in one.parts]
            costs = np.array([[floor(one.cost * _EIGHTH)] for one in some], np.int32)
            steps.append(_Step(adds, np.array(parts, np.intp), np.array(begins, np.intp), costs))
        return steps, np.array([place[top] for top in tops], np.intp)

    def _in_row(self, parts: Sequence[Frame]) -> Iterator[_Ref]:
        """Rows of single characters as one part each, and the others."""
        for is_word, run in groupby(parts, lambda part: isinstance(part, Char) and part.is_literal):
            refs = [self.of(part) for part in run]
            if is_word and len(refs) > 1:
                yield "word", _number(self.words, tuple(number for _, number in refs))
            else:
                yield from refs

    def _of_others(self, adds: bool, parts: Iterable[_Ref], cost: float) -> _Ref:
        each = tuple(parts)
        if len(each) == 1 and cost == 0.0:
            return each[0]
        height = 1 + max((self._heights[number] for kind, number in each if kind == "made"), default=0)
        number = _number(self._made, _Made(height, adds, each or (_NOTHING,), cost))
        if number == len(self._heights):
            self._heights.append(height)
        return "made", number


_Key = TypeVar("_Key")


def _number(known: dict[_Key, int], key: _Key) -> int:
    return known.setdefault(key, len(known))


def _owners(lines: Sequence[str]) -> _Places:
    """The line of each character of all lines, one after the other."""
    return np.repeat(np.arange(len(lines)), [*map(len, lines)])


def _beside(other: _Eighths) -> _Eighths:
    """What one of the characters up to two before or behind each comes to at most as another than is wanted."""
    wide = np.concatenate([np.full(2, _LOST, np.int32), other, np.full(2, _LOST, np.int32)])
    return np.asarray(np.max([wide[at : at + len(other)] for at in (0, 1, 3, 4)], axis=0), np.int32)


def _eighths(turns: Sequence[Sequence[float]]) -> _Eighths:
    every = np.array([bits for turn in turns for bits in turn])
    return np.asarray(np.ceil(np.maximum(every, -LOST) * _EIGHTH), np.int32)
