"""Events a check is tied to: a phrase, a complaint, a wait, an overlap, a goodbye, a turn; and what shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from analyzer.measure.types import Pause, PauseKind
from analyzer.rules.bounds import Seconds, Some, Strict
from analyzer.rules.checks.answer import Why, as_context
from analyzer.rules.checks.callwords import RoleName
from analyzer.rules.checks.hits import Hit
from analyzer.rules.checks.near import Near, in_no_turn
from analyzer.rules.checks.view import CallView
from analyzer.rules.problem import Problem, problem
from analyzer.rules.types import Evidence
from analyzer.spans import Span

UNSURE_ANCHOR = Why("所依据的情形本身不能确定", "the event it hangs on is itself unsure")
WHOSE_WAIT = Why("听不出是谁在等谁", "who waited for whom can't be told")
PAUSE_NAMES = {
    PauseKind.RESPONSE: Why("应答前的停顿", "pause before the answer"),
    PauseKind.DEAD_AIR: Why("冷场", "dead air"),
    PauseKind.HOLD: Why("让客户等待", "the customer is kept waiting"),
    PauseKind.QUEUE: Why("坐席接起前的排队等待", "the queue before the agent came"),
    PauseKind.OPENING: Why("接通后的沉默", "silence after the call is connected"),
    PauseKind.CLOSING: Why("最后一句话之后的沉默", "silence after the last words"),
}

Event = Literal[
    "phrase", "complaint", "hold_start", "hold_end", "silence", "overlap", "goodbye",
    "first_turn", "last_turn", "start", "end",
]  # fmt: skip

_OF_A_PARTY = ("phrase", "overlap", "goodbye", "first_turn", "last_turn")


class Phrases(Strict, frozen=True, kw_only=True):
    """Phrases of a party."""

    families: Some[str]
    role: RoleName = "any"

    def said(self, view: CallView, span: Span) -> list[Hit]:
        """Those surely said in a span."""
        return [h for h in view.hits(self.families, self.role) if h.sure and h.span & span]


class Parted(Strict, frozen=True, kw_only=True):
    """What makes two silences of what would be one: who had the other wait is back, and asked something new.

    Args:
        back: what who is back says.
        unless: not where he says this in the same turn, too.
        asked: what is said to him behind it. He says something to that, at least 嗯: else nobody may have asked him.
    """

    back: Phrases
    unless: Phrases | None = None
    asked: Phrases

    def parts(self, view: CallView, between: Span) -> bool:
        """Whether that is surely said between two silences."""
        again = {h.turn for h in self.unless.said(view, between)} if self.unless is not None else set()
        back = [h.span.start_ms for h in self.back.said(view, between) if h.turn not in again]
        asked = [h.span.end_ms for h in self.asked.said(view, between) if back and h.span.start_ms > min(back)]
        heard = [t.span.start_ms for t in view.words.turns_in(self.back.role, between)]
        return bool(asked and heard) and max(heard) >= min(asked)


class Anchor(Strict, frozen=True, kw_only=True):
    """An event that a check is tied to.

    Args:
        event: what to look for.
        families, role: for `phrase` (who says it), `first_turn`, `last_turn` and `overlap` (who comes in); for
            `complaint`, families that count beside the standard's.
        which: the first or last such event, any of them, or every one of them.
        min_s: for holds and silences, at least this long.
        joined_s: silences no further apart, the others at least half of `min_s`, are one, from the first's start to the
            last's end: who tells how far he is has not come back. What is said between them counts as said behind.
        parted_by: what is said between silences that are two nevertheless.
        sure: only events that are in no doubt.
        except_near: phrases close to which an event does not count.
        unsure_near: phrases close to which it is in doubt.
    """

    event: Event
    families: tuple[str, ...] = ()
    role: RoleName = "customer"
    which: Literal["first", "last", "any", "every"] = "first"
    min_s: Seconds = 0.0
    joined_s: Seconds = 0.0
    parted_by: Parted | None = None
    sure: bool = False
    except_near: Near | None = None
    unsure_near: Near | None = None

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        if self.event == "phrase" and not self.families:
            yield problem("phrase_needs_families")
        if self.families and self.event not in ("phrase", "complaint"):
            yield problem("event_without", event=self.event, field="families")
        if self.min_s and self.event not in ("hold_start", "hold_end", "silence"):
            yield problem("event_without", event=self.event, field="min_s")
        if self.joined_s and self.event != "silence":
            yield problem("event_without", event=self.event, field="joined_s")
        if self.parted_by is not None and not self.joined_s:
            yield problem("goes_with", name="parted_by", other="joined_s")
        if self.event not in ("phrase", "complaint"):
            yield from in_no_turn(except_near=self.except_near, unsure_near=self.unsure_near)
        if self.role != "customer" and self.event not in _OF_A_PARTY:
            yield problem("event_without", event=self.event, field="role")

    @property
    def party_of(self) -> RoleName | None:
        """Whose doing it is; None where it is nobody's."""
        return self.role if self.event in _OF_A_PARTY else "customer" if self.event == "complaint" else None

    @property
    def reads(self) -> RoleName | None:
        """Whose words it reads."""
        return {"phrase": self.role, "goodbye": self.role, "complaint": "customer"}.get(self.event)

    @property
    def may_come_later(self) -> bool:
        """Whether another one may be meant than is found, where the sound ends before the call."""
        return self.event in ("end", "last_turn", "goodbye") or self.which in ("last", "any")

    def find(self, view: CallView) -> list[Moment]:
        """The moments this anchor stands for, in order; `which` already applied.

        Where the first is itself in doubt, the first sure one stands beside it.
        """
        found = (self._doubted(view, m) for m in self._all(view) if not _is_near(self.except_near, view, m))
        moments = [m for m in found if m.sure or not self.sure]
        if self.joined_s:
            moments = list(self._joined(view, moments))
        if not moments or self.which in ("any", "every"):
            return moments
        if self.which == "last":
            return moments[-1:]
        return list(dict.fromkeys([moments[0], next((m for m in moments if m.sure), moments[0])]))

    def _doubted(self, view: CallView, moment: Moment) -> Moment:
        if not moment.sure or not _is_near(self.unsure_near, view, moment):
            return moment
        return msgspec.structs.replace(moment, doubted=True)

    def _joined(self, view: CallView, silences: Iterable[Moment]) -> Iterator[Moment]:
        """Silences in order of time, with those that lie close to each other as one; the longest is what is shown."""
        apart_ms, least_ms = int(self.joined_s * 1000), self.min_s * 1000
        waits: list[list[Moment]] = []
        for moment in silences:
            end_ms = waits[-1][-1].span.end_ms if waits else 0
            close = bool(waits) and moment.span.start_ms - end_ms <= apart_ms
            between = Span(end_ms, max(end_ms, moment.span.start_ms))
            if close and not (self.parted_by is not None and self.parted_by.parts(view, between)):
                waits[-1].append(moment)
            else:
                waits.append([moment])
        for wait in waits:
            longest = max(wait, key=lambda m: m.span.duration_ms)
            if longest.span.duration_ms >= least_ms:
                whole = Span(wait[0].span.start_ms, wait[-1].span.end_ms)
                yield Moment(
                    whole,
                    pause=longest.pause,
                    broken_ms=wait[0].span.end_ms,
                    doubted=all(m.doubted or m.span.duration_ms < least_ms for m in wait),
                )

    def _all(self, view: CallView) -> list[Moment]:
        conversation = view.conversation
        if self.event == "phrase":
            return [Moment(h.span, h) for h in view.hits(self.families, self.role)]
        if self.event == "complaint":
            sure = [Moment(h.span, h) for h in view.hits((*view.complaint_families, *self.families), "customer")]
            mild = [Moment(h.span, h, True) for h in view.hits(view.mild_complaint_families, "customer")]
            strong = {m.span for m in sure if m.sure}
            return sorted([*sure, *(m for m in mild if m.span not in strong)], key=lambda m: m.span)
        if self.event in ("hold_start", "hold_end"):
            holds = [p.span for p in view.pauses((PauseKind.HOLD,)) if p.span.duration_ms >= self.min_s * 1000]
            at_start = self.event == "hold_start"
            return [Moment(Span(s.start_ms, s.start_ms) if at_start else Span(s.end_ms, s.end_ms)) for s in holds]
        if self.event == "silence":
            kinds = (PauseKind.DEAD_AIR, PauseKind.HOLD, PauseKind.RESPONSE)
            least = self.min_s * (500 if self.joined_s else 1000)
            return [Moment(p.span, pause=p) for p in view.pauses(kinds) if p.span.duration_ms >= least]
        if self.event == "overlap":
            return [Moment(o.span) for o in conversation.overlaps if self.role == "any" or o.by_role == self.role]
        if self.event == "goodbye":
            hangup = view.hangup
            ends = {"agent": [hangup.goodbye_agent_ms], "customer": [hangup.goodbye_customer_ms]}.get(
                self.role, [hangup.goodbye_agent_ms, hangup.goodbye_customer_ms]
            )
            return [Moment(Span(ms, ms)) for ms in sorted(e for e in ends if e is not None)]
        if self.event in ("first_turn", "last_turn"):
            turns = view.words.turns(self.role)
            return [Moment(turns[0 if self.event == "first_turn" else -1].span)] if turns else []
        at = view.whole.start_ms if self.event == "start" else view.whole.end_ms
        return [Moment(Span(at, at))]


class Moment(msgspec.Struct, frozen=True, gc=False):
    """An anchor event in the call.

    Args:
        span: when.
        hit: the phrase it is, where it is one.
        mild: that phrase, surely said, is perhaps no such event.
        pause: the pause it is, where it is one.
        broken_ms: of silences that are one, when the first of them ended.
        doubted: what is said close by has it in doubt.
    """

    span: Span
    hit: Hit | None = None
    mild: bool = False
    pause: Pause | None = None
    broken_ms: int | None = None
    doubted: bool = False

    @property
    def sure(self) -> bool:
        """False when the event itself is in doubt."""
        return not self.mild and not self.doubted and (self.hit is None or self.hit.sure)

    @property
    def doubt(self) -> Why:
        """Why it is in doubt, where it is."""
        return WHOSE_WAIT if self.doubted and self.pause is not None else UNSURE_ANCHOR

    def evidence(self, what: Why) -> Evidence | None:
        """As evidence of what hangs on it; None of an event that there is nothing to hear of but its time."""
        if self.hit is not None:
            return msgspec.structs.replace(self.hit.evidence(what), context=True)
        return as_context(paused(self.pause), what) if self.pause is not None else None


def _is_near(near: Near | None, view: CallView, moment: Moment) -> bool:
    turn = moment.hit.turn if moment.hit is not None else None
    return near is not None and near.may_excuse(view, moment.span, turn)


def paused(pause: Pause) -> Evidence:
    """A pause as evidence, with its length in seconds."""
    name = PAUSE_NAMES[pause.kind]
    return Evidence(pause.span, None, name.zh, name.en, value=round(pause.span.duration_ms / 1000, 2), unit="s")
