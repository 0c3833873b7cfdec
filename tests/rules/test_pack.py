"""Loading packs: merging, profiles, and errors that name file, line, rule and mend."""

import json
import re
import time
from pathlib import Path
from textwrap import dedent

import msgspec
import pytest

from analyzer.errors import StandardError
from analyzer.rules.checks.anchors import Anchor
from analyzer.rules.checks.frameletters import fits_in
from analyzer.rules.checks.logic import AllOf
from analyzer.rules.checks.timing import Turns
from analyzer.rules.checks.turntexts import TurnTexts
from analyzer.rules.checks.where import Where
from analyzer.rules.checks.words import Said
from analyzer.rules.examples import judge_example, run_examples, too_few
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.standard import Standard
from analyzer.rules.told import PackError
from analyzer.rules.trace import cautions, check_pack
from analyzer.speech.mandarin import spoken_text

PAGE = Path(__file__).parents[2] / "docs" / "house-packs.md"
PACK = """\
id: tiny
version: "1"
name: 小标准
organisation: 某某
sections: [{id: s, name: 节, name_en: S, weight: 1}]
parameters: {limit: {value: 2}}
profiles: {strict: {name: 严, parameters: {limit: 1}}}
"""
PROFILES = ", ".join(f"p{n}: {{}}" for n in range(20))
CLAUSES = """\
- {id: C1, document: D, title: 题, title_en: T, summary: 摘要, heard: 听, heard_by: [T]}
"""
FAMILIES = """\
- {id: bye, name: 再见, forms: [再见, '感谢致电{organisation}']}
"""
STEPS = "{{kind: steps, steps: [{{name: 好, families: [bye]}}], at_least: {}}}"
SAID = "{kind: said, any: [bye], at_least: $limit}"
DIFFERENCE = "{{kind: difference, of: talk_time, minus: talk_time, {}}}"
TWO_SAID = """\
  unless:
    kind: any
    of:
      - {kind: said, any: [bye]}
      - kind: said
        where: {before: {event: phrase}}
        any: [bye]
"""
WHERE = "{{kind: said, any: [bye], where: {{{}}}}}"
NEAR = "{{kind: pause, of: [hold], except_near: {{{}}}}}"
RULE = """\
- id: R1
  name: 说再见
  name_en: Says goodbye
  clauses: [C1]
  section: s
  severity: minor
  advice: 说再见
  require: {kind: said, any: [bye], at_least: $limit}
"""


def write(folder: Path, **changed: str) -> Path:
    files = {"pack": PACK, "clauses": CLAUSES, "families": FAMILIES, "rules": RULE} | changed
    (folder / "families").mkdir(parents=True, exist_ok=True)
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "pack.yaml").write_text(files["pack"], encoding="utf-8")
    (folder / "clauses.yaml").write_text(files["clauses"], encoding="utf-8")
    (folder / "families" / "f.yaml").write_text(files["families"], encoding="utf-8")
    (folder / "rules" / "r.yaml").write_text(files["rules"], encoding="utf-8")
    return folder


def test_a_small_pack_loads(tmp_path: Path) -> None:
    standard = load_standard(write(tmp_path / "tiny"))
    assert [r.id for r in standard.rules] == ["R1"]
    assert standard.families["bye"].forms == ("再见", "感谢致电某某")
    assert standard.rules[0].require.at_least == 2


def test_organisation_and_profile_change_it_and_its_hash(tmp_path: Path) -> None:
    folder = write(tmp_path / "tiny")
    plain = load_standard(folder)
    named = load_standard(folder, organisation="别家")
    strict = load_standard(folder, profile="strict")
    assert named.families["bye"].forms[1] == "感谢致电别家"
    assert strict.rules[0].require.at_least == 1
    assert len({plain.sha256, named.sha256, strict.sha256}) == 3
    assert load_standard(folder).sha256 == plain.sha256


@pytest.mark.parametrize("name", ["A(B", "甲|乙", "丙）", "a.b*[c]+?"])
def test_an_organisation_is_no_choice_and_no_pattern(tmp_path: Path, name: str) -> None:
    families = FAMILIES.replace("forms:", "frames: ['致电{organisation}'], forms:")
    rule = RULE.replace(SAID, "{kind: pattern, match: ['{organisation}']}") + "  reason: 没有说{organisation}\n"
    named = load_standard(write(tmp_path / "tiny", families=families, rules=rule), organisation=name)
    said = "".join(c for c in name if c.isalnum())
    assert named.families["bye"].forms == ("再见", f"感谢致电{said}")
    assert named.families["bye"].frames == (f"致电{said}",)
    assert named.rules[0].require.match == (said,)
    assert (named.organisation, named.rules[0].reason) == (name, f"没有说{name}")


def test_an_organisation_that_nobody_says_is_refused_at_once() -> None:
    start = time.process_time()
    with pytest.raises(PackError, match="an organisation of 120001 characters, more than 60") as caught:
        load_standard("base", organisation="集团" * 60_000 + "x")
    assert time.process_time() - start < 1
    assert [one.zh for one in caught.value.said] == ["机构名称有 120001 个字，超过 60 个", "写短一些"]


def test_an_observation_is_filled_as_a_rule_is(tmp_path: Path) -> None:
    folder = write(tmp_path / "tiny")
    check = "{kind: pattern, match: ['打给{organisation}'], at_least: $limit}"
    text = "- name: o\n  label: 说起{organisation}\n"
    text += f"  values: [{{value: a, label: '$5，{{organisation}}', check: {check}}}]\n"
    (folder / "observations.yaml").write_text(text, encoding="utf-8")
    (observation,) = load_standard(folder, organisation="甲(乙)").observations
    (value,) = observation.values
    assert (observation.label, value.label) == ("说起甲(乙)", "$5，甲(乙)")
    assert (value.check.match, value.check.at_least) == (("打给甲乙",), 2)


def test_a_name_that_holds_the_pack_s_own_stands_in_the_greeting_once(tmp_path: Path) -> None:
    folder = write(tmp_path / "tiny", pack=PACK + "greeting: 您好，{organisation}\n")
    assert load_standard(folder, organisation="某某银行").greeting == "您好，某某银行"


def test_hash_ignores_layout_comments_and_examples(tmp_path: Path) -> None:
    one = load_standard(write(tmp_path / "a"))
    same = load_standard(write(tmp_path / "b", rules="# note\n" + RULE + "  examples: {pass: ['客服: 再见']}\n"))
    other = load_standard(write(tmp_path / "c", rules=RULE.replace("minor", "major")))
    assert one.sha256 == same.sha256
    assert one.sha256 != other.sha256


def refused(tmp_path: Path, part: str, text: str, line: int, seen: str, todo: str) -> None:
    with pytest.raises(StandardError) as caught:
        load_standard(write(tmp_path / "tiny", **{part: text}))
    error = caught.value
    assert seen in error.seen
    assert todo in error.todo
    assert f"line {line}" in error.seen
    assert ".yaml" in error.seen
    assert all(one.zh != one.en for one in error.said), error.said


@pytest.mark.parametrize(
    ("part", "text", "line", "seen", "todo"),
    [
        ("rules", RULE.replace("any:", "eny:"), 8, "unknown field `eny`", "did you mean any"),
        ("rules", RULE.replace("kind: said", "kind: sayd"), 8, "no such check kind (sayd)", "said"),
        ("rules", RULE.replace("minor", "huge"), 6, "huge", "Correct"),
        ("rules", RULE.replace("[bye]", "[bya]"), 8, "no phrase family bya", "Did you mean bye"),
        ("rules", RULE.replace("[C1]", "[C9]"), 4, "no clause C9", "Define the clause"),
        ("rules", RULE.replace("section: s\n", "section: z\n"), 5, "no section z", "Use one of: s"),
        ("rules", RULE.replace("$limit", "$limt"), 8, "no parameter limt", "Did you mean $limit"),
        ("rules", RULE + "  forbid: {kind: said, any: [bye]}\n", 9, "both require and forbid", "Keep exactly one"),
        ("rules", RULE.replace(f"  require: {SAID}\n", ""), 1, "neither require nor forbid", "Write one of them"),
        ("rules", RULE.replace("any: [bye]", "any: [bye], none: [bye]"), 8, "exactly one of any, all, none", "Correct"),
        ("rules", RULE + RULE, 9, "R1 is already in rules/r.yaml, line 1", "Rename"),
        ("rules", "- name: 无\n", 1, "an item without id", "id"),
        ("rules", RULE.replace("R1", "'{organisation}'"), 1, "the id {organisation} holds", "Take {org"),
        ("families", "- {id: 'a{greeting}', forms: [好]}\n", 1, "the id a{greeting} holds a mark", "Take {greeting}"),
        ("rules", "rules: 1\n", 1, "not a list", "list"),
        ("rules", RULE + "  fatal: true\n  review_only: true\n", 1, "fatal and review_only", "Keep one"),
        ("rules", RULE + "  fatal: true\n  scored: false\n", 1, "fatal and scored: false", "Keep one"),
        ("rules", RULE + TWO_SAID, 14, "before: a phrase needs families", "Correct"),
        ("rules", RULE + "  weight: -5\n", 9, "expected `float` >= 0.0, got -5", "Correct"),
        ("rules", RULE + "  deduction: -1\n", 9, "expected `float` >= 0.0, got -1", "Correct"),
        ("pack", PACK.replace("weight: 1", "weight: -1"), 5, "expected `float` >= 0.0, got -1", "Correct"),
        ("pack", PACK.replace("weight: 1", "weight: 1.0e308"), 5, "<= 1000000.0, got 1e+308", "Correct"),
        ("pack", PACK.replace("S, weight: 1}", "S, weight: 1}, {id: s, name: 节, name_en: S, weight: 2}"), 5,
         "the section s twice", "Keep one"),
        ("pack", PACK.replace(", weight: 1}]", "}]"), 5, "missing required field `weight`", "Add the field"),
        ("pack", PACK.replace("name: 节, ", ""), 5, "missing required field `name`", "Add the field"),
        ("pack", PACK.replace("name: 节", "name: "), 5, "expected `str`, got `null`", "Write the value"),
        ("pack", PACK + "extends: bass\n", 8, "no pack.yaml in bass", "base"),
        ("pack", PACK + f"extends: {'b' * 5_000}\n", 8, "no pack.yaml in bbb", "base"),
        ("pack", PACK + "extends: tiny\n", 8, "tiny extends itself, or too deep", "circle"),
        ("pack", PACK + "complaint: {families: [bye], mild: [byee]}\n", 8, "no phrase family byee", "mean bye?"),
        ("pack", PACK + "quoting:\n  frames:\n    - 好\n    - '('\n", 11, "not a pattern: (", "Correct"),
        ("pack", PACK.replace("某某", "集团" * 60_000 + " x"), 4, "of length <= 60, got 集团集团", "shorter"),
        ("pack", PACK + f"greeting: {'好' * 201}\n", 8, "of length <= 200, got 好好", "shorter"),
        ("pack", PACK + "quoting:\n  reach: -1\n", 9, ">= 0, got -1", ""),
        ("pack", PACK.replace("{strict: {", f"{{{PROFILES}, strict: {{"), 7, "of length <= 20", "shorter"),
        ("pack", PACK + "quoting: {before: ['']}\n", 8, "length >= 1", ""),
        ("pack", PACK + "situations:\n  ok: {kind: said, any: [bye]}\n  late:\n    kind: said\n    any: [bya]\n", 12,
         "(entry late): there is no phrase family bya", "mean bye?"),
        ("pack", PACK + "situations:\n  late: {kind: said, any: []}\n", 9, "(entry late): said: needs", ""),
        ("families", FAMILIES.replace("再见,", "'{organization}您好',"), 1, "{organization}", "mean {organisation}?"),
        ("families", FAMILIES.replace("再见,", "'{公司}您好',"), 1, "{公司}", "{greeting}"),
        ("families", FAMILIES.replace("再见,", "再见！您好,"), 1, "再见！您好", "two phrases?"),
        ("families", FAMILIES.replace("再见,", "可以吗?好,"), 1, "可以吗?好", "two phrases?"),
        ("families", FAMILIES.replace("forms:", "gap: -1, forms:"), 1, "(family bye): expected `int` >= 0, got -1", ""),
        ("families", FAMILIES.replace("forms:", "gap: 99999, forms:"), 1, "<= 200, got 99999", ""),
        ("rules", RULE.replace("id: R1", "id: 12"), 1, "the id 12 is no text", 'Put it in quotes: "12"'),
        ("clauses", CLAUSES.replace("[T]", "[Q]"), 1, "(clause C1): invalid", ""),
        ("rules", RULE.replace("minor", "mayor"), 6, "mayor",
         "Correct it: info, minor, major, critical (did you mean major?)"),
        ("pack", PACK + "scoring:\n  deduction:\n    minr: 5\n", 10, "invalid enum value 'minr'", "mean minor?"),
        ("pack", PACK + "scoring:\n  deduction:\n    info: 1\n    minor: -5\n", 11, ">= 0.0, got -5", "Correct"),
        ("pack", PACK.replace("{limit: {value: 2}}", "\n  a: {value: 1}\n  limit: 2"), 8, "expected `object`",
         "{name: value}"),
        ("pack", PACK.replace("{strict: {name: 严,", "{a: {name: 一},\n  strict: {name: 3,"), 8, "got `int`",
         'quotes: "3"'),
        ("pack", PACK.replace('"1"', "1.0"), 2, "expected `str`, got `float`", 'Put it in quotes: "1.0"'),
        ("rules", RULE.replace("[bye]", "bye"), 8, "expected `array`, got `str`", "[bye]"),
        ("rules", RULE.replace("[C1]", "C1"), 4, "expected `array`, got `str`", "[C1]"),
        ("rules", RULE.replace("[bye]", "【bye】"), 8, "got `str`", "Write [ and ] where 【 and 】 stand"),
        ("rules", RULE + "  examples:\n    pass:\n      - 客服: 您好\n", 11, "got `object`", 'quotes: "客服: 您好"'),
        ("rules", RULE + "  examples:\n    pass:\n      - “客服: 您好”\n", 11, "got `object`", 'quotes: "客服: 您好"'),
        ("rules", RULE + "  examples:\n    pass:\n", 10, "got `null`", "behind the colon, or take the field away"),
        ("rules", RULE.replace("kind: said, ", ""), 8, "missing required field `kind`", "Use one of: all, announced"),
        ("rules", RULE + "  fatal: yes\n", 9, "expected `bool`, got `str`", "true or false"),
        ("rules", RULE + "  weight: 2倍\n", 9, "got `str`", "a plain number"),
        ("rules", RULE.replace("kind: said", "kind： said"), 8, "missing required field `kind`", "： is no :"),
        ("rules", RULE.replace("[bye]", "[bye，bye]"), 8, "no phrase family bye，bye", "a plain comma"),
        ("rules", RULE.replace("kind: said,", "kind: said，"), 8, "", "Write , where ， stands"),
        ("rules", RULE.replace("  severity: minor\n", "  severity：minor\n"), 6, "", "a blank where ： stands"),
        ("rules", RULE.replace("  severity", "\tseverity"), 6, "", "not with a tab"),
        ("rules", RULE.replace("  severity", "\u3000severity"), 6, "", "plain blanks"),
        ("rules", RULE.replace("advice: 说再见", "advice: 说: 再见"), 7, "", "quotes"),
        ("rules", RULE.replace("advice: 说再见", "advice: '%说再见").replace("'", ""), 7, "", "quotes"),
        ("rules", RULE.replace("advice: 说再见", "advice: {organisation}再见"), 7, "", "quotes"),
        ("rules", RULE + "  unless:\n", 9, "unless is empty", "Remove it"),
        ("rules", "- change: Q77\n  severity: major\n" + RULE, 1, "nothing called Q77", "Name one of the"),
        ("rules", RULE + "- change: R11\n  severity: major\n", 9, "nothing called R11", "mean R1?"),
        ("families", FAMILIES + "- {id: hm, name: 嗯}\n", 2, "(family hm): a family without phrases", "forms"),
        ("pack", PACK.replace("weight: 1", "weight: 1, cap: -1"), 5, "expected `float` >= 0.0, got -1", "Correct"),
        ("pack", PACK + "scoring:\n  min_applied: 5\n", 9, "expected `float` <= 1.0, got 5", "Correct"),
        ("pack", PACK + "scoring:\n  fatal_cap: -10\n", 9, "expected `float` >= 0.0, got -10", "Correct"),
        ("pack", PACK + "scoring:\n  deduction: {major: -10}\n", 9, "expected `float` >= 0.0", "Correct"),
        ("pack", PACK + "scoring:\n  reweight_limit: 0.5\n", 9, "expected `float` >= 1.0, got 0.5", "Correct"),
        ("pack", PACK + "scoring:\n  min_role_confidence: 60\n", 9, "expected `float` <= 1.0, got 60", "Correct"),
        ("pack", PACK + "scoring:\n  min_words_understood: 140\n", 9, "expected `float` <= 100.0, got 140", "Correct"),
        ("families", "- {id: bye, name: 再见, forms: []}\n", 1, "without phrases", "forms"),
        ("families", "- {id: bye, name: 再见, forms: ['，']}\n", 1, "0 spoken characters", "Use"),
        ("families", FAMILIES + "- {id: b, name: 忙, forms: [忙，电话多]}\n", 2, "忙，电话多", "two phrases?"),
        ("families", "- id: bye\n  name: 再见\n  forms:\n    - 好\n    - 好, 拜拜\n", 5, "好, 拜拜", "two phrases?"),
        ("families", FAMILIES + "- change: bye\n  add_also:\n    - 慢走\n    - 慢、走\n", 5, "慢、走", "two phrases?"),
        ("families", FAMILIES.replace("forms:", "weak: [好；好], forms:"), 1, "好；好", "two phrases?"),
        ("families", FAMILIES.replace("forms:", "exclusions: [好。再见], forms:"), 1, "好。再见", "two phrases?"),
        ("pack", PACK + "quoting: {before: [您是说，不是说]}\n", 8, "您是说，不是说", "two phrases?"),
        ("families", FAMILIES + "- {id: hi, name: 好, forms: [(好]}\n", 2, "(family hi): '(好'", "ways"),
        ("families", FAMILIES + "- {id: hi, name: 好, forms: []}\n", 2, "(family hi): a family without", "forms"),
        ("families", FAMILIES + "- {id: hi, name: 好, forms: [{greeting}]}\n", 2, "{greeting} without quotes", ""),
        ("pack", PACK + "disable:\n  - R11\n", 9, "there is no rule R11 to disable", "Did you mean R1?"),
        ("pack", PACK.replace("limit: 1}", "limit: 1}, disable: [R11]"), 7, "no rule R11 to disable", "mean R1?"),
        ("pack", PACK + "situations:\n  late: {kind: said, any: [a], at_least: $lim}\n", 9, "(entry late)", ""),
        ("rules", RULE.replace("require:", "forbids:"), 8, "unknown field `forbids`", "did you mean forbid?"),
        ("rules", RULE + "  unless: {kind: situation, name: lat}\n", 9, "no situation lat", "pack.yaml"),
        ("pack", PACK.replace("version", "verzion"), 2, "verzion", ""),
        ("rules", RULE.replace("[bye]", "[bye], except_near: {excuse: lat}"), 8, "no excuse lat", "pack.yaml"),
        ("rules", RULE.replace("[bye]", "[bye], where: {after: {anchor: lat}}"), 8, "no anchor lat", "pack.yaml"),
        ("pack", PACK + "anchors:\n  late: {event: phrase, families: [bya]}\n", 9, "no phrase family bya", "bye?"),
        ("pack", PACK + "anchors:\n  late: {event: end, min_s: 5}\n", 9, "end has no min_s", ""),
        ("pack", PACK + "anchors:\n  late: 5\n", 9, "(entry late)", ""),
        ("pack", PACK + "anchors:\n  late: {anchor: later}\n  later: {event: end}\n", 9,
         "later is defined below", "Move later above it"),
        ("pack", PACK + "excuses:\n  late: {families: [bya]}\n", 9, "there is no phrase family bya", "bye?"),
        ("pack", PACK + "excuses:\n  late: {before_s: 5}\n", 9, "(entry late)", ""),
        ("pack", PACK + "excuses:\n  late: {families: [bye], excuse: late}\n", 9, "no excuse late", "alone"),
        ("pack", PACK + "situations:\n  late: {kind: situation, name: [late]}\n", 9, "no situation", "pack.yaml"),
        ("pack", PACK + "situations:\n  late: {kind: sayd}\n", 9, "no such check kind (sayd)", "said"),
        ("pack", PACK + "situations:\n  late: {kind: say}\n", 9, "no such check kind (say)", "mean said?"),
        ("pack", PACK + "situations:\n  late: {kind: situatoin, name: a}\n", 9, "(situatoin)", "mean situation?"),
        ("pack", PACK + "situations:\n  late: {kind: situation, name: later}\n  later: {kind: turns}\n", 9,
         "later is defined below", "Move later above it"),
        ("pack", PACK + "excuses:\n  late: {also: [{excuse: later}]}\n  later: {families: [bye]}\n", 9,
         "later is defined below", "Move later above it"),
        ("pack", PACK + "situations:\n  late: {kind: situation, name: late}\n", 9, "no situation late", "pack.yaml"),
        ("pack", PACK + "situations:\n  late: {kind: situation, name: later}\n", 9, "no situation later", "pack.yaml"),
    ],
)  # fmt: skip
def test_a_bad_pack_is_refused(tmp_path: Path, part: str, text: str, line: int, seen: str, todo: str) -> None:
    refused(tmp_path, part, text, line, seen, todo)


@pytest.mark.parametrize(
    ("check", "seen", "todo"),
    [
        ("{kind: pattern, match: ['(']}", "not a pattern", "C"),
        ("{kind: pattern, match: ['a*']}", "matches nothing", "C"),
        ("{kind: measure, name: loudnes, min: 1}", "no measure loudnes", ""),
        ("{kind: measure, name: snr, min: 1, component: x}", "component of snr x", ""),
        ("{kind: measure, name: dropouts, max: 1, component: x}", "of dropouts x", ""),
        ("{kind: measure, name: hold_longest, max: 1}", "of the whole call", "any"),
        ("{kind: measure, name: snr, role: any, min: 1}", "of one party", "agent"),
        ("{kind: difference, of: snr, minus: hold_longest, max: 1}", "whole", "any"),
        ("{kind: all, of: []}", "length >= 1", "Correct"),
        ("{kind: curve, name: levle, peak: 1}", "no curve levle", "mean level?"),
        ("{kind: overlap, at_least: 0}", "expected `int` >= 1, got 0", "Correct"),
        ("{kind: pause, of: [hold], at_least: 0}", "expected `int` >= 1, got 0", "C"),
        ("{kind: turns, at_least: -1}", "expected `int` >= 1, got -1", "C"),
        ("{kind: pattern, match: [好], at_least: 0}", "expected `int` >= 1, got 0", ""),
        ("{kind: curve, name: level, peak: 1, at_least: 0}", "`int` >= 1, got 0", ""),
        ("{kind: said_back, at_least: 0}", "expected `int` >= 1, got 0", ""),
        ("{kind: unanswered, at_least: 0}", "expected `int` >= 1, got 0", ""),
        ("{kind: repeated, times: 1}", "expected `int` >= 2, got 1", ""),
        (STEPS.format(0), "expected `int` >= 1, got 0", ""),
        (STEPS.format(2), "at_least is more than there are steps", ""),
        ("{kind: said, any: [bye], distinct: true, at_least: 2}", "is more", ""),
        (WHERE.format("first_turns: 0"), "expected `int` >= 1, got 0", "Correct"),
        (WHERE.format("last_turns: -1"), "expected `int` >= 1, got -1", "Correct"),
        (WHERE.format("after: {event: start}, within_turns: 0"), ">= 1, got 0", "C"),
        (WHERE.format("after: {event: start}, within_s: -5"), "> 0.0, got -5", "C"),
        (WHERE.format("first_s: 0"), "expected `float` > 0.0, got 0", "Correct"),
        (WHERE.format("last_s: 1.0e306"), "<= 86400.0, got 1e+306", ""),
        (WHERE.format("after: {event: silence, min_s: -1}"), ">= 0.0, got -1", "C"),
        ("{kind: pause, of: [hold], except_near: {families: [bye], before_s: -1}}",
         "expected `float` >= 0.0, got -1", ""),
        ("{kind: share, of: [你], against: [您], max: 0.5, min_count: 0}", ">= 1", ""),
        ("{kind: share, of: [''], against: [您], max: 0.5}", "length >= 1", ""),
        ("{kind: share, of: [你], against: [您], max: 50}", "<= 1.0, got 50", ""),
        ("{kind: rate, tokens: [嘛], max_per_min: 1, min_speech_s: 0}", "> 0.0", ""),
        ("{kind: rate, tokens: [嘛], max_per_min: 1, min_count: 0}", ">= 1", ""),
        ("{kind: rate, tokens: [嘛, ''], max_per_min: 1}", "length >= 1", "Correct"),
        ("{kind: unanswered, endings: ['']}", "length >= 1", "Correct"),
        ("{kind: said, any: [bye], distinct: true}", "distinct goes with", ""),
        ("{kind: said, any: [bye, bye], distinct: true, at_least: 2}", "is more", ""),
        ("{kind: said, any: [bye], except_near: {families: [bye], same_turn: true, last_turn: true}}", "both", ""),
        (
            "{kind: pause, of: [hold], except_near: {also: [{families: [bye], same_turn: true}]}}",
            "except_near can't have same_turn",
            "",
        ),
        (
            "{kind: happens, event: silence, unsure_near: {families: [bye], same_turn: true}}",
            "unsure_near can't have same_turn",
            "",
        ),
        (NEAR.format("also: [{families: [bye]}], unless: {families: [bye]}"), "unless goes with families", ""),
        (WHERE.format("after: {event: hold_end, families: [bye]}"), "no families", ""),
        (WHERE.format("after: {event: goodbye, min_s: 3}"), "goodbye has no min_s", ""),
        (WHERE.format("after: {event: hold_end, joined_s: 3}"), "hold_end has no joined_s", ""),
        ("{kind: happens, event: overlap, min_s: 3}", "overlap has no min_s", ""),
        (WHERE.format("after: {event: complaint, role: agent}"), "has no role", ""),
        ("{kind: repeated, similarity: 0.6}", "unsure_similarity lies above", ""),
        ("{kind: repeated, times: 4, within_turns: 2}", "times is more than", ""),
        ("{kind: similar, phrases: [好, '！']}", "without spoken characters", ""),
        ("{kind: measure, name: snr, min: 5, unsure_max: 9}", "goes with max", ""),
        ("{kind: measure, name: snr, max: 5, unsure_min: 1}", "goes with min", ""),
        ("{kind: difference, of: snr, minus: snr, minus_role: agent, max: 1}", "same", ""),
        ("{kind: difference, of: snr, minus: talk_time, max: 1}", "in ms", "ratio"),
        ("{kind: curve, name: level, jump: 3, over_median: true}", "with peak", ""),
        ("{kind: curve, name: level, jump: -3}", ">= 0.0, got -3", ""),
        ("{kind: pause, of: [response], min_s: 5}", "from 3 s it is dead_air", ""),
        ("{kind: pause, of: [dead_air], max_s: 2}", "dead_air is 3 s or", ""),
        ("{kind: pause, of: [opening, response], music: true}", "music goes with", ""),
        ("{kind: wording, like: leader}", "like: leader goes with role: customer", ""),
        ("{kind: pause, of: [opening], after: agent}", "before an opening", ""),
        ("{kind: pause, of: [closing], before: agent}", "behind a closing", ""),
        ("{kind: pause, of: [hold], min_s: 3, unsure_s: 5}", "unsure_s lies above", ""),
        ("{kind: overlap, min_s: 1, unsure_s: 5}", "unsure_s lies above min_s", ""),
        ("{kind: turns, unsure_s: 5}", "unsure_s lies above min_s", ""),
        ("{kind: overlap, of: [backchannel], outcome: [successful]}", "a contest", ""),
        ("{kind: metadata, field: is_callback, equals: yes}", "is true or false", ""),
        ("{kind: metadata, field: direction, equals: 呼入}", "inbound or outbound", ""),
        ("{kind: metadata, field: team, equals: true}", "team is a name", ""),
        ("{kind: steps, steps: [{name: 好, families: [bye], optional: true}]}", "every step is optional", ""),
        ("{kind: rate, tokens: [嘛, 請], max_per_min: 1}", "it is written 请", ""),
        ("{kind: rate, tokens: [APP], max_per_min: 1}", "foreign words in small letters", ""),
        ("{kind: rate, tokens: [嘛], max_per_min: -1}", ">= 0.0, got -1", ""),
        ("{kind: share, of: [你], against: [您！], max: 0.5}", "no spoken text", ""),
        ("{kind: share, of: [你], against: [您, 你], max: 0.5}", "in of and in ag", ""),
        ("{kind: unanswered, endings: ['？']}", "no spoken text holds ？", ""),
        ("{kind: unanswered, words: [], endings: []}", "needs words or endings", ""),
        ("{kind: unanswered, asked_by: agent}", "are the same", ""),
        ("{kind: curve, name: level, role: any, jump: 9}", "one party's curve", ""),
        ("{kind: taken_up, given: [姓.], taken: [(.)女士]}", "exactly one group", ""),
        ("{kind: taken_up, given: [姓(.)], taken: ['((.)女士)']}", "exactly one group", ""),
        ("{kind: taken_up, given: [姓(.], taken: [(.)女士]}", "missing )", ""),
        ("{kind: said_back, within_turns: 0}", "expected `int` >= 1, got 0", ""),
        ("{kind: repeated, within_turns: 0}", "expected `int` >= 1, got 0", ""),
        ("{kind: overlap, min_confidence: 60}", "<= 1.0, got 60", ""),
        (DIFFERENCE.format("min: 5, unsure_min: 7"), "unsure_min lies above min", ""),
        (DIFFERENCE.format("max: 5, unsure_max: 3"), "max lies above unsure_max", ""),
        (DIFFERENCE.format("min: 5, max: 3"), "difference: min lies above max", ""),
        ("{kind: measure, name: snr, min: 9, max: 2}", "min lies above max", ""),
        ("{kind: pause, of: [hold], min_s: 9, max_s: 2}", "min_s lies above max_s", ""),
        ("{kind: rate, tokens: [嘛], min_per_min: 3, max_per_min: 2}", "above", ""),
        ("{kind: share, of: [你], against: [您], max: 0.5, unsure_max: 0.2}", "ab", ""),
        ("{kind: steps, steps: []}", "length >= 1", ""),
        ("{kind: steps, steps: [{name: 好, families: []}]}", "length >= 1", ""),
        ("{kind: pattern, match: []}", "length >= 1", ""),
        ("{kind: similar, phrases: []}", "length >= 1", ""),
        ("{kind: pause, of: []}", "length >= 1", ""),
        ("{kind: overlap, of: []}", "length >= 1", ""),
        ("{kind: happens, event: phrase}", "happens: a phrase needs families", ""),
        (WHERE.format("after: {event: phrase}"), "after: a phrase needs families", ""),
        (WHERE.format("within_turns: 2"), "where: within_turns goes with after", ""),
        (WHERE.format("last_turns: 1, within_s: 2"), "where: within_s goes with", ""),
        ("{kind: pause, of: [hold], except_near: {families: []}}", "excuses no", ""),
        ("{kind: said, any: [bye], role: 客服}", "客服", "agent, any, customer"),
        ("{kind: pause, of: [hold, holding]}", "holding", "response, dead_air, hold, "),
        ("{kind: not, of: {kind: overlap, outcome: [won]}}", "won", "successful, attempted"),
        (WHERE.format("after: {event: hold_began}"), "hold_began", "hold_end, hold_start"),
        ("{kind: rate, tokens: [嘛，啊], max_per_min: 1}", "嘛，啊", "two phrases?"),
        (WHERE.format("first_turn: 1"), "`first_turn`", "mean first_turns?"),
    ],
)  # fmt: skip
def test_a_bad_check_is_refused(tmp_path: Path, check: str, seen: str, todo: str) -> None:
    refused(tmp_path, "rules", RULE.replace(SAID, check), 8, seen, todo)


@pytest.mark.parametrize(
    ("name", "todo"),
    [
        ("rules/more.yml", "rules/more.yaml"), ("families/more.YAML", "families/more.yaml"),
        ("clauses/more.yml", "clauses/more.yaml"), ("clauses.yml", "clauses.yaml"),
        ("observations.yml", "observations.yaml"), ("rules/sub/more.yaml", "rules/more.yaml"),
        ("rules/more.yaml.txt", "rules/more.yaml"), ("clauses.yaml.txt", "clauses.yaml"),
        ("rules.yaml", "rules/rules.yaml"), ("observations/more.yaml", "observations.yaml"),
    ],
)  # fmt: skip
def test_a_file_that_would_not_be_read_is_refused(tmp_path: Path, name: str, todo: str) -> None:
    folder = write(tmp_path / "tiny")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(RULE, encoding="utf-8")
    with pytest.raises(StandardError) as caught:
        load_standard(folder)
    assert caught.value.code == "standard.unread" and name in caught.value.seen and todo in caught.value.todo


def test_notes_beside_the_files_of_a_pack_are_nobody_s_business(tmp_path: Path) -> None:
    folder = write(tmp_path / "tiny")
    for name in ("README.md", "rules/notes.txt", "rules/.swap.yaml.swp", ".ci.yml", "clauses.old.yaml"):
        (folder / name).write_text("- [", encoding="utf-8")
    assert len(load_standard(folder).rules) == 1


def test_a_situation_is_a_check_with_a_name(tmp_path: Path) -> None:
    """It is put in where a rule names it, may name those before it, and a house changes it in one place."""
    left = "situations:\n  left: {kind: said, any: [bye], at_least: $limit}\n"
    both = left + "  both: {kind: all, of: [{kind: situation, name: left}, {kind: turns}]}\n"
    rule = RULE + "  unless: {kind: situation, name: %s}\n"
    plain = load_standard(write(tmp_path / "tiny", pack=PACK + both, rules=rule % "left"))
    written = load_standard(write(tmp_path / "same", rules=RULE + f"  unless: {SAID}\n"))
    assert plain.sha256 == written.sha256
    nested = load_standard(write(tmp_path / "tiny", pack=PACK + both, rules=rule % "both"))
    unless = nested.rules[0].unless
    assert isinstance(unless, AllOf) and unless.of[0] == plain.rules[0].unless
    head = 'id: house\nversion: "2"\nname: 本店\nextends: tiny\n'
    changed = head + "situations:\n  left: {kind: turns, role: customer}\n"
    house = load_standard(write(tmp_path / "house", pack=changed, clauses="", families="", rules=""))
    unless = house.rules[0].unless
    assert isinstance(unless, AllOf) and isinstance(unless.of[0], Turns) and unless.of[0].role == "customer"


def test_an_excuse_is_a_piece_of_except_near_with_a_name(tmp_path: Path) -> None:
    """It is put in where a rule or another excuse names it, and a house changes it in one place."""
    excuses = "excuses:\n  bye: {families: [bye], before_s: $limit}\n"
    excuses += "  two: {also: [{excuse: bye}, {role: agent, families: [bye]}]}\n"
    rule = RULE.replace("any: [bye]", "any: [bye], except_near: {excuse: two}")
    plain = load_standard(write(tmp_path / "tiny", pack=PACK + excuses, rules=rule))
    forbid = plain.rules[0].require
    assert isinstance(forbid, Said) and forbid.except_near is not None
    assert [near.before_s for near in forbid.except_near.also] == [2.0, 10.0]
    house = 'id: house\nversion: "2"\nname: 本店\nextends: tiny\nexcuses:\n  bye: {families: [bye], before_s: 7}\n'
    changed = load_standard(write(tmp_path / "house", pack=house, clauses="", families="", rules="")).rules[0].require
    assert isinstance(changed, Said) and changed.except_near is not None
    assert [near.before_s for near in changed.except_near.also] == [7.0, 10.0]


def test_an_anchor_is_an_event_with_a_name_and_what_is_written_beside_it_counts(tmp_path: Path) -> None:
    anchors = "anchors:\n  wait: {event: silence, which: every, min_s: $limit, joined_s: 5}\n"
    anchors += "  long: {anchor: wait, min_s: 60}\n"
    rule = RULE.replace("any: [bye]", "any: [bye], where: {after: {anchor: long, joined_s: 0}, before: {anchor: wait}}")
    pack = PACK + anchors
    where = _where_of(load_standard(write(tmp_path / "tiny", pack=pack, rules=rule)))
    assert where.after == Anchor(event="silence", which="every", min_s=60)
    assert where.before == Anchor(event="silence", which="every", min_s=2, joined_s=5)
    house = 'id: house\nversion: "2"\nname: 本店\nextends: tiny\nanchors:\n  wait: {event: hold_end}\n'
    changed = _where_of(load_standard(write(tmp_path / "house", pack=house, clauses="", families="", rules="")))
    assert changed.before == Anchor(event="hold_end")


def _where_of(standard: Standard) -> Where:
    required = standard.rules[0].require
    assert isinstance(required, Said) and required.where is not None
    return required.where


def test_a_greeting_is_one_phrase_whatever_stands_in_it(tmp_path: Path) -> None:
    families = FAMILIES + "- {id: hi, name: 问候, forms: ['{greeting}', 再会。], frames: ['{greeting}']}\n"
    pack = PACK + "greeting: 您好，(某某)\n"
    hi = load_standard(write(tmp_path / "tiny", pack=pack, families=families)).families["hi"]
    assert (hi.forms, hi.frames) == (("您好某某", "再会"), ("您好某某",))


HOUSE = 'id: house\nversion: "1"\nname: 本店\nextends: base\n'
NOTHING = {"pack": HOUSE, "clauses": "", "families": "", "rules": ""}
GREETS = "- id: hi\n  name: 问候\n  forms:\n    - 好的\n    - '{}'\n"


@pytest.mark.parametrize(
    ("part", "text", "file", "line", "mark"),
    [
        ("families", GREETS.format("{greeting}"), "families/f.yaml", 5, "greeting"),
        ("families", GREETS.format("这里是{organisation}"), "families/f.yaml", 5, "organisation"),
        ("families", "- change: apology\n  add_forms: [好, '{greeting}']\n", "families/f.yaml", 2, "greeting"),
        ("rules", "- change: T1\n  advice: 说{organisation}\n", "rules/r.yaml", 2, "organisation"),
        ("pack", HOUSE + "situations:\n  a: {kind: pattern, match: ['{greeting}']}\n", "pack.yaml", 6, "greeting"),
        ("pack", HOUSE + "greeting: 您好{organisation}\n", "pack.yaml", 5, "organisation"),
    ],
)  # fmt: skip
def test_a_house_is_not_given_the_name_and_greeting_of_our_example(
    tmp_path: Path, part: str, text: str, file: str, line: int, mark: str
) -> None:
    folder = write(tmp_path / "house", **NOTHING | {part: text})
    with pytest.raises(StandardError, match=f"{file}, line {line}.*{{{mark}}} stands here") as caught:
        load_standard(folder)
    assert f"{mark}: " in caught.value.todo
    write(folder, **NOTHING | {part: text} | {"pack": (text if part == "pack" else HOUSE) + f"{mark}: 本店\n"})
    load_standard(folder)


def test_a_house_that_names_itself_alone_is_greeted_by_its_name(tmp_path: Path) -> None:
    house = load_standard(write(tmp_path / "house", **NOTHING | {"pack": HOUSE + "organisation: 本店\n"}))
    assert house.greeting == "您好，本店客服中心，很高兴为您服务"
    assert load_standard("base").greeting == "您好，齐派送客服中心，很高兴为您服务"


LIMIT = HOUSE + "parameters:\n  {}: {{value: 310}}\n"


@pytest.mark.parametrize(
    ("pack", "line", "seen", "todo"),
    [
        (LIMIT.format("rate_hihg"), 6, "no check uses the parameter rate_hihg", "Did you mean rate_high?"),
        (LIMIT.format("wholly_other"), 6, "no check uses the parameter wholly_other", "Use it as $wholly_other"),
        (HOUSE + "profiles:\n  night:\n    name: 夜\n    parameters:\n      rate_hihg: 330\n", 9,
         "no parameter rate_hihg", "Did you mean rate_high?"),
    ],
)  # fmt: skip
def test_a_parameter_that_nothing_uses_is_refused(tmp_path: Path, pack: str, line: int, seen: str, todo: str) -> None:
    with pytest.raises(StandardError, match=f"pack.yaml, line {line}: .*{seen}") as caught:
        check_pack(write(tmp_path / "house", **NOTHING | {"pack": pack}))
    assert todo in caught.value.todo


def test_a_parameter_of_the_house_is_used_by_its_rules_and_situations(tmp_path: Path) -> None:
    check = "{kind: said, any: [goodbye], at_least: $mine}"
    rule = RULE.replace("C1", "P7").replace("section: s", "section: language").replace(SAID, check)
    folder = write(tmp_path / "house", **NOTHING | {"pack": LIMIT.format("mine"), "rules": rule})
    assert load_standard(folder).rule("R1").require.at_least == 310
    pack = LIMIT.format("mine") + "situations:\n  a: {kind: said, any: [goodbye], at_least: $mine}\n"
    assert load_standard(write(folder, **NOTHING | {"pack": pack})).parameters["mine"] == 310


@pytest.mark.parametrize(
    "pack",
    [
        LIMIT.format("rate_high").replace("310", "-300"),
        HOUSE + "profiles: {night: {name: 夜, parameters: {rate_low: 500}}}\n",
        HOUSE + "parameters: {level_low_band: {value: -30}}\n",
    ],
)
def test_a_band_turned_round_by_parameters_is_refused_in_every_profile(tmp_path: Path, pack: str) -> None:
    with pytest.raises(StandardError, match=r"measure: .* lies (above|below) .*\$(rate|level)_low"):
        check_pack(write(tmp_path / "house", **NOTHING | {"pack": pack}))


def test_an_organisation_may_be_named_when_a_pack_is_loaded(tmp_path: Path) -> None:
    """Not so a greeting: nobody can know how ours would have it said."""
    folder = write(tmp_path / "house", **NOTHING | {"families": GREETS.format("{organisation}")})
    assert load_standard(folder, organisation="本店").families["hi"].forms == ("好的", "本店")
    write(folder, **NOTHING | {"families": GREETS.format("{greeting}")})
    with pytest.raises(StandardError, match="no greeting"):
        load_standard(folder, organisation="本店")


OURS = "和信财产保险（中国）股份有限公司"


@pytest.mark.parametrize(
    ("said", "unset", "ours"),
    [
        ("您好和信财产保险很高兴为您服务", "pass", "pass"),
        ("您好和信财产保险中国股份有限公司客服很高兴为您服务", "pass", "pass"),
        ("您好合信财产保险很高兴为您服务", "pass", "pass"),  # as the recogniser may write it
        ("您好平安银行很高兴为您服务", "pass", "unsure"),
        ("您好中国移动客服竭诚为您服务", "pass", "unsure"),
        ("您好这里是客户服务中心", "pass", "unsure"),
        ("感谢致电齐派送很高兴为您服务", "pass", "unsure"),  # our example is nobody's name
        ("您好很高兴为您服务", "unsure", "unsure"),
    ],
)
def test_a_greeting_that_names_another_organisation_than_ours_is_for_a_human(
    tmp_path: Path, said: str, unset: str, ours: str
) -> None:
    """Never a failure: names are misheard."""
    house = write(tmp_path / "house", **NOTHING | {"pack": HOUSE + f"organisation: {OURS}\n"})
    standards = (load_standard("base"), load_standard("base", organisation=OURS), load_standard(house))
    for standard, expected in zip(standards, (unset, ours, ours), strict=True):
        rule = standard.rule("S1_name")
        assert rule is not None
        assert judge_example(standard, rule, f"客服: {said}\n用户: 查话费\n客服: 好的").verdict == expected


def test_frames_that_are_weak_and_frames_that_stand_for_a_name(tmp_path: Path) -> None:
    families = FAMILIES.replace("forms:", "weak_frames: ['^改天'], unnamed_frames: ['^回头'], forms:")
    rule = RULE.replace(SAID, "{kind: said, any: [bye]}").replace("require", "forbid")
    unset = load_standard(
        write(tmp_path / "tiny", pack=PACK.replace("organisation: 某某\n", ""), rules=rule,
              families=families.replace(", '感谢致电{organisation}'", ""))
    )  # fmt: skip
    named = load_standard(write(tmp_path / "named", families=families, rules=rule))
    for standard, after in ((unset, "fail"), (named, "unsure")):
        verdicts = [judge_example(standard, standard.rules[0], f"客服: {x}聊吧").verdict for x in ("改天", "回头")]
        assert verdicts == ["unsure", after]


def test_what_a_house_disables_or_extends_is_none_of_its_shortcomings(tmp_path: Path) -> None:
    ours = [rule.id for rule in load_standard("base").rules]
    folder = write(tmp_path / "house", **NOTHING | {"pack": HOUSE + "disable: [E4, H2]\n"})
    assert check_pack(folder) == []
    write(folder, **NOTHING | {"pack": HOUSE + f"disable: [{', '.join(ours)}]\n"})
    assert check_pack(folder) == []
    rule = RULE.replace("R1", "OWN1").replace("C1", "P7").replace("section: s", "section: language")
    own = {
        "clauses": CLAUSES.replace("C1", "OWN"),
        "families": FAMILIES.replace("bye", "own_bye"),
        "rules": rule.replace(SAID, "{kind: said, any: [goodbye]}"),
    }
    write(folder, **NOTHING | own | {"pack": HOUSE + "organisation: 本店\n"})
    assert [line.en.split(":")[0] for line in check_pack(folder)] == ["clause OWN", "rule OWN1", "family own_bye"]


def test_a_pack_that_stands_alone_and_gives_a_severity_no_points_is_told_so(tmp_path: Path) -> None:
    kinds = ("minor", "major", "minor\n  deduction: 5", "minor\n  scored: false", "info", "major")
    each = (RULE.replace("R1", f"R{i}").replace("severity: minor", f"severity: {kind}") for i, kind in enumerate(kinds))
    rules = "".join(each)

    def lacking(scoring: str = "") -> list[str]:
        lines = check_pack(write(tmp_path / "tiny", pack=PACK + scoring, rules=rules))
        return [line.en for line in lines if "costs nothing" in line.en]

    nothing = "scoring in pack.yaml gives no points for {}: breaking these rules costs nothing ({})".format
    assert lacking() == [nothing("minor", "R0"), nothing("major", "R1, R5")]
    assert lacking("scoring: {deduction: {minor: 0}}\n") == [nothing("major", "R1, R5")]
    assert lacking("scoring: {deduction: {minor: 0, major: 9}}\n") == []


@pytest.mark.parametrize(
    ("examples", "line"),
    [
        ("  examples:\n    pass:\n      - '客服: 再见'\n      - '客服 再见, 再见'\n      - '客服说: 再见'\n", 13),
        ("  examples:\n    fail:\n      - |\n        客服: 好\n\n        # 停\n        hold ten\n", 15),
        ("  examples: {unsure: ['客服: 再见', 'bye']}\n", 9),
        ("  examples:\n    fail:\n      - |\n        客服: 好\n        用户说客服: 好的\n", 13),
        ('  examples:\n    fail:\n      - "客服: 你好\\n什么东西"\n', 11),
        ("  examples:\n    fail:\n      - '客服: 你好\n\n        什么东西'\n", 11),
        ("  examples:\n    fail:\n      - >\n        客服: 你好\n\n        什么东西\n", 11),
        ("- change: R1\n  add_examples:\n    fail:\n      - |\n        客服: 好\n        用户说客服: 好的\n", 14),
        ('- change: R1\n  add_examples:\n    fail:\n      - "客服: 你好\\n什么东西"\n', 12),
    ],
)
def test_an_example_that_can_not_be_read_has_a_line(tmp_path: Path, examples: str, line: int) -> None:
    folder = write(tmp_path / "tiny", rules=RULE + examples)
    load_standard(folder)
    with pytest.raises(StandardError, match=rf"rules/r.yaml, line {line} \(rule R1\): can't read the example line"):
        check_pack(folder)


def test_the_examples_of_ours_can_be_read() -> None:
    assert check_pack("base") == []


def test_a_phrase_of_one_character_is_warned_of(tmp_path: Path) -> None:
    families = "- {id: hm, name: 嗯, forms: [嗯, 嗯嗯], also: [喂。], weak: [啊]}\n"
    families += "- {id: whole, name: 喂, forms: [喂], only: turn}\n- {id: gap, name: 越, forms: [越…越好]}\n"
    standard = load_standard(write(tmp_path / "house", **NOTHING | {"families": families}))
    assert [line.en.split(",")[0] for line in cautions(standard)] == ["family hm: 嗯", "family hm: 喂"]


def test_an_exclusion_that_is_a_phrase_looked_for_is_warned_of(tmp_path: Path) -> None:
    families = "- {id: hm, name: 什么, forms: [您懂什么], weak: [您想如何, 烦死了, 给你烦死了], frames: [不懂], "
    families += "exclusions: [你懂什么, 你懂什么是, 您想如何, 给您烦死了, 不懂, 也不懂], also: [不懂, 也不懂]}\n"
    standard = load_standard(write(tmp_path / "house", **NOTHING | {"families": families}))
    assert [line.en.split(" is ")[0] for line in cautions(standard)] == [
        "family hm: the exclusion 你懂什么",
        "family hm: the exclusion 您想如何",
        "family hm: the exclusion 不懂",
    ]


NO_TEXT_FITS = (
    r"工号[0-9]{4}", r"工号\d{4}", "APP", "(APP|VIP)", "您好，再见", "請", "3.5%", "(?:8027|9)", "[，。]", r"\.好",
)  # fmt: skip
SOME_TEXT_FITS = (
    "(APP|软件)", "(APP)?软件", "您好，?再见", "x{2}", "[a-z]{3,}", "[一-九]", "^[^，店]", "好.{0,4}吗$",
    r"\p{Han}好", r"[\d]", "((9)|(好))", "好(8)*", "工号([0-9]|[零一二])+", "再|8", "(8|9|(好|7)){1,2}", "A{0,2}好",
    "(?P<n>好)", "^(?:好)+?$", "(?i)app", "backoffice",
)  # fmt: skip


def test_a_pattern_that_no_spoken_text_fits_is_warned_of(tmp_path: Path) -> None:
    rules = RULE.replace(SAID, f"{{kind: pattern, match: {json.dumps([*NO_TEXT_FITS, *SOME_TEXT_FITS])}}}")
    families = FAMILIES + f"- {{id: hm, name: 嗯, forms: [], frames: {json.dumps([*NO_TEXT_FITS, *SOME_TEXT_FITS])}}}\n"
    warned = list(cautions(load_standard(write(tmp_path / "tiny", rules=rules, families=families))))
    said = [line.en.split(" fits: ")[1].split(" (figures")[0] for line in warned]
    assert said == [*NO_TEXT_FITS, *NO_TEXT_FITS]
    assert warned[0].en.startswith("family hm: ")
    assert warned[-1].en.startswith("rule R1: ")


def test_patterns_see_foreign_words_in_small_letters_without_spaces() -> None:
    (turn,) = parse_call("客服: 您打开APP，问back office那边").conversation.turns
    text = TurnTexts([turn])[0].text
    assert text == spoken_text(turn.text) == "您打开app问backoffice那边"
    assert [list(fits_in(pattern, text)) for pattern in ("app", "APP", "(?i)APP", "x")] == [[(3, 6)], [], [(3, 6)], []]


@pytest.mark.parametrize(
    ("step", "often"),
    [
        ("{{kind: any, of: [{0}, {0}]}}", 60),
        ("{{kind: any, of: [{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}]}}", 6),
        ("{{kind: not, of: {0}}}", 900),
    ],
)
def test_situations_in_situations_do_not_fill_the_memory(tmp_path: Path, step: str, often: int) -> None:
    lines = ["  s0: {kind: said, any: [bye]}"]
    lines += [f"  s{i}: {step.format(f'{{kind: situation, name: s{i - 1}}}')}" for i in range(1, often)]
    pack = PACK + "situations:\n" + "\n".join(lines) + "\n"
    start = time.process_time()
    with pytest.raises(StandardError, match=r"pack.yaml, line \d+ \(entry s\d+\): a check of more than"):
        load_standard(write(tmp_path / "tiny", pack=pack))
    assert time.process_time() - start < 5


@pytest.mark.parametrize("where", ["situations", "rules"])
def test_a_large_situation_is_put_in_a_bounded_number_of_times(tmp_path: Path, where: str) -> None:
    said = ", ".join(["{kind: said, any: [bye]}"] * 1_500)
    pack = PACK + f"situations:\n  s0: {{kind: any, of: [{said}]}}\n"
    rules = RULE
    if where == "situations":
        pack += "".join(f"  a{i}: {{kind: situation, name: s0}}\n" for i in range(300))
    else:
        rules = "".join(
            RULE.replace("R1", f"R{i}").replace(SAID, "{kind: situation, name: s0}") for i in range(300)
        )  # fmt: skip
    start = time.process_time()
    with pytest.raises(StandardError, match=r"line \d+ .*what all checks put in by name, .* more than 100000 values"):
        load_standard(write(tmp_path / "tiny", pack=pack, rules=rules))
    assert time.process_time() - start < 6


def test_a_limit_in_seconds_of_a_figure_in_milliseconds_is_warned_of(tmp_path: Path) -> None:
    def warned(check: str) -> list[str]:
        return [line.en for line in cautions(load_standard(write(tmp_path / "tiny", rules=RULE.replace(SAID, check))))]

    (line,) = warned("{kind: not, of: {kind: measure, name: dead_air_longest, role: any, max: 12, unsure_max: 15000}}")
    assert line == "rule R1: dead_air_longest is in ms, and its max is 12: 12 s are 12000"
    (line,) = warned("{kind: difference, of: talk_time, minus: talk_time, min: -2.5}")
    assert line == "rule R1: talk_time is in ms, and its min is -2.5: -2.5 s are -2500"
    for check in (
        "{kind: measure, name: dead_air_longest, role: any, max: 12000}",
        "{kind: measure, name: dead_air_longest, role: any, max: 0}",
        "{kind: measure, name: response_delay, component: answers, min: 3}",
        "{kind: measure, name: snr, min: 3}",
        "{kind: difference, of: talk_time, minus: talk_time, ratio: true, max: 3}",
    ):
        assert warned(check) == []


@pytest.mark.parametrize(
    ("check", "warned"),
    [
        ("{kind: pause, of: [hold], min_s: 60, unsure_s: 50}", ["unsure_s is a margin: 50 below a min_s of 60 is"]),
        ("{kind: pause, of: [hold], min_s: 60, unsure_s: 10}", []),
        ("{kind: pause, of: [hold], min_s: 3000}", ["min_s is in seconds, and is 3000: 3000 ms are 3"]),
        ("{kind: said, any: [bye], where: {first_s: 5000}}", ["first_s is in seconds, and is 5000: 5000 ms are 5"]),
        ("{kind: said, any: [bye], where: {first_s: 900}}", []),
    ],
)
def test_seconds_that_are_milliseconds_and_a_margin_that_is_a_limit_are_warned_of(
    tmp_path: Path, check: str, warned: list[str]
) -> None:
    lines = list(cautions(load_standard(write(tmp_path / "tiny", rules=RULE.replace(SAID, check)))))
    assert len(lines) == len(warned)
    assert all(line.en.startswith(f"rule R1: {start}") for line, start in zip(lines, warned, strict=True))
    assert all(line.zh.startswith("规则 R1：") for line in lines)
    assert all("的单位是秒" in line.zh or "余量" in line.zh for line in lines)


def test_the_same_example_again_is_none_more(tmp_path: Path) -> None:
    examples = "  examples: {pass: ['客服: 再见', '客服: 再见 ', '客服: 再见再见'], unsure: ['客服? 再见']}\n"
    standard = load_standard(write(tmp_path / "tiny", rules=RULE + examples))
    assert too_few(standard) == {"R1": "1 pass, 3 fail"}


def test_what_only_a_profile_breaks_names_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "tiny", pack=PACK.replace("limit: 1}", "limit: -1}"))
    load_standard(folder)
    with pytest.raises(StandardError, match=r"rules/r.yaml, line 8 \(rule R1\): .* got -1, in the profile strict"):
        check_pack(folder)


def test_unknown_profile_and_missing_pack(tmp_path: Path) -> None:
    with pytest.raises(StandardError, match="strict"):
        load_standard(write(tmp_path / "tiny"), profile="nope")
    with pytest.raises(StandardError, match="base"):
        load_standard(tmp_path / "absent")


def test_a_house_pack_adds_changes_and_disables(tmp_path: Path) -> None:
    write(tmp_path / "tiny")
    second = RULE.replace("R1", "R2")
    write(tmp_path / "tiny", rules=RULE + second)
    house = tmp_path / "house"
    write(
        house,
        pack='id: house\nversion: "2"\nname: 本店\nextends: tiny\ndisable: [R2]\nparameters: {limit: {value: 3}}\n',
        clauses="- {id: H1, document: H, title: 题, title_en: T, summary: 摘, heard: 听, heard_by: [T]}\n",
        families="- {change: bye, add_forms: [拜拜]}\n- {id: hi, name: 好, forms: [您好]}\n",
        rules=RULE.replace("R1", "H1").replace("C1", "H1").replace("bye", "hi")
        + "- {change: R1, severity: critical}\n",
    )
    standard = load_standard(house)
    assert [r.id for r in standard.rules] == ["R1", "H1"]
    assert standard.rule("R1").severity == "critical"
    assert standard.rule("R1").require.at_least == 3
    assert standard.families["bye"].forms[-1] == "拜拜"
    assert standard.packs == ("tiny 1", "house 2")
    assert standard.disabled == ("R2",)


@pytest.mark.parametrize("name", ["../tiny", "/etc", "..", "a/b"])
def test_extends_takes_no_paths(tmp_path: Path, name: str) -> None:
    write(tmp_path / "tiny", pack=PACK + f"extends: {name}\n")
    with pytest.raises(StandardError, match="is a path"):
        load_standard(tmp_path / "tiny")


def test_packs_that_extend_each_other(tmp_path: Path) -> None:
    write(tmp_path / "a", pack=PACK + "extends: b\n")
    write(tmp_path / "b", pack=PACK + "extends: a\n")
    with pytest.raises(PackError) as caught:
        load_standard(tmp_path / "a")
    (itself,) = [one for one in caught.value.mistakes if one.code == "standard.extends"]
    assert "pack.yaml, line 8: b extends itself" in itself.seen or "a extends itself" in itself.seen


EXAMPLES = "  examples: {pass: ['客服: 再见'], fail: ['客服: 好']}\n"


def test_a_change_adds_examples_and_keeps_ours(tmp_path: Path) -> None:
    write(tmp_path / "tiny", rules=RULE + EXAMPLES)
    added = """\
- change: R1
  add_examples:
    pass:
      - "客服: 再见了"
    unsure:
      - |
        客服: 再
        客服 再会吧 再 见
        再会
"""
    house = {"pack": 'id: house\nversion: "2"\nname: 本店\nextends: tiny\n', "clauses": "", "families": ""}
    (rule,) = load_standard(write(tmp_path / "house", **house, rules=added)).rules
    assert (rule.examples.passing, rule.examples.failing) == (("客服: 再见", "客服: 再见了"), ("客服: 好",))
    assert len(rule.examples.unsure) == 1 and rule.examples.unsure[0].endswith("再会\n")
    with pytest.raises(StandardError, match=r"rules/r.yaml, line 9 .*can't read the example line: 再会"):
        check_pack(tmp_path / "house")


def test_a_change_reaches_a_rule_of_the_same_pack_in_a_later_file(tmp_path: Path) -> None:
    write(tmp_path / "tiny", rules=RULE + EXAMPLES)
    (tmp_path / "tiny/rules/corrections.yaml").write_text(
        "- {change: R1, add_examples: {fail: ['客服: 喂']}}\n", encoding="utf-8"
    )
    (rule,) = load_standard(tmp_path / "tiny").rules
    assert rule.examples.failing == ("客服: 好", "客服: 喂")


@pytest.mark.parametrize(
    ("added", "line", "seen"),
    [("[a]", 2, "add_examples is not a mapping"), ("{pass: a}", 2, "pass is not a list"),
     ("\n    pas: [a]", 3, "pas")],
)  # fmt: skip
def test_added_examples_that_make_no_sense_are_refused(tmp_path: Path, added: str, line: int, seen: str) -> None:
    write(tmp_path / "tiny", rules=RULE + EXAMPLES)
    house = {"pack": 'id: house\nversion: "2"\nname: 本店\nextends: tiny\n', "clauses": "", "families": ""}
    with pytest.raises(StandardError, match=f"rules/r.yaml, line {line} .*{seen}"):
        load_standard(write(tmp_path / "house", **house, rules=f"- change: R1\n  add_examples: {added}\n"))


def test_a_rule_that_is_switched_off_needs_no_examples_that_can_be_read(tmp_path: Path) -> None:
    for examples in ("  examples:\n", "  examples:\n    pass:\n", "  examples: 无\n"):
        rules = RULE + examples + RULE.replace("R1", "R2")
        assert check_pack(write(tmp_path / "tiny", rules=rules, pack=PACK + "disable: [R1]\n"))


def test_change_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(StandardError, match="nothing called R9"):
        load_standard(write(tmp_path / "tiny", rules=RULE + "- {change: R9, severity: minor}\n"))


@pytest.mark.parametrize("part", ["rules", "families"])
def test_a_change_renames_nothing(tmp_path: Path, part: str) -> None:
    own, name = (RULE, "R1") if part == "rules" else (FAMILIES, "bye")
    with pytest.raises(StandardError, match=r"line \d.*a change of .* that holds id") as caught:
        load_standard(write(tmp_path / "tiny", **{part: own + f"- {{change: {name}, id: X}}\n"}))
    assert "add another" in caught.value.todo


def test_ten_thousand_nested_checks_are_refused(tmp_path: Path) -> None:
    deep = "{kind: not, of: " * 2000 + "{kind: said, any: [bye]}" + "}" * 2000
    text = dedent(RULE).replace("{kind: said, any: [bye], at_least: $limit}", deep)
    with pytest.raises(StandardError, match="deeper than"):
        load_standard(write(tmp_path / "tiny", rules=text))


def test_lists_of_a_house_pack_add_to_ours(tmp_path: Path) -> None:
    head = 'id: house\nversion: "1"\nname: 本店\nextends: base\n'
    write(
        tmp_path / "house",
        pack=head
        + "quoting: {before: [他们写的是], reach: 3}\ncomplaint: {mild: [sighs]}\n"
        + "scoring: {deduction: {major: 25}, fatal_cap: 0}\n",
        clauses="",
        families="- {id: sighs, name: 叹气, forms: [真是没法说]}\n- {change: apology, add_forms: [真对不住您]}\n",
        rules="",
    )
    ours, house = load_standard("base"), load_standard(tmp_path / "house")
    assert house.quoting.before == (*ours.quoting.before, "他们写的是")
    assert (house.quoting.after, house.quoting.telling) == (ours.quoting.after, ours.quoting.telling)
    assert (house.quoting.reach, ours.quoting.reach) == (3, 2)
    assert house.complaint.families == ours.complaint.families
    assert house.complaint.mild == (*ours.complaint.mild, "sighs")
    assert house.scoring.deduction == ours.scoring.deduction | {"major": 25}
    assert (house.scoring.fatal_cap, house.scoring.reweight_limit) == (0, ours.scoring.reweight_limit)
    assert house.families["apology"].forms == (*ours.families["apology"].forms, "真对不住您")


def test_of_a_section_of_ours_a_house_gives_only_what_it_changes(tmp_path: Path) -> None:
    sections = "sections: [{id: language, weight: 30}, {id: voice, name: 语调}, {id: own, name: 自己的, weight: 7}]\n"
    house = load_standard(write(tmp_path / "house", **NOTHING | {"pack": HOUSE + sections}))
    ours = {section.id: section for section in load_standard("base").sections}
    changed = {section.id: section for section in house.sections}
    assert changed.pop("language") == msgspec.structs.replace(ours.pop("language"), weight=30)
    assert changed.pop("voice") == msgspec.structs.replace(ours.pop("voice"), name="语调")
    own = changed.pop("own")
    assert (own.name, own.name_en, own.weight, own.cap) == ("自己的", "自己的", 7, 100)
    assert changed == ours


def test_a_clause_without_an_english_title_has_its_title_there(tmp_path: Path) -> None:
    (clause,) = load_standard(write(tmp_path / "tiny", clauses=CLAUSES.replace("title_en: T, ", ""))).clauses
    assert clause.title_en == clause.title == "题"


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("families", "- {id: apology, name: 道歉, forms: [真对不住您]}\n"),
        ("rules", RULE.replace("R1", "P7").replace("C1", "P7").replace("section: s", "section: language")
         .replace("bye", "goodbye").replace("$limit", "1")),
        ("clauses", CLAUSES.replace("C1", "P7")),
    ],
)  # fmt: skip
def test_a_name_of_ours_is_changed_and_not_taken(tmp_path: Path, part: str, text: str) -> None:
    head = 'id: house\nversion: "1"\nname: 本店\nextends: base\n'
    empty = {"pack": head, "clauses": "", "families": "", "rules": ""}
    with pytest.raises(StandardError, match="already in the pack base") as caught:
        load_standard(write(tmp_path / "house", **empty | {part: text}))
    assert "change:" in caught.value.todo


def test_the_documented_pack_works(tmp_path: Path) -> None:
    """What docs/house-packs.md shows, copied as it stands, loads and holds, and takes nothing from ours."""
    page = PAGE.read_text("utf-8")
    shown = {
        title: re.search(rf"^#+ {title}\n.*?```yaml\n(.*?)```", page, re.S | re.M)
        for title in ("pack.yaml", "A clause", "A phrase family", "A rule", "An observation", "Changing ours")
    }
    text = {title: found.group(1) for title, found in shown.items() if found}
    assert text.keys() == shown.keys()
    folder = write(
        tmp_path / "my-house",
        pack=text["pack.yaml"],
        clauses=text["A clause"],
        families=text["A phrase family"],
        rules=text["A rule"] + text["Changing ours"],
    )
    (folder / "observations.yaml").write_text(text["An observation"], "utf-8")
    house = load_standard(folder)
    assert house.places["rule:HOUSE1"].pack == house.id
    assert too_few(house) == {}
    assert check_pack(folder) == []
    results = run_examples(house)
    assert [(r.of, r.expected, r.got, r.text, r.reason) for r in results if not r.holds] == []


@pytest.mark.parametrize("blanks", ["忙" + " " * 100_000 + "，慢", " " * 100_000 + "忙，慢", "， " * 50_000 + "忙，慢"])
def test_a_phrase_full_of_blanks_is_refused_quickly(tmp_path: Path, blanks: str) -> None:
    started = time.process_time()
    with pytest.raises(StandardError, match="a comma or full stop inside"):
        load_standard(write(tmp_path / "tiny", families=f'- {{id: bye, name: 再见, forms: ["{blanks}"]}}\n'))
    assert time.process_time() - started < 5
