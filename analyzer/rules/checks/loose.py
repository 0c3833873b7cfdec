"""Patterns on words heard badly: doubted characters count by their sound, and one of a few in a row for any other.

A pattern sees exact text; a recogniser gets one character in ten wrong, and two thirds of these sound like the right
ones. What fits only so was perhaps said, and never surely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import re2

from analyzer.rules.checks.frames import OPERATORS, TOKEN, compiled
from analyzer.speech.sound import canon, sign_of

DOUBTED, UNCERTAIN = 0.8, 0.95  # three in four wrong words have less than the first, and one in five of the others
_MARKS = ("\uf8ff", "\uf8fe")  # behind each doubted and each uncertain character
_DOUBT, _MARK = _MARKS[0], f"[{''.join(_MARKS)}]"
_MARKED = frozenset(_MARKS)
_BARE = f"[^{''.join(_MARKS)}]"
_ANY = f"(?:{_BARE}{_MARK}?)"
_OTHER = f"{_BARE}{_DOUBT}"
FEWEST = 3  # characters that are told by their sound; of so many in a row one may be another
_QUANTIFIERS = ("?", "*", "+", "{")


class DoubtedLines:
    """Texts of turns in which some characters are doubted, for patterns.

    Args:
        texts: by turn its place, its spoken characters, their probabilities. Where all are believed, it is left out.
        below: a character of a lower probability counts by its sound; below `DOUBTED` it may be any other, too.
    """

    def __init__(self, texts: Sequence[tuple[int, str, Sequence[float]]], below: float) -> None:
        self._owner: list[tuple[int, int]] = []  # of each sign: the turn's place, the character's
        signs: list[str] = []
        for place, text, each in texts:
            if any(probability < below for probability in each):
                for at, (char, probability) in enumerate(zip(text, each, strict=True)):
                    mark = _MARKS[probability >= DOUBTED]
                    signs.append(sign_of(char) + mark if probability < below else canon(char))
                    self._owner += [(place, at)] * len(signs[-1])
                signs.append("\n")
                self._owner.append((place, len(text)))
        self._whole = "".join(signs)

    def find(self, patterns: Sequence[str], least: int) -> Iterator[tuple[int, int, int]]:
        """Where a pattern fits.

        Args:
            patterns: as frames have them.
            least: characters, one of which at least is doubted.

        Yields:
            The turn's place, the first character, and one behind the last.
        """
        for pattern in patterns if self._whole else ():
            for match in compiled(loosened).finditer(self._whole) if (loosened := loosen(pattern)) else ():
                start, end = match.span()
                place, first = self._owner[start]
                behind = self._owner[end - 1][1] + 1
                if behind - first >= least and not _MARKED.isdisjoint(self._whole[start:end]):
                    yield place, first, behind


@lru_cache(maxsize=16384)
def loosen(pattern: str) -> str:
    """The pattern for doubted lines; empty where there is none: of classes by range or by name, and too large a one."""
    out, row = [], ""
    tokens = TOKEN.findall(pattern)
    for token, then in zip(tokens, [*tokens[1:], ""], strict=True):
        is_literal = len(token) == 1 and token not in OPERATORS
        if is_literal and not then.startswith(_QUANTIFIERS):
            row += token
            continue
        out.append(_row(row))
        row = ""
        if token.startswith("\\") or (token.startswith("[") and set("-\\:") & set(token)):
            return ""
        out.append(_one(token) if is_literal else _class(token) if token[0] == "[" else _ANY if token == "." else token)
    loosened = "".join([*out, _row(row)])
    try:
        compiled(loosened)
    except re2.error:
        return ""
    return loosened


def _one(char: str) -> str:
    return f"(?:{canon(char)}|{sign_of(char)}{_MARK})"


def _row(chars: str) -> str:
    """Characters in a row, of which one may be another."""
    exact = [_one(char) for char in chars]
    if len(chars) < FEWEST:
        return "".join(exact)
    ways = [exact, *([*exact[:i], _OTHER, *exact[i + 1 :]] for i in range(len(exact)))]
    return f"(?:{'|'.join(map(''.join, ways))})"


def _class(token: str) -> str:
    inside = token[1:-1]
    as_written = "".join(map(canon, inside.removeprefix("^")))
    if inside.startswith("^"):
        return f"(?:[^{as_written}{''.join(_MARKS)}]{_MARK}?)"
    return f"(?:[{as_written}]|[{''.join(map(sign_of, inside))}]{_MARK})"
