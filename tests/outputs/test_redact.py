from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.call.types import Role, Samples
from analyzer.call.wav import read_call
from analyzer.errors import UsageError
from analyzer.measure.types import Turn
from analyzer.outputs.encode import decode_scorecard, encode_scorecard
from analyzer.outputs.privacy import MASK, find_private, mask
from analyzer.outputs.redact import redact, redact_text
from analyzer.outputs.report import write_call_page
from analyzer.outputs.sound import EmbeddedSound, embed_sound
from analyzer.rules.types import Scorecard
from analyzer.spans import Span, Timeline
from analyzer.speech.types import Announcement, Word
from analyzer.testing.private_numbers import HARMLESS, NUMBERS, PLACES_AND_NAMES
from analyzer.testing.scorecards import make_scorecard


def hidden(line: str, part: str) -> bool:
    """Whether no letter, digit or character of the part can be read any more."""
    at = line.index(part)
    return not any(sign.isalnum() for sign in mask(line, find_private(line))[at : at + len(part)])


def test_of_sixty_spoken_numbers_at_least_95_percent_are_hidden_whole() -> None:
    assert len(NUMBERS) == 60
    missed = [line for line, part, _ in NUMBERS if not hidden(line, part)]
    assert len(missed) <= 3, missed


def test_their_kinds_are_right_nearly_always() -> None:
    wrong = [line for line, _, kind in NUMBERS if kind not in {p.kind for p in find_private(line)}]
    assert len(wrong) <= 3, wrong


@pytest.mark.parametrize(("line", "part", "kind"), PLACES_AND_NAMES)
def test_names_addresses_and_mail(line: str, part: str, kind: str) -> None:
    assert hidden(line, part)
    assert kind in {p.kind for p in find_private(line)}


@pytest.mark.parametrize("line", HARMLESS)
def test_what_gives_nobody_away_stays(line: str) -> None:
    assert find_private(line) == ()


@pytest.mark.parametrize(
    ("line", "part"),
    [  # a mobile number as it was heard over a telephone
        ("我的号码是要3800,要380000", "要3800,要380000"),
        ("我的号码是要三八零零要三八零零", "要三八零零要三八零零"),
        ("电话由森霸零零,由森霸零", "由森霸零零,由森霸零"),
        ("您记一下要3801要38000000", "要3801要38000000"),
    ],
)
def test_digits_written_as_words_of_their_sound_are_hidden(line: str, part: str) -> None:
    assert hidden(line, part)


def test_what_was_asked_for_is_a_number_however_few_digits_were_heard() -> None:
    turns = [
        said(0, 0, "请问您的手机号码是多少", 0), said(1, 1, "要三八零零", 5000), said(2, 0, "嗯", 7000),
        said(3, 1, "要三八零", 8000), said(4, 0, "要三八零零要三八零对吗", 10_000), said(5, 1, "对我要四个", 15_000),
    ]  # fmt: skip
    masked = redact(call_with(*turns))
    assert [t.text for t in masked.turns[1::2]] == ["*****", "****", "对我要四个"]
    assert masked.turns[4].text == "*********对吗"
    assert {s.start_ms // 1000 for s in masked.muted} >= {4, 7, 9}


WAYS = ("0123456789", "零一二三四五六七八九", "〇幺二三四五六七八九", "洞幺两三四五六拐八勾", "０１２３４５６７８９")


@settings(max_examples=300, deadline=None)
@given(
    digits=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    way=st.sampled_from(WAYS),
    cuts=st.lists(st.integers(1, 10), max_size=3),
    pause=st.sampled_from([" ", ",", ",嗯,", "-", "。", " 呃 ", ""]),
    around=st.sampled_from([("我的电话是", "。"), ("", ""), ("你打", "就行"), ("嗯,", ",对"), ("好的", "你记一下")]),
)
def test_any_mobile_number_however_said_is_hidden(
    digits: str, way: str, cuts: list[int], pause: str, around: tuple[str, str]
) -> None:
    said = "".join(pause * (i in cuts) + way[int(d)] for i, d in enumerate(digits))
    assert hidden(around[0] + said + around[1], said)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789零幺二三个王我姓叫李号路街是在,。嗯 @qq.com点艾特x叉", max_size=40))
def test_masking_keeps_the_length_and_does_nothing_twice(text: str) -> None:
    once = mask(text, find_private(text))
    assert len(once) == len(text)
    assert all(a in (b, MASK) for a, b in zip(once, text, strict=True))


def test_long_texts_take_no_long_time() -> None:
    for text in ("幺" * 20_000, "路" * 20_000, "a@" * 10_000, "我住在" * 7_000, "1 " * 10_000, "点" * 20_000):
        find_private(text[:20_000])


def test_many_finds_take_no_long_time() -> None:
    assert [(p.start, p.end) for p in find_private("王先生好" * 50_000)] == [(4 * i, 4 * i + 1) for i in range(50_000)]
    assert len(find_private("住在北京路1号" * 10_000)) > 9_000
    turns = [said(i, i % 2, "王先生好", 30_000 * i) for i in range(20_000)]
    assert redact(call_with(*turns)).redaction == {"name": 20_000}


def said(index: int, speaker: int, text: str, start: int) -> Turn:
    words = tuple(Word(c, Span(start + 200 * i, start + 200 * i + 180), 0.9) for i, c in enumerate(text))
    role = Role.AGENT if speaker == 0 else Role.CUSTOMER
    return Turn(index, speaker, role, Span(start, start + 200 * len(text)), 200 * len(text), text, words)


def call_with(*turns: Turn) -> Scorecard:
    scorecard = make_scorecard(1)
    quoted = msgspec.structs.replace(scorecard.findings[0].evidence[0], quote=turns[0].text[:6], span=turns[0].span)
    findings = (msgspec.structs.replace(scorecard.findings[0], evidence=(quoted,)), *scorecard.findings[1:])
    return replace(scorecard, turns=turns, findings=findings, doubts=(), overlaps=())


def test_a_number_over_several_turns_is_one() -> None:
    scorecard = call_with(
        said(0, 1, "我电话是幺三八零零", 1000), said(1, 0, "嗯", 3000), said(2, 1, "幺三八零零零", 4000),
        said(3, 0, "跟您核对一下", 6000),
    )  # fmt: skip
    made = redact(scorecard)
    assert [t.text for t in made.turns] == ["我电话是*****", "嗯", "******", "跟您核对一下"]
    assert made.redaction == {"phone": 1}
    assert "".join(w.text for w in made.turns[0].words) == "我电话是*****"
    assert [(s.start_ms, s.end_ms) for s in made.muted] == [(1650, 2930), (3850, 5330)]


def test_a_quote_that_is_cut_short_is_masked_like_its_turn() -> None:
    made = redact(call_with(said(0, 1, "幺三八零零幺三八零零零", 1000)))
    assert made.findings[0].evidence[0].quote == "******"


def in_words(index: int, speaker: int, words: str, start: int) -> Turn:
    """A turn of words between spaces, each of which may be a figure."""
    turn = said(index, speaker, words.replace(" ", ""), start)
    cut = words.split()
    each = turn.span.duration_ms // len(cut)
    spans = [Span(start + each * i, start + each * i + each) for i in range(len(cut))]
    return replace(turn, words=tuple(Word(text, span, 0.9) for text, span in zip(cut, spans, strict=True)))


@pytest.mark.parametrize(
    ("quote", "left"),
    [
        ("一三八零零", "*****"),  # of 13800138000, as the rules hear it
        ("零零零对吗", "***对吗"),
        ("一三八零零一三八零零零对吗", "***********对吗"),
        ("再说一遍一三八零零", "再说一遍*****"),  # over two turns of one speaker
        ("再说一遍…零零零对吗", "再说一遍…***对吗"),  # two pieces of one phrase
        ("嗯幺三八零零对", "嗯*****对"),  # as it was heard a second time
        ("三块八", "三块八"),
        ("一三八块", "一三八块"),  # said so by the agent, as a price
        ("对吗", "对吗"),
    ],
)
@pytest.mark.parametrize("has_words", [True, False])
def test_quotes_are_masked_as_they_are_spoken(quote: str, left: str, has_words: bool) -> None:
    turns = [
        in_words(0, 1, "我 电话 13800138000", 0), in_words(1, 0, "那 再 说 一 遍", 4000),
        in_words(2, 0, "138 0013 8000 对 吗", 8000), in_words(3, 0, "三 块 八 不是 一 三 八 块", 80_000),
    ]  # fmt: skip
    turns = turns if has_words else [replace(turn, words=()) for turn in turns]
    scorecard = call_with(*turns)
    (first, *others) = scorecard.findings
    evidence = (msgspec.structs.replace(first.evidence[0], quote=quote),)
    made = redact(replace(scorecard, findings=(msgspec.structs.replace(first, evidence=evidence), *others)))
    assert [t.text for t in made.turns][2] == "***********对吗"
    assert made.findings[0].evidence[0].quote == left


def test_a_literal_is_hidden_as_it_is_spoken_too() -> None:
    scorecard = call_with(in_words(0, 1, "我 电话 13800138000", 0))
    made = redact(replace(scorecard, extra={"note": "客户说一三八零零一三八零零零"}))
    assert made.extra == {"note": "客户说***********"}


def test_a_place_is_hidden_wherever_the_same_words_stand_in_its_turn() -> None:
    scorecard = call_with(said(0, 1, "幺三八块是话费我电话幺三八零零幺三八零零零", 0))
    quote = msgspec.structs.replace(scorecard.findings[0].evidence[0], quote="幺三八")
    findings = (msgspec.structs.replace(scorecard.findings[0], evidence=(quote,)), *scorecard.findings[1:])
    assert redact(replace(scorecard, findings=findings)).findings[0].evidence[0].quote == "***"


def test_what_was_hidden_once_is_hidden_everywhere() -> None:
    scorecard = call_with(said(0, 1, "我叫张小明", 0), said(1, 0, "张小明先生您好", 2000))
    made = redact(replace(scorecard, extra={"note": ["回访张小明", {"幺三八零零幺三八零零零": 1}]}))
    text = encode_scorecard(made).decode()
    assert "小明" not in text and "幺三八零零" not in text
    assert made.redaction["name"] >= 1


def test_a_name_given_once_is_hidden_in_every_turn_and_muted_there() -> None:
    turns = [
        said(0, 1, "我叫张小强", 0), said(1, 0, "张小强您好请问有什么需要", 2000), said(2, 1, "寄到学院路5号", 6000),
        said(3, 0, "学院路5号张小强对吗", 9000), said(4, 0, "那个强项不强", 60_000),
    ]  # fmt: skip
    made = redact(call_with(*turns))
    assert [t.text for t in made.turns] == [
        "我叫***", "***您好请问有什么需要", "寄到*****", "********对吗", "那个强项不强",
    ]  # fmt: skip
    assert "".join(w.text for w in made.turns[3].words) == "********对吗"
    assert Timeline(made.muted).covered_ms(Span(2000, 2500)) == 500
    assert made.redaction == {"address": 2, "name": 1}


def test_a_scrap_of_a_number_is_no_literal_of_other_turns() -> None:
    turns = [said(0, 1, "我电话幺三", 0), said(1, 1, "八零零零零八零零零", 1000), said(2, 1, "幺三得三", 60_000)]
    assert redact(call_with(*turns)).turns[2].text == "幺三得三"


def test_names_of_files_and_identifiers_lose_only_what_is_surely_private() -> None:
    scorecard = make_scorecard(1, agent_id="20260302123")
    call = replace(scorecard.call, name="20260302-13800138000-张三.wav")
    made = redact(replace(scorecard, call=call))
    assert made.call.name == "20260302-***********-张三.wav"
    assert made.call.metadata.agent_id == "20260302123"


def test_a_redacted_scorecard_is_a_scorecard_and_times_and_figures_stay() -> None:
    scorecard = make_scorecard(3)
    made = redact(scorecard)
    assert decode_scorecard(encode_scorecard(made)) == made
    assert (made.measures, made.score, made.pauses) == (scorecard.measures, scorecard.score, scorecard.pauses)
    assert [f.verdict for f in made.findings] == [f.verdict for f in scorecard.findings]
    assert "零零幺三八" not in encode_scorecard(made).decode()


def test_what_was_masked_before_stays_muted_and_counted() -> None:
    once = redact(call_with(said(0, 1, "幺三八零零幺三八零零零", 1000)))
    assert redact(once) == once and once.muted and once.redaction == {"phone": 1}


def test_words_that_cannot_be_placed_silence_the_whole_turn() -> None:
    turn = replace(said(0, 1, "幺三八零零幺三八零零零", 1000), words=())
    assert [(s.start_ms, s.end_ms) for s in redact(call_with(turn)).muted] == [(1000, 3200)]


def test_redact_text_counts_by_kind() -> None:
    assert redact_text("我姓王,电话13800138000") == ("我姓*,电话***********", {"name": 1, "phone": 1})


def test_what_a_machine_said_is_masked_too() -> None:
    said = Announcement(0, Span(0, 900), "您的号码是13800138000")
    card = redact(replace(make_scorecard(1), announcements=(said,)))
    assert "138" not in card.announcements[0].text and card.announcements[0].span == said.span


@pytest.mark.parametrize("redacted", [False, True])
def test_a_page_of_a_masked_scorecard_is_silent_where_it_was_masked(
    redacted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = tmp_path / "call.wav"
    soundfile.write(recording, np.full((32_000, 2), 0.1, np.float32), 8000, subtype="PCM_16")
    card = redact(call_with(said(0, 1, "幺三八零零幺三八零零零", 1000)))
    card = replace(card, call=replace(card.call, facts=read_call(recording).facts))
    silenced: list[Timeline] = []

    def embed(samples: Samples, rate_hz: int, *, muted: Timeline) -> EmbeddedSound:
        silenced.append(muted)
        return embed_sound(samples, rate_hz, muted=muted)

    monkeypatch.setattr("analyzer.outputs.report.embed_sound", embed)
    write_call_page(card, tmp_path / "page.html", recording=recording, redacted=redacted)
    assert silenced == [Timeline(card.muted)] and card.muted
    with pytest.raises(UsageError, match="redacted_link"):
        write_call_page(card, tmp_path / "linked.html", recording=recording, sound="link", redacted=redacted)
