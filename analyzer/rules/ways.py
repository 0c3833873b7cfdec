"""Phrases as packs write them: `你(怎么|咋)(这么|)粗心` stands for four; and as they are searched for."""

from __future__ import annotations

from itertools import product

from analyzer.rules.checks.found import parts
from analyzer.rules.checks.rawhits import GAP
from analyzer.rules.told import Told, tell
from analyzer.speech.mandarin import simplify

MAX_WAYS = 120  # a pack is untrusted: choices multiply
_BRACKETS = str.maketrans("（）｜", "()|")


class WaysError(ValueError):
    """A form whose choices can't be written out; `seen` says why."""

    def __init__(self, seen: Told) -> None:
        super().__init__(str(seen))
        self.seen = seen


def ways_of(form: str) -> tuple[str, ...]:
    """Every phrase that a form with choices stands for, in the order written.

    Args:
        form: text with any number of `(a|b|…)`, one of which may be empty; no choice within a choice.

    Raises:
        WaysError: a bracket without its partner, a choice within a choice, or more than `MAX_WAYS` phrases.
    """
    pieces: list[tuple[str, ...]] = []
    count = 1
    rest = form.translate(_BRACKETS)
    while rest:
        plain, opened, rest = rest.partition("(")
        if ")" in plain or "|" in plain:
            raise WaysError(tell("choice_outside", form=form))
        pieces.append((plain,))
        if opened:
            choice, closed, rest = rest.partition(")")
            if not closed or "(" in choice:
                raise WaysError(tell("choice_open", form=form))
            pieces.append(tuple(choice.split("|")))
            count *= len(pieces[-1])
            if count > MAX_WAYS:
                raise WaysError(tell("many_ways", form=form, most=MAX_WAYS))
    return tuple(dict.fromkeys("".join(ways) for ways in product(*pieces)))


def spoken_form(form: str) -> str:
    """A phrase as it is searched for: letters and characters only, gaps kept as `…`."""
    return GAP.join("".join(c for c in piece if c.isalnum()) for piece in parts(simplify(form)))
