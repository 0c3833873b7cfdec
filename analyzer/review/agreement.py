"""How far people agree with the machine, by rule: percent, Cohen's kappa, and by how sure the machine was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analyzer.review.store import Judged
from analyzer.rules.types import Verdict

TRUSTED_PERCENT, TRUSTED_JUDGEMENTS = 85.0, 20
_BANDS = ((0.0, 0.5), (0.5, 0.7), (0.7, 0.85), (0.85, 0.95), (0.95, 1.01))


@dataclass(frozen=True, slots=True)
class RuleAgreement:
    """One rule: how far people agree with what the machine decided, and what became of what it left to them.

    `kappa` is None below 20 judgements and where it is not defined; `no_kappa` says which: "too_few", "one_verdict".
    """

    rule: str
    judged: int  # judgements on what the machine decided: pass, fail or not applicable
    agreed: int
    kappa: float | None
    no_kappa: str | None
    wrongly_accused: int  # the machine said fail, the person pass or not applicable
    missed: int  # the machine said pass, the person fail
    referred: int  # judgements on what the machine left to people; these count in nothing above
    ruled_fail: int
    ruled_pass: int
    ruled_not_applicable: int

    @property
    def percent(self) -> float | None:
        """Of the judgements on what the machine decided, those that agree; None where there is none."""
        return 100 * self.agreed / self.judged if self.judged else None

    @property
    def trusted(self) -> bool | None:
        """Whether the rule may be trusted; None as long as too few have been judged."""
        if self.percent is None or self.judged < TRUSTED_JUDGEMENTS:
            return None
        return self.percent >= TRUSTED_PERCENT

    @property
    def left_open(self) -> int:
        """Of those left to people, those that nobody settled."""
        return self.referred - self.ruled_fail - self.ruled_pass - self.ruled_not_applicable


@dataclass(frozen=True, slots=True)
class Band:
    """Judgements on findings of which the machine was about as sure."""

    low: float
    high: float
    judged: int
    agreed: int


def agreement(judged: Iterable[Judged]) -> tuple[RuleAgreement, ...]:
    """Agreement of each rule, in order of rule. Each reviewer's last word on a finding counts once."""
    by_rule: dict[str, list[Judged]] = {}
    for one in judged:
        by_rule.setdefault(one.rule, []).append(one)
    return tuple(_of_rule(rule, ones) for rule, ones in sorted(by_rule.items()))


def calibration(judged: Iterable[Judged]) -> tuple[Band, ...]:
    """How often people agree, by the machine's own confidence; only findings it decided."""
    decided = [j for j in judged if j.machine in (Verdict.PASS, Verdict.FAIL)]
    out = []
    for low, high in _BANDS:
        inside = [j for j in decided if low <= j.confidence < high]
        out.append(Band(low, min(1.0, high), len(inside), sum(j.agrees for j in inside)))
    return tuple(out)


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Agreement beyond what chance gives (Cohen 1960); None when both always say the same one thing.

    Args:
        pairs: what the first and the second judge said of each item.
    """
    n = len(pairs)
    if not n:
        return None
    observed = sum(a == b for a, b in pairs) / n
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    expected = sum(first[c] * second[c] for c in first) / (n * n)
    return None if expected >= 1 - 1e-12 else (observed - expected) / (1 - expected)


def _of_rule(rule: str, ones: list[Judged]) -> RuleAgreement:
    innocent = (Verdict.PASS, Verdict.NOT_APPLICABLE)
    decided = [j for j in ones if j.decided]
    ruled = Counter(j.human for j in ones if not j.decided)
    enough = len(decided) >= TRUSTED_JUDGEMENTS
    kappa = cohens_kappa([(str(j.machine), str(j.human)) for j in decided]) if enough else None
    return RuleAgreement(
        rule=rule,
        judged=len(decided),
        agreed=sum(j.agrees for j in decided),
        kappa=kappa,
        no_kappa=None if kappa is not None else "one_verdict" if enough else "too_few",
        wrongly_accused=sum(j.machine is Verdict.FAIL and j.human in innocent for j in decided),
        missed=sum(j.machine is Verdict.PASS and j.human is Verdict.FAIL for j in decided),
        referred=ruled.total(),
        ruled_fail=ruled[Verdict.FAIL],
        ruled_pass=ruled[Verdict.PASS],
        ruled_not_applicable=ruled[Verdict.NOT_APPLICABLE],
    )
