"""What is worded like something forbidden, in words that no list has, is for a human to hear."""

from dataclasses import replace
from itertools import pairwise

import breadth
import numpy as np
import pytest
from msgspec import structs

from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.types import Finding
from analyzer.rules.wording.model import LEAST, STEP, WINDOW, Like, Likeness, WordingModel, stretches, wording_model
from tests.rules.small import find, verdict

ALIKE = {"kind": "wording"}
SLIP = "您自个儿不会看说明书啊，这么简单的东西还用人教"
BASE = load_standard("base")


def judged(call: str) -> dict[str, Finding]:
    made = parse_call(call)
    found = judge(BASE, made.conversation, made.measures, made.hangup, made.metadata).findings
    return {finding.rule: finding for finding in found}


@pytest.mark.parametrize(
    ("call", "check", "expected"),
    [
        (f"客服: {SLIP}", {}, "unsure"),
        (f"客服: 您好\n用户: {SLIP}", {}, "pass"),
        (f"用户: {SLIP}", {"role": "customer"}, "unsure"),
        (f"客服: {SLIP}", {"margin": 50}, "pass"),
        ("客服: 我帮您看一下，请您稍等", {}, "pass"),
        ("客服: wifi", {}, "pass"),
        ("客服: 嗯\n客服? ", {}, "pass"),
        (f"客服: 您好\n客服? {SLIP}", {}, "pass"),  # heard too badly
        (f"客服: {SLIP}", {"exclude": ["说明书"]}, "pass"),
        (f"客服: {SLIP}", {"exclude": ["订单"]}, "unsure"),
        (f"客服: 您好\n用户: 嗯\n客服: {SLIP}", {"where": {"first_turns": 1}}, "pass"),
    ],
)
def test_it_is_never_more_than_unsure(call: str, check: dict[str, object], expected: str) -> None:
    assert verdict(call, forbid={**ALIKE, **check}) == expected


def test_what_is_said_by_the_way_in_a_long_turn_is_shown() -> None:
    fair = "您的订单我已经看到了，今天上午从仓库发出，预计后天下午送到您家里，到的时候师傅会先给您打电话，"
    finding = find(f"客服: {fair}{SLIP}。{fair}", forbid=ALIKE)
    assert finding.verdict == "unsure"
    (place,) = finding.evidence
    assert place.role == "agent"
    assert SLIP.replace("，", "") in place.quote
    assert place.quote in f"{fair}{SLIP}。{fair}".replace("，", "").replace("。", "")
    assert "仓库" not in place.quote


def test_words_in_which_another_rule_finds_something_are_left_to_it() -> None:
    both = judged(f"客服: 您好\n用户: 这个怎么用\n客服: {SLIP}\n用户: 那你说呢\n客服: 一定是你搞错了，我怎么知道")
    held = [e for f in both.values() if f.rule != "T7_wording" and f.verdict in ("fail", "unsure") for e in f.evidence]
    said = [e.span for e in held if e.quote and e.role == "agent" and not e.context]
    assert said
    wording = both["T7_wording"]
    assert not any(place.span & span for place in wording.evidence for span in said)
    alone = judged("客服: 您好\n用户: 这个怎么用\n客服: 一定是你搞错了，我怎么知道")["T7_wording"]
    assert (alone.verdict, alone.evidence, alone.reason) == ("pass", (), "")


FAIR = "底片都看了，四十一张眼睛没有睁开，您说的是实情"
RUDE = "东西就在您面前摆着呢，您长眼睛没有"


@pytest.mark.parametrize(
    ("call", "asked", "expected"),
    [
        (FAIR, True, "unsure"),
        (FAIR, False, "fail"),  # a house's own family
        (RUDE, True, "fail"),
        (f"谢谢您的等待，{FAIR}，我们重拍。{RUDE}。重拍不收钱，您来挑摄影师", True, "fail"),  # each place by itself
        ("长眼睛没有", True, "fail"),  # too short to be worded like anything
    ],
)
def test_nobody_fails_by_words_that_are_worded_like_nothing_forbidden(call: str, asked: bool, expected: str) -> None:
    families = {name: structs.replace(family, wording=asked) for name, family in BASE.families.items()}
    made = parse_call(f"用户: 请讲\n客服: {call}\n用户: 哦")
    heard = made.conversation, made.measures, made.hangup, made.metadata
    (finding,) = judge(replace(BASE, families=families), *heard, only=("T7",)).findings
    assert finding.verdict == expected
    assert ("不像不该说的话" in finding.reason) is (expected == "unsure")


def test_words_are_as_far_above_the_bar_as_the_worst_of_what_they_lie_in() -> None:
    model, fair, rude = wording_model(), "谢谢您的等待我们重新给您拍", "东西就在您面前摆着呢您长眼睛没有"
    text = fair * 3 + rude + fair * 3
    words = (len(fair) * 3 + 11, len(fair) * 3 + len(rude))
    clause = (len(fair) * 3, len(fair) * 3 + len(rude))

    def above(of: str, words: tuple[int, int], clause: tuple[int, int]) -> float:
        return model.above("forbidden", of, words, clause)

    asked = above(text, words, clause)
    assert asked == max(above(text, words, words), model.likenesses(text[slice(*clause)])["forbidden"].above)
    assert asked > above(text, (0, 4), (0, 4))  # of stretches that don't reach it nothing is asked
    assert above(fair, (0, len(fair)), (0, len(fair))) == model.likenesses(fair)["forbidden"].above


def test_it_costs_nothing() -> None:
    rule = BASE.rule("T7_wording")
    assert rule is not None
    assert (rule.weight, rule.review_only) == (0, True)
    assert BASE.deduction_of(rule) == 0


@pytest.mark.parametrize("length", [1, WINDOW, WINDOW + 1, 3 * WINDOW + 5])
def test_the_stretches_of_some_characters_are_those_that_hold_one(length: int) -> None:
    for start in range(length):
        for end in range(start + 1, length + 1):
            held = [(a, b) for a, b in stretches(length) if a < end and start < b]
            assert stretches(length, start, end) == held


@pytest.mark.parametrize("length", [0, 1, WINDOW - 1, WINDOW, WINDOW + 1, WINDOW + STEP, 5 * WINDOW + 3])
def test_stretches_leave_nothing_out(length: int) -> None:
    places = stretches(length)
    assert places[0][0] == 0
    assert places[-1][1] == length
    assert all(end - start == min(WINDOW, length) for start, end in places)
    assert all(0 < later - start <= STEP for (start, _), (later, _) in pairwise(places))


def test_a_group_counts_once_and_outside_its_stretch_not_at_all() -> None:
    groups = {"坏": 0, "好": 1}
    weights = np.array([[3, -1], [0, 1]], np.float32)
    model = WordingModel(groups, np.ones(2, np.float32), ("bad", "good"), weights, np.array([0.0, -0.5]))
    rest = "x" * LEAST

    def likeness(text: str) -> Likeness:
        return model.likenesses(text)["bad"]

    assert model.likenesses("好坏" + rest)["good"].above == pytest.approx(1 / 2**0.5 - 0.5)  # each by itself
    assert likeness("坏坏坏" + rest).above == pytest.approx(3)
    assert likeness("坏好" + rest).above == pytest.approx(2 / 2**0.5)
    assert likeness("好" + "x" * 200).above == pytest.approx(-1)
    assert likeness("x" * 200).above == -np.inf  # nothing is known of it
    assert likeness("坏" + rest[2:]).above == -np.inf  # too short
    far = likeness("好" * 40 + "x" * 200 + "坏")
    assert far.above == pytest.approx(3)
    assert (far.start, far.end) == (241 - WINDOW, 241)


def test_most_slips_in_words_nobody_listed_are_to_be_heard_and_harmless_ones_not() -> None:
    """A set that neither the lists nor the model were made with."""
    here = [v for v in breadth.judged(BASE, "q") if v["kind"] == "forbids"]
    assert breadth.to_be_heard([v for v in here if v["expect"] == "fail"]) > 0.65
    assert breadth.to_be_heard([v for v in here if v["expect"] == "pass"]) < 0.02


def test_few_good_calls_are_to_be_heard_for_it() -> None:
    """Forty-eight calls that the model was not made with."""
    findings = [v for name in "qr" for v in breadth.judged_clean(BASE, name) if v["rule"] == breadth.WORDING]
    assert len(findings) == 48
    assert sum(v["got"] == "unsure" for v in findings) <= 2


def test_what_is_said_by_the_way_is_often_to_be_heard() -> None:
    assert breadth.to_be_heard([v for name in "qr" for v in breadth.judged_breaches(BASE, name)]) > 0.6


@pytest.mark.parametrize(
    "text",
    [
        "没错",
        "喂您好",
        "wifi",
        "花呗",
        "爱奇艺会员",
        "尉迟恭",
        "一三九二七七八零零",
        "朝阳区建国路八十八号",
        "麻婆豆腐和宫保鸡丁",
    ],
)
def test_names_numbers_and_short_answers_are_worded_like_nothing(text: str) -> None:
    assert verdict(f"客服: {text}", forbid=ALIKE) == "pass"


def test_a_packaged_model_is_loaded_once() -> None:
    assert wording_model() is wording_model()
    assert wording_model("leader") is wording_model("confused") is not wording_model()


@pytest.mark.parametrize(
    ("like", "said"),
    [
        ("grumble", "这音乐我都会唱了，你们可算接了"),
        ("complaint", "这个方案我不认，你们重新给我弄一个出来"),
        ("authority", "那行，我找管你们的单位去说道说道"),
        ("leader", "你上面还有没有能拍板的，让他跟我讲"),
        ("compensation", "我请了半天假在家等，这半天工钱谁给我"),
        ("agitated", "我现在手都是抖的，血直往头上涌，你听见没有"),
        ("confused", "你说的那个页面我翻来翻去没找着，在哪儿呢"),
    ],
)
def test_what_a_customer_lets_on_in_words_of_his_own_is_to_be_confirmed(like: Like, said: str) -> None:
    check = {"kind": "wording", "like": like, "role": "customer"}
    assert verdict(f"客服: 您好\n用户: {said}\n客服: 好的", forbid=check) == "unsure"
    assert verdict(f"客服: {said}\n用户: 我想查一下余额，尾号三三零八", forbid=check) == "pass"
    found = judged_observations(f"客服: 您好\n用户: {said}\n客服: 好的")
    assert [name for name, value in found if value == like and name.endswith("_possible")]


def judged_observations(call: str) -> list[tuple[str, str]]:
    made = parse_call(call)
    found = judge(BASE, made.conversation, made.measures, made.hangup, made.metadata).observations
    return [(one.name, one.value) for one in found]
