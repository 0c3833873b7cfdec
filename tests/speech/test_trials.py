"""Which phrases are tried on the sound, and what the trial says."""

from collections.abc import Iterator, Sequence

import numpy as np

from analyzer.call.types import Layout, Leg, Legs, Role, Samples
from analyzer.spans import Span, Timeline
from analyzer.speech.marks import AGENT, NEARLY
from analyzer.speech.packing import PackingSettings
from analyzer.speech.recognizer import HeardWindow, ScoredToken
from analyzer.speech.syllables import readings as readings_of
from analyzer.speech.trials import TrialSettings, try_phrases, words_of
from analyzer.speech.types import (
    Reading,
    ReadSyllable,
    Recognizer,
    SoundReading,
    Speaker,
    SpeechActivity,
    Trial,
    Utterance,
    VoiceMap,
    Word,
)

RATE = 8000


class Judge:
    """Finds every character of `truth` e times as likely as any other; keeps what it was asked."""

    identity = Recognizer("judge", "0" * 64, "test", "0")

    def __init__(self, truth: str) -> None:
        self.truth, self.asked = truth, []

    def recognize(self, sound: Samples) -> HeardWindow:
        raise AssertionError("a trial transcribes nothing")

    def recognize_many(self, sounds: Sequence[Samples]) -> tuple[HeardWindow, ...]:
        raise AssertionError("a trial transcribes nothing")

    def read(self, sound: Samples) -> tuple[ReadSyllable, ...]:
        return ()

    def score(self, sound: Samples, texts: Sequence[str]) -> tuple[tuple[ScoredToken, ...], ...]:
        self.asked.append((len(sound) // 16, tuple(texts)))
        return tuple(tuple(self.tokens(text)) for text in texts)

    def tokens(self, text: str) -> Iterator[ScoredToken]:
        at = text.find(self.truth)
        for i in range(len(text)):
            yield ScoredToken(i, i + 1, -1.0 if 0 <= at <= i < at + len(self.truth) else -2.0)


def said(text: str, start_ms: int = 1000, probability: float = 0.5, speaker: int = 0) -> Utterance:
    words = tuple(Word(c, Span(start_ms + 200 * i, start_ms + 200 * i + 200), probability) for i, c in enumerate(text))
    return Utterance(speaker, Span(start_ms, start_ms + 200 * len(text)), text, words)


def trials(
    judge: Judge,
    phrases: Sequence[str],
    *utterances: Utterance,
    readings: Sequence[Reading] = (),
    sounds: Sequence[SoundReading] = (),
    settings: TrialSettings | None = None,
) -> tuple[Trial, ...]:
    sound = np.random.default_rng(1).standard_normal(RATE * 30).astype(np.float32) * 0.1
    speakers = sorted({u.speaker for u in utterances})
    legs = Legs(Layout.STEREO, tuple(Leg(s, sound, False) for s in speakers), (), RATE, 30_000, ())
    speech = {s: Timeline(tuple(u.span for u in utterances if u.speaker == s)) for s in speakers}
    voices = VoiceMap(Layout.STEREO, True, 1.0, tuple(SpeechActivity(s, speech[s]) for s in speakers))
    parties = [Speaker(s, s, Role.CUSTOMER if s else Role.AGENT) for s in speakers]
    words = words_of(utterances)
    return try_phrases(legs, voices, words, readings, sounds, parties, judge, tuple(phrases), settings)


def test_a_phrase_takes_the_place_of_the_words_it_resembles():
    judge = Judge("谁告诉您的")
    (trial,) = trials(judge, ["谁告诉您的"], said("那个水老苦您的对吧"))
    ((_, (own, other)),) = judge.asked
    assert (own, other) == ("那个水老苦您的对", "那个谁告诉您的对")  # to one word after it
    assert (trial.phrase, trial.speaker, trial.ratio, trial.worst) == ("谁告诉您的", 0, 5.0, -1.0)
    assert trial.span == Span(1400, 2400)
    assert 0.6 <= trial.score < 0.82


def test_the_syllable_that_fits_worst_is_told():
    (trial,) = trials(Judge("谁告诉"), ["谁告诉您的"], said("那个水老苦您的对吧"))
    assert (trial.ratio, trial.worst) == (3.0, -2.0)


def test_what_the_words_decide_alone_is_not_tried():
    judge = Judge("谁告诉您的")
    assert not trials(judge, ["谁告诉您的"], said("那个谁告诉您的对吧"))  # there
    assert not trials(judge, ["谁告诉您的"], said("今天天气真好啊"))  # not there
    assert not trials(judge, ["谁告诉您的"], said("那个水老苦您的对吧", probability=0.95))  # the recogniser is sure
    assert not trials(judge, ["告的吗"], said("我高的吗"))  # too short to mean anything
    assert not judge.asked


def test_what_the_recogniser_surely_wrote_with_other_characters_is_tried():
    def tried(phrase: str, text: str) -> list[tuple[str, bool]]:
        return [(t.phrase, t.respelled) for t in trials(Judge(""), [phrase], said(text, probability=0.95))]

    assert tried("你太马虎了", "那你太麻糊了吧") == [("你太马虎了", True)]
    assert tried("推出凤凰", "推出奉皇") == [("推出凤凰", True)]
    assert tried("你太马虎了", "那你太马虎了吧") == []
    assert tried("你们怎么停机", "你们怎么停鸡") == []  # one other character leaves a long phrase what it is
    assert tried("我也没办法", "那我没办法吧") == []  # any text takes a word more
    (trial,) = trials(Judge("你太马虎了"), ["你太马虎了"], said("那你太麻糊了吧", probability=0.95))
    assert (trial.span.start_ms, trial.ratio, trial.worst) == (1200, 5.0, -1.0)
    assert tried("你傻啊", "您稍等") == []  # alike, but not surely


def test_what_a_mark_cuts_off_a_phrase_is_tried():
    def tried(text: str) -> list[str]:
        return [t.phrase for t in trials(Judge(""), ["我不想和你讲"], said(text, probability=0.95))]

    assert tried("火不想和你讲") == []  # one other character leaves it what it is
    assert tried("火,不想和你讲") == ["我不想和你讲"]
    assert tried("火不想,和你讲") == []


def test_a_phrase_marked_so_is_tried_only_where_words_sound_nearly_like_it():
    plain = [t.phrase for t in trials(Judge(""), ["谁告诉您的"], said("那个水老苦您的对吧"))]
    nearly = [t.phrase for t in trials(Judge(""), [NEARLY + "谁告诉您的"], said("那个水老苦您的对吧"))]
    assert (plain, nearly) == (["谁告诉您的"], [])
    found = trials(Judge(""), [NEARLY + "死一边去"], said("那是一边去吧"), sounds=[sounds("那是一边去吧")])
    assert [(t.phrase, t.respelled) for t in found] == [("死一边去", True)]
    assert [t.phrase for t in trials(Judge(""), [NEARLY + "住嘴"], said("入住最晚"))] == ["住嘴"]
    words = said("那您看什么时候", probability=0.95)
    assert [t.phrase for t in trials(Judge(""), ["你懂什么", NEARLY + "你懂什么"], words)] == ["你懂什么"]
    assert not trials(Judge(""), ["你懂什么"], words) and not trials(Judge(""), [NEARLY + "你懂什么"], words)


def test_what_only_the_agent_is_asked_about_is_tried_where_the_agent_speaks():
    agent, customer = said("那个水老苦您的对吧"), said("那个水老苦您的对吧", speaker=1)
    assert [t.speaker for t in trials(Judge(""), ["谁告诉您的"], agent, customer)] == [0, 1]
    assert [t.speaker for t in trials(Judge(""), [AGENT + "谁告诉您的"], agent, customer)] == [0]


def test_a_longer_phrase_that_is_there_settles_what_lies_inside_it():
    judge = Judge("")
    words = said("我没跟您说清楚吗")
    assert trials(judge, ["跟您讲清楚"], words)
    assert not trials(judge, ["跟您讲清楚", "我没跟您说清楚吗"], words)


def test_trials_are_few_and_the_most_alike_come_first():
    judge = Judge("")
    phrases = ["谁告诉您的", "水老苦你吗", "水老粗您的", "谁高处您呢"]
    words = [said("那个水老苦您的对吧", start_ms=1000 + 2500 * i) for i in range(8)]
    found = trials(judge, phrases, *words)
    settings = TrialSettings()
    assert all(len(texts) - 1 <= settings.a_window + settings.heard_a_window for _, texts in judge.asked)
    best: dict[int, float] = {}
    for trial in (t for t in found if not t.respelled):
        assert best.setdefault(trial.span.start_ms, trial.score) == trial.score  # as alike as the best there
    assert all(ms <= TrialSettings().packing.window_ms for ms, _ in judge.asked)


def test_phrases_near_each_other_share_their_sound():
    judge = Judge("")
    found = trials(judge, ["谁告诉您的", "搞清楚一点"], said("那个水老苦您的对吧", 1000), said("好红出一点", 3200))
    assert {t.phrase for t in found} == {"谁告诉您的", "搞清楚一点"}
    ((_, texts),) = judge.asked
    assert len(texts) == 3


def test_a_phrase_over_the_edge_of_a_window_is_tried_on_all_its_sound():
    judge = Judge("")
    long = said("一二三四五六七八九" * 3 + "那个水老苦您的对吧" + "一二三四五六七八九" * 3)  # 12 s without a pause
    (trial,) = trials(judge, ["谁告诉您的"], long)
    ((ms, (own, _)),) = judge.asked
    assert own.endswith("水老苦您的对") and ms >= trial.span.duration_ms


def test_no_phrase_goes_on_over_a_long_pause():
    judge = Judge("")
    assert trials(judge, ["谁告诉您的"], said("那个水老", 1000), said("苦您的对吧", 2600))
    assert not trials(judge, ["谁告诉您的"], said("那个水老", 1000), said("苦您的对吧", 8000))


def test_each_speaker_is_tried_on_his_own_leg_and_order_changes_nothing():
    one = (said("那个水老苦您的对吧"), said("你水老苦您的呢", start_ms=9000, speaker=1))
    forward = trials(Judge("谁告诉"), ["谁告诉您的", "我不知道"], *one)
    assert [t.speaker for t in forward] == [0, 1]
    assert forward == trials(Judge("谁告诉"), ["我不知道", "谁告诉您的"], *reversed(one))


def reading(text: str, start_ms: int = 1000) -> Reading:
    again = said(text, start_ms)
    return Reading(0, Timeline((again.span,)), again.words)


def test_a_phrase_of_a_second_hearing_takes_the_place_of_what_the_first_one_made_of_it():
    judge = Judge("谁告诉您的")
    first = said("那个山山坏坏啊对吧")
    assert not trials(judge, ["谁告诉您的"], first)
    (trial,) = trials(judge, ["谁告诉您的"], first, readings=[reading("那个谁告诉您的对吧")])
    ((_, (own, other)),) = judge.asked
    assert (own, other) == ("那个山山坏坏啊对", "那个谁告诉您的对")
    assert (trial.again, trial.score, trial.span) == ("谁告诉您的", 1.0, Span(1400, 2400))


def test_a_phrase_that_only_the_second_hearing_has_is_put_in():
    judge = Judge("谁告诉您的")
    first = Utterance(0, Span(1000, 2800), "", (*said("那个").words, *said("对吧", 2400).words))
    (trial,) = trials(judge, ["谁告诉您的"], first, readings=[reading("那个谁告诉您的对吧")])
    ((_, (own, other)),) = judge.asked
    assert (own, other) == ("那个对", "那个谁告诉您的对")
    assert trial.span == Span(1400, 2400)


def test_a_phrase_that_stands_for_no_words_of_its_window_is_put_in_at_its_end():
    judge = Judge("谁告诉您的")
    unheard, later = Utterance(0, Span(1000, 2600), "", ()), said("那个呢", start_ms=3000)
    again = said("那个呢谁告诉您的", start_ms=1000)
    reading = Reading(0, Timeline((again.span,)), again.words)
    alone = TrialSettings(packing=PackingSettings(window_ms=1_600))
    (trial,) = trials(judge, ["谁告诉您的"], unheard, later, readings=[reading], settings=alone)
    ((_, (own, other)),) = judge.asked
    assert (own, other) == ("", "谁告诉您的")
    assert trial.again == "谁告诉您的"


def test_a_second_hearing_of_what_is_clearly_there_is_not_tried():
    assert not trials(Judge(""), ["谁告诉您的"], said("那个谁告诉您的对吧"), readings=[reading("那个谁告诉您的对吧")])


def test_words_the_recogniser_believed_in_are_not_tried_for_a_second_hearing():
    first = said("那个山山坏坏啊对吧", probability=0.95)
    assert not trials(Judge(""), ["谁告诉您的"], first, readings=[reading("那个谁告诉您的对吧")])


def sounds(text: str, start_ms: int = 1000) -> SoundReading:
    """Syllables read off the sound, as surely as can be."""
    return SoundReading(
        0,
        tuple(
            ReadSyllable(c, Span(start_ms + 200 * i, start_ms + 200 * i + 200), 1.0, ((readings_of(c)[0], 0),))
            for i, c in enumerate(text)
        ),
    )


def test_a_phrase_read_off_the_sound_takes_the_place_of_what_was_recognised_there():
    judge = Judge("谁告诉您的")
    first = said("那个山山坏坏啊对吧")
    (trial,) = trials(judge, ["谁告诉您的"], first, sounds=[sounds("那各随告素宁的队把")])
    ((_, (own, other)),) = judge.asked
    assert (own, other) == ("那个山山坏坏啊对", "那个谁告诉您的对")
    assert (trial.again, trial.span) == ("随告素宁的", Span(1400, 2400))
    assert trial.sounding and trial.read == trial.score > 0.8


def test_what_words_resemble_is_told_how_it_was_read():
    first = said("那个水老苦您的对吧")
    (trial,) = trials(Judge(""), ["谁告诉您的"], first, sounds=[sounds("那个谁告诉您的对吧")])
    assert trial.again == "" and trial.score < 0.82 and trial.read > 0.95
    (trial,) = trials(Judge(""), ["谁告诉您的"], first)
    assert trial.read == 0  # nothing is read off the sound for another model


def test_what_the_sound_resembles_too_little_was_not_said():
    first = said("那个水老苦您的对吧")
    assert not trials(Judge(""), ["谁告诉您的"], first, sounds=[sounds("那个一二三四五对吧")])
    elsewhere = trials(Judge(""), ["谁告诉您的"], first, said("山山坏坏啊", 9000), sounds=[sounds("谁告诉您的", 9000)])
    assert [(t.span.start_ms, t.read > 0.9) for t in elsewhere] == [(9000, True)]


def test_what_the_words_recognised_were_read_as_is_tried_only_where_the_words_alone_might_count():
    for text, tried in (("山老苦您的", 0), ("水老苦您的", 1)):  # the latter is doubted: a trial can refute it
        heard = said(f"那个{text}对吧")
        assert len(trials(Judge(""), ["谁告诉您的"], heard)) == 1  # nobody read anything
        assert len(trials(Judge(""), ["谁告诉您的"], heard, sounds=[sounds(f"那个{text}对吧")])) == tried


def test_another_phrase_that_the_sound_resembles_more_does_not_keep_out_what_the_words_resemble():
    first = said("那个水老苦您的对吧")
    found = trials(Judge(""), ["谁告诉您的", "山告坏您的"], first, sounds=[sounds("那个山告坏您的对吧")])
    assert [(t.phrase, t.read > 0.9) for t in found] == [("山告坏您的", True), ("谁告诉您的", False)]


def test_what_the_words_clearly_are_is_not_tried_for_the_sound_and_keeps_others_out():
    first = said("那个谁告诉您的对吧")
    assert not trials(Judge(""), ["谁告诉您的", "随告素宁的"], first, sounds=[sounds("那个谁告诉您的对吧")])


def test_what_the_sound_resembles_is_not_tried_where_the_recogniser_was_sure_on_the_whole():
    text = "那个山山坏坏啊对吧"
    for sure, tried in ((0.95, 0), (0.75, 1)):
        words = tuple(
            Word(c, Span(1000 + 200 * i, 1200 + 200 * i), 0.6 if i == 2 else sure) for i, c in enumerate(text)
        )
        first = Utterance(0, Span(1000, 2800), text, words)
        found = trials(Judge(""), ["谁告诉您的"], first, sounds=[sounds("那各随高数林的队把")])
        assert len(found) == tried


def test_what_the_other_ear_has_instead_is_tried_however_sure_the_recogniser_is():
    heard = "借借您我去看照片"
    tried = trials(Judge("谢谢您"), ["谢谢您"], said(heard, probability=0.99), sounds=[sounds("谢谢您我去看照片")])
    assert [(t.phrase, t.span, t.sounding, t.read) for t in tried] == [("谢谢您", Span(1000, 1600), True, 1.0)]
    # the words were read as well, or the phrase was not read
    assert not trials(Judge(heard), ["谢谢您"], said(heard, probability=0.99), sounds=[sounds(heard)])
    assert not trials(Judge(heard), ["谢谢您"], said(heard, probability=0.99), sounds=[sounds("这些您我去看照片")])
