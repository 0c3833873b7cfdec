"""From findings to a score: sections, deductions with caps and once for one fault, re-weighting, fatal rules.

Unsure never costs anything. What does not apply takes no part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec

from analyzer.rules.standard import Section, Standard
from analyzer.rules.types import Finding, Score, SectionScore, Verdict
from analyzer.spans import Span


def deducted(standard: Standard, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings with the points each failure takes from its section's 100.

    Where rules of a section don't apply, the points of those that fail grow by (weight of all scored rules) /
    (weight of those that apply), at most by the standard's limit. Of failures for the same words, or of one fault at
    one place, only the heaviest takes points.
    """
    grown = _reweighted(standard, findings)
    return _counted_once(standard, grown) if standard.scoring.same_words_once else grown


def _reweighted(standard: Standard, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    limit = standard.scoring.reweight_limit
    factor: dict[str, float] = {}
    for section, scored in _by_section(standard, findings).items():
        applied = _applied(scored)
        factor[section] = min(limit, sum([f.weight for f in scored]) / applied) if applied else 1.0
    return tuple(
        msgspec.structs.replace(f, deduction=round(f.deduction * factor[f.section], 2)) if f.deduction else f
        for f in findings
    )


def _counted_once(standard: Standard, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What is left where a section's failures for what a heavier one took points for take none."""
    costly = sorted([at for at, f in enumerate(findings) if f.deduction], key=lambda at: -findings[at].deduction)
    if len(costly) < 2:
        return findings
    rules = {rule.id: rule for rule in standard.rules}
    out, counted = list(findings), list[_Counted]()
    for at in costly:
        finding = findings[at]
        rule = rules[finding.rule]
        one = _Counted(finding, rule.one_fault, _words(finding) if rule.forbid is not None else ())
        heavier = next((c for c in counted if one.is_in(c)), None)
        if heavier is None:
            counted.append(one)
        else:
            out[at] = msgspec.structs.replace(finding, deduction=0.0, counted_in=heavier.finding.rule)
    return tuple(out)


class _Counted(NamedTuple):
    """A failure, the fault it is one sign of, and the forbidden words it is for."""

    finding: Finding
    fault: str | None
    words: tuple[Span, ...]

    def is_in(self, heavier: _Counted) -> bool:
        """True when it is for the same words as the heavier one, or for the same fault at the same place."""
        if heavier.finding.section != self.finding.section:
            return False
        if self.fault is not None and self.fault == heavier.fault and _meet(self.finding, heavier.finding):
            return True
        return bool(self.words) and _covered(self.words, heavier.words)


def _meet(one: Finding, other: Finding) -> bool:
    """True when their evidence shares time."""
    return any(a.span & b.span for a in one.evidence for b in other.evidence)


def _words(finding: Finding) -> tuple[Span, ...]:
    """Where a finding's words are; none where something else is among its evidence (what is missing has no words)."""
    if any(not (e.quote and e.phrase) for e in finding.evidence):
        return ()
    return tuple([e.span for e in finding.evidence])


def _covered(said: Sequence[Span], taken: Sequence[Span]) -> bool:
    """True when at least half of each of these words is among the others."""
    return all(
        any((both := one & other) and 2 * both.duration_ms >= one.duration_ms for other in taken) for one in said
    )


def score(standard: Standard, findings: Sequence[Finding]) -> Score:
    """The machine's score of a call.

    Args:
        standard: its sections, weights, caps and the fatal cap.
        findings: from `judge`, all rules.

    Returns:
        Total 0 to 100, None with a reason when no scored rule applied, or too few to speak for the call; then no
        section has a score either.
    """
    by_section = _by_section(standard, findings)
    sections = tuple(_section(section, by_section[section.id]) for section in standard.sections)
    weighed = [(s.weight, s.score) for s in sections if s.score is not None]
    fatal = tuple([f.rule for f in findings if f.fatal and f.verdict is Verdict.FAIL])
    total = reason = None
    scored = [f for f in findings if f.scored]
    if _applied(scored) < standard.scoring.min_applied * sum([f.weight for f in scored]):
        reason = "too_few_rules_apply"
    elif sum(w for w, _ in weighed) > 0:
        total = sum(w * value for w, value in weighed) / sum(w for w, _ in weighed)
        if fatal:
            total = min(total, standard.scoring.fatal_cap)
        total = round(min(100.0, max(0.0, total)), 1)
    else:
        reason = "no_rule_applies"
    verdicts = [f.verdict for f in scored]
    return Score(
        total=total,
        reason=reason,
        sections=sections if reason is None else without_scores(sections),
        fatal=fatal,
        failed=verdicts.count(Verdict.FAIL),
        passed=verdicts.count(Verdict.PASS),
        unsure=verdicts.count(Verdict.UNSURE),
        not_applicable=verdicts.count(Verdict.NOT_APPLICABLE),
    )


def without_scores(sections: Sequence[SectionScore]) -> tuple[SectionScore, ...]:
    """The sections of a call that has no score: their figures would be taken for one."""
    return tuple([replace(section, score=None) for section in sections])


def _section(section: Section, scored: Sequence[Finding]) -> SectionScore:
    verdicts = [f.verdict for f in scored]
    lost = round(min(section.cap, 100.0, sum([f.deduction for f in scored])), 1)  # what is left is the rest of it
    return SectionScore(
        id=section.id,
        name=section.name,
        name_en=section.name_en,
        weight=section.weight,
        score=round(100.0 - lost, 1) if Verdict.PASS in verdicts or Verdict.FAIL in verdicts else None,
        deducted=lost,
        applicable=len(scored) - verdicts.count(Verdict.NOT_APPLICABLE),
        failed=verdicts.count(Verdict.FAIL),
        unsure=verdicts.count(Verdict.UNSURE),
        not_applicable=verdicts.count(Verdict.NOT_APPLICABLE),
    )


def _by_section(standard: Standard, findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """The scored findings of every section."""
    out: dict[str, list[Finding]] = {section.id: [] for section in standard.sections}
    for finding in findings:
        if finding.scored:
            out[finding.section].append(finding)
    return out


def _applied(scored: Sequence[Finding]) -> float:
    """The weight of those that apply."""
    return sum([f.weight for f in scored if f.verdict is not Verdict.NOT_APPLICABLE])
