"""A phrase that seems missing, and doubted words that may be it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.rules.checks.misheard import Misheard
from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.types import Finding, Verdict
from analyzer.spans import Span
from analyzer.speech.types import Trial, Word

STANDARD = load_standard("base")


def greeting(written: str, *probabilities: float) -> Finding:
    """E6 (the agent begins with 您好) where the recogniser wrote something else, this sure of its first characters."""
    call = parse_call(f"客服: {written}请问有什么可以帮您\n用户: 我要退货")
    first, *rest = call.conversation.turns
    sure = [*probabilities, *[0.97] * (len(first.words) - len(probabilities))]
    words = tuple(Word(w.text, w.span, p) for w, p in zip(first.words, sure, strict=True))
    heard = replace(call.conversation, turns=(replace(first, words=words), *rest))
    (finding,) = judge(STANDARD, heard, call.measures, call.hangup, call.metadata, only=("E6",)).findings
    return finding


@pytest.mark.parametrize(
    ("written", "sure"),
    [
        ("一号", (0.33, 0.48)),
        ("也好", (0.53, 0.99)),
        ("也好", (0.73, 1.0)),  # said first, and often cut off
        ("以后", (0.4, 0.5)),
        ("别好", (0.27, 0.83)),
    ],
)
def test_doubted_words_that_sound_like_it_make_its_absence_unsure(written: str, sure: tuple[float, ...]) -> None:
    finding = greeting(written, *sure)
    assert finding.verdict is Verdict.UNSURE
    (heard,) = [e for e in finding.evidence if "听不清" in e.what]
    assert heard.span.start_ms == 300 and heard.span.duration_ms < 1000


@pytest.mark.parametrize(
    ("written", "sure"),
    [
        ("一号", (0.95, 0.97)),  # surely another word
        ("明天", (0.3, 0.3)),  # doubted, but nothing like it
        ("别好", (0.5, 0.83)),  # not doubted enough for one syllable of two to do
        ("也号", (0.95, 0.4)),  # what differs is what the recogniser believes in
        ("", ()),
    ],
)
def test_other_words_leave_it_missing(written: str, sure: tuple[float, ...]) -> None:
    assert greeting(written, *sure).verdict is Verdict.FAIL


@pytest.mark.parametrize(("written", "perhaps"), [("听打", False), ("听打到吗", True)])
def test_two_syllables_are_not_taken_for_four(written: str, perhaps: bool) -> None:
    sure = [("到", 0.9), ("营", 0.9), ("业", 0.99), *[(char, 0.55) for char in written], ("印", 0.98)]
    said = [Word(char, Span(at * 200, at * 200 + 180), p) for at, (char, p) in enumerate(sure)]
    assert any(Misheard([said], 0.6).places(("听得到吗",))) is perhaps


@pytest.mark.parametrize(("written", "verdict"), [("泥号", Verdict.UNSURE), ("泥路", Verdict.FAIL)])
def test_what_sounds_like_two_missing_syllables_leaves_it_open_however_it_is_written(
    written: str, verdict: Verdict
) -> None:
    finding = greeting(written, 0.97, 0.97)
    assert finding.verdict is verdict
    assert (written in [e.quote for e in finding.evidence]) is (verdict is Verdict.UNSURE)


def test_a_weak_wording_heard_badly_in_a_harmless_phrase_is_none() -> None:
    upset = "用户: 又坏了，你们上次根本没有修好，我要投诉\n客服: 我们修好了\n用户: 没有"
    call = parse_call(f"客服: 你好客户服务周星请问有什么可以帮您\n{upset}")
    first, *rest = call.conversation.turns
    doubted = {"周": 0.45, "星": 0.24, "请": 0.4}
    words = tuple(Word(w.text, w.span, doubted.get(w.text, 0.97)) for w in first.words)
    heard = replace(call.conversation, turns=(replace(first, words=words), *rest))
    (finding,) = judge(STANDARD, heard, call.measures, call.hangup, call.metadata, only=("W6",)).findings
    assert finding.verdict is Verdict.FAIL  # 星请 is no 心情


@pytest.mark.parametrize(("elsewhere", "verdict"), [(0.97, Verdict.FAIL), (0.8, Verdict.UNSURE)])
def test_of_a_party_badly_heard_throughout_more_is_doubted(elsewhere: float, verdict: Verdict) -> None:
    call = parse_call("客服: 您好请问有什么可以帮您\n用户: 查一下话费\n客服: 十二块\n用户: 好\n客服: 感谢您的来电在现")
    last = call.conversation.turns[-1]
    turns = [
        replace(t, words=tuple(Word(w.text, w.span, elsewhere) for w in t.words)) for t in call.conversation.turns[:-1]
    ]
    sure = [*[elsewhere] * (len(last.words) - 2), 0.64, 0.86]
    words = tuple(Word(w.text, w.span, p) for w, p in zip(last.words, sure, strict=True))
    heard = replace(call.conversation, turns=(*turns, replace(last, words=words)))
    (finding,) = judge(STANDARD, heard, call.measures, call.hangup, call.metadata, only=("C8",)).findings
    assert finding.verdict is verdict


@pytest.mark.parametrize(("probability", "verdict"), [(0.73, Verdict.UNSURE), (0.85, Verdict.FAIL)])
def test_of_a_party_whose_words_are_mostly_wrong_nothing_is_surely_missing(
    probability: float, verdict: Verdict
) -> None:
    call = parse_call("客服: 浩雅浮漫糖舍取食糖卧子解鲜里消露庆温您向丁坦还是又是腰温松地刮粉\n用户: 送饭下雨天送不送")
    first, *rest = call.conversation.turns
    words = tuple(Word(w.text, w.span, probability) for w in first.words)
    heard = replace(call.conversation, turns=(replace(first, words=words), *rest))
    (finding,) = judge(STANDARD, heard, call.measures, call.hangup, call.metadata, only=("E6",)).findings
    assert finding.verdict is verdict


@pytest.mark.parametrize(
    ("phrase", "read", "verdict"),
    [
        ("谢谢您", 0.99, Verdict.UNSURE),
        ("谢谢您", 0.8, Verdict.FAIL),  # read as something else
        ("谢谢", 0.99, Verdict.FAIL),  # so short a form is read anywhere
        ("您说得对", 0.99, Verdict.FAIL),  # nothing that is missing
    ],
)
def test_what_was_read_off_the_sound_is_not_surely_missing(phrase: str, read: float, verdict: Verdict) -> None:
    """The recogniser left 借您 of 谢谢您, so the trial, a syllable short, makes no hit."""
    call = parse_call("客服: 请稍等\n~20s\n客服: 借您等我同款有的\n用户: 好的")
    turn = call.conversation.turns[1]
    place = turn.words[0].span | turn.words[1].span
    trial = Trial(phrase, turn.speaker, place, read, -2.2, -9.6, phrase, read, sounding=True)
    assert call.conversation.turns[0].role is turn.role
    heard = replace(call.conversation, trials=(trial,))
    (finding,) = judge(STANDARD, heard, call.measures, call.hangup, call.metadata, only=("S6_back",)).findings
    assert finding.verdict is verdict
    if verdict is Verdict.UNSURE:
        assert "借您" in [e.quote for e in finding.evidence]


def test_a_doubted_resemblance_never_counts_as_said() -> None:
    call = parse_call("客服: 您好\n用户: 你们这个太差了\n客服: 一号")
    turns = [
        replace(t, words=tuple(Word(w.text, w.span, 0.3 if t.text == "一号" else 0.97) for w in t.words))
        for t in call.conversation.turns
    ]
    heard = replace(call.conversation, turns=tuple(turns))
    plain = judge(STANDARD, call.conversation, call.measures, call.hangup, call.metadata).findings
    doubted = judge(STANDARD, heard, call.measures, call.hangup, call.metadata).findings
    for before, after in zip(plain, doubted, strict=True):
        assert after.verdict in (before.verdict, Verdict.UNSURE), after.rule


def test_a_doubted_apology_is_no_question_whether_it_is_right() -> None:
    call = parse_call(
        "用户: 你们怎么乱扣钱啊\n客服: 对不起我们是不会乱扣钱的\n用户: 那我的钱怎么少了\n"
        "客服: 您可以到我们的营业厅打印清单\n用户: 为什么要我去查\n客服: 那什么时候停机的"
    )
    sorry = call.conversation.turns[1]
    sure = [*[0.35] * 3, *[0.43] * 2, *[0.97] * len(sorry.words)]
    words = tuple(Word(w.text, w.span, p) for w, p in zip(sorry.words, sure, strict=False))
    turns = (call.conversation.turns[0], replace(sorry, words=words), *call.conversation.turns[2:])
    heard = replace(call.conversation, turns=turns)
    (finding,) = judge(STANDARD, heard, call.measures, call.hangup, call.metadata, only=("C7",)).findings
    quoted = [(e.role, e.quote) for e in finding.evidence if e.quote]
    assert (finding.verdict, quoted) == (Verdict.FAIL, [("agent", "您可以到我们的营业厅打印清单")])  # the solution
