"""Prohibited phrases spoken inside a good call are found, and what only resembles one accuses nobody.

python benchmarks/prohibited.py [--quick] [--json FILE] [--voice NAME ...] [--cache FOLDER]

P1 to P20 and H5's seven, each in three agents' voices, and 42 near misses in two: every sentence inside an otherwise
good telephone call of half a minute (8 kHz, 300 to 3400 Hz, µ-law, 30 dB over the line's noise), scored by the real
recogniser and the base standard. Found: the rule fails with evidence where the sentence is. False accusation: a rule
that fails elsewhere, or on a call with a near miss, and not on the good call alone in that voice.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import results
from spoken_calls import PAIRS, Case, cases, clips, composed, listen, ready

from analyzer.rules.pack import load_standard
from analyzer.rules.types import Finding, Scorecard
from analyzer.spans import Span
from analyzer.testing import ComposedCall


@dataclass(frozen=True)
class Scored:
    """A call's verdicts on its sentence."""

    case: Case
    verdict: str  # of the rule the sentence breaks: "fail", "unsure", "missed"; of a near miss "clean"
    in_place: bool
    elsewhere: tuple[str, ...]  # rules that fail and should not
    doubted: tuple[str, ...]  # rules left unsure on the sentence
    heard: str  # what the recogniser wrote around the sentence


def span_of(case: Case, call: ComposedCall) -> Span:
    return next(u.span for u in call.truth.utterances if u.text == case.text and u.party is case.who)


def touches(finding: Finding, span: Span) -> bool:
    return any(e.quote and e.span & span for e in finding.evidence)


def weigh(case: Case, call: ComposedCall, card: Scorecard, own: frozenset[str]) -> Scored:
    """What the scorecard says of the sentence; `own`: rules that the good call fails without it."""
    failed = [f for f in card.findings if f.verdict == "fail" and f.rule not in own]
    span = span_of(case, call)
    heard = " / ".join(t.text for t in card.turns if t.role is case.who and t.span & span)
    unsure = [f for f in card.findings if f.verdict == "unsure" and touches(f, span)]
    if not case.rule:
        return Scored(case, "clean", False, tuple(f.rule for f in failed), tuple(f.rule for f in unsure), heard)
    ours = [f for f in failed if f.rule == case.rule]
    verdict = "fail" if ours else "unsure" if any(f.rule == case.rule for f in unsure) else "missed"
    elsewhere = tuple(f.rule for f in failed if f not in ours and not touches(f, span))
    return Scored(case, verdict, any(touches(f, span) for f in ours), elsewhere, (), heard)


def show(s: Scored) -> None:
    """A line for every call that isn't as it should be."""
    name = s.case.name
    if s.case.rule and (s.verdict != "fail" or not s.in_place):
        print(f"{s.verdict}: {name}; heard: {s.heard}", flush=True)
    if s.elsewhere:
        print(f"accused of {', '.join(s.elsewhere)}: {name}; heard: {s.heard}", flush=True)
    if s.doubted:
        print(f"unsure {', '.join(s.doubted)}: {name}; heard: {s.heard}", flush=True)


def figures(scored: list[Scored]) -> list[results.Figure]:
    """The counts, all voices and each."""
    phrases = [s for s in scored if s.case.rule]
    near = [s for s in scored if not s.case.rule]
    out = []
    for voice in ("", *PAIRS):
        mine = [s for s in phrases if not voice or s.case.voice == voice]
        theirs = [s for s in near if not voice or s.case.voice == voice]
        tail = f", {voice}" if voice else ""
        if mine:
            seen = Counter(s.verdict for s in mine)
            placed, every = sum(s.in_place for s in mine), len(mine)
            out += [
                results.Figure(f"prohibited.phrases{tail}", str(every)),
                results.Figure(f"prohibited.found{tail}", str(seen["fail"]), f"= {every}", seen["fail"] == every),
                results.Figure(f"prohibited.found_in_place{tail}", str(placed)),
                results.Figure(f"prohibited.only_unsure{tail}", str(seen["unsure"])),
                results.Figure(f"prohibited.missed{tail}", str(seen["missed"])),
                results.at_most(f"prohibited.accused_elsewhere{tail}", sum(bool(s.elsewhere) for s in mine), 0),
            ]
        if theirs:
            out += [
                results.Figure(f"prohibited.near_misses{tail}", str(len(theirs))),
                results.at_most(f"prohibited.near_misses_accused{tail}", sum(bool(s.elsewhere) for s in theirs), 0),
                results.Figure(f"prohibited.near_misses_unsure{tail}", str(sum(bool(s.doubted) for s in theirs))),
            ]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="every eighth sentence")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--voice", action="append", choices=list(PAIRS), help="agents' voices; all by default")
    parser.add_argument("--cache", type=Path, help="keep what was heard here, for a run with other rules")
    options = parser.parse_args()
    standard = load_standard("base")
    analyzer = ready(standard)
    bank = clips()
    own: dict[str, frozenset[str]] = {}
    for voice in options.voice or PAIRS:
        card = listen(composed(None, bank, voice), analyzer, standard, options.cache)
        own[voice] = frozenset(f.rule for f in card.findings if f.verdict == "fail")
        print(f"the good call by {voice} fails: {', '.join(sorted(own[voice])) or 'nothing'}", flush=True)
    scored = []
    for case in [c for c in cases(bank) if c.voice in own][:: 8 if options.quick else 1]:
        call = composed(case, bank)
        scored.append(weigh(case, call, listen(call, analyzer, standard, options.cache), own[case.voice]))
        show(scored[-1])
    found = figures(scored)
    results.show(found)
    results.write(found, options.json)


if __name__ == "__main__":
    main()
