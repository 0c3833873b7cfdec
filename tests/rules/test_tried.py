"""What a trial on the sound makes of a phrase that the words leave open."""

from dataclasses import replace

import pytest
from msgspec import structs
from test_phrases import A, C, conversation

from analyzer.rules.checks.rawhits import RawHit
from analyzer.rules.checks.tried import FITS, LONG, SHORT, WORST, BetterReadings, fit, with_trials
from analyzer.rules.checks.turntexts import TurnTexts
from analyzer.rules.phrases import SoundSearch
from analyzer.spans import Span
from analyzer.speech.types import Trial

SAID = [(C, "喂您好"), (A, "哦水老苦您的对吧")]


def found(
    phrase: str,
    fits: float,
    score: float = 0.75,
    said=SAID,
    first: int = 1,
    last: int = 5,
    probability: float = 0.5,
    again: str = "",
) -> list[RawHit]:
    call = conversation(*said, probability=probability)
    turn = call.turns[-1]
    span = Span(turn.words[first].span.start_ms, turn.words[last].span.end_ms)
    call = replace(call, trials=(Trial(phrase, turn.speaker, span, score, fits, 0.0, again),))
    return list(with_trials(SoundSearch(call).find([phrase]), call, TurnTexts(call.turns)).get(phrase, ()))


def test_how_well_it_fits_decides():
    (hit,) = found("谁告诉您的", LONG.certain)
    assert (hit.turn, hit.start, hit.end, hit.quote) == (1, 1, 6, "水老苦您的")
    assert hit.sure and hit.look == "same"
    assert hit.span == Span(1100, 2100) and hit.score == 0.75
    assert [h.sure for h in found("谁告诉您的", LONG.likely)] == [True]
    assert [h.sure for h in found("谁告诉您的", LONG.possible)] == [False]
    assert not any(h.sure for h in found("谁告诉您的", LONG.possible - 0.1))


def test_only_a_very_good_fit_outweighs_words_the_recogniser_believes_in():
    firm = {"probability": 0.95}
    assert [h.look for h in found("谁告诉您的", LONG.certain, **firm)] == ["same"]
    assert [h.look for h in found("谁告诉您的", LONG.likely, **firm)] == ["other"]


def test_what_sounds_little_alike_needs_more():
    assert [h.sure for h in found("谁告诉您的", LONG.certain, score=0.62)] == [True]
    assert [h.sure for h in found("谁告诉您的", LONG.likely, score=0.62)] == [False]
    assert [h.trial for h in found("谁告诉您的", LONG.possible, score=0.62)] == [""]


@pytest.mark.parametrize(("ratio", "sure"), [(-10.0, False), (-5.0, True)])
def test_a_phrase_with_a_syllable_that_nobody_heard_needs_more(ratio: float, sure: bool) -> None:
    call = conversation((C, "喂您好"), (A, "这个器我听着都替您"), probability=0.9)
    turn = call.turns[-1]
    span = Span(turn.words[2].span.start_ms, turn.words[5].span.end_ms)
    call = replace(call, trials=(Trial("你给我听着", turn.speaker, span, 0.73, ratio, -4.0, read=0.73),))
    hits = with_trials(SoundSearch(call).find(["你给我听着"]), call, TurnTexts(call.turns))["你给我听着"]
    assert [h.is_sure for h in hits] == [sure]


def test_what_somebody_is_doing_is_more_than_a_particle() -> None:
    call = conversation((C, "喂您好"), (A, "您还想聊几点什么吗"), probability=0.7)
    turn = call.turns[-1]
    span = Span(turn.words[0].span.start_ms, turn.words[3].span.end_ms)
    call = replace(call, trials=(Trial("你还想干嘛", turn.speaker, span, 0.761, -12.19, -5.9, read=0.75),))
    hits = with_trials(SoundSearch(call).find(["你还想干嘛"]), call, TurnTexts(call.turns))["你还想干嘛"]
    assert [h.is_sure for h in hits] == [False]


def test_short_phrases_need_more():
    said = [(A, "我们高新摸")]
    assert [h.sure for h in found("搞什么", SHORT.certain, said=said, first=2, last=4)] == [True]
    assert not any(h.sure for h in found("搞什么", LONG.likely, said=said, first=2, last=4))


def test_a_negation_is_never_put_in_or_taken_out_by_a_trial():
    said = [(A, "这个我能给您处理的")]
    (hit,) = found("我不能给您处理", 1.0, said=said, first=2, last=7)
    assert not hit.sure


def respelled(phrase: str, fits: float, said: str, score: float = 0.98, probability: float = 0.95) -> list[RawHit]:
    call = conversation((C, "喂您好"), (A, said), probability=probability)
    last = len(phrase) - 1 + said.count("，")
    span = Span(call.turns[-1].words[0].span.start_ms, call.turns[-1].words[last].span.end_ms)
    trial = Trial(phrase, 0, span, score, fits, 0.0, respelled=True)
    call = replace(call, trials=(trial,))
    return list(with_trials(SoundSearch(call).find([phrase]), call, TurnTexts(call.turns)).get(phrase, ()))


def test_other_characters_are_the_phrase_where_it_fits_the_sound_as_well():
    assert [h.is_sure for h in respelled("你太马虎了", LONG.respelled, "你太麻糊了")] == [True]
    assert [h.is_sure for h in respelled("你太马虎了", LONG.respelled - 0.1, "你太麻糊了")] == [False]
    assert not any(h.is_sure for h in respelled("您想干什么业务", LONG.respelled, "您想办什么业务", 0.86))
    assert [h.is_sure for h in respelled("推出凤凰", SHORT.respelled, "推出奉皇")] == [True]
    assert [h.is_sure for h in respelled("推出凤凰", SHORT.respelled - 0.1, "推出奉皇")] == [False]
    assert not any(h.is_sure for h in respelled("不可以", 5.0, "步可以的"))  # of 一步可以
    assert [h.is_sure for h in respelled("赶紧的", 0.0, "干净了", 0.87)] == [False]  # they sound otherwise
    assert [h.trial for h in respelled("赶紧的", 0.0, "干净的", 0.93, 0.85)] == [""]  # nor is a short one confirmed
    assert [h.is_sure for h in respelled("我不想和你讲", LONG.respelled, "火，不想和你讲")] == [True]
    assert not any(h.is_sure for h in respelled("我不想和你讲", LONG.respelled - 0.1, "火，不想和你讲"))


@pytest.mark.parametrize(
    ("said", "instead", "fits", "phrase", "denied"),
    [
        ("六个月您别吵析我等会儿", "您别着急", 1.0, "您别吵", True),
        ("六个月您别吵析我等会儿", "您别着急", -1.0, "您别吵", False),  # the words fit the sound better
        ("六个月您别吵析我等会儿", "您别吵西", 1.0, "您别吵", False),
        ("六个月您别吵析我等会儿", "六个月您别", 1.0, "您别吵", False),
        ("你说沈们你记一下", "你说什么", 1.0, "你说什么呢", False),  # both say it
        ("这个不规我们管", "不归我们管", 1.0, "这个不归我们管", False),
        ("您怎么毫不奖励", "您怎么毫不讲理", 1.0, "你怎么毫不讲理", False),  # 您 is 你 to a rule
    ],
)
def test_what_certainly_was_another_phrase_speaks_against_the_words(
    said: str, instead: str, fits: float, phrase: str, denied: bool
) -> None:
    call = conversation((C, "喂您好"), (A, said), probability=0.7)
    words = call.turns[-1].words
    at = next(i for i in range(len(said)) if said[i] == instead[0])
    span = Span(words[at].span.start_ms, words[at + len(instead) - 1].span.end_ms)
    trial = Trial(instead, 0, span, 0.98, fits, 0.0, respelled=True)
    call = replace(call, trials=(trial,))
    texts = TurnTexts(call.turns)
    (hit,) = SoundSearch(call).find([phrase])[phrase]
    assert BetterReadings(call, texts).deny(phrase, hit.turn, hit.start, hit.end) is denied


def test_what_the_words_say_stays():
    said = [(A, "哦谁告诉您的对吧")]
    (before,) = found("谁告诉您的", -100.0, said=said)
    assert before.sure
    assert found("谁告诉您的", LONG.possible, said=said) == [before]
    (surer,) = found("谁告诉您的", 0.0, said=[(A, "哦水老苦您的对吧")])
    assert surer.sure and surer.look == "same"


def test_a_trial_of_a_stretch_that_no_turn_holds_says_nothing():
    call = conversation(*SAID)
    call = replace(call, trials=(Trial("谁告诉您的", 7, Span(0, 500), 0.8, 5.0, -1.0),))
    assert with_trials({}, call, TurnTexts(call.turns)) == {}


def test_a_trial_refutes_what_the_words_only_resemble_character_for_character():
    assert [h.trial for h in found("谁告诉您的", LONG.possible - 0.1)] == ["refuted"]
    again = {"score": 1.0, "again": "谁告诉您的"}  # the second hearing has it
    assert "refuted" not in [h.trial for h in found("谁告诉您的", LONG.apart, **again)]
    assert [h.trial for h in found("谁告诉您的", LONG.apart - 0.1, **again)] == ["refuted"]
    lost = [(A, "我说完行不行")]  # any text takes a word more or less
    assert [(h.is_sure, h.trial) for h in found("让我说完行不行", -100.0, said=lost, first=0, last=5)] == [(False, "")]
    (sure,) = found("谁告诉您的", -100.0, said=[(A, "哦水告诉您的吧")], first=1, last=5)
    assert sure.is_sure and sure.trial == "refuted"  # which counts where the phrase may mean something else


def test_one_syllable_that_does_not_fit_counts_against_the_whole():
    good = Trial("谁告诉您的", 0, Span(0, 500), 0.8, -3.0, -4.0)
    assert fit(good) == -3.0 + WORST * -4.0
    assert fit(replace(good, worst=-9.0)) < LONG.likely < LONG.certain < fit(good)


def test_where_every_syllable_was_read_the_other_ear_counts_whatever_fits_worst():
    trial = Trial("谁告诉您的", 0, Span(0, 500), 0.8, -3.0, FITS - 1, read=LONG.wholly)
    assert fit(trial) == pytest.approx(-3.0 + WORST * (FITS - 1) + LONG.ear * (LONG.wholly - LONG.mostly))
    assert fit(replace(trial, read=LONG.wholly - 0.01)) == -3.0 + WORST * (FITS - 1)


def test_what_already_sounds_like_the_phrase_is_refuted_sooner():
    said = [(C, "你好"), (A, "哦水告诉您的吧")]
    call = conversation(*said, probability=0.9)
    span = Span(call.turns[1].words[1].span.start_ms, call.turns[1].words[5].span.end_ms)
    between = Trial("谁告诉您的", 0, span, 0.9, LONG.likely - 0.1, 0.0, respelled=True)
    for trial, outcome in ((between, "refuted"), (replace(between, ratio=LONG.likely), "")):
        tried = replace(call, trials=(trial,))
        hits = with_trials(SoundSearch(tried).find(["谁告诉您的"]), tried, TurnTexts(tried.turns))["谁告诉您的"]
        assert [h.trial for h in hits] == [outcome]


@pytest.mark.parametrize("bounds", [SHORT, LONG])
def test_bounds_are_in_order(bounds):
    assert bounds.certain > bounds.likely > bounds.possible > bounds.apart


def test_what_the_second_hearing_surely_has_needs_less_of_the_sound():
    again = {"score": 1.0, "again": "谁告诉您的"}
    (hit,) = found("谁告诉您的", LONG.possible, **again)
    assert hit.sure and hit.quote == "谁告诉您的"
    assert [h.sure for h in found("谁告诉您的", LONG.apart, **again)] == [False]
    assert not any(h.score == 1.0 for h in found("谁告诉您的", LONG.apart - 0.1, **again))
    assert [h.sure for h in found("谁告诉您的", LONG.possible, score=0.75, again="水告诉您吧")] == [False]


def test_what_only_the_second_hearing_has_is_never_sure():
    call = conversation((A, "哦对吧"))
    turn = call.turns[0]
    between = Span(turn.words[0].span.start_ms + 10, turn.words[1].span.start_ms)
    trial = Trial("谁告诉您的", turn.speaker, between, 1.0, 0.0, 0.0, "谁告诉您的")
    found = with_trials({}, replace(call, trials=(trial,)), TurnTexts(call.turns))
    (hit,) = found["谁告诉您的"]
    assert (hit.start, hit.end, hit.sure, hit.quote, hit.span) == (1, 1, False, "谁告诉您的", between)


def read(phrase: str, read: float, ratio: float, worst: float, **kept) -> list[RawHit]:
    """What becomes of a phrase that the syllables read off the sound resemble so."""
    call = conversation(*SAID, probability=kept.pop("probability", 0.5))
    turn = call.turns[-1]
    span = Span(turn.words[1].span.start_ms, turn.words[5].span.end_ms)
    again, score, alone = kept.pop("again", "随告素宁的"), kept.pop("score", read), kept.pop("alone", True)
    call = replace(call, trials=(Trial(phrase, turn.speaker, span, score, ratio, worst, again, read, alone),))
    return list(with_trials({}, call, TurnTexts(call.turns)).get(phrase, ()))


def test_what_the_sound_alone_has_is_sure_only_where_every_token_fits():
    ear = LONG.ear * (0.9 - LONG.mostly)
    ratio = LONG.certain - WORST * FITS - ear
    assert [h.sure for h in read("谁告诉您的", 0.9, ratio + 0.1, FITS)] == [True]
    assert [h.sure for h in read("谁告诉您的", 0.8, ratio + 0.1, FITS)] == [False]  # less alike
    assert [h.sure for h in read("谁告诉您的", 0.9, 20.0, FITS - 0.1)] == [False]  # a word that isn't there
    assert not read("谁告诉您的", 0.9, LONG.possible - WORST * (FITS - 0.1) - ear - 0.1, FITS - 0.1)


def test_the_sound_adds_to_what_the_words_resemble_and_takes_away():
    ratio = LONG.possible - WORST * FITS
    words = {"again": "", "score": 0.75, "alone": False}
    assert [h.sure for h in read("谁告诉您的", 0.0, ratio, FITS, **words)] == [False]  # nothing is read at all
    assert [h.sure for h in read("谁告诉您的", 1.0, ratio, FITS, **words)] == [True]
    assert not read("谁告诉您的", LONG.mostly - 0.1, ratio, FITS, **words)


def test_a_negation_that_the_first_hearing_has_is_not_read_away():
    said = [(A, "这个我不能给您处理的")]
    call = conversation(*said, probability=0.5)
    words = call.turns[0].words
    trial = Trial("我能给您处理", 0, words[2].span | words[8].span, 0.95, 5.0, -1.0, "我能给您处理", 0.95, True)
    found = with_trials({}, replace(call, trials=(trial,)), TurnTexts(call.turns))
    assert not any(hit.sure for hit in found.get("我能给您处理", ()))


@pytest.mark.parametrize(
    ("said", "score", "read", "how", "sure"),
    [
        ("没有的话题关心", LONG.wholly, LONG.wholly, "sounding", True),
        ("没有的话题关心", LONG.wholly, LONG.wholly - 0.01, "sounding", False),
        ("还有没有问题没有的话题关心", 0.84, LONG.wholly, "respelled", True),
        ("还有没有问题没有的话题关心", 0.84, LONG.wholly - 0.01, "respelled", False),
    ],
)
def test_where_every_syllable_was_read_a_token_that_fits_badly_makes_nothing_unsure(
    said: str, score: float, read: float, how: str, sure: bool
) -> None:
    phrase = said[: -len("题关心")] + "请挂机"
    call = conversation((C, "喂您好"), (A, said), probability=0.85)
    words = call.turns[-1].words
    fits = {"sounding": (-12.7, -7.35), "respelled": (-14.0, -7.35)}[how]
    ways = {"again": phrase, "sounding": True} if how == "sounding" else {"respelled": True}
    trial = Trial(phrase, 0, words[0].span | words[-1].span, score, *fits, read=read, **ways)
    call = replace(call, trials=(trial,))
    hits = with_trials(SoundSearch(call).find([phrase]), call, TurnTexts(call.turns)).get(phrase, ())
    assert any(hit.is_sure for hit in hits) is sure


def only_read(phrase: str, said: str, probabilities: tuple[float, ...]) -> list[RawHit]:
    call = conversation((C, "喂您好"), (A, said))
    words = tuple(structs.replace(w, probability=p) for w, p in zip(call.turns[-1].words, probabilities, strict=True))
    span = Span(words[0].span.start_ms, words[len(phrase) - 1].span.end_ms)
    trial = Trial(phrase, 0, span, 0.88, -12.0, -5.8, again=said[: len(phrase)], read=0.88, sounding=True)
    turns = (*call.turns[:-1], replace(call.turns[-1], words=words))
    call = replace(call, turns=turns, trials=(trial,))
    return list(with_trials(SoundSearch(call).find([phrase]), call, TurnTexts(call.turns)).get(phrase, ()))


def test_what_only_the_other_ear_names_is_no_surer_than_the_words_there():
    assert fit(Trial("你赶紧", 0, Span(0, 500), 0.88, -12.0, -5.8, read=0.88, sounding=True)) > SHORT.certain
    assert [h.is_sure for h in only_read("你赶紧", "您更倾向", (0.47, 0.5, 0.5, 0.98))] == [True]
    (hit,) = only_read("你赶紧", "您更倾向", (0.47, 0.96, 0.6, 0.98))  # 更 is believed in
    assert (hit.is_sure, hit.look, hit.trial) == (False, "unsure", "possible")
