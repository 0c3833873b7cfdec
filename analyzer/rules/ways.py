"""Phrases with choices in them: `你(怎么|咋)(这么|)粗心` stands for four."""

from __future__ import annotations

from itertools import product
from math import prod

MAX_WAYS = 120  # a pack is untrusted: choices multiply
_BRACKETS = str.maketrans("（）｜", "()|")


def ways_of(form: str) -> tuple[str, ...]:
    """Every phrase that a form with choices stands for, in the order written.

    Args:
        form: text with any number of `(a|b|…)`, one of which may be empty; no choice within a choice.

    Raises:
        ValueError: a bracket without its partner, a choice within a choice, or more than `MAX_WAYS` phrases.
    """
    pieces: list[tuple[str, ...]] = []
    rest = form.translate(_BRACKETS)
    while rest:
        plain, opened, rest = rest.partition("(")
        if ")" in plain or "|" in plain:
            raise ValueError(f"{form!r} has ) or | outside of (…)")
        pieces.append((plain,))
        if opened:
            choice, closed, rest = rest.partition(")")
            if not closed or "(" in choice:
                raise ValueError(f"{form!r} has a ( that is not closed before the next")
            pieces.append(tuple(choice.split("|")))
    if prod(map(len, pieces)) > MAX_WAYS:
        raise ValueError(f"{form!r} stands for {prod(map(len, pieces))} phrases")
    return tuple(dict.fromkeys("".join(ways) for ways in product(*pieces)))
