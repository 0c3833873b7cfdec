"""Frames of speech: linear-time patterns (RE2) over a call's spoken characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import re2

MAX_PATTERN = 500
_options = re2.Options()
_options.max_mem = 1 << 20
_options.log_errors = False
_options.never_nl = True  # a pattern never reaches from one turn into the next
_LINES = "(?m)"


@lru_cache(maxsize=16384)
def compiled(pattern: str) -> Any:
    """The pattern; `^` and `$` are the ends of a turn."""
    return re2.compile(_LINES + pattern, _options)


@lru_cache(maxsize=4096)
def _together(patterns: tuple[str, ...]) -> Any:
    """Tells in one pass which patterns fit anywhere."""
    out = re2.Filter()
    for pattern in patterns:
        out.Add(_LINES + pattern, _options)
    out.Compile()
    return out


def problems_of(patterns: Iterable[str]) -> Iterator[str]:
    """What is wrong with patterns, for the pack loader."""
    for text in patterns:
        if len(text) > MAX_PATTERN:
            yield f"a pattern of {len(text)} characters, more than {MAX_PATTERN}"
            continue
        try:
            found = compiled(text)
        except re2.error as error:
            why = error.args[0] if error.args else "not a pattern"
            yield f"not a pattern: {text} ({why.decode() if isinstance(why, bytes) else why})"
            continue
        if found.search("") is not None:
            yield f"a pattern that matches nothing at all: {text}"


class Lines:
    """Texts of turns as one, so that a pattern is tried once a call.

    Args:
        texts: the turns' spoken characters, in order.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._whole = "\n".join(texts)
        self._owner = [(turn, at) for turn, text in enumerate(texts) for at in range(len(text) + 1)]

    def find(self, patterns: tuple[str, ...]) -> Iterator[tuple[int, int, int]]:
        """Where each of the patterns fits: (turn, first character, one behind the last)."""
        for index in sorted(_together(patterns).Match(self._whole) or ()):
            for match in compiled(patterns[index]).finditer(self._whole):
                start, end = match.span()
                turn, first = self._owner[start]
                yield turn, first, first + end - start
