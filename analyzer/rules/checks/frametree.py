"""Frames of speech as trees, for matching that forgives what was heard badly."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from analyzer.rules.checks.frames import OPERATORS, TOKEN
from analyzer.speech.sound import canon, sign_of

DEEPEST = 12  # groups in groups; a deeper frame is taken as written only


class Char(NamedTuple):
    """One character: one of these (as rules see them, and their syllables), or where `negated` any but these."""

    chars: frozenset[str]
    signs: frozenset[str]
    negated: bool = False

    @classmethod
    def of(cls, written: str, negated: bool = False) -> Char:
        """From the characters that it may be."""
        return cls(frozenset(map(canon, written)), frozenset(map(sign_of, written)), negated)

    @property
    def is_literal(self) -> bool:
        """Whether it can only be one."""
        return len(self.chars) == 1 and not self.negated


class Row(NamedTuple):
    """Parts one behind the other."""

    parts: tuple[Frame, ...]


class Ways(NamedTuple):
    """One of several."""

    ways: tuple[Frame, ...]


class Times(NamedTuple):
    """A part so often; `most` is None where there is no limit."""

    part: Frame
    least: int
    most: int | None


class Edge(NamedTuple):
    """The beginning of a turn, or its end."""

    is_start: bool


Frame = Char | Row | Ways | Times | Edge
_EDGES = {"^": Edge(True), "$": Edge(False)}
_ANY = Char.of("", negated=True)
_OFTEN: dict[str, tuple[int, int | None]] = {"?": (0, 1), "*": (0, None), "+": (1, None)}


class _NotSpokenError(Exception):
    """Of what the pattern is made no tree is made: ranges, classes by name, flags, too many groups in groups."""


@lru_cache(maxsize=16384)
def tree_of(pattern: str) -> Frame | None:
    """A valid pattern as a tree; None for one of ranges, classes by name or flags, and of too many groups in groups."""
    try:
        return _Reader(pattern).ways(0)
    except _NotSpokenError:
        return None


@lru_cache(maxsize=16384)
def letters_of(pattern: str) -> Char:
    """Any of the characters that the pattern names, as one."""
    frame = tree_of(pattern)
    return letters_in(frame) if frame is not None else Char.of("")


def letters_in(frame: Frame) -> Char:
    """Any of the characters that a frame names, as one."""
    every = [one for one in _chars(frame) if not one.negated]
    return Char(frozenset().union(*[one.chars for one in every]), frozenset().union(*[one.signs for one in every]))


def _chars(frame: Frame) -> Iterator[Char]:
    match frame:
        case Char():
            yield frame
        case Row(parts) | Ways(parts):
            for part in parts:
                yield from _chars(part)
        case Times(part):
            yield from _chars(part)


@lru_cache(maxsize=16384)
def _char(written: str, negated: bool = False) -> Char:
    """As `Char.of`: a standard's patterns are made of the same thousands over and over."""
    return Char.of(written, negated)


class _Reader:
    """Reads a pattern's tokens from the first to the last."""

    def __init__(self, pattern: str) -> None:
        self._tokens = [*TOKEN.findall(pattern), ""]
        self._at = 0

    def ways(self, depth: int) -> Frame:
        """Up to the end of the group, or of the pattern."""
        if depth > DEEPEST:
            raise _NotSpokenError
        ways = [self._row(depth)]
        while self._tokens[self._at] == "|":
            self._at += 1
            ways.append(self._row(depth))
        return ways[0] if len(ways) == 1 else Ways(tuple(ways))

    def _row(self, depth: int) -> Frame:
        parts: list[Frame] = []
        while self._tokens[self._at] not in ("", "|", ")"):
            parts.append(self._often(self._one(depth)))
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def _one(self, depth: int) -> Frame:
        token = self._tokens[self._at]
        self._at += 1
        if token in ("(", "(?:"):
            inside = self.ways(depth + 1)
            self._at += 1
            return inside
        if token in _EDGES:
            return _EDGES[token]
        if token == ".":
            return _ANY
        if token.startswith("["):
            inside = token[1:-1]
            if set("-\\:") & set(inside):
                raise _NotSpokenError
            return _char(inside.removeprefix("^"), inside.startswith("^"))
        if len(token) > 1 or token in OPERATORS:
            raise _NotSpokenError
        return _char(token)

    def _often(self, part: Frame) -> Frame:
        token = self._tokens[self._at].removesuffix("?") or self._tokens[self._at]
        if token in _OFTEN:
            least, most = _OFTEN[token]
        elif token.startswith("{"):
            first, _, last = token[1:-1].partition(",")
            least, most = int(first), int(last) if last else None if "," in token else int(first)
        else:
            return part
        self._at += 1
        return Times(part, least, most)
