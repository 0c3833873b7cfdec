"""Every rule of every shipped pack, judged on the example calls that stand beside it."""

import re

import msgspec
import pytest
from exact import ExactSearch

from analyzer.rules.examples import examples_of, judge_example, too_few
from analyzer.rules.pack import load_standard
from analyzer.rules.reading import shipped_packs
from analyzer.rules.standard import Standard

PACKS: dict[str, Standard] = {name: load_standard(name) for name in shipped_packs()}
CHINESE = re.compile("[\u3400-\u9fff]")
CASES = [
    pytest.param(pack, rule.id, expected, text, id=f"{pack}-{rule.id}-{expected}-{i + 1}")
    for pack, standard in PACKS.items()
    for rule in standard.rules
    for expected, i, text in examples_of(rule)
]
NEAR_MISSES = [
    pytest.param(pack, family, id=f"{pack}-{family}")
    for pack, standard in PACKS.items()
    for family, one in standard.families.items()
    if one.near_misses
]


@pytest.mark.parametrize(("pack", "rule_id", "expected", "text"), CASES)
def test_example(pack: str, rule_id: str, expected: str, text: str) -> None:
    standard = PACKS[pack]
    rule = standard.rule(rule_id)
    assert rule is not None
    finding = judge_example(standard, rule, text)
    assert finding.verdict == expected, (finding.reason, finding.evidence)
    if expected == "fail":
        assert finding.evidence, "a breach without a place to listen to"
        assert finding.reason
    if expected in ("unsure", "not_applicable"):
        assert finding.reason, "no reason given"
    assert all(e.what and e.what_en and not CHINESE.search(e.what_en) for e in finding.evidence)


@pytest.mark.parametrize(("pack", "family"), NEAR_MISSES)
def test_near_misses_make_no_sure_hit(pack: str, family: str) -> None:
    from analyzer.rules.examples import near_misses

    standard = PACKS[pack]
    wrong = [r for r in near_misses(standard, standard.families[family]) if not r.holds]
    assert not wrong, [(r.text, r.reason) for r in wrong]


@pytest.mark.parametrize("text", ["我帮您转 客户: 好", "我帮您转\n客户: 好", "我帮您转 # 好", "end cut", "", "  "])
def test_a_near_miss_is_a_sentence_and_no_line_of_a_call(text: str) -> None:
    from analyzer.rules.examples import near_misses

    said = [text, f"{text}真对不起"]
    family = msgspec.structs.replace(PACKS["base"].families["apology"], near_misses=said)
    assert [(r.text, r.got) for r in near_misses(PACKS["base"], family)] == [(said[0], "no hit"), (said[1], "hit")]


@pytest.mark.parametrize("pack", PACKS)
def test_every_rule_has_enough_examples(pack: str) -> None:
    assert too_few(PACKS[pack]) == {}


def test_exact_text_finds_the_plain_examples_too() -> None:
    """The plain engine is a check on the notation: a phrase written out is found without any sound."""
    standard = PACKS["base"]
    rule = standard.rule("P7")
    assert rule is not None
    assert judge_example(standard, rule, rule.examples.failing[0], ExactSearch).verdict == "fail"
    assert judge_example(standard, rule, rule.examples.passing[0], ExactSearch).verdict == "pass"
