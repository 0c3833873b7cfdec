"""Nobody is accused on what the recogniser itself doubted: phrases half heard, excuses and patterns misheard."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.standard import Standard
from analyzer.speech.types import Trial, Word
from tests.rules.small import standard

BASE = load_standard("base")
GAPS = ("", "_gap")  # of a form written without a gap, and with one
ORDER = {"forbid": {"kind": "said", "any": ["order"]}}
UNANNOUNCED = {"forbid": {"kind": "pause", "of": ["hold"], "min_s": 10,
                          "except_near": {"families": ["wait"], "role": "agent", "before_s": 20}}}  # fmt: skip
POLITELY = {"require": {"kind": "pattern", "match": ["请.{0,4}号码"]}}
BLUNTLY = {"forbid": {"kind": "pattern", "match": ["^(不卖|不退)"]}}
STEPS = {"require": {"kind": "steps", "steps": [
    {"name": "问候", "families": ["hello"]}, {"name": "道别", "families": ["bye"]}]}}  # fmt: skip


def heard(call: str, rule: dict[str, Any], *sure: float, trial: Trial | None = None) -> str:
    """The verdict where the recogniser was this sure of the first characters of the agent's first turn."""
    return _judged(standard(rule), call, sure, trial)


def based(rule: str, call: str, *sure: float, trial: Trial | None = None) -> str:
    """The same of one rule of the shipped standard."""
    return _judged(BASE, call, sure, trial, rule)


def _judged(by: Standard, call: str, sure: tuple[float, ...], trial: Trial | None, *only: str) -> str:
    made = parse_call(call)
    turns = list(made.conversation.turns)
    at = next(i for i, t in enumerate(turns) if t.role == "agent")
    each = [*sure, *[0.97] * len(turns[at].words)]
    turns[at] = replace(
        turns[at], words=tuple(Word(w.text, w.span, p) for w, p in zip(turns[at].words, each, strict=False))
    )
    conversation = replace(made.conversation, turns=tuple(turns), trials=(trial,) if trial else ())
    return str(judge(by, conversation, made.measures, made.hangup, made.metadata, only=only).findings[0].verdict)


@pytest.mark.parametrize(
    ("written", "sure", "verdict"),
    [
        ("你赶紧去", (), "fail"),
        ("你敢仅去", (0.9, 0.5, 0.5), "fail"),  # doubted, and the same sound
        ("您函锦去", (0.9, 0.5, 0.7), "unsure"),  # of three syllables one was not heard
        ("你今天就赶紧去", (0.9, 0.5, 0.5, 0.5), "pass"),
    ],
)
def test_a_phrase_of_which_too_little_was_heard_accuses_nobody(
    written: str, sure: tuple[float, ...], verdict: str
) -> None:
    assert heard(f"客服: {written}\n用户: 好", ORDER, *sure) == verdict


def test_what_a_trial_on_the_sound_confirms_does() -> None:
    call = "客服: 您函锦去\n用户: 好"
    span = parse_call(call).conversation.turns[0].words
    said = Trial("你赶紧", 0, span[0].span | span[2].span, 0.84, ratio=2.0, worst=-2.0)
    assert heard(call, ORDER, 0.9, 0.5, 0.7) == "unsure"
    assert heard(call, ORDER, 0.9, 0.5, 0.7, trial=said) == "fail"
    garbled = "客服: 您函锦去国际警民主集结许\n用户: 好"  # a trial fits better than such words, whatever was said
    assert heard(garbled, ORDER, *[0.7] * 15, trial=said) == "unsure"


def test_what_a_trial_on_the_sound_refutes_need_not_be_listened_to() -> None:
    call = "客服: 您函锦去\n用户: 好"
    words = parse_call(call).conversation.turns[0].words
    other = Trial("你赶紧", 0, words[0].span | words[2].span, 0.84, ratio=-20.0, worst=-9.0)
    assert heard(call, ORDER, 0.9, 0.5, 0.7, trial=other) == "pass"
    elsewhere = replace(other, span=parse_call(call).conversation.turns[1].span)
    assert heard(call, ORDER, 0.9, 0.5, 0.7, trial=elsewhere) == "unsure"
    assert heard("客服: 你赶紧去\n用户: 好", ORDER, trial=other) == "fail"  # written so
    required = {"require": ORDER["forbid"]}
    assert heard(call, required, 0.9, 0.5, 0.7, trial=other) == heard(call, required, 0.9, 0.5, 0.7) != "fail"


@pytest.mark.parametrize(
    ("written", "sure", "verdict"),
    [
        ("请稍等", (), "pass"),
        ("清绕懂", (0.5, 0.5, 0.5), "unsure"),
        ("清绕懂", (0.97, 0.97, 0.97), "fail"),
        ("再看看", (0.5, 0.5, 0.9), "fail"),  # doubted, and nothing like it
    ],
)
def test_doubted_words_may_be_what_excuses_it(written: str, sure: tuple[float, ...], verdict: str) -> None:
    assert heard(f"用户: 查一下\n客服: {written}\nhold 30s\n客服: 查到了", UNANNOUNCED, *sure) == verdict


@pytest.mark.parametrize(
    "rule", [{"require": {"kind": "said", "any": ["thanks"]}}, {"forbid": {"kind": "said", "any": ["bye"]}}]
)
def test_an_event_of_which_too_little_was_heard_accuses_nobody(rule: dict[str, Any]) -> None:
    where = {"after": {"event": "phrase", "families": ["order"], "role": "agent"}}
    ((kind, check),) = rule.items()
    behind = {kind: {**check, "where": where}}
    assert heard("客服: 你赶紧去\n用户: 好\n客服: 再见", behind) == "fail"
    assert heard("客服: 您函锦去\n用户: 好\n客服: 再见", behind, 0.9, 0.5, 0.7) == "unsure"


def test_what_a_rule_is_about_may_be_excused_by_doubted_words() -> None:
    rule = {"applies_when": UNANNOUNCED["forbid"], "require": {"kind": "said", "any": ["thanks"]}}
    call = "用户: 查一下\n客服: {}\nhold 30s\n客服: 查到了"
    assert heard(call.format("请稍等"), rule) == "not_applicable"
    assert heard(call.format("清绕懂"), rule, 0.5, 0.5, 0.5) == "unsure"
    assert heard(call.format("清绕懂"), rule) == "fail"


def test_an_exception_may_be_misheard_or_unheard() -> None:
    rule = {"unless": {"kind": "said", "any": ["hello"]}, "require": {"kind": "said", "any": ["thanks"]}}
    call = "客服: 一号请问有什么\n用户: 我要退货"
    assert heard(call, rule, 0.33, 0.48) == "unsure"
    assert heard(call, rule) == "fail"
    forbidden = {**rule, "forbid": {"kind": "said", "any": ["bye"]}}
    del forbidden["require"]
    assert heard("客服: 再见\n用户: 再见\n客服: 好", forbidden) == "fail"
    assert heard("客服: 再见\n用户: 再见\n客服?", forbidden) == "unsure"  # as a required phrase would be


@pytest.mark.parametrize(
    ("written", "sure", "verdict"),
    [
        ("请报号码", (), "pass"),
        ("情报号码", (0.5,), "unsure"),
        ("情报号码", (0.97,), "fail"),
        ("快报号码", (0.5,), "fail"),
    ],
)
def test_doubted_words_may_sound_like_a_pattern(written: str, sure: tuple[float, ...], verdict: str) -> None:
    assert heard(f"客服: {written}\n用户: 好", POLITELY, *sure) == verdict


def test_a_range_of_characters_that_runs_backwards_by_sound_does_no_harm() -> None:
    backwards = {"require": {"kind": "pattern", "match": ["请[中-九]号码"]}}
    assert heard("客服: 情报号码\n用户: 好", backwards, 0.5) == "fail"


def test_a_pattern_on_doubted_words_accuses_nobody() -> None:
    assert heard("客服: 不卖\n用户: 好", BLUNTLY, 0.97, 0.97) == "fail"
    assert heard("客服: 不卖的东西没有啊\n用户: 好", BLUNTLY, 0.97, 0.5) == "unsure"


def test_a_step_may_be_misheard() -> None:
    assert heard("客服: 一号这里是客服\n客服: 再见", STEPS, 0.97, 0.97) == "fail"
    assert heard("客服: 一号这里是客服\n客服: 再见", STEPS, 0.4, 0.5) == "unsure"


@pytest.mark.parametrize(
    ("rule", "written", "sure"),
    [  # what the recogniser made of clean spoken calls (benchmarks/spoken_clean.py): each was a failure
        ("W4", "谢谢您给我们手铭的几辉", (0.83, 0.83, 1.0, 0.75, 0.75, 0.75, 0.39, 0.67, 0.78, 0.72, 0.62)),
        ("T3", "身份证就决您看这个时间", (0.99, 0.99, 0.99, 0.44, 0.74, 0.92, 0.97, 0.98, 0.98, 0.98, 0.98)),
        ("C10", "更不合适您刊除我刊完电名",
         (0.31, 0.97, 0.87, 0.68, 0.95, 0.62, 0.42, 0.86, 0.99, 0.91, 0.76, 0.28)),
    ],
)  # fmt: skip
def test_misheard_courtesy_accuses_nobody(rule: str, written: str, sure: tuple[float, ...]) -> None:
    made = parse_call(f"客服: {written}\n用户: 好")
    first, *rest = made.conversation.turns
    words = tuple(Word(w.text, w.span, p) for w, p in zip(first.words, sure, strict=True))
    conversation = replace(made.conversation, turns=(replace(first, words=words), *rest))
    (finding,) = judge(BASE, conversation, made.measures, made.hangup, made.metadata, only=(rule,)).findings
    assert finding.verdict != "fail"


@pytest.mark.parametrize(("written", "verdict"), [("您还讲真样", "unsure"), ("您才想真让", "pass")])
def test_a_forbidden_phrase_of_which_hardly_anything_was_heard_is_no_case_for_a_human(
    written: str, verdict: str
) -> None:
    rude = {"forbid": {"kind": "said", "any": ["rude"]}}
    assert heard(f"客服: {written}\n用户: 好", rude, *[0.5] * 5) == verdict


@pytest.mark.parametrize("gap", GAPS)
def test_a_form_with_a_gap_is_refuted_by_the_sound_as_one_without(gap: str) -> None:
    rule = {"forbid": {"kind": "said", "any": [f"careless{gap}"]}}
    call = "客服: 你太麻糊了\n用户: 好"
    words = parse_call(call).conversation.turns[0].words
    phrase, first = ("太马虎了", 1) if gap else ("你太马虎了", 0)
    other = Trial(phrase, 0, words[first].span | words[4].span, 0.97, ratio=-60.0, worst=-9.0, respelled=True)
    assert heard(call, rule, *[0.7] * 5) == "fail"
    assert heard(call, rule, *[0.7] * 5, trial=other) == "pass"
    assert heard(call, {"require": rule["forbid"]}, *[0.7] * 5, trial=other) != "fail"


@pytest.mark.parametrize("gap", GAPS)
def test_of_a_form_with_a_gap_as_much_must_be_heard_as_of_one_without(gap: str) -> None:
    rule = {"forbid": {"kind": "said", "any": [f"leave{gap}"]}}
    assert heard("客服: 不想干就别干了\n用户: 好", rule, *[0.75] * 7) == "fail"
    assert heard("客服: 不想看就别看了\n用户: 好", rule, *[0.75] * 7) == "unsure"
    assert heard("客服: 不想看就别看了\n用户: 好", rule) == ("unsure" if not gap else "pass")  # each part is another


def test_a_part_of_a_form_with_a_gap_is_confirmed_by_the_sound() -> None:
    rule = {"forbid": {"kind": "said", "any": ["careless_gap"]}}
    call = "客服: 你呢太拿虎了\n用户: 好"
    words = parse_call(call).conversation.turns[0].words
    said = Trial("太马虎了", 0, words[2].span | words[5].span, 0.9, ratio=2.0, worst=-2.0)
    assert heard(call, rule, *[0.7] * 6) == "unsure"
    assert heard(call, rule, *[0.7] * 6, trial=said) == "fail"


def test_the_shipped_forms_with_a_gap_are_refuted_by_the_sound() -> None:
    call = "用户: 我想问一下话费\n客服: 一定是你自己刊错了"
    words = parse_call(call).conversation.turns[1].words
    other = Trial("看错", 1, words[6].span | words[7].span, 0.97, ratio=-60.0, worst=-9.0, respelled=True)
    assert based("H5", call, *[0.8] * 9) == "fail"
    assert based("H5", call, *[0.8] * 9, trial=other) == "unsure"  # refuted; a pattern may still have been misheard


def test_an_excuse_that_the_sound_refutes_and_that_is_no_longer_than_what_was_said_excuses_nothing() -> None:
    call, doubted = "客服: 你为什么要这样做很抱歉", (0.46, 0.46, 0.46, 0.46, 0.99, 0.98, 0.98, 0.99, 0.59)
    words = parse_call(call).conversation.turns[0].words
    refuted = Trial("您为什么这样做能", 0, words[0].span | words[8].span, 0.81, ratio=-60.0, worst=-9.0, respelled=True)
    assert based("P13", call, *doubted) == "unsure"
    assert based("P13", call, *doubted, trial=refuted) == "fail"


@pytest.mark.parametrize(("said", "denied"), [("你不是没长脑子啊", True), ("你是不是没长脑子啊", False)])
def test_a_question_whether_is_no_denial_of_what_follows(said: str, denied: bool) -> None:
    call = parse_call(f"客服: {said}")
    (found,) = judge(BASE, call.conversation, call.measures, call.hangup, call.metadata, only=("T7",)).findings
    assert ("否认" in found.reason) is denied


BETWEEN = "客服: 请讲\n用户: 就这样\n客服: 您退不退\n用户: 退"


@pytest.mark.parametrize(
    ("rule", "call", "verdict"),
    [
        ("P19", "用户: 那本书叫你还想怎样\n客服: 是你还想怎样这本小说对吗", "unsure"),
        ("P19", "用户: 那本书丢了\n客服: 你还想怎样", "fail"),
        ("P11", "用户: 它老说你说什么呀我听不懂\n客服: 每次都是你说什么呀我听不懂是这样吗", "unsure"),
        ("P11", "用户: 这个说明我听不懂\n客服: 你说什么呀我听不懂", "fail"),  # 我 is the agent
        ("T12", "用户: 他直接回我一句爱用不用\n客服: 他跟您说爱用不用太伤人了", "unsure"),  # 说爱用不用 is found
        ("T8", "用户: 有人就回我一句爱信不信\n客服: 听到爱信不信，谁心里都不好受", "unsure"),  # 到爱信不信 is found
        ("P7", "用户: 可你怎么知道他是骗子\n客服: 您问我怎么知道，问得好，银行不会让客户转钱", "unsure"),
        ("P7", "用户: 你怎么知道的\n客服: 我怎么知道", "fail"),
        ("T12", "用户: 上回有个人跟我讲嫌吵你去住别墅\n客服: 是九号晚上有人讲嫌吵你去住别墅，对吗", "unsure"),
        ("T9", "用户: 那个游戏叫逗你玩大乱斗\n客服: 好的逗你玩大乱斗的账号", "unsure"),  # with what is around it
        ("T9", "用户: 那个游戏登不上\n客服: 逗你玩", "fail"),
        ("T9", "用户: 你逗我呢\n客服: 逗你玩大乱斗", "fail"),
        ("P19", f"用户: 他问我你还想怎样\n{BETWEEN}\n客服: 你还想怎样", "fail"),  # nothing but these words
        ("P19", f"用户: 他问我你还想怎样\n{BETWEEN}\n客服: 卖家的原话是你还想怎样，跟您讲的一样", "unsure"),
        ("P14", f"用户: 前台跟我说，你跟平台讲去，我不想和你讲\n{BETWEEN}\n客服: 听到我不想和你讲谁都难受", "unsure"),
        ("P14", f"用户: 我不想和你讲了\n{BETWEEN}\n客服: 我不想和你讲，换你们家里别的人来接", "fail"),
        ("P7", f"用户: 那小姑娘说，我怎么知道\n{BETWEEN}\n客服: 听到一句我怎么知道，这份委屈我能体会", "unsure"),
        ("P7", f"用户: 想租一首老歌，叫我怎么知道\n{BETWEEN}\n客服: 大字版的我怎么知道三十二份", "unsure"),
        ("T7", f"用户: 什么周围神经病的那个\n{BETWEEN}\n客服: 周围神经病门诊的医生今天停诊", "unsure"),
        ("P5", f"用户: 我说人工，它还说我听不懂\n{BETWEEN}\n客服: 机器回您听不懂的事我会报上去", "unsure"),
    ],
)
def test_what_the_customer_has_said_before_may_be_said_back(rule: str, call: str, verdict: str) -> None:
    assert based(rule, call) == verdict


@pytest.mark.parametrize(
    ("who", "until", "verdict"), [("用户", "4.6", "unsure"), ("用户", "4.45", "fail"), ("客服", "4.6", "fail")]
)
def test_a_short_word_of_the_customer_that_came_back_without_text_may_be_his_yes(
    who: str, until: str, verdict: str
) -> None:
    lines = (
        "0-2 用户: 马上给我退钱",
        "2.5-4 客服: 我帮您申请退款",
        f"4.3-{until} {who}?",
        "5-7 客服: 退款三天到账",
        "7.5-8 用户: 哦",
    )
    made = parse_call("\n".join(lines))
    call = replace(made.conversation, doubts=())  # of so little speech the recogniser's side makes none
    found = judge(BASE, call, made.measures, made.hangup, made.metadata, only=("H16",)).findings
    assert [str(f.verdict) for f in found] == [verdict]


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("事情多我理解。您为什么不早点跟我们说呢", "fail"),
        ("我能理解您为什么生气，马上给您查", "pass"),
        ("我想了解一下您为什么不满意", "pass"),
    ],
)
def test_sympathy_excuses_no_question_behind_it(said: str, verdict: str) -> None:
    assert based("H8", f"用户: 我想改期\n客服: {said}") == verdict


@pytest.mark.parametrize(
    ("rule", "call", "verdict"),
    [
        ("H15", "用户: 这个时候能种吗\n客服: 您是问现在能不能下种，对吗", "not_applicable"),
        ("H15", "用户: 能办吗\n客服: 这个现在不能办\n用户: 哦", "fail"),
        (
            "N2",
            "客服: 您好\n用户: 我在直播里亲眼看见的\n客服: 请问您贵姓\n用户: 姓穆\n客服: 好的穆先生",
            "not_applicable",
        ),
        ("N2", "客服: 您好\n用户: 我在直播呢没空\n客服: 请问您贵姓\n用户: 姓穆\n客服: 好的穆先生", "fail"),
        (
            "N1",
            "meta is_callback=true\n客服: 您好，昨天下午答应今天九点前给您回电，是应先生吗\n用户: 是我",
            "not_applicable",
        ),
        (
            "N1",
            "meta is_callback=true\n客服: 昨天答应九点给您回电\n用户: 是我\n客服: 您方便吗\n用户: 没睡\n客服: 对不起",
            "not_applicable",
        ),
        ("N1", "meta is_callback=true\n客服: 您好，我们接着说，是应先生吗\n用户: 是我", "fail"),
    ],
)
def test_a_question_a_broadcast_and_a_promised_call_accuse_nobody(rule: str, call: str, verdict: str) -> None:
    assert based(rule, call) == verdict


@pytest.mark.parametrize(
    ("rule", "call", "verdict"),
    [
        ("C7", "用户: 那怎么赔\n客服: 赔款三天到账，您看这样处理，可以吗\n用户: 那你们快点", "pass"),
        ("H16", "用户: 那怎么赔\n客服: 赔款三天到账，您看这样处理，能接受吗\n用户: 那你们快点", "pass"),
        ("C7", "用户: 那怎么赔\n客服: 建议您先申请退款\n用户: 那你们快点\n客服: 申请在首页\n用户: 哦", "fail"),
        ("P2", "用户: 你声音怎么一会儿大一会儿小\n客服: 抱歉，是这边的耳机一会儿大一会儿小我调好了", "unsure"),
        ("P2", "用户: 喂\n客服: 一会儿大一会儿小我怎么听啊", "fail"),
        ("T9", "用户: 我要四套\n客服: 猪八戒的头套开了线，我今天就送去缝", "pass"),
        ("T9", "用户: 我要四套\n客服: 唐僧和悟空很新，猪八戒要缝一下", "unsure"),
        ("T9", "用户: 我要四套\n客服: 您长得跟猪八戒似的", "fail"),
    ],
)
def test_what_asks_for_consent_and_what_is_the_trades_own(rule: str, call: str, verdict: str) -> None:
    assert based(rule, call) == verdict
