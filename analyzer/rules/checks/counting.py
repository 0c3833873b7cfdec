"""Checks that count: rates per minute, shares, unanswered questions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from analyzer.measure.types import Turn
from analyzer.rules.bounds import AtLeastZero, Count, Fraction, Natural, Seconds, Some, SomeSeconds, Words, crossed
from analyzer.rules.checks.answer import Answer, State, Why, maybe, no, not_applicable, yes
from analyzer.rules.checks.timing import MAX_EVIDENCE
from analyzer.rules.checks.view import OF_ROLE, CallView, RoleName
from analyzer.rules.checks.where import WHOLE, Region, Where
from analyzer.rules.checks.words import said
from analyzer.rules.types import Evidence

SHORT_REPLY = Why("回答很短，未必回答了问题", "the reply is short and may not answer it")
NO_REPLY = Why("问完以后通话就结束了，没有回答", "the call ended after the question, without a reply")


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="rate", tag_field="kind"):
    """How often something is said, per minute of the role's own speech.

    Args:
        families: counted by phrase.
        tokens: counted as plain text (single characters such as 嘛, which are too short to find by sound).
        min_per_min, max_per_min: yes inside; up to `unsure_by` outside is a maybe.
        min_count: fewer than this never make the upper limit broken.
        min_speech_s: with less speech the rate is not defined.
    """

    families: tuple[str, ...] = ()
    tokens: tuple[Words, ...] = ()
    role: RoleName = "agent"
    min_per_min: float | None = None
    max_per_min: float | None = None
    unsure_by: AtLeastZero = 0.0
    min_count: Count = 1
    min_speech_s: SomeSeconds = 15.0
    where: Where = WHOLE
    reads = OF_ROLE

    def problems(self) -> Iterable[str]:
        """What is wrong with the parameters, for the pack loader."""
        if not self.families and not self.tokens:
            yield "needs families or tokens"
        if self.min_per_min is None and self.max_per_min is None:
            yield "needs min_per_min or max_per_min"
        yield from crossed("min_per_min", self.min_per_min, "max_per_min", self.max_per_min)

    def answer(self, view: CallView) -> Answer:
        """Yes when the rate is inside its limits."""
        return self.where.answer(view, self.role, self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        turns = [t for t in view.turns(self.role) if region.holds(t.span)]
        speech_s = sum(t.speech_ms for t in turns) / 1000
        if speech_s < self.min_speech_s:
            return not_applicable("说话太少，无法按分钟计算", "too little speech for a rate")
        hits = [h for h in view.hits(self.families, self.role) if h.sure and region.holds(h.span)]
        found = [said(h) for h in hits]
        for turn in turns:
            found.extend(_tokens(view, turn, self.tokens))
        rate = len(found) * 60 / speech_s
        role = view.role_of(self.role)
        total = Evidence(region.span, role, "每分钟次数", "times a minute", value=round(rate, 2), unit="次/分钟")
        evidence = (total, *sorted(found, key=lambda e: e.span)[:MAX_EVIDENCE])
        over = self.max_per_min is not None and rate > self.max_per_min and len(found) >= self.min_count
        under = self.min_per_min is not None and rate < self.min_per_min
        if not over and not under:
            return yes(evidence)
        close = (self.max_per_min is None or rate <= self.max_per_min + self.unsure_by) and (
            self.min_per_min is None or rate >= self.min_per_min - self.unsure_by
        )
        if close:
            return maybe("次数在界限附近", "the rate is close to the limit", evidence)
        if under and view.may_hide_words(self.role, region.span):
            return maybe("文字不可靠，可能漏听", "the words are unreliable: some may be missed", evidence)
        return Answer(State.NO, evidence)


class Share(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="share", tag_field="kind"):
    """The share of some words among them and their alternatives (你 among 你 and 您).

    Longer words listed in `not_in` (你好 inside a greeting, 您好) don't count.
    """

    of: Some[Words]
    against: Some[Words]
    not_in: tuple[Words, ...] = ()
    role: RoleName = "agent"
    max: Fraction
    unsure_max: Fraction | None = None
    min_count: Count = 3
    where: Where = WHOLE
    reads = OF_ROLE

    def problems(self) -> Iterable[str]:
        """What is wrong with the parameters, for the pack loader."""
        yield from crossed("max", self.max, "unsure_max", self.unsure_max)

    def answer(self, view: CallView) -> Answer:
        """Yes when the share is at most `max`."""
        return self.where.answer(view, self.role, self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        turns = [t for t in view.turns(self.role) if region.holds(t.span)]
        mine: list[Evidence] = []
        others = 0
        for turn in turns:
            mine.extend(_tokens(view, turn, self.of, self.not_in))
            others += len(_tokens(view, turn, self.against, self.not_in))
        total = len(mine) + others
        if total < self.min_count:
            return not_applicable("出现的次数太少，无法计算占比", "too few to make a share")
        share = len(mine) / total
        role = view.role_of(self.role)
        evidence = (Evidence(region.span, role, "占比", "share", value=round(share, 3), unit="1"), *mine[:MAX_EVIDENCE])
        if share <= self.max:
            return yes(evidence)
        if share <= (self.max if self.unsure_max is None else self.unsure_max) or len(mine) < 2:
            return maybe("占比在界限附近", "the share is close to the limit", evidence)
        return Answer(State.NO, evidence)


class Unanswered(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="unanswered", tag_field="kind"
):
    """A customer's question that no agent turn answers.

    A question is a turn that ends with one of `endings` or holds one of `words`. It counts as answered when the
    agent's next turn begins within `within_s` and has at least `min_chars` characters.
    """

    asked_by: RoleName = "customer"
    answered_by: RoleName = "agent"
    words: tuple[Words, ...] = (
        "什么",
        "怎么",
        "为什么",
        "多少",
        "几",
        "哪",
        "谁",
        "能不能",
        "是不是",
        "有没有",
        "可不可以",
    )
    endings: tuple[Words, ...] = ("吗", "呢", "么")
    within_s: Seconds = 10.0
    min_chars: Natural = 3
    at_least: Count = 1
    reads: ClassVar[RoleName] = "any"

    def answer(self, view: CallView) -> Answer:
        """Yes when questions stay unanswered."""
        turns = view.conversation.turns
        lost, last, short = [], [], []
        asked = 0
        for turn in view.turns(self.asked_by):
            text = view.text(turn)
            if not text.endswith(self.endings) and not any(w in text for w in self.words):
                continue
            asked += 1
            reply = next(
                (t for t in turns if t.span.start_ms > turn.span.start_ms and t.role == self.answered_by), None
            )
            evidence = Evidence(
                turn.span, turn.role, "这个问题没有得到回答", "this question was not answered", turn.text
            )
            late = reply is None or reply.span.start_ms - turn.span.end_ms > self.within_s * 1000
            if reply is None and turn is turns[-1]:
                if not view.breaks_off:
                    last.append(evidence)
            elif late:
                lost.append(evidence)
            elif reply is not None and len(view.text(reply)) < self.min_chars:
                short.append(evidence)
        if asked == 0:
            return not_applicable("客户没有提问", "the customer asked nothing")
        if len(lost) >= self.at_least:
            hidden = any(view.may_hide_words("any", e.span) for e in lost)
            if hidden:
                return maybe("文字不可靠", "the words are unreliable", lost)
            return yes(lost[:MAX_EVIDENCE], 0.8)
        if len(lost) + len(last) + len(short) >= self.at_least:
            whys = [SHORT_REPLY] * bool(short) + [NO_REPLY] * bool(last)
            return Answer(State.MAYBE, (*lost, *short, *last), tuple(whys), 0.5)
        return no(
            [Evidence(view.whole, view.role_of(self.answered_by), "每个问题都有回应", "every question was answered")]
        )


def _tokens(view: CallView, turn: Turn, tokens: tuple[str, ...], not_in: tuple[str, ...] = ()) -> list[Evidence]:
    text = view.text(turn)
    barred: set[int] = set()
    for word in not_in:
        at = text.find(word)
        while at >= 0:
            barred.update(range(at, at + len(word)))
            at = text.find(word, at + 1)
    out = []
    for token in tokens:
        at = text.find(token)
        while at >= 0:
            if at not in barred:
                span = view.span_of(turn, at, at + len(token))
                out.append(Evidence(span, turn.role, "用了这个词", "used this word", token))
            at = text.find(token, at + len(token))
    return sorted(out, key=lambda e: e.span)
