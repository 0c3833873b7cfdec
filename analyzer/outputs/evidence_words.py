"""What evidence says to people: a call record's field in words, what was sought where other words were heard."""

from __future__ import annotations

import re

from analyzer.outputs.labels import Language, label, labels, say
from analyzer.rules.types import Evidence, Verdict

_STATED = re.compile(r"(.+) = (agent|customer|system|unknown)")
_PLAIN = re.compile(r"[\w\s，。？！、：；'…-]+")  # a pattern's signs are nothing to show


def stated(zh: str, en: str, language: Language) -> str:
    """A detail in one language; a field of the call record and the party it names as people call them."""
    said = say(zh, en, language)
    found = _STATED.fullmatch(said)
    if found is None:
        return said
    field, party = found.groups()
    return f"{labels(language).get(f'field.{field}', field)} = {label('party', party, language)}"


def sought(evidence: Evidence, verdict: Verdict) -> str:
    """The phrase that was looked for, where other words were heard and it matters; else empty.

    Args:
        evidence: of a finding.
        verdict: of that finding; where it is unsure, words that sound the same matter, too.
    """
    alike = evidence.score is None or evidence.score >= 1
    if not evidence.quote or not _PLAIN.fullmatch(evidence.phrase) or (alike and verdict is not Verdict.UNSURE):
        return ""
    return "" if _bare(evidence.phrase) in _bare(evidence.quote) else evidence.phrase


def _bare(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum()).casefold()
