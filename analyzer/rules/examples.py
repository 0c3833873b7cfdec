"""A pack's own examples: every rule's calls are judged, every family's near misses are looked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.rules.checks.families import Family
from analyzer.rules.notation import one_turn, parse_call
from analyzer.rules.phrases import SoundSearch
from analyzer.rules.standard import Place, Rule, Standard
from analyzer.rules.told import PackError
from analyzer.rules.types import Evidence, Finding
from analyzer.rules.written import FamilySearch, SearchMaker, judge_written

LEAST = {"pass": 3, "fail": 3, "unsure": 1}


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """How one example came out.

    Args:
        of: the rule's or family's id.
        expected: "pass", "fail", "unsure", "not_applicable", or "no hit" for a family's near miss.
        index: which of the examples of that kind, from 0.
        text: the example.
        got: the verdict, "hit", or "error".
        reason: why it came out so, in Chinese; of a hit what was hit, of an error its words.
        reason_en: the same in English.
        evidence: of the finding.
        place: where the example is written.
    """

    of: str
    expected: str
    index: int
    text: str
    got: str
    reason: str = ""
    reason_en: str = ""
    evidence: tuple[Evidence, ...] = ()
    place: Place | None = None

    @property
    def holds(self) -> bool:
        """True when it came out as written."""
        return self.got == self.expected


def examples_of(rule: Rule) -> Iterator[tuple[str, int, str]]:
    """A rule's examples: (expected verdict, index, text)."""
    groups = {
        "pass": rule.examples.passing,
        "fail": rule.examples.failing,
        "unsure": rule.examples.unsure,
        "not_applicable": rule.examples.not_applicable,
    }
    for expected, texts in groups.items():
        for i, text in enumerate(texts):
            yield expected, i, text


def judge_example(standard: Standard, rule: Rule, text: str, search: SearchMaker = SoundSearch) -> Finding:
    """One rule's finding on one example call.

    Raises:
        PackError: when the example can't be read.
    """
    return judge_written(standard, parse_call(text), (rule.id,), search)[0]


def run_examples(standard: Standard, rules: tuple[str, ...] = (), own: bool = False) -> list[ExampleResult]:
    """Runs the examples of all rules and the near misses of all families.

    Args:
        standard: loaded.
        rules: only these rules (and no families); empty: everything.
        own: only what the pack itself wrote or changed, not what it extends.
    """
    out = []
    for rule in standard.rules:
        if (rules and rule.id not in rules) or (own and not standard.owns(f"rule:{rule.id}")):
            continue
        for expected, i, text in examples_of(rule):
            place = standard.places.get(f"example:{rule.id}:{expected}:{i}")
            try:
                found = judge_example(standard, rule, text)
            except PackError as error:
                words = "{}。{}".format(*(one.zh for one in error.said)), "{}. {}".format(*error.said)
                out.append(ExampleResult(rule.id, expected, i, text, "error", *words, place=place))
                continue
            said = str(found.verdict), found.reason, found.reason_en, found.evidence
            out.append(ExampleResult(rule.id, expected, i, text, *said, place))
    if not rules:
        for family in standard.families.values():
            if not own or standard.owns(f"family:{family.id}"):
                out.extend(near_misses(standard, family))
    return out


def too_few(standard: Standard) -> dict[str, str]:
    """What rules lack of the examples asked for (3 that pass, 3 that fail, 1 undecided): "2 pass, 1 unsure", by id."""
    out = {}
    for rule in standard.rules:
        each = {(expected, text.strip()) for expected, _, text in examples_of(rule)}
        counts = Counter(expected for expected, _ in each)
        least = {**LEAST, "fail": 0, "unsure": LEAST["fail"] + LEAST["unsure"]} if rule.review_only else LEAST
        lacking = [f"{need - counts[kind]} {kind}" for kind, need in least.items() if counts[kind] < need]
        if lacking:
            out[rule.id] = ", ".join(lacking)
    return out


def near_misses(standard: Standard, family: Family) -> Iterator[ExampleResult]:
    """A near miss must make no sure hit of its family."""
    for i, text in enumerate(family.near_misses):
        search = FamilySearch(standard, one_turn(text).conversation)
        sure = [hit for hit in search.hits(family) if hit.sure]
        got, hits = "hit" if sure else "no hit", "; ".join(f"{h.phrase} {h.score:.2f}" for h in sure)
        place = standard.places.get(f"example:{family.id}:near_misses:{i}")
        yield ExampleResult(family.id, "no hit", i, text, got, hits, place=place)
