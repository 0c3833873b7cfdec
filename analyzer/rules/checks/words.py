"""Checks on what is said: phrases, similarity, repetition, ordered steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, ClassVar

import msgspec

from analyzer.call.types import Role
from analyzer.measure.types import Turn
from analyzer.rules.bounds import Count, Fraction, Natural, Some, Strict, crossed
from analyzer.rules.checks.anchors import Anchor
from analyzer.rules.checks.answer import (
    Answer,
    State,
    Why,
    all_of,
    as_context,
    maybe,
    negate,
    yes,
)
from analyzer.rules.checks.callwords import RoleName, role_of
from analyzer.rules.checks.hits import Hit, apart
from analyzer.rules.checks.misheard import PerhapsSaid
from analyzer.rules.checks.near import Near, excuse_of, perhaps_not_excused
from analyzer.rules.checks.view import OF_ROLE, OTHER, CallView
from analyzer.rules.checks.where import CUT_SHORT, WHOLE, Region, Where
from analyzer.rules.problem import Problem, problem
from analyzer.rules.types import Evidence
from analyzer.speech.mandarin import spoken_text

MISHEARD = Why("这里有听不清的字，读音与这句话相近", "doubtful words there sound like this phrase")
HIDDEN = Why(
    "相关时段的文字不可靠，可能说了但没有识别出来", "the words there are unreliable: it may have been said unheard"
)
DONE = Why("已做到", "done")
SUCH_WORDS = Why("说了这类话", "said such words")
HAPPENED = "出现了这种情形", "the event happens here"
NOT_HAPPENED = "没有出现这种情形", "the event does not happen"
NOT_HEARD = "这一段里应当出现，但没有听到", "should have been said here, and was not heard"
PERHAPS_SAID = "听不清的这几个字，可能就是这句话", "these words, heard badly, may be it"
ALIKE = "意思相近的说法", "of like wording"


class Said(Strict, frozen=True, kw_only=True, tag="said", tag_field="kind"):
    """Phrase families are said.

    Exactly one of `any`, `all`, `none`. With `any` and `at_least`, that many separate hits; with `distinct`, of that
    many different families. `except_near` drops hits that something else excuses, `brought_up` those of a phrase that
    the other party had said before.
    """

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    role: RoleName = "agent"
    where: Where = WHOLE
    at_least: Count = 1
    distinct: bool = False
    except_near: Near | None = None
    brought_up: bool = False
    reads = OF_ROLE

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        if sum(bool(group) for group in (self.any, self.all, self.none)) != 1:
            yield problem("needs_one_of", names="any, all, none")
        if self.at_least > 1 and not self.any:
            yield problem("goes_with", name="at_least", other="any")
        if self.distinct and (not self.any or self.at_least < 2):
            yield problem("goes_with", name="distinct", other="any and an at_least of 2 or more")
        if self.any and self.distinct and self.at_least > len(set(self.any)):
            yield problem("more_than_families")
        if self.brought_up and self.role == "any":
            yield problem("goes_with", name="brought_up", other="a role of agent or customer")

    def answer(self, view: CallView) -> Answer:
        """Yes when said there."""
        return self.where.answer(view, self.role, self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        if self.none:
            return negate(self._count(view, region, self.none))
        if self.all:
            return all_of([self._count(view, region, (family,)) for family in self.all])
        return self._count(view, region, self.any)

    def _count(self, view: CallView, region: Region, families: Sequence[str]) -> Answer:
        hits = [h for h in view.hits(families, self.role) if region.holds(h.span)]
        if self.brought_up:  # the loader saw to it that the role is one of two
            theirs = view.hits(families, OTHER[self.role])
            hits = [h for h in hits if not any(t.phrase == h.phrase and t.span < h.span for t in theirs)]
        excuses = [(h, excuse_of(self.except_near, view, h.span, h.turn)) for h in hits]
        hits = [h for h, excuse in excuses if excuse is State.NO]
        sure = [h for h in hits if h.sure]
        if self._enough(sure):
            return yes((said(h) for h in sure), max(h.score for h in sure))
        if self._enough(hits):
            whys = tuple(dict.fromkeys(w for h in hits for w in h.why))
            return Answer(State.MAYBE, tuple(said(h) for h in hits), whys, max(h.score for h in hits) * 0.5)
        if view.seeks_misheard and (place := view.words.may_be_misheard(families, self.role, region.span)) is not None:
            return Answer(State.MAYBE, (perhaps_said(place, role_of(self.role)),), (MISHEARD,), 0.5)
        where = Evidence(region.span, role_of(self.role), *NOT_HEARD)
        hidden = view.words.may_hide_words(self.role, region.span)
        excused = [h for h, excuse in excuses if excuse is not State.YES]  # perhaps, or not at all
        perhaps = self._enough(excused)
        answer = not_heard([*map(said, excused if perhaps else sure), where], 0.6 if hidden else 0.9, hidden, region)
        return perhaps_not_excused(answer, perhaps)

    def _enough(self, hits: Sequence[Hit]) -> bool:
        if len(hits) < self.at_least:  # mostly there are none
            return False
        if self.distinct:
            return len({h.family for h in hits}) >= self.at_least
        return apart((h.turn, h.start, h.end) for h in hits) >= self.at_least


class Happens(Anchor, frozen=True, kw_only=True, tag="happens", tag_field="kind"):
    """An event happens: the fields are those of an anchor."""

    def answer(self, view: CallView) -> Answer:
        """Yes when it does, maybe when that is in doubt."""
        moments = self.find(view)
        sure = [m for m in moments if m.sure]
        kept = sure or moments
        if not kept:
            return self._not_heard(view)
        found = [said(m.hit) if m.hit is not None else Evidence(m.span, None, *HAPPENED) for m in kept]
        if sure:
            return yes(found)
        return Answer(State.MAYBE, tuple(found), tuple(dict.fromkeys(m.doubt for m in kept)), 0.5)

    def _not_heard(self, view: CallView) -> Answer:
        """No; of words, unless they were heard badly, and of anything, unless the sound ends before the call."""
        if self.event == "phrase" and not self.sure and view.seeks_misheard:
            place = view.words.may_be_misheard(self.families, self.role, view.whole)
            if place is not None:
                return Answer(State.MAYBE, (perhaps_said(place, role_of(self.role)),), (MISHEARD,), 0.5)
        hidden = self.reads is not None and view.words.may_hide_words(self.reads, view.whole)
        region = Region(view.whole, goes_on=CUT_SHORT if view.breaks_off else None)
        return not_heard([Evidence(view.whole, None, *NOT_HAPPENED)], 0.9, hidden, region)


class Similar(Strict, frozen=True, kw_only=True, tag="similar", tag_field="kind"):
    """A turn resembles a standard phrase in wording. Never more than a maybe."""

    phrases: Some[str]
    threshold: Fraction = 0.6
    role: RoleName = "agent"
    where: Where = WHOLE
    reads = OF_ROLE

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        yield from (problem("no_characters", phrase=p) for p in self.phrases if not spoken_text(p))

    def answer(self, view: CallView) -> Answer:
        """Maybe when some stretch of a turn shares enough character pairs with a phrase."""
        return self.where.answer(view, self.role, self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        alike = []
        for turn in view.words.turns_in(self.role, region.span):
            text = view.words.text(turn)
            for phrase in self.phrases:
                score, start, end = best_window(phrase, text)
                span = view.words.span_of(turn, start, end)
                if score >= self.threshold and region.holds(span):
                    alike.append(Evidence(span, turn.role, *ALIKE, text[start:end], phrase, round(score, 3)))
        if alike:
            return maybe("说法与标准用语相近，但不相同", "close in wording to the phrase, but not it", alike)
        where = Evidence(region.span, role_of(self.role), "这一段里没有相近的说法", "nothing alike here")
        return not_heard([where], 1.0, view.words.may_hide_words(self.role, region.span), region)


class Repeated(Strict, frozen=True, kw_only=True, tag="repeated", tag_field="kind"):
    """Someone says nearly the same turn again.

    Args:
        times: how often it must be said in all.
        similarity: share of character pairs in common (Dice).
        within_turns: how many of the role's turns back to compare with.
        min_chars: shorter turns are left out.
    """

    role: RoleName = "agent"
    where: Where = WHOLE
    times: Annotated[int, msgspec.Meta(ge=2)] = 2
    similarity: Fraction = 0.8
    unsure_similarity: Fraction = 0.7
    within_turns: Count = 5
    min_chars: Natural = 6
    reads = OF_ROLE

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        yield from crossed("unsure_similarity", self.unsure_similarity, "similarity", self.similarity)
        if self.times > self.within_turns + 1:
            yield problem("times_too_many")

    def answer(self, view: CallView) -> Answer:
        """Yes when some turn recurs often enough."""
        return self.where.answer(view, self.role, self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        turns = [t for t in view.words.turns_in(self.role, region.span) if len(view.words.text(t)) >= self.min_chars]
        pairs = [_pairs(view.words.text(t)) for t in turns]
        believed = [not view.words.may_hide_words(self.role, t.span) for t in turns]
        perhaps: list[Turn] = []
        for bar in (self.similarity, self.unsure_similarity):
            for i in range(len(turns)):
                back = [j for j in range(max(0, i - self.within_turns), i) if _dice(pairs[i], pairs[j]) >= bar]
                same = [*back, i]
                if bar == self.similarity and believed[i] and sum(believed[j] for j in same) >= self.times:
                    return yes(_same_words(turns[j] for j in same if believed[j]), 0.8)
                if len(same) >= self.times:
                    perhaps = perhaps or [turns[j] for j in same]
        if perhaps:
            return maybe("话语相近，未必是重复", "similar, perhaps not repeated", _same_words(perhaps))
        where = Evidence(region.span, role_of(self.role), "没有重复的话", "nothing said twice")
        return not_heard([where], 0.9, view.words.may_hide_words(self.role, region.span), region)


def _same_words(turns: Iterable[Turn]) -> list[Evidence]:
    return [Evidence(t.span, t.role, "说了几乎相同的话", "nearly the same words", t.text) for t in turns]


class Step(Strict, frozen=True, kw_only=True):
    """One step of a procedure: what has to be said, and whether it may be left out."""

    name: str
    families: Some[str]
    role: RoleName = "agent"
    optional: bool = False
    name_en: str = ""
    reads = OF_ROLE

    @property
    def what(self) -> Why:
        """Its name, in both languages."""
        return Why(self.name, self.name_en or self.name)


class Steps(Strict, frozen=True, kw_only=True, tag="steps", tag_field="kind"):
    """Steps that come one after the other.

    Args:
        at_least: how many of the steps must occur (default: all that are not optional).
        ordered: the steps that occur must begin in the given order.
    """

    steps: Some[Step]
    at_least: Count | None = None
    ordered: bool = True
    where: Where = WHOLE
    reads: ClassVar[RoleName | None] = None  # each step says

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        if self.at_least is not None and self.at_least > len(self.steps):
            yield problem("more_than_steps")
        if self.at_least is None and all(step.optional for step in self.steps):
            yield problem("all_optional")

    def answer(self, view: CallView) -> Answer:
        """Yes when the steps occur as asked."""
        return self.where.answer(view, "agent", self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        found: list[list[Hit]] = [
            [h for h in view.hits(step.families, step.role) if region.holds(h.span)] for step in self.steps
        ]
        needed = self.at_least if self.at_least is not None else sum(not s.optional for s in self.steps)
        sure = self._chain([[h for h in hits if h.sure] for hits in found])
        if self._enough(sure, needed):
            return yes(said(h, s.what) for s, h in zip(self.steps, sure, strict=True) if h)
        perhaps = self._chain(found)
        if self._enough(perhaps, needed):
            evidence = [said(h, s.what) for s, h in zip(self.steps, perhaps, strict=True) if h]
            return maybe("有的步骤听得不确定", "some steps are not surely heard", evidence)
        absent = [s for s, h in zip(self.steps, perhaps, strict=True) if not h]
        if view.seeks_misheard and self.at_least is None:  # of many steps some always resembles something
            places = [view.words.may_be_misheard(s.families, s.role, region.span) for s in absent if not s.optional]
            heard = [perhaps_said(place, role_of("agent")) for place in places if place is not None]
            if places and len(heard) == len(places):
                return Answer(State.MAYBE, tuple(heard), (MISHEARD,), 0.5)
        lacking = [s for s in absent if not s.optional] or absent
        what = "缺少或次序不对：" + "、".join(s.what.zh for s in lacking)
        what_en = "missing or out of order: " + ", ".join(s.what.en for s in lacking)
        role = role_of("agent")
        evidence = [as_context(said(h, s.what), DONE) for s, h in zip(self.steps, perhaps, strict=True) if h]
        hidden = any(view.words.may_hide_words(who, region.span) for who in {"agent", *(s.role for s in lacking)})
        return not_heard([Evidence(region.span, role, what, what_en), *evidence], 0.8, hidden, region)

    def _chain(self, found: Sequence[Sequence[Hit]]) -> list[Hit | None]:
        """One hit a step (in order, when asked), earliest first: most of the needed steps, then most of all."""
        if not self.ordered:
            return [hits[0] if hits else None for hits in found]
        # best: chains that end earliest, by how many steps they hold, needed and all; a few steps, so plain search
        best: dict[tuple[int, int], tuple[int, tuple[Hit | None, ...]]] = {(0, 0): (-1, ())}
        for step, hits in zip(self.steps, found, strict=True):
            needed = self.at_least is not None or not step.optional
            longer = {size: (end, (*chain, None)) for size, (end, chain) in best.items()}
            for (most, count), (end, chain) in best.items():
                hit = next((h for h in hits if h.span.start_ms > end), None)
                size = most + needed, count + 1
                if hit is not None and (size not in longer or hit.span.start_ms < longer[size][0]):
                    longer[size] = hit.span.start_ms, (*chain, hit)
            best = longer
        return list(best[max(best)][1])

    def _enough(self, chain: Sequence[Hit | None], needed: int) -> bool:
        if self.at_least is not None:
            return sum(h is not None for h in chain) >= needed
        return all(h is not None or s.optional for s, h in zip(self.steps, chain, strict=True))


def said(hit: Hit, what: Why = SUCH_WORDS) -> Evidence:
    """A hit as evidence."""
    return hit.evidence(what)


def perhaps_said(place: PerhapsSaid, role: Role | None) -> Evidence:
    """What resembles a missing phrase as evidence: what was heard, and the phrase."""
    return Evidence(place.span, role, *PERHAPS_SAID, place.heard, place.phrase)


def best_window(phrase: str, text: str) -> tuple[float, int, int]:
    """Where `text` shares most characters and character pairs with `phrase`: (Dice 0 to 1, start, end)."""
    wanted_text = spoken_text(phrase)
    wanted = _pairs(wanted_text) | frozenset(wanted_text)
    size = min(len(text), len(wanted_text))
    best = (0.0, 0, 0)
    for start in range(0, len(text) - size + 1):
        window = text[start : start + size]
        score = _dice(wanted, _pairs(window) | frozenset(window))
        if score > best[0]:
            best = (score, start, start + size)
    return best


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[i : i + 2] for i in range(max(1, len(text) - 1)))


def _dice(a: frozenset[str], b: frozenset[str]) -> float:
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def not_heard(evidence: Sequence[Evidence], confidence: float, hidden: bool, region: Region) -> Answer:
    """No, it was not said; and why it may have been all the same: words heard badly, or the sound was over."""
    whys = (*((HIDDEN,) if hidden else ()), *((region.goes_on,) if region.goes_on is not None else ()))
    return Answer(State.NO, tuple(evidence), whys, confidence, bool(whys), True)
