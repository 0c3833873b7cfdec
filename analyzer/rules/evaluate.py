"""Judging a call: every rule ends in one finding, every observation in at most one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain

from analyzer.call.types import CallMetadata, Role
from analyzer.measure.types import Conversation, Hangup, Measures
from analyzer.rules.asked import phrases_asked
from analyzer.rules.checks.answer import Answer, State, Why
from analyzer.rules.checks.hits import PhraseSearch
from analyzer.rules.checks.view import CallView
from analyzer.rules.phrases import SoundSearch
from analyzer.rules.rulings import Precedents, Ruling, bases_of
from analyzer.rules.score import deducted
from analyzer.rules.standard import ObservationRule, Rule, Standard
from analyzer.rules.types import Evidence, Finding, Observation, Verdict
from analyzer.rules.understood import WHY, Unread, why_unread, without_words
from analyzer.spans import Span

MAX_EVIDENCE = 20
PERHAPS_EXCUSED = Why("听不清的话里，可能有允许这样做的理由", "words heard badly may be what excuses it")
PERHAPS_ALLOWED = Why("可能属于规则允许的例外", "perhaps an exception that the rule allows")
ROLES_CONTRADICTED = Why(
    "随录音提供的角色与通话内容相反，可能左右声道弄反了，请人工确认",
    "the roles given with the recording contradict what is said, perhaps left and right are mixed up: listen",
)
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
        return CallView(
            conversation, measures, hangup, metadata, standard.families, standard.quoting, standard.complaint.families,
            standard.complaint.mild, phrases, search or SoundSearch(conversation),
            standard.scoring.low_word_probability, cut_short=cut_short,
        )  # fmt: skip

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
    return Judgement(deducted(standard, findings), tuple(chain.from_iterable(observed)))


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
    if not conversation.separated:
        return _Roles(0.0, Why("单声道录音没有分离出双方", "the voices of the mono recording were not told apart"))
    separation = conversation.separation_confidence
    if separation < limits.min_separation_confidence:
        why = Why(
            f"双方声音分离的把握不足（{separation:.2f}）", f"the voices are told apart too weakly ({separation:.2f})"
        )
        return _Roles(separation, why)
    parties = [conversation.speaker_of(r) for r in (Role.AGENT, Role.CUSTOMER)]
    known = [p for p in parties if p is not None]
    if parties[0] is None:
        return _Roles(0.0, Why("不能确定哪一方是坐席", "which party is the agent is not known"))
    roles = min(p.role_confidence for p in known)
    if roles < limits.min_role_confidence:
        return _Roles(roles, Why(f"坐席身份的把握不足（{roles:.2f}）", f"the roles are too unsure ({roles:.2f})"))
    contradicted = any(p.role_doubt for p in known)
    return _Roles(min(separation, 1.0) * min(roles, 1.0), contradicted=contradicted, unread=unread)


def _ruling(rule: Rule, call: Callable[[], CallView], roles: _Roles) -> Ruling:
    if rule.needs_roles and roles.why is not None:
        return _ruled(Verdict.NOT_APPLICABLE, (), (roles.why,), roles.confidence)
    view = call()
    gate = excuse = None
    if rule.applies_when is not None:
        gate = rule.applies_when.answer(view)
        if gate.state in (State.NO, State.NOT_APPLICABLE):
            why = gate.why or (
                Why("这通电话没有出现该规则针对的情形", "what the rule is about does not occur in this call"),
            )
            return _ruled(Verdict.NOT_APPLICABLE, (), why, gate.confidence)
    if rule.unless is not None:
        excuse = rule.unless.answer(view)
        if excuse.state is State.YES:
            why = (Why("属于规则允许的例外", "an exception that the rule allows"),)
            return _ruled(Verdict.NOT_APPLICABLE, excuse.evidence, why, excuse.confidence)
    check = rule.require if rule.require is not None else rule.forbid
    assert check is not None  # the loader saw to it
    answer = check.answer(view)
    verdict, whys = _verdict(rule, answer)
    closer = view.look_closely() if verdict is Verdict.FAIL else view
    if verdict is Verdict.FAIL:
        second = check.answer(closer)
        looked = _verdict(rule, second)
        if second.state is State.MAYBE or looked[0] is Verdict.FAIL:
            answer, (verdict, whys) = second, looked
        else:
            verdict, whys = Verdict.UNSURE, (*looked[1], PERHAPS_EXCUSED)
    if verdict is Verdict.UNSURE and rule.forbid is not None:
        plain = check.answer(closer.without_traces())
        if plain.state is State.NO:
            answer, (verdict, whys) = plain, _verdict(rule, plain)
    if verdict is Verdict.FAIL and rule.applies_when is not None:
        gate = rule.applies_when.answer(closer)
        if gate.state is not State.YES or not _is_firm(gate):
            verdict, whys = Verdict.UNSURE, (*whys, *(gate.why or (PERHAPS_EXCUSED,)))
    if verdict is Verdict.FAIL and rule.unless is not None:
        excuse = rule.unless.answer(closer)
        if excuse.state is not State.NOT_APPLICABLE and (excuse.state is not State.NO or not _is_firm(excuse)):
            verdict, whys = Verdict.UNSURE, (*whys, PERHAPS_ALLOWED, *excuse.why)
    confidence = answer.confidence * (roles.confidence if rule.needs_roles else 1.0)
    if verdict is Verdict.FAIL and confidence < SURE_TO_FAIL:
        verdict = Verdict.UNSURE
        whys = (*whys, *answer.why, Why("把握不足，请人工确认", "not sure enough: a human should listen"))
    if verdict is Verdict.FAIL and rule.needs_roles and roles.contradicted:
        verdict, whys = Verdict.UNSURE, (*whys, ROLES_CONTRADICTED)
    if roles.unread and (least := without_words(rule, answer, verdict)) is not verdict:
        verdict, whys = least, (WHY[roles.unread],)
    evidence = answer.evidence
    if verdict is Verdict.UNSURE:  # where the doubt lies is a place to listen to as well
        evidence = (*evidence, *(e for a in (gate, excuse) if a and a.state is State.MAYBE for e in a.evidence))
    if verdict is Verdict.NOT_APPLICABLE or (verdict is Verdict.PASS and answer.missing):
        evidence = ()  # nothing to listen to: it is good that it isn't there
    if verdict is Verdict.FAIL and not evidence:
        evidence = (Evidence(view.whole, None, "整通电话", "the whole call"),)
    return _ruled(verdict, evidence, whys, confidence)


def _is_firm(answer: Answer) -> bool:
    """Sure enough to accuse by."""
    return answer.confidence >= SURE_TO_FAIL and not answer.missable


def _verdict(rule: Rule, answer: Answer) -> tuple[Verdict, tuple[Why, ...]]:
    if answer.state is State.NOT_APPLICABLE:
        return Verdict.NOT_APPLICABLE, answer.why
    if answer.state is State.MAYBE:
        return Verdict.UNSURE, answer.why
    good = State.YES if rule.require is not None else State.NO
    if answer.state is good:
        return Verdict.PASS, ()
    if answer.missable:
        return Verdict.UNSURE, answer.why
    if rule.review_only:
        return Verdict.UNSURE, (Why("这条规则只提请人工复核", "this rule only asks a human to listen"),)
    return Verdict.FAIL, ()


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
    elif ruling.why:
        zh, en = "；".join([w.zh for w in ruling.why]), "; ".join([w.en for w in ruling.why])
    if ruling.verdict is Verdict.UNSURE and rule.reason:  # what a human is to decide
        zh = "；".join([*filter(None, [zh]), f"请判断算不算不符合：{rule.reason}"])
        en = (
            "; ".join([*filter(None, [en]), f"decide whether it is a failure: {rule.reason_en}"])
            if rule.reason_en
            else en
        )
    deduction = standard.deduction_of(rule) if failed and rule.scored else 0.0
    return Finding(  # by position: a hundred a call, and by name each takes six times as long
        rule.id, rule.name, rule.name_en, rule.section, rule.clauses, rule.severity, ruling.verdict, ruling.confidence,
        zh, ruling.evidence, rule.advice, rule.advice_en, en, rule.weight, deduction, rule.fatal, rule.scored,
        rule.proxy_for,
    )  # fmt: skip


def _observe(observation: ObservationRule, call: Callable[[], CallView], roles: _Roles) -> tuple[Observation, ...]:
    view, out = call(), []
    for value in observation.values:
        answer = value.check.answer(view)
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
