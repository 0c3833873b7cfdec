"""Checks on when and how: pauses and holds, overlaps, turns, the ending."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

import msgspec

from analyzer.call.types import Role
from analyzer.measure.backchannels import is_listener_token
from analyzer.measure.going import going_ms
from analyzer.measure.stretches import FloorSettings
from analyzer.measure.types import OverlapKind, OverlapOutcome, PauseKind
from analyzer.rules.bounds import Count, Fraction, Natural, Seconds, Some, Strict, crossed
from analyzer.rules.checks.anchors import WHOSE_WAIT, paused
from analyzer.rules.checks.answer import MAX_EVIDENCE, Answer, State, Why, maybe, no, not_applicable, yes
from analyzer.rules.checks.callwords import RoleName, role_of
from analyzer.rules.checks.near import Near, excuse_of, in_no_turn, perhaps_not_excused
from analyzer.rules.checks.view import CallView
from analyzer.rules.checks.where import WHOLE, Region, Where
from analyzer.rules.problem import Problem, problem
from analyzer.rules.types import Evidence
from analyzer.spans import Span

DEAD_AIR_S = FloorSettings().dead_air_ms / 1000
TOOK_FLOOR = "抢话，对方停了下来", "came in, and the other stopped"
ENDED_BY = {
    "agent": ("坐席先挂机", "the agent hung up first"),
    "customer": ("客户先挂机", "the customer hung up first"),
    "system": ("系统挂断", "the system released the call"),
}
ONE_LEG = not_applicable("一路没有录到声音，双方的停顿和重叠无从判断", "one leg is dead: what both did is not known")
UNKNOWN_ENDING = not_applicable("听不出是谁先挂机", "who hung up can't be heard")
CLOSE = Why("时长在界限附近", "its length is close to the limit")
THE_END = "通话结尾", "the end of the call"
CAME_IN = "在对方说话时插话", "came in while the other spoke"


class Silence(Strict, frozen=True, kw_only=True, tag="pause", tag_field="kind"):
    """Pauses: silence, holds, response delay, greeting delay, closing delay.

    Args:
        of: kinds: response, dead_air, hold, opening, closing.
        min_s, max_s: length; one up to `unsure_s` shorter than `min_s` is a maybe.
        before, after: who speaks next, or spoke last.
        at_least: how many there must be.
        except_near: phrases that excuse it (the customer asked to wait, the agent announced it).
        unsure_near: phrases close to which it is a maybe.
        music: only holds and queues with (true) or without (false) music.
    """

    of: Some[PauseKind]
    min_s: Seconds = 0.0
    max_s: Seconds | None = None
    unsure_s: Seconds = 0.0
    before: RoleName = "any"
    after: RoleName = "any"
    at_least: Count = 1
    except_near: Near | None = None
    unsure_near: Near | None = None
    music: bool | None = None
    where: Where = WHOLE
    reads: ClassVar[RoleName | None] = None

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        yield from crossed("min_s", self.min_s, "max_s", self.max_s)
        yield from crossed("unsure_s", self.unsure_s, "min_s", self.min_s)
        yield from in_no_turn(except_near=self.except_near, unsure_near=self.unsure_near)
        kinds = set(self.of)
        if kinds == {PauseKind.RESPONSE} and self.min_s >= DEAD_AIR_S:
            yield problem("response_is_shorter", limit=DEAD_AIR_S)
        if kinds == {PauseKind.DEAD_AIR} and self.max_s is not None and self.max_s < DEAD_AIR_S:
            yield problem("dead_air_is_longer", limit=DEAD_AIR_S)
        if self.music is not None and not kinds & {PauseKind.HOLD, PauseKind.QUEUE}:
            yield problem("goes_with", name="music", other="hold")
        if kinds == {PauseKind.OPENING} and self.after != "any":
            yield problem("before_opening")
        if kinds == {PauseKind.CLOSING} and self.before != "any":
            yield problem("behind_closing")

    def answer(self, view: CallView) -> Answer:
        """Yes when there are enough such pauses."""
        if view.is_one_leg_dead and PauseKind.HOLD not in self.of:
            return ONE_LEG
        return self.where.answer(view, "any", self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        sure: list[Evidence] = []
        unsure: list[Evidence] = []
        why: dict[Why, None] = {}
        excused = 0  # perhaps
        for pause in view.pauses(self.of):
            length = pause.span.duration_ms / 1000
            if length < self.min_s - self.unsure_s or (self.max_s is not None and length > self.max_s):
                continue
            if self.before != "any" and pause.before_role != self.before:
                continue
            if self.after != "any" and pause.after_role != self.after:
                continue
            if self.music is not None and pause.music != self.music:
                continue
            if not region.holds(pause.span):
                continue
            if (excuse := excuse_of(self.except_near, view, pause.span)) is not State.NO:
                excused += excuse is State.MAYBE
                continue
            doubts = [CLOSE] if length < self.min_s else []
            if self.unsure_near is not None and self.unsure_near.may_excuse(view, pause.span):
                doubts.append(WHOSE_WAIT)
            why.update(dict.fromkeys(doubts))
            (unsure if doubts else sure).append(paused(pause))
        if len(sure) >= self.at_least:
            return yes(sure[:MAX_EVIDENCE])
        if len(sure) + len(unsure) >= self.at_least:
            return Answer(State.MAYBE, (*sure, *unsure)[:MAX_EVIDENCE], tuple(why), 0.5)
        answer = no([Evidence(region.span, None, "没有这样的停顿", "no such pause")])
        return perhaps_not_excused(answer, len(sure) + len(unsure) + excused >= self.at_least)


class TalkOver(Strict, frozen=True, kw_only=True, tag="overlap", tag_field="kind"):
    """Two people at once, by kind and outcome.

    Args:
        by: who comes in.
        of, outcome: kinds and outcomes that count.
        min_s, min_chars: how long both speak, and how much the one who came in said; up to `unsure_s` shorter is a
            maybe.
        min_confidence: overlaps the ear is less sure of are a maybe.
        at_least: how many.
    """

    by: RoleName = "agent"
    of: Some[OverlapKind] = (OverlapKind.INTERRUPTION,)
    outcome: tuple[OverlapOutcome, ...] = ()
    min_s: Seconds = 0.0
    unsure_s: Seconds = 0.0
    min_chars: Natural = 0
    min_confidence: Fraction = 0.6
    at_least: Count = 1
    except_near: Near | None = None
    where: Where = WHOLE

    @property
    def reads(self) -> RoleName | None:
        """Whose words it reads."""
        return self.by if self.min_chars else None

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        yield from crossed("unsure_s", self.unsure_s, "min_s", self.min_s)
        yield from in_no_turn(except_near=self.except_near)
        if OverlapKind.INTERRUPTION not in self.of and self.outcome and OverlapOutcome.NONE not in self.outcome:
            yield problem("no_contest")

    def answer(self, view: CallView) -> Answer:
        """Yes when there are enough such overlaps."""
        if view.is_one_leg_dead:
            return ONE_LEG
        return self.where.answer(view, self.by, self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        sure: list[tuple[Evidence, float]] = []
        unsure: list[tuple[Evidence, float]] = []
        excused = 0  # perhaps
        for o in view.conversation.overlaps:
            if o.kind not in self.of or (self.outcome and o.outcome not in self.outcome):
                continue
            if (self.by != "any" and o.by_role != self.by) or not region.holds(o.span):
                continue
            length = o.together_ms / 1000
            if length < self.min_s - self.unsure_s:
                continue
            if (excuse := excuse_of(self.except_near, view, o.span)) is not State.NO:
                excused += excuse is State.MAYBE
                continue
            what = TOOK_FLOOR if o.outcome is OverlapOutcome.SUCCESSFUL else CAME_IN
            evidence = Evidence(o.span, o.by_role, *what, o.text, value=round(length, 2), unit="s")
            few = o.chars < self.min_chars
            if few and not view.words.may_hide_words("any", o.span):
                continue
            clear = length >= self.min_s and not few and o.confidence >= self.min_confidence
            (sure if clear else unsure).append((evidence, o.confidence))
        if len(sure) >= self.at_least:
            return yes((e for e, _ in sure[:MAX_EVIDENCE]), max(c for _, c in sure))
        if len(sure) + len(unsure) >= self.at_least:
            every = [e for e, _ in (*sure, *unsure)][:MAX_EVIDENCE]
            return maybe("重叠的性质或长短不能确定", "what the overlap is, or its length, is not certain", every)
        answer = no([Evidence(region.span, role_of(self.by), "没有这样的重叠", "no such overlap")])
        return perhaps_not_excused(answer, len(sure) + len(unsure) + excused >= self.at_least)


class Turns(Strict, frozen=True, kw_only=True, tag="turns", tag_field="kind"):
    """Someone speaks: turns of a role in a part of the call, by length.

    Used for long-winded turns, for going on after the customer said they are busy, for talk after the goodbye.
    """

    role: RoleName = "agent"
    where: Where = WHOLE
    min_s: Seconds = 0.0
    min_chars: Natural = 0
    unsure_s: Seconds = 0.0
    at_least: Count = 1

    @property
    def reads(self) -> RoleName | None:
        """Whose words it reads."""
        return self.role if self.min_chars else None

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        yield from crossed("unsure_s", self.unsure_s, "min_s", self.min_s)

    def answer(self, view: CallView) -> Answer:
        """Yes when there are enough such turns."""
        return self.where.answer(view, self.role, self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        sure: list[Evidence] = []
        unsure: list[Evidence] = []
        for turn in view.words.turns_in(self.role, region.span):
            few, length = len(view.words.text(turn)) < self.min_chars, turn.speech_ms / 1000
            if not region.holds(turn.span) or length < self.min_s - self.unsure_s:
                continue
            if few and not view.words.may_hide_words(self.role, turn.span):
                continue
            evidence = Evidence(
                turn.span, turn.role, "在这里说了话", "spoke here", turn.text, value=round(length, 2), unit="s"
            )
            (sure if length >= self.min_s and not few else unsure).append(evidence)
        if len(sure) >= self.at_least:
            return yes(sure[:MAX_EVIDENCE])
        if len(sure) + len(unsure) >= self.at_least:
            return maybe("长短不能确定", "its length is not certain", [*sure, *unsure][:MAX_EVIDENCE])
        return no([Evidence(region.span, role_of(self.role), "这一段里没有这样的话轮", "no such turn here")])


class HangsUp(Strict, frozen=True, kw_only=True, tag="hangup", tag_field="kind"):
    """Who ends the call.

    Yes when `party` ended it, unless `grace_s` passed after both goodbyes, and after what the customer said behind
    them; where only the agent said one, a maybe.
    Audio evidence below `min_confidence` is a maybe; an unknown ending is what `unknown` says. In a recording that is
    cut short an ending that was only heard is not applicable.
    """

    party: Literal["agent", "customer", "system"] = "agent"
    grace_s: Seconds | None = None
    unsure_grace_s: Seconds = 1.0
    min_confidence: Fraction = 0.8
    unknown: Literal["not_applicable", "maybe", "no"] = "not_applicable"

    @property
    def reads(self) -> RoleName | None:
        """Whose words it reads."""
        return None if self.grace_s is None else "any"

    def answer(self, view: CallView) -> Answer:
        """Yes when that party hung up."""
        hangup = view.hangup
        end = view.whole.end_ms
        talked = [t.span.end_ms for t in view.conversation.turns]
        tail = Span(min(max(talked, default=0), end), end)
        if hangup.party == "unknown":
            place = (Evidence(tail, None, *THE_END),) if self.unknown == "maybe" else ()
            return msgspec.structs.replace(UNKNOWN_ENDING, state=State(self.unknown), evidence=place)
        if view.cut_short and hangup.method != "metadata":
            return not_applicable("录音不完整，听不出是谁先挂机", "the recording is cut short before that")
        role = Role(hangup.party) if hangup.party in ("agent", "customer") else None
        heard = [
            Evidence(e.span, role, e.detail or e.name, e.detail_en or e.name)
            for e in hangup.evidence
            if e.points_to == hangup.party
        ]
        evidence = heard or [Evidence(tail, role, *ENDED_BY[hangup.party])]
        if hangup.party != self.party:
            return Answer(State.NO, tuple(evidence), confidence=hangup.confidence)
        if self.grace_s is not None and hangup.delay_ms is not None and hangup.goodbye_agent_ms is not None:
            waited = _waited_ms(view, hangup.delay_ms) / 1000
            if hangup.goodbye_customer_ms is None:
                if waited >= self.grace_s:
                    return maybe(
                        "道别后等了一段时间，但没有听到客户道别", "waited, but no goodbye of the customer", evidence
                    )
            elif waited >= self.grace_s:
                return Answer(State.NO, tuple(evidence), confidence=hangup.confidence)
            elif waited >= self.grace_s - self.unsure_grace_s:
                return maybe("等待的时间在界限附近", "the wait is close to the limit", evidence)
        if hangup.confidence < self.min_confidence:
            return maybe("挂机方的证据不足", "the evidence of who hung up is weak", evidence, hangup.confidence)
        return yes(evidence, hangup.confidence)


def _waited_ms(view: CallView, delay_ms: int) -> int:
    """From the last goodbye, or from what the customer still said behind it, to the going."""
    gone_ms = going_ms(view.hangup.evidence, view.hangup.party, view.conversation.live.end_ms)
    goodbye_ms = gone_ms - delay_ms
    behind = [t for t in view.words.turns("customer") if goodbye_ms <= t.span.start_ms < gone_ms]
    return gone_ms - max([goodbye_ms, *(min(t.span.end_ms, gone_ms) for t in behind if not is_listener_token(t.text))])
