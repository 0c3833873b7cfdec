"""Judging a call: every rule ends in one finding, every observation in at most one value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain, islice
from typing import NamedTuple

from analyzer.call.types import PARTIES, CallMetadata
from analyzer.measure.types import Conversation, Hangup, Measures
from analyzer.rules.asked import phrases_asked
from analyzer.rules.checks.answer import MAX_EVIDENCE, Answer, State, Why, as_context, labelled
from analyzer.rules.checks.callwords import CallWords, Sought
from analyzer.rules.checks.rawhits import PhraseSearch
from analyzer.rules.checks.view import CallView
from analyzer.rules.packcheck import is_turned_round, listens_to_one
from analyzer.rules.phrases import SoundSearch
from analyzer.rules.rulings import Precedents, Ruling, bases_of
from analyzer.rules.saidonce import said_once
from analyzer.rules.score import deducted
from analyzer.rules.standard import ObservationRule, Rule, Standard
from analyzer.rules.types import Evidence, Finding, Observation, Verdict
from analyzer.rules.understood import WHY, Unread, why_unread, without_words
from analyzer.spans import Span

PERHAPS_EXCUSED = Why("听不清的话里，可能有允许这样做的理由", "words heard badly may be what excuses it")
PERHAPS_ALLOWED = Why("可能属于规则允许的例外", "perhaps an exception that the rule allows")
NOT_THAT_CASE = Why("这通电话没有出现该规则针对的情形", "what the rule is about does not occur in this call")
ALLOWED = Why("属于规则允许的例外", "an exception that the rule allows")
ONLY_ASKS = Why("这条规则只提请人工复核", "this rule only asks a human to listen")
NOT_SURE = Why("把握不足，请人工确认", "not sure enough: a human should listen")
ROLES_CONTRADICTED = Why(
    "随录音提供的角色与通话内容相反，可能左右声道弄反了，请人工确认",
    "the roles given with the recording contradict what is said, perhaps left and right are mixed up: listen",
)
PERHAPS_DONE = Why("可能已经做到", "perhaps done")
THE_CASE = Why("适用的前提", "why it applies")
CASE_SHOWN = 2  # places: what makes a rule apply may be said all the time
PERHAPS_THE_CASE = Why("可能的前提", "perhaps what it takes to apply")
PERHAPS_AN_EXCEPTION = Why("可能的例外", "perhaps an exception")
SURE_TO_FAIL = 0.5  # a breach less sure than this is for a human


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the standard says about a call."""

    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]


def judge(
    standard: Standard,
    conversation: Conversation,
    measures: Measures,
    hangup: Hangup,
    metadata: CallMetadata,
    search: PhraseSearch | None = None,
    only: tuple[str, ...] = (),
    precedents: Precedents | None = None,
    cut_short: bool = False,
) -> Judgement:
    """Judges a call by a standard.

    Args:
        standard: loaded.
        conversation: the call as it was heard,
        measures: measured,
        hangup: ended,
        metadata: and described beside the recording.
        search: how phrases are found; None: by sound.
        only: judge these rules alone (and make no observations); empty: everything.
        precedents: what was ruled on this call before.
        cut_short: the recording ends before the call does.

    Returns:
        One finding for every rule, in the standard's order, and the observations that could be made.
    """
    rules = tuple(r for r in standard.rules if not only or r.id in only)
    phrases = standard.phrases if not only else phrases_asked(standard, rules)
    roles = _roles(standard, conversation, why_unread(standard, conversation, measures))

    @cache
    def view() -> CallView:
        sought = Sought(
            standard.families, standard.quoting, phrases, standard.patterns if not only else (),
            standard.scoring.low_word_probability,
        )  # fmt: skip
        words = CallWords(conversation, sought, search or SoundSearch(conversation))
        complaint = standard.complaint
        return CallView(
            conversation, measures, hangup, metadata, words, complaint.families, complaint.mild, cut_short=cut_short
        )

    observations = () if roles.why or only else standard.observations
    if precedents is None:
        rulings = [_ruling(rule, view, roles) for rule in rules]
        observed = [_observe(observation, view, roles) for observation in observations]
    else:
        bases = bases_of(standard)
        rulings = [precedents.ruling(bases.rules[r.id], partial(_ruling, r, view, roles)) for r in rules]
        observed = [
            precedents.observed(bases.observations[o.name], partial(_observe, o, view, roles)) for o in observations
        ]
    findings = [_finding(standard, rule, ruling) for rule, ruling in zip(rules, rulings, strict=True)]
    return Judgement(deducted(standard, said_once(standard, findings)), tuple(chain.from_iterable(observed)))


@dataclass(frozen=True, slots=True)
class _Roles:
    """Whether agent and customer can be told apart, how surely, and whether the words contradict who is who.

    `unread`: why nothing rests on the agent's words.
    """

    confidence: float
    why: Why | None = None
    contradicted: bool = False
    unread: Unread | None = None


def _roles(standard: Standard, conversation: Conversation, unread: Unread | None) -> _Roles:
    limits = standard.scoring
    if unread == "nobody_speaks":
        return _Roles(0.0, WHY[unread], unread=unread)
    if not conversation.separated:
        return _Roles(0.0, Why("单声道录音没有分离出双方", "the voices of the mono recording were not told apart"))
    separation = conversation.separation_confidence
    if separation < limits.min_separation_confidence:
        why = Why(
            f"双方声音分离的把握不足（{separation:.2f}）", f"the voices are told apart too weakly ({separation:.2f})"
        )
        return _Roles(separation, why)
    parties = [conversation.speaker_of(r) for r in PARTIES]
    known = [p for p in parties if p is not None]
    if parties[0] is None:
        return _Roles(0.0, Why("不能确定哪一方是坐席", "which party is the agent is not known"))
    roles = min(p.role_confidence for p in known)
    if roles < limits.min_role_confidence:
        return _Roles(roles, Why(f"坐席身份的把握不足（{roles:.2f}）", f"the roles are too unsure ({roles:.2f})"))
    contradicted = any(p.role_doubt for p in known)
    return _Roles(min(separation, 1.0) * min(roles, 1.0), contradicted=contradicted, unread=unread)


def _ruling(rule: Rule, call: Callable[[], CallView], roles: _Roles) -> Ruling:
    """How a rule ends on a call: whether it applies, what its check says, and whether that is enough to accuse by."""
    if roles.why is not None and (rule.needs_roles or listens_to_one((rule.require, rule.forbid))):
        return _ruled(Verdict.NOT_APPLICABLE, (), (roles.why,), roles.confidence)
    view = call()
    gate = view.answer(rule.applies_when) if rule.applies_when is not None else None
    if gate is not None and gate.state in (State.NO, State.NOT_APPLICABLE):
        return _ruled(Verdict.NOT_APPLICABLE, (), gate.why or (NOT_THAT_CASE,), gate.confidence)
    excuse = view.answer(rule.unless) if rule.unless is not None else None
    if excuse is not None and excuse.state is State.YES:
        return _ruled(Verdict.NOT_APPLICABLE, excuse.evidence, (ALLOWED,), excuse.confidence)
    held = _held(rule, view if rule.forbid is None else view.for_what_is_forbidden())
    if held.verdict is Verdict.FAIL and rule.applies_when is not None:
        gate = view.look_closely().answer(rule.applies_when)
        held = _where_it_applies(held, gate)
    if held.verdict is Verdict.FAIL and rule.unless is not None:
        excuse = view.look_closely().answer(rule.unless)
        held = _unless_excused(held, excuse)
    confidence = held.answer.confidence * (roles.confidence if rule.needs_roles else 1.0)
    held = _where_trusted(rule, held, confidence, roles)
    if held.verdict is Verdict.UNSURE:  # whatever is doubted, the check, its case or what excuses
        confidence = min(confidence, SURE_TO_FAIL)
    evidence = _places(rule, held, view, gate, excuse)
    return _ruled(held.verdict, evidence, held.why, confidence)


class _Held(NamedTuple):
    """What a call is held to have done, so far: by which answer of the rule's check, and why no more than that."""

    answer: Answer
    verdict: Verdict
    why: tuple[Why, ...]

    def unsure(self, *why: Why) -> _Held:
        """For a human, for these reasons as well."""
        return self._replace(verdict=Verdict.UNSURE, why=(*self.why, *why))


def _held(rule: Rule, view: CallView) -> _Held:
    """By the rule's own check. Before anybody fails, the words are looked at closely."""
    check = rule.require if rule.require is not None else rule.forbid
    assert check is not None  # the loader saw to it
    held = _by(rule, view.answer(check))
    if held.verdict is Verdict.FAIL:
        view = view.look_closely()
        closely = _by(rule, view.answer(check))
        if closely.answer.state is State.MAYBE or closely.verdict is Verdict.FAIL:
            held = closely
        else:
            held = _Held(held.answer, Verdict.UNSURE, (*closely.why, PERHAPS_EXCUSED))
    if held.verdict is Verdict.UNSURE and rule.forbid is not None:
        plain = view.without_traces().answer(check)
        if plain.state is State.NO:
            return _by(rule, plain)
    return held


def _by(rule: Rule, answer: Answer) -> _Held:
    """What one answer of its check comes to."""
    if answer.state is State.NOT_APPLICABLE:
        return _Held(answer, Verdict.NOT_APPLICABLE, answer.why)
    if answer.state is State.MAYBE:
        return _Held(answer, Verdict.UNSURE, answer.why)
    good = State.YES if rule.require is not None else State.NO
    if answer.state is good:
        return _Held(answer, Verdict.PASS, ())
    if answer.missable:
        return _Held(answer, Verdict.UNSURE, answer.why)
    if rule.review_only:
        return _Held(answer, Verdict.UNSURE, (ONLY_ASKS,))
    return _Held(answer, Verdict.FAIL, ())


def _where_it_applies(held: _Held, gate: Answer) -> _Held:
    """A failure, of a rule that applies for sure."""
    if gate.state is State.YES and _is_firm(gate):
        return held
    return held.unsure(*(gate.why or (PERHAPS_EXCUSED,)))


def _unless_excused(held: _Held, excuse: Answer) -> _Held:
    """A failure, of which it is sure that the exception doesn't hold."""
    if excuse.state is State.NOT_APPLICABLE or (excuse.state is State.NO and _is_firm(excuse)):
        return held
    return held.unsure(PERHAPS_ALLOWED, *excuse.why)


def _where_trusted(rule: Rule, held: _Held, confidence: float, roles: _Roles) -> _Held:
    """No failure on little confidence, in roles that the words contradict, or in words that nobody understood."""
    if held.verdict is Verdict.FAIL and confidence < SURE_TO_FAIL:
        held = held.unsure(*held.answer.why, NOT_SURE)
    if held.verdict is Verdict.FAIL and rule.needs_roles and roles.contradicted:
        held = held.unsure(ROLES_CONTRADICTED)
    if held.verdict is Verdict.FAIL and roles.why is not None and listens_to_one((rule.applies_when, rule.unless)):
        held = held.unsure(roles.why)
    if roles.unread and (least := without_words(rule, held.answer, held.verdict)) is not held.verdict:
        return _Held(held.answer, least, (WHY[roles.unread],))
    return held


def _places(
    rule: Rule, held: _Held, view: CallView, gate: Answer | None, excuse: Answer | None
) -> tuple[Evidence, ...]:
    """Where to listen; where the doubt lies, too. Nowhere when it is good that something isn't there.

    What may be the very thing that is wanted, and what makes a rule apply or excuses it, is named as that: in a list of
    what speaks against somebody it would be taken for more of it. Where something is missing it is shown what called
    for it.
    """
    if held.verdict is Verdict.NOT_APPLICABLE or (held.verdict is Verdict.PASS and held.answer.missing):
        return ()
    if held.verdict is Verdict.UNSURE:
        seeks = rule.require is not None and not is_turned_round(rule.require)
        own = held.answer.evidence
        return (
            *(labelled(e, PERHAPS_DONE) if seeks and e.quote and held.answer.state is State.MAYBE else e for e in own),
            *(as_context(e, PERHAPS_THE_CASE) for e in _doubted(gate)),
            *(as_context(e, PERHAPS_AN_EXCEPTION) for e in _doubted(excuse)),
        )
    if held.verdict is Verdict.FAIL:
        own = held.answer.evidence or (Evidence(view.whole, None, "整通电话", "the whole call"),)
        shows_why = any(e.quote or e.value is not None for e in own)
        return own if shows_why or not held.answer.missing else (*own, *_what_called_for_it(gate))
    return held.answer.evidence


def _what_called_for_it(gate: Answer | None) -> Iterator[Evidence]:
    """The phrases or pauses that make a rule apply."""
    if gate is not None and not gate.missing:
        heard = (e for e in gate.evidence if e.phrase or (e.unit == "s" and not e.quote))
        yield from (as_context(e, THE_CASE) for e in islice(heard, CASE_SHOWN))


def _doubted(answer: Answer | None) -> tuple[Evidence, ...]:
    return answer.evidence if answer is not None and answer.state is State.MAYBE else ()


def _is_firm(answer: Answer) -> bool:
    """Sure enough to accuse by."""
    return answer.confidence >= SURE_TO_FAIL and not answer.missable


def _ruled(verdict: Verdict, evidence: tuple[Evidence, ...], whys: tuple[Why, ...], confidence: float) -> Ruling:
    sure = round(min(1.0, max(0.0, confidence)), 3)
    return Ruling(verdict, _in_order(evidence), whys, sure)


def _in_order(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Every place once, whatever phrases of the standard its words are, in order of time."""
    places: dict[tuple[Span, str], Evidence] = {}
    for e in evidence:
        places.setdefault((e.span, e.quote or e.what), e)
    return tuple(sorted(list(places.values())[:MAX_EVIDENCE], key=lambda e: e.span.start_ms))


def _finding(standard: Standard, rule: Rule, ruling: Ruling) -> Finding:
    failed = ruling.verdict is Verdict.FAIL
    zh = en = ""
    if failed:
        zh, en = rule.reason or rule.name, rule.reason_en or rule.name_en
    else:
        zh = "；".join(dict.fromkeys(w.zh for w in ruling.why))
        en = "; ".join(dict.fromkeys(w.en for w in ruling.why))
    if ruling.verdict is Verdict.UNSURE:  # what a human is to decide
        asked = [(w.decide, w.decide_en) if w.decide else (rule.reason, rule.reason_en) for w in ruling.why]
        for question, question_en in dict.fromkeys(asked or [(rule.reason, rule.reason_en)]):
            if question:
                zh = "；".join([*filter(None, [zh]), f"请判断算不算不符合：{question}"])
            if question_en:
                en = "; ".join([*filter(None, [en]), f"decide whether it is a failure: {question_en}"])
    deduction = standard.deduction_of(rule) if failed and rule.scored else 0.0
    return Finding(  # by position: a hundred a call, and by name each takes six times as long
        rule.id, rule.name, rule.name_en, rule.section, rule.clauses, rule.severity, ruling.verdict, ruling.confidence,
        zh, ruling.evidence, rule.advice, rule.advice_en, en, rule.weight, deduction, rule.fatal, rule.scored,
        rule.proxy_for,
    )  # fmt: skip


def _observe(observation: ObservationRule, call: Callable[[], CallView], roles: _Roles) -> tuple[Observation, ...]:
    view, out = call(), []
    for value in observation.values:
        answer = view.answer(value.check)
        if answer.state is State.YES or (answer.state is State.MAYBE and answer.evidence):
            sure = answer.state is State.YES and answer.confidence >= SURE_TO_FAIL
            confidence = answer.confidence * roles.confidence * (1.0 if sure else 0.5)
            label, label_en = value.label, value.label_en or value.label
            if not sure:
                label, label_en = f"{label}（待确认）", f"{label_en} (to be confirmed)"
            evidence = _in_order(answer.evidence)
            found = Observation(observation.name, value.value, label, round(confidence, 3), evidence, label_en)
            if sure:
                out.append(found)
                break
            out.append(replace(found, name=f"{observation.name}_possible"))
    return tuple(out)
