"""What several rules find in the same words, said once: by those that say what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from analyzer.call.types import Role
from analyzer.rules.standard import Standard
from analyzer.rules.types import Evidence, Finding, Verdict

_HELD = (Verdict.FAIL, Verdict.UNSURE)


def said_once(standard: Standard, findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those places of a `yields` rule at which another rule holds something against the agent.

    Args:
        standard: with its rules.
        findings: of these.

    Returns:
        As many; a finding of which no place is left is a pass.
    """
    yielding = {rule.id for rule in standard.rules if rule.yields}
    named = [e for f in findings if f.rule not in yielding and f.verdict in _HELD for e in f.evidence if _is_said(e)]
    return [_without(finding, named) if finding.rule in yielding else finding for finding in findings]


def _is_said(evidence: Evidence) -> bool:
    """Whether these are words of the agent that are judged."""
    return bool(evidence.quote) and not evidence.context and evidence.role is Role.AGENT


def _without(finding: Finding, named: Sequence[Evidence]) -> Finding:
    left = tuple([e for e in finding.evidence if not any(e.span & other.span for other in named)])
    if finding.verdict not in _HELD or left == finding.evidence:
        return finding
    if left:
        return msgspec.structs.replace(finding, evidence=left)
    return msgspec.structs.replace(finding, verdict=Verdict.PASS, evidence=(), reason="", reason_en="", deduction=0.0)
