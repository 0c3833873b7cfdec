"""Any, all and not of other checks; and `Check`, the closed set."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

import msgspec

from analyzer.rules.bounds import Some, Strict
from analyzer.rules.checks.answer import Answer, State, Why, all_of, any_of, negate
from analyzer.rules.checks.callrecord import Metadata
from analyzer.rules.checks.callwords import RoleName
from analyzer.rules.checks.counting import Rate, Share, Unanswered
from analyzer.rules.checks.echo import SaidBack
from analyzer.rules.checks.figures import Curve, MeasureDifference, MeasureIs
from analyzer.rules.checks.patterns import Announced, Pattern
from analyzer.rules.checks.takenup import TakenUp
from analyzer.rules.checks.timing import HangsUp, Silence, TalkOver, Turns
from analyzer.rules.checks.view import CallView
from analyzer.rules.checks.wording import Wording
from analyzer.rules.checks.words import Happens, Repeated, Said, Similar, Steps

TO_BE_HEARD = Why("有这样的迹象，请人工确认", "there are signs of it: a human should listen")


class AnyOf(Strict, frozen=True, kw_only=True, tag="any", tag_field="kind"):
    """Yes when one of the checks is."""

    of: Some[Check]
    reads: ClassVar[RoleName | None] = None  # its parts say

    def answer(self, view: CallView) -> Answer:
        """Yes when one is."""
        return any_of(view.answer(c) for c in self.of)


class AllOf(Strict, frozen=True, kw_only=True, tag="all", tag_field="kind"):
    """Yes when all of the checks that apply are."""

    of: Some[Check]
    reads: ClassVar[RoleName | None] = None  # its parts say

    def answer(self, view: CallView) -> Answer:
        """Yes when all are."""
        return all_of(view.answer(c) for c in self.of)


class Not(Strict, frozen=True, kw_only=True, tag="not", tag_field="kind"):
    """Yes when the check is a no."""

    of: Check
    reads: ClassVar[RoleName | None] = None  # its parts say

    def answer(self, view: CallView) -> Answer:
        """The opposite."""
        return negate(view.answer(self.of))


class Perhaps(Strict, frozen=True, kw_only=True, tag="perhaps", tag_field="kind"):
    """The check's yes is a maybe: it speaks for something, and a human has to say so.

    Args:
        of: the check.
        reason: what the human is to decide, where this is about something else than the rule's `reason`.
        reason_en: the same in English.
    """

    of: Check
    reason: str = ""
    reason_en: str = ""
    reads: ClassVar[RoleName | None] = None  # its parts say

    def answer(self, view: CallView) -> Answer:
        """Never more than a maybe."""
        answer = view.answer(self.of)
        why, confidence = answer.why, answer.confidence
        if answer.state is State.YES:
            why, confidence = (TO_BE_HEARD,), confidence / 2
        elif answer.state is not State.MAYBE:
            return answer
        if self.reason:
            why = tuple([msgspec.structs.replace(w, decide=self.reason, decide_en=self.reason_en) for w in why])
        return msgspec.structs.replace(answer, state=State.MAYBE, why=why, confidence=confidence)


Check: TypeAlias = (
    Said
    | Pattern
    | Announced
    | Similar
    | Wording
    | Repeated
    | SaidBack
    | TakenUp
    | Steps
    | MeasureIs
    | MeasureDifference
    | Curve
    | Silence
    | TalkOver
    | Turns
    | HangsUp
    | Metadata
    | Rate
    | Share
    | Unanswered
    | Happens
    | AnyOf
    | AllOf
    | Not
    | Perhaps
)

KINDS: dict[str, type[msgspec.Struct]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (
        Said, Pattern, Announced, Similar, Wording, Repeated, SaidBack, TakenUp, Steps, MeasureIs, MeasureDifference,
        Curve, Silence, TalkOver, Turns, HangsUp, Metadata, Rate, Share, Unanswered, Happens, AnyOf, AllOf, Not,
        Perhaps,
    )
}  # fmt: skip
