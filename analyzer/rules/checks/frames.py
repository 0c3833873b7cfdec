"""Frames of speech: linear-time patterns (RE2) over a call's spoken characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import re2

from analyzer.rules.problem import Problem, problem
from analyzer.speech.mandarin import spoken_text

MAX_PATTERN = 500


def options(never_capture: bool = True, latin: bool = False) -> Any:
    """How patterns are compiled.

    Args:
        never_capture: what groups hold is not asked.
        latin: a character is a byte.
    """
    chosen = re2.Options()
    chosen.max_mem = 1 << 20
    chosen.log_errors = False
    chosen.never_capture = never_capture
    if latin:
        chosen.encoding = re2.Options.Encoding.LATIN1
    return chosen


OPERATORS = "^$.()[]|?*+{}"
TOKEN = re.compile(
    r"\\[pP](?:\{[^}]*\}|.)|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?\w*\)|\((?:\?(?:P?<\w+>|[\w-]*:))?"
    r"|[?*+]\??|\{\d+(?:,\d*)?\}\??|.",
    re.DOTALL,
)


@lru_cache(maxsize=16384)
def compiled(pattern: str) -> Any:
    """The pattern, for one turn at a time."""
    return re2.compile(pattern, options())


@lru_cache(maxsize=1024)
def capturing(pattern: str) -> Any:
    """The same, with what its groups hold: slower."""
    return re2.compile(pattern, options(never_capture=False))


def problems_of(patterns: Iterable[str]) -> Iterator[Problem]:
    """What is wrong with patterns, for the pack loader."""
    for text in patterns:
        if len(text) > MAX_PATTERN:
            yield problem("long_pattern", count=len(text), most=MAX_PATTERN)
            continue
        try:
            found = compiled(text)
        except re2.error as error:
            why = error.args[0] if error.args else "not a pattern"
            yield problem("no_pattern", pattern=text, why=why.decode() if isinstance(why, bytes) else why)
            continue
        if found.search("") is not None:
            yield problem("empty_pattern", pattern=text)


def unsayable(patterns: Iterable[str]) -> Iterator[Problem]:
    """Which patterns no spoken text fits, and why."""
    for text in patterns:
        if not _is_sayable(text):
            yield problem("fits_nothing", pattern=text)


def unsaid(words: Iterable[str]) -> Iterator[Problem]:
    """What of words that are looked for as written no spoken text holds, for the pack loader."""
    for word in words:
        if (said := spoken_text(word)) != word:
            yield problem("written_otherwise", word=word, said=said) if said else problem("nowhere", word=word)


def _is_sayable(pattern: str) -> bool:
    """Whether spoken characters can fit a pattern: not where it wants a figure, a letter or a mark."""
    tokens = TOKEN.findall(pattern)
    groups = [[False, True]]  # of each open one: whether a branch before fits, and whether this one does so far
    for token, then in zip(tokens, [*tokens[1:], ""], strict=True):
        fits = True
        if token.startswith("(") and not token.endswith(")"):
            groups.append([False, True])
            continue
        if token == "|":
            groups[-1] = [any(groups[-1]), True]
            continue
        if token == ")" and len(groups) > 1:
            fits = any(groups.pop())
        elif token.startswith("["):
            fits = _is_class_sayable(token)
        elif token in (r"\d", r"\s"):
            fits = False
        elif len(token) == 2 and token[0] == "\\" and not token[1].isalnum():
            fits = _is_said(token[1])
        elif len(token) == 1 and token not in OPERATORS:
            fits = _is_said(token)
        if not fits and not then.startswith(("?", "*", "{0")):
            groups[-1][1] = False
    return any(groups[0])


def _is_class_sayable(token: str) -> bool:
    inside = token[1:-1]
    if inside.startswith("^") or "\\" in inside or "[:" in inside:
        return True
    ranges = re.findall("(.)-(.)", inside)
    if any(_is_said(a) or _is_said(b) for a, b in ranges):
        return True
    return any(_is_said(c) for c in re.sub(".-.", "", inside))


@lru_cache(maxsize=4096)
def _is_said(char: str) -> bool:
    return spoken_text(char) == char


class Fit(NamedTuple):
    """A pattern fits in a turn: from which character to before which, and which pattern."""

    start: int
    end: int
    pattern: str
