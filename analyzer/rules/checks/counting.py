"""Checks that count: rates per minute, shares, unanswered questions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import ClassVar, NamedTuple

from analyzer.measure.types import Turn
from analyzer.rules.bounds import (
    AtLeastZero,
    Count,
    Fraction,
    Natural,
    Seconds,
    Some,
    SomeSeconds,
    Strict,
    Words,
    crossed,
)
from analyzer.rules.checks.answer import MAX_EVIDENCE, Answer, State, Why, maybe, missable, no, not_applicable, yes
from analyzer.rules.checks.callwords import RoleName, role_of
from analyzer.rules.checks.frames import unsaid
from analyzer.rules.checks.hits import apart
from analyzer.rules.checks.view import OF_ROLE, CallView
from analyzer.rules.checks.where import WHOLE, Region, Where
from analyzer.rules.checks.words import said
from analyzer.rules.problem import Problem, problem
from analyzer.rules.types import Evidence

SHORT_REPLY = Why("回答很短，未必回答了问题", "the reply is short and may not answer it")
DOUBTED_WORDS = ("用词的文字不可靠", "the words that were counted are unreliable")
NO_REPLY = Why("问完以后通话就结束了，没有回答", "the call ended after the question, without a reply")
SPOKEN_OVER = Why(
    "提问时对方正在说话，可能接着就回答了", "the other spoke on over the question and may have answered it"
)
_STATED = re.compile(
    "倒要看看.*|我看[你您]能.{0,4}什么.*|别(?!的).{0,4}什么"
    "|(?<!有)没有?(什么|怎么|多少|几|哪|谁)|(?<!要)不怎么(?!办)|(什么|哪.?|谁)[也都]"
)
_GOING_ON = re.compile("(着.{0,2}|在|(?<!有)没(?!有呢).{1,3})呢$")  # asks nothing, like that


class _Counted(NamedTuple):
    """Words that count: as evidence, where (turn, first character, one behind the last), and whether surely said."""

    evidence: Evidence
    place: tuple[int, int, int]
    sure: bool


class Rate(Strict, frozen=True, kw_only=True, tag="rate", tag_field="kind"):
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
    min_per_min: AtLeastZero | None = None
    max_per_min: AtLeastZero | None = None
    unsure_by: AtLeastZero = 0.0
    min_count: Count = 1
    min_speech_s: SomeSeconds = 15.0
    where: Where = WHOLE
    reads = OF_ROLE

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        if not self.families and not self.tokens:
            yield problem("needs_either", one="families", other="tokens")
        if self.min_per_min is None and self.max_per_min is None:
            yield problem("needs_either", one="min_per_min", other="max_per_min")
        yield from unsaid(self.tokens)
        yield from crossed("min_per_min", self.min_per_min, "max_per_min", self.max_per_min)

    def answer(self, view: CallView) -> Answer:
        """Yes when the rate is inside its limits."""
        return self.where.answer(view, self.role, self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        turns = [t for t in view.words.turns(self.role) if region.holds(t.span)]
        speech_s = sum(t.speech_ms for t in turns) / 1000
        if speech_s < self.min_speech_s:
            return not_applicable("说话太少，无法按分钟计算", "too little speech for a rate")
        hits = (h for h in view.hits(self.families, self.role) if region.holds(h.span))
        perhaps = [_Counted(said(h), (h.turn, h.start, h.end), h.sure) for h in hits]
        words = _words_in(view, turns, self.role, self.tokens)
        sure = [c for c in perhaps if c.sure]
        count = _count([*sure, *words])
        rate = count * 60 / speech_s
        role = role_of(self.role)
        total = Evidence(region.span, role, "每分钟次数", "times a minute", value=round(rate, 2), unit="次/分钟")
        found = sorted((c.evidence for c in (*sure, *words)), key=lambda e: e.span)
        evidence = (total, *found[:MAX_EVIDENCE])
        over, under = self._is_over(count, speech_s), self._is_under(count, speech_s)
        most, least = _count([*perhaps, *words]), _count([*sure, *(w for w in words if w.sure)])
        if not over and not under:
            hidden = self.max_per_min is not None and view.words.may_hide_words(self.role, region.span)
            firm = not hidden and not self._is_over(most, speech_s) and not self._is_under(least, speech_s)
            return yes(evidence) if firm else missable(yes(evidence), Why(*DOUBTED_WORDS))
        close = (self.max_per_min is None or rate <= self.max_per_min + self.unsure_by) and (
            self.min_per_min is None or rate >= self.min_per_min - self.unsure_by
        )
        if close:
            return maybe("次数在界限附近", "the rate is close to the limit", evidence)
        if over and not self._is_over(least, speech_s):
            return maybe(*DOUBTED_WORDS, evidence)
        if under and (view.words.may_hide_words(self.role, region.span) or not self._is_under(most, speech_s)):
            return maybe("文字不可靠，可能漏听", "the words are unreliable: some may be missed", evidence)
        return Answer(State.NO, evidence)

    def _is_over(self, count: int, speech_s: float) -> bool:
        return self.max_per_min is not None and count * 60 / speech_s > self.max_per_min and count >= self.min_count

    def _is_under(self, count: int, speech_s: float) -> bool:
        return self.min_per_min is not None and count * 60 / speech_s < self.min_per_min


class Share(Strict, frozen=True, kw_only=True, tag="share", tag_field="kind"):
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

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        yield from unsaid((*self.of, *self.against, *self.not_in))
        yield from crossed("max", self.max, "unsure_max", self.unsure_max)
        if both := set(self.of) & set(self.against):
            yield problem("of_and_against", names=", ".join(sorted(both)))

    def answer(self, view: CallView) -> Answer:
        """Yes when the share is at most `max`."""
        return self.where.answer(view, self.role, self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        turns = [t for t in view.words.turns(self.role) if region.holds(t.span)]
        words = _words_in(view, turns, self.role, (*self.of, *self.against), self.not_in)
        mine = [w for w in words if w.evidence.quote in self.of]
        if len(words) < self.min_count:
            return not_applicable("出现的次数太少，无法计算占比", "too few to make a share")
        share = len(mine) / len(words)
        role = role_of(self.role)
        whole = Evidence(region.span, role, "占比", "share", value=round(share, 3), unit="1")
        evidence = (whole, *(w.evidence for w in mine[:MAX_EVIDENCE]))
        sure = sum(w.sure for w in mine)
        if share <= self.max:
            trusted = len(mine) + sum(w.sure for w in words) - sure
            firm = trusted >= self.min_count and len(mine) <= self.max * trusted
            return yes(evidence) if firm else missable(yes(evidence), Why(*DOUBTED_WORDS))
        if share <= (self.max if self.unsure_max is None else self.unsure_max) or len(mine) < 2:
            return maybe("占比在界限附近", "the share is close to the limit", evidence)
        if sure < 2 or sure <= self.max * (len(words) - len(mine) + sure):
            return maybe(*DOUBTED_WORDS, evidence)
        return Answer(State.NO, evidence)


class Unanswered(Strict, frozen=True, kw_only=True, tag="unanswered", tag_field="kind"):
    """A customer's question that no agent turn answers.

    A question is a turn that ends with one of `endings` or holds one of `words`, not in 没什么 or 我听着呢. It counts
    as answered when the agent begins to speak within `within_s` and says at least `min_chars` characters in one turn
    before the customer speaks again.
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

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        yield from unsaid((*self.words, *self.endings))
        if not self.words and not self.endings:
            yield problem("needs_either", one="words", other="endings")
        if self.asked_by == self.answered_by:
            yield problem("asks_itself")

    def answer(self, view: CallView) -> Answer:
        """Yes when questions stay unanswered."""
        turns = view.conversation.turns
        lost: list[Evidence] = []
        last: list[Evidence] = []
        short: list[Evidence] = []
        spoken_over: list[Evidence] = []
        asked = 0
        for turn in view.words.turns(self.asked_by):
            if not self._asks(view.words.text(turn)):
                continue
            asked += 1
            evidence = Evidence(
                turn.span, turn.role, f"这个问题 {self.within_s:g} 秒内没有得到回答",
                f"this question was not answered within {self.within_s:g} s", turn.text,
            )  # fmt: skip
            replies = self._replies(view, turn)
            answers = (len(view.words.text(t)) >= self.min_chars for t in replies)
            if not replies and turn is turns[-1]:
                if not view.breaks_off:
                    last.append(evidence)
            elif not replies or replies[0].span.start_ms - turn.span.end_ms > self.within_s * 1000:
                (spoken_over if self._talks_on(view, turn) else lost).append(evidence)
            elif not any(answers):
                short.append(evidence)
        if asked == 0:
            return not_applicable("客户没有提问", "the customer asked nothing")
        if len(lost) >= self.at_least:
            hidden = any(view.words.may_hide_words("any", e.span) for e in lost)
            if hidden:
                return maybe("文字不可靠", "the words are unreliable", lost)
            return yes(lost[:MAX_EVIDENCE], 0.8)
        if len(lost) + len(last) + len(short) + len(spoken_over) >= self.at_least:
            whys = [SHORT_REPLY] * bool(short) + [NO_REPLY] * bool(last) + [SPOKEN_OVER] * bool(spoken_over)
            return Answer(State.MAYBE, (*lost, *short, *last, *spoken_over), tuple(whys), 0.5)
        return no([Evidence(view.whole, role_of(self.answered_by), "每个问题都有回应", "every question was answered")])

    def _asks(self, text: str) -> bool:
        stated = _STATED.sub("", text)
        asks_at_end = text.endswith(self.endings) and not _GOING_ON.search(text)
        return asks_at_end or any(w in stated for w in self.words)

    def _replies(self, view: CallView, question: Turn) -> list[Turn]:
        """What is said to a question in time, before who asked speaks again; where nothing is, what is said first."""
        after = [t for t in view.conversation.turns if t.span.start_ms > question.span.start_ms]
        replies = [t for t in after if t.role == self.answered_by]
        again = next((t.span.start_ms for t in after if t.role == self.asked_by), view.whole.end_ms)
        latest = min(again, question.span.end_ms + int(self.within_s * 1000))
        return [t for t in replies if t.span.start_ms <= latest] or replies[:1]

    def _talks_on(self, view: CallView, question: Turn) -> bool:
        """Whether who is asked speaks from before a question until after it."""
        at = question.span
        own = view.words.turns(self.answered_by)
        return any(t.span.start_ms <= at.start_ms and t.span.end_ms > at.end_ms for t in own)


def _count(found: Sequence[_Counted]) -> int:
    return apart(c.place for c in found)


def _words_in(
    view: CallView, turns: Sequence[Turn], role: RoleName, words: Sequence[str], not_in: Sequence[str] = ()
) -> list[_Counted]:
    """Where turns hold one of the words, of two in one place the longer; none inside a longer one of `not_in`."""
    out = []
    one = _one_of(tuple(words))
    for turn in turns:
        text = view.words.text(turn)
        barred = {at for word in not_in for m in _one_of((word,)).finditer(text) for at in range(*m.span())}
        for m in one.finditer(text):
            start, end = m.span()
            if start not in barred:
                span, place = view.words.span_of(turn, start, end), (view.words.place_of(turn), start, end)
                found = Evidence(span, turn.role, "用了这个词", "used this word", m.group())
                out.append(_Counted(found, place, view.is_believed(role, turn, start, end)))
    return out


@lru_cache(maxsize=1024)
def _one_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Fits any of the words, the longest where several begin; nothing where there are none."""
    return re.compile("|".join(re.escape(w) for w in sorted(words, key=len, reverse=True)) or r"(?!)")
