"""When somebody went, and how long after the last goodbye: from the evidence, without the sound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.measure.types import HangupEvidence, Turn

NAMES_A_PARTY = 0.6  # evidence of this weight and more may


def going_ms(evidence: Iterable[HangupEvidence], party: str, end_ms: int) -> int:
    """When the party went, in ms: by the first strong trace of it, else when nobody is on the line any more.

    Args:
        evidence: of who hung up, the switch's word included.
        party: who it was; where "unknown" is, anybody's trace counts.
        end_ms: of the recording, or when a survey begins.
    """
    strong = (e for e in evidence if e.weight >= NAMES_A_PARTY and party in ("unknown", e.points_to))
    return min((e.span.start_ms for e in strong), default=end_ms)


def wait_before(gone_ms: int, goodbyes: Sequence[Turn], turns: Sequence[Turn]) -> int | None:
    """From the last goodbye, else the last word, before somebody goes to the going, in ms; None where nobody spoke.

    Args:
        gone_ms: when somebody went.
        goodbyes: the turns that take leave.
        turns: all of them.
    """
    for some in (goodbyes, turns):
        ends = [t.span.end_ms for t in some if t.span.start_ms < gone_ms]
        if ends:
            return max(0, gone_ms - max(ends))
    return None
