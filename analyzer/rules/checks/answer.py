"""What a check says: yes, no, maybe, or not applicable, with evidence and why."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from analyzer.rules.types import Evidence

MAX_EVIDENCE = 20  # places to listen
DOUBTFUL = 0.45  # less than a breach needs (`SURE_TO_FAIL`)


class State(StrEnum):
    """Three-valued truth, and "the question doesn't arise"."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"
    NOT_APPLICABLE = "not_applicable"


class Why(msgspec.Struct, frozen=True, gc=False):
    """One reason, in both languages.

    Args:
        zh: Chinese.
        en: English.
        decide: what a human is to decide for this reason, where that isn't the rule's own question; `decide_en` is it
            in English.
    """

    zh: str
    en: str
    decide: str = ""
    decide_en: str = ""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """A check's result.

    Args:
        state: what it found.
        evidence: where to listen; for a "no", where the thing should have been.
        why: reasons for a maybe or not-applicable.
        confidence: 0 to 1, of the state.
        missable: the answer rests on words not being there, or being those, and the recogniser may have missed them.
        missing: the evidence shows where something should have been, not where something is.
    """

    state: State
    evidence: tuple[Evidence, ...] = ()
    why: tuple[Why, ...] = ()
    confidence: float = 1.0
    missable: bool = False
    missing: bool = False

    def but(self, state: State) -> Answer:
        """The same with another state."""
        return msgspec.structs.replace(self, state=state)


def yes(evidence: Iterable[Evidence] = (), confidence: float = 1.0) -> Answer:
    """It holds."""
    return Answer(State.YES, tuple(evidence), confidence=confidence)


def no(evidence: Iterable[Evidence] = ()) -> Answer:
    """It doesn't hold; the evidence is where it should have been."""
    return Answer(State.NO, tuple(evidence), missing=True)


def maybe(zh: str, en: str, evidence: Iterable[Evidence] = (), confidence: float = 0.5) -> Answer:
    """It can't be told."""
    return Answer(State.MAYBE, tuple(evidence), (Why(zh, en),), confidence)


def not_applicable(zh: str, en: str) -> Answer:
    """The question doesn't arise."""
    return Answer(State.NOT_APPLICABLE, (), (Why(zh, en),))


def doubtful(answer: Answer, *why: Why) -> Answer:
    """The same, but too unsure to accuse anybody by."""
    return msgspec.structs.replace(answer, why=(*answer.why, *why), confidence=min(answer.confidence, DOUBTFUL))


def missable(answer: Answer, *why: Why) -> Answer:
    """The same, but it rests on words that may have been said otherwise: nobody is accused by it."""
    return msgspec.structs.replace(answer, why=(*answer.why, *why), missable=True)


def labelled(evidence: Evidence, what: Why) -> Evidence:
    """The same, with what it is evidence of before what was found."""
    return msgspec.structs.replace(
        evidence, what=f"{what.zh}：{evidence.what}", what_en=f"{what.en}: {evidence.what_en}"
    )


def as_context(evidence: Evidence, what: Why) -> Evidence:
    """The same as evidence of what calls for the thing that is judged, or excuses it, labelled with which of them."""
    return msgspec.structs.replace(labelled(evidence, what), context=True)


_ANY = (State.YES, State.MAYBE, State.NO)
_ALL = (State.NO, State.MAYBE, State.YES)


def any_of(answers: Iterable[Answer]) -> Answer:
    """Yes when one is; no when all that apply are no: what is missing is missed where the first of them wants it."""
    answer = _combine(every := tuple(answers), _ANY)
    return _of_the_first(answer, every) if answer.state is State.NO else answer


def all_of(answers: Iterable[Answer]) -> Answer:
    """Yes when all that apply are; no when one is no. Of things that are not there the first says where."""
    answer = _combine(every := tuple(answers), _ALL)
    return _of_the_first(answer, every) if answer.state is State.YES else answer


def _of_the_first(answer: Answer, every: tuple[Answer, ...]) -> Answer:
    if not answer.missing:
        return answer
    return msgspec.structs.replace(answer, evidence=next(a for a in every if a.state is answer.state).evidence)


def _combine(answers: Iterable[Answer], order: tuple[State, State, State]) -> Answer:
    every = tuple(answers)
    if len(every) == 1 and every[0].state in order:
        return every[0]
    for state in order:
        same = [a for a in every if a.state is state]
        if not same:
            continue
        decided_by_one = state is order[0]
        confidence = max(a.confidence for a in same) if decided_by_one else min(a.confidence for a in same)
        missable = all(a.missable for a in same) if decided_by_one else any(a.missable for a in same)
        there = [a for a in same if not a.missing] or same
        return Answer(
            state,
            tuple(e for a in there for e in a.evidence),
            tuple(dict.fromkeys(w for a in same for w in a.why)),
            confidence,
            missable,
            all(a.missing for a in same),
        )
    return Answer(State.NOT_APPLICABLE, (), tuple(dict.fromkeys(w for a in every for w in a.why)))


def negate(answer: Answer) -> Answer:
    """Yes for no, no for yes; maybe and not-applicable stay."""
    flipped = {State.YES: State.NO, State.NO: State.YES}
    return answer.but(flipped.get(answer.state, answer.state))
