"""Frames over letters of their own, one byte each: a text's other characters are all the same to them.

An automaton (RE2) is built as texts need it. Over characters each new text needs new states, most of them for what
the frame doesn't name; over so few letters the states of one text serve the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import re2

from analyzer.rules.checks.frames import OPERATORS, TOKEN, compiled, options

_INSIDE = frozenset(bytes([byte]) for byte in range(0x80, 0xC0))  # of a character in UTF-8
_OTHER = 0  # stands for what a frame doesn't name
_FREE = [byte for byte in range(1, 256) if byte != ord("\n")]  # which `.` is not
_AS_IT_IS = frozenset(")|^$.")
_NAMED = frozenset("-\\:")  # in a class: a range, an escape, a class by name


class _Lettered(NamedTuple):
    """A pattern over its letters, and which letter each of its characters is."""

    automaton: Any
    letters: Mapping[str, int]


def fits_in(pattern: str, line: str) -> Iterator[tuple[int, int]]:
    """Where a pattern fits a line: the first character, and one behind the last."""
    lettered = _lettered(pattern)
    if lettered is None:
        return _fits_characters(pattern, line)
    letter = lettered.letters.get
    return (match.span() for match in lettered.automaton.finditer(bytes([letter(char, _OTHER) for char in line])))


def _fits_characters(pattern: str, line: str) -> Iterator[tuple[int, int]]:
    encoded = line.encode()  # once: the library would count characters from bytes for each match
    byte = place = 0
    for match in compiled(pattern).finditer(encoded):
        first, behind = match.span()
        if encoded[first : first + 1] in _INSIDE:  # what fits nothing may do so inside a character
            continue
        start = place + len(encoded[byte:first].decode())
        byte, place = behind, start + len(encoded[first:behind].decode())
        yield start, place


@lru_cache(maxsize=16384)
def _lettered(pattern: str) -> _Lettered | None:
    """A valid pattern's; None for one of ranges, classes by name or flags, and of more characters than letters."""
    letters: dict[str, int] = {}
    written = []
    for token in TOKEN.findall(pattern):
        if token in ("(", "(?:"):
            written.append("(?:")
        elif token in _AS_IT_IS or token[0] in "?*+" or (token[0] == "{" and len(token) > 1):
            written.append(token)
        elif token.startswith("[") and not _NAMED & set(token):
            inside = token[1:-1].removeprefix("^")
            written.append(f"[{'^' * token.startswith('[^')}{''.join(_letter(char, letters) for char in inside)}]")
        elif len(token) == 1 and token not in OPERATORS:
            written.append(_letter(token, letters))
        else:
            return None
    if len(letters) > len(_FREE):
        return None
    return _Lettered(re2.compile("".join(written).encode(), options(latin=True)), letters)


def _letter(char: str, letters: dict[str, int]) -> str:
    """How the letter for a character is written in a pattern."""
    if char not in letters:
        letters[char] = _FREE[len(letters) % len(_FREE)]
    return f"\\x{letters[char]:02x}"
