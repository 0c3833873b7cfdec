"""What excuses an event: phrases said close to it."""

from __future__ import annotations

import msgspec

from analyzer.rules.checks.view import CallView, RoleName
from analyzer.spans import Span


class Near(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Phrases that excuse an event when said close to it.

    Args:
        families, role: what is said, and by whom.
        before_s, after_s: how far before the event's start and after its end.
        same_turn: only what is said in the turn of the phrase it excuses counts (a pause or an overlap has no turn).
        last_turn: only what is said in the last turn of either party before the event counts.
        also: others that excuse it as well.
    """

    families: tuple[str, ...]
    role: RoleName = "any"
    before_s: float = 10.0
    after_s: float = 0.0
    same_turn: bool = False
    last_turn: bool = False
    also: tuple[Near, ...] = ()

    def excuses(self, view: CallView, span: Span, turn: int | None = None) -> bool:
        """True when it was (perhaps) said close enough to a span, which may be that of a phrase in a turn."""
        if any(near.excuses(view, span, turn) for near in self.also):
            return True
        around = Span(max(0, span.start_ms - int(self.before_s * 1000)), span.end_ms + int(self.after_s * 1000))
        only = turn if self.same_turn else _last_before(view, span) if self.last_turn else None
        said = any(around.start_ms <= h.span.end_ms and h.span.start_ms < max(around.end_ms, span.start_ms + 1)
                   and (only is None or h.turn == only)
                   for h in view.hits(self.families, self.role))  # fmt: skip
        return said or (view.seeks_misheard and view.may_be_misheard(self.families, self.role, around) is not None)


def _last_before(view: CallView, span: Span) -> int:
    """Which turn ended last of those that began before a span; -1 when none did."""
    turns = view.conversation.turns
    begun = [place for place, t in enumerate(turns) if t.span.start_ms < span.start_ms]
    return max(begun, key=lambda place: turns[place].span.end_ms, default=-1)
