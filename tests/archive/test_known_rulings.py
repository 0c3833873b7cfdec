"""Rulings that are kept: whatever changes in a standard, scorecards are those of a fresh judgement, byte for byte."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from scripted import wav

from analyzer.archive.cache import KeptHearing, keep_heard, load_heard
from analyzer.archive.known_hits import KnownHits, PhraseLists
from analyzer.archive.results import FolderResults
from analyzer.call.types import Layout
from analyzer.call.wav import read_facts
from analyzer.outputs.encode import encode_scorecard
from analyzer.pipeline import Heard, judge_call
from analyzer.rules import evaluate
from analyzer.rules.asked import phrases_asked
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import content_hash, load_standard
from analyzer.rules.standard import Standard
from analyzer.rules.types import CallFacts, Severity, Verdict

BASE = load_standard("base")


def of_rules(change: Callable[[Any], Any]) -> Callable[[Standard], Standard]:
    return lambda standard: replace(standard, rules=tuple(map(change, standard.rules)))


def of_families(change: Callable[[Any], Any]) -> Callable[[Standard], Standard]:
    return lambda standard: replace(standard, families={k: change(f) for k, f in standard.families.items()})


def of_scoring(**limits: Any) -> Callable[[Standard], Standard]:
    return lambda standard: replace(standard, scoring=msgspec.structs.replace(standard.scoring, **limits))


def of_quoting(**words: Any) -> Callable[[Standard], Standard]:
    return lambda standard: replace(standard, quoting=msgspec.structs.replace(standard.quoting, **words))


def field(name: str, value: Any) -> Callable[[Any], Any]:
    return lambda struct: msgspec.structs.replace(struct, **{name: value})


def forgiven(rule: Any) -> Any:
    return msgspec.structs.replace(rule, unless=None, applies_when=None)


def turned(rule: Any) -> Any:
    return msgspec.structs.replace(rule, require=rule.forbid, forbid=rule.require)


def other_complaint(standard: Standard) -> Standard:
    families = ("greeting",) if "greeting" in standard.families else tuple(standard.families)[:1]
    return replace(standard, complaint=msgspec.structs.replace(standard.complaint, families=families))


def fewer_values(standard: Standard) -> Standard:
    observations = (msgspec.structs.replace(o, values=o.values[1:]) for o in standard.observations)
    return replace(standard, observations=tuple(observations))


CHANGES: dict[str, Callable[[Standard], Standard]] = {
    "nothing": lambda standard: standard,
    "strict thresholds": lambda _: load_standard("base", profile="strict"),
    "lenient thresholds": lambda _: load_standard("base", profile="lenient"),
    "organisation": lambda _: load_standard("base", organisation="华夏银行"),
    "weights": of_rules(field("weight", 3.0)),
    "points": of_rules(field("deduction", 7.0)),
    "fatal": of_rules(field("fatal", True)),
    "unscored": of_rules(field("scored", False)),
    "names": of_rules(lambda r: msgspec.structs.replace(r, name="新", advice="听", reason="错", reason_en="no")),
    "severity": of_rules(field("severity", Severity.INFO)),
    "without conditions": of_rules(forgiven),
    "turned round": of_rules(turned),
    "only for review": of_rules(field("review_only", True)),
    "without roles": of_rules(field("needs_roles", False)),
    "fewer rules": lambda standard: replace(standard, rules=standard.rules[::2]),
    "other order": lambda standard: replace(standard, rules=standard.rules[::-1]),
    "phrases taken away": of_families(lambda f: msgspec.structs.replace(f, forms=f.forms[1:] or f.forms)),
    "phrases made weak": of_families(lambda f: msgspec.structs.replace(f, weak=(*f.weak, *f.forms), forms=())),
    "new phrases": of_families(lambda f: msgspec.structs.replace(f, forms=(*f.forms, "您好", "再见", "这个"))),
    "no exclusions": of_families(field("exclusions", ())),
    "whole turns": of_families(field("only", "turn")),
    "short gaps": of_families(field("gap", 1)),
    "no quoting": of_quoting(before=(), after=()),
    "far quoting": of_quoting(before=("我", "您", "你"), reach=20),
    "complaint": other_complaint,
    "roles never sure": of_scoring(min_role_confidence=1.1),
    "words never sure": of_scoring(low_word_probability=1.1),
    "no reweighting": of_scoring(reweight_limit=1.0, fatal_cap=50.0),
    "sections": lambda standard: replace(
        standard, sections=tuple(msgspec.structs.replace(s, cap=10.0, weight=1.0) for s in standard.sections)
    ),
    "observations": fewer_values,
    "no observations": lambda standard: replace(standard, observations=()),
}  # fmt: skip


def changed(name: str) -> Standard:
    standard = CHANGES[name](BASE)
    standard = replace(standard, phrases=phrases_asked(standard))
    return replace(standard, sha256=content_hash(standard))


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[Heard]:
    """Example calls of every eighteenth rule: one that passes, one that breaks it, and one that is undecided."""
    path = tmp_path_factory.mktemp("calls") / "call.wav"
    path.write_bytes(wav(0))
    facts = read_facts(path)
    texts = [
        texts[0]
        for rule in BASE.rules[::18]
        for texts in (rule.examples.passing, rule.examples.failing, rule.examples.unsure)
        if texts
    ]
    made = []
    for text in texts:
        call = parse_call(text)
        about = CallFacts("call.wav", facts, Layout.STEREO, (), call.metadata)
        made.append(Heard(about, call.conversation, call.measures, call.hangup, None, "none", None, "told", ""))
    return made


def known(memory: FolderResults, key: str) -> tuple[KeptHearing, KnownHits]:
    kept = load_heard(memory, key)
    assert kept is not None
    return kept, KnownHits(key, kept, PhraseLists(memory))


def judge_again(memory: FolderResults, key: str, standard: Standard) -> tuple[bytes, int]:
    """The scorecard by what is kept, which is kept again; and how many rulings it took."""
    hearing, before = known(memory, key)
    card = encode_scorecard(judge_call(hearing.heard, standard, before), written=hearing.written)
    before.keep()
    return card, before.precedents.made


def test_whatever_changes_the_bytes_are_those_of_a_fresh_judgement(calls: list[Heard], tmp_path: Path) -> None:
    memory, standards = FolderResults(tmp_path), {name: changed(name) for name in CHANGES}
    seen: dict[str, set[bytes]] = {name: set() for name in CHANGES}
    for number, heard in enumerate(calls):
        key = f"{number:04}"
        keep_heard(memory, key, heard)
        judge_again(memory, key, BASE)
        for name, standard in standards.items():  # each after the one before: kept rulings are those of many standards
            fresh = encode_scorecard(judge_call(heard, standard))
            assert judge_again(memory, key, standard)[0] == fresh, f"{name}, call {number}"
            seen[name].add(fresh)
        assert judge_again(memory, key, BASE)[0] == encode_scorecard(judge_call(heard, BASE))
    unchanged = {encode_scorecard(judge_call(heard, BASE)) for heard in calls}
    assert all(cards != unchanged for name, cards in seen.items() if name != "nothing"), "a change that changes nothing"


@pytest.mark.parametrize(
    "name", ["nothing", "weights", "points", "fatal", "names", "severity", "sections", "other order", "fewer rules"]
)
def test_what_no_ruling_rests_on_takes_no_ruling(name: str, calls: list[Heard], tmp_path: Path) -> None:
    memory = FolderResults(tmp_path)
    keep_heard(memory, "key", calls[0])
    assert judge_again(memory, "key", BASE)[1] == len(BASE.rules) + len(BASE.observations)
    assert judge_again(memory, "key", changed(name))[1] == 0


def test_a_changed_threshold_rules_anew_on_what_it_concerns(
    calls: list[Heard], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, ruled = FolderResults(tmp_path), []
    keep_heard(memory, "key", calls[0])
    judge_again(memory, "key", BASE)
    before = (tmp_path / ".analyzer" / "hits" / "ke" / "key.json.gz").read_bytes()
    real = evaluate._ruling
    monkeypatch.setattr(evaluate, "_ruling", lambda rule, *rest: (ruled.append(rule.id), real(rule, *rest))[1])
    rule = next(r for r in BASE.rules if r.forbid is not None and r.unless is None)
    other = msgspec.structs.replace(rule, review_only=not rule.review_only)
    standard = replace(BASE, rules=tuple(other if r is rule else r for r in BASE.rules))
    assert judge_again(memory, "key", replace(standard, sha256=content_hash(standard)))[1] == 1
    assert ruled == [rule.id]
    assert (tmp_path / ".analyzer" / "hits" / "ke" / "key.json.gz").read_bytes() == before, "too little to write for"


def test_rulings_survive_the_disk(calls: list[Heard], tmp_path: Path) -> None:
    memory = FolderResults(tmp_path)
    verdicts = set()
    for number, heard in enumerate(calls):
        keep_heard(memory, f"{number:04}", heard)
        hearing, first = known(memory, f"{number:04}")
        card = judge_call(hearing.heard, BASE, first)
        first.keep()
        _, again = known(memory, f"{number:04}")
        assert (again._known.rulings, again._known.observations) == (
            first.precedents.rulings,
            first.precedents.observations,
        )
        verdicts |= {f.verdict for f in card.findings}
    assert verdicts == set(Verdict)
