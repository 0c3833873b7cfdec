"""What a searcher finds of phrases in the turns of a call, before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from analyzer.spans import Span
from analyzer.speech.difference import EXACT

GAP = "…"
Outcome = Literal["certain", "possible", "refuted", ""]
_OUTCOMES: tuple[Outcome, ...] = ("refuted", "", "possible", "certain")  # from the least


class RawHit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A phrase found in a turn. A struct, because an archive keeps them by the hundred a call.

    Args:
        turn: position in `Conversation.turns`.
        start, end: characters of the turn's `TurnText`.
        sure: False in the grey zone.
        look: what `second_look` says of it: "same", "unsure", or "other" where something else was confidently heard.
        trial: what a trial on the sound says: "certain" whatever single words were recognised, "possible", "refuted",
            or nothing.
    """

    turn: int
    start: int
    end: int
    span: Span
    score: float
    sure: bool
    quote: str
    look: Literal["same", "unsure", "other"] = "same"
    trial: Outcome = ""

    @property
    def is_sure(self) -> bool:
        """Not in the grey zone, and no second look speaks against it."""
        return self.sure and self.look == "same"

    @property
    def parts(self) -> tuple[RawHit, ...]:
        """What was found for each part of its form."""
        return (self,)


class Joined(RawHit, frozen=True, array_like=True, gc=False):
    """A form with a gap, its parts found one by one: as sure as the least sure of them. A frame has no parts."""

    parts: tuple[RawHit, ...] = ()

    @classmethod
    def of(cls, parts: tuple[RawHit, ...]) -> RawHit:
        """From the parts, in order; a single one is itself."""
        first, last = parts[0], parts[-1]
        if len(parts) == 1:
            return first
        trials = [part.trial for part in parts if part.score < EXACT]
        return cls(
            first.turn, first.start, last.end, first.span | last.span, min(part.score for part in parts),
            all(part.sure for part in parts), GAP.join([part.quote for part in parts]),
            "same" if all(part.look == "same" for part in parts) else "unsure",
            min(trials, key=_OUTCOMES.index, default=""), parts,
        )  # fmt: skip


class PhraseSearch(Protocol):
    """Finds phrases in the turns of one call."""

    def find(self, phrases: Sequence[str]) -> Mapping[str, Sequence[RawHit]]:
        """Every hit of every phrase, in order of time.

        Args:
            phrases: texts, with `NEARLY` before one of which only what was said nearly as written counts, and with
                `AGENT` before that where only the agent's turns need be searched.
        """
        ...
