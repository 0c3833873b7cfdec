"""Recorded announcements are nobody's speech; what people say of keys, numbers and surveys stays theirs."""

from dataclasses import replace

import numpy as np
import pytest

from analyzer.call.types import Layout, Leg, Legs
from analyzer.spans import Span, Timeline
from analyzer.speech.announcements import set_apart, without
from analyzer.speech.types import (
    Announcement,
    Doubt,
    ReadSyllable,
    SoundReading,
    SpeechActivity,
    Transcript,
    Utterance,
    VoiceMap,
    Word,
)

CHAR_MS = 200
LIVE = ("0 您好很高兴为您服务", "1 你好我想查一下话费", "0 好的请稍等", "1 谢谢再见", "0 感谢您的来电再见")


def call(*lines: str, separated: bool = True) -> tuple[VoiceMap, Transcript]:
    """Units of speech: speaker, text, and where given the rest before it in ms (500)."""
    said: list[Utterance] = []
    at = 0
    for line in lines:
        who, text, *rest = line.split(" ")
        at += int(rest[0]) if rest else 500
        words = tuple(
            Word(c, Span(at + i * CHAR_MS, at + (i + 1) * CHAR_MS), 0.9) for i, c in enumerate(text) if c.isalnum()
        )
        said.append(Utterance(int(who), Span(at, at + CHAR_MS * len(text)), text, words))
        at = said[-1].span.end_ms
    activities = tuple(SpeechActivity(i, Timeline(tuple(u.span for u in said if u.speaker == i))) for i in (0, 1))
    return VoiceMap(Layout.STEREO, separated, 1.0, activities), Transcript(tuple(said), (), None)


def heard(*lines: str) -> list[tuple[int, str]]:
    return [(a.speaker, a.text) for a in set_apart(*call(*lines))[2]]


OPENINGS = [
    ("0 业务咨询请按1投诉建议请按2人工服务请按0",),
    ("0 您好欢迎致电齐派送", "0 为了保证服务质量您的通话可能会被录音", "0 业务咨询请按一投诉请按二"),
    ("0 坐席正忙请您耐心等待", "0 座席全忙请稍候 20000"),
    ("0 正在为您转接人工服务", "0 请稍候"),
    ("0 工号1023为您服务",),
    ("0 幺零二三号客服代表为您服务",),
    ("0 业务咨询请按1", "0 工号1023为您服务 9000"),
]


@pytest.mark.parametrize("played", OPENINGS)
def test_what_a_machine_says_before_anybody_talks_is_set_apart(played: tuple[str, ...]) -> None:
    voices, transcript, found = set_apart(*call(*played, *LIVE))
    assert "".join(a.text for a in found) == "".join(line.split(" ")[1] for line in played)
    assert [u.text for u in transcript.utterances] == [line.split(" ")[1] for line in LIVE]
    assert voices.activities[0].speech == Timeline(tuple(u.span for u in transcript.utterances if u.speaker == 0))
    assert voices.activities[0].music == Timeline(tuple(a.span for a in found)), "its sound is the line's"
    assert voices.activities[1].music == Timeline()


@pytest.mark.parametrize(
    "played",
    [
        ("0 请您对本次服务进行评价 2000", "0 非常满意请按1满意请按2不满意请按3"),
        ("0 请对本次通话进行评价满意请按1不满意请按2 900", "0 感谢您的评价再见 6000"),
        ("0 请您评分 900", "0 请按1到5之间的数字键 300"),
    ],
)
def test_a_survey_played_after_leave_was_taken_is_set_apart(played: tuple[str, ...]) -> None:
    found = heard(*LIVE, *played)
    assert "".join(text for _, text in found) == "".join(line.split(" ")[1] for line in played)


def test_a_survey_after_an_agent_who_invites_to_it_leaves_him_his_words() -> None:
    lines = (*LIVE[:3], "1 好的谢谢", "0 不客气稍后请您对我的服务做出评价再见", "1 好", "0 非常满意请按1满意请按2 1500")
    assert heard(*lines) == [(0, "非常满意请按1满意请按2")]


@pytest.mark.parametrize(
    "lines",
    [
        LIVE,
        ("0 您好工号1023为您服务", *LIVE[1:]),  # who says hello first is a person
        ("0 您好", "0 工号1023为您服务", "0 请问有什么可以帮您", *LIVE[1:]),
        ("0 工号1023为您服务", *LIVE[1:]),  # nobody says hello afterwards: perhaps the agent himself
        ("0 您好齐派送客服本次通话会被录音", "0 您好听得到吗 3000", *LIVE[1:]),
        ("0 您好", "1 电话里说要按键是怎么回事", "0 您先按1再按2就可以了", *LIVE[3:]),
        ("0 您好请您稍等按一下确认键", *LIVE[1:]),
        (*LIVE[:3], "1 好的谢谢", "0 请不要挂机稍后对我的服务进行评价非常满意请按1谢谢再见", "1 好的"),
        (*LIVE[:4], "0 感谢您的来电再见请您按1对我的服务评价"),
        (*LIVE[:3], "1 那我怎么评价", "0 您听到提示后按1就是满意 900", "1 好的知道了再见", "0 再见"),
    ],
)
def test_what_people_say_of_keys_numbers_and_surveys_stays_theirs(lines: tuple[str, ...]) -> None:
    assert heard(*lines) == []


def test_a_hello_into_the_queue_does_not_end_it() -> None:
    assert heard("0 坐席正忙请耐心等待", "1 喂", "0 坐席正忙请耐心等待 9000", *LIVE) == [
        (0, "坐席正忙请耐心等待"),
        (0, "坐席正忙请耐心等待"),
    ]


def test_an_exchange_on_the_customers_leg_is_nobody() -> None:
    found = heard("1 您好您拨打的用户正在通话中请稍后再拨", "0 没有接通")
    assert found == [(1, "您好您拨打的用户正在通话中请稍后再拨")]


def test_where_the_other_party_is_never_heard_one_word_of_a_key_is_no_menu() -> None:
    assert heard("0 您好", "0 请您先按1", "0 然后报一下号码") == []
    assert heard("0 咨询请按1投诉请按2", "0 坐席全忙请稍候 9000") != []


def test_one_channel_with_everybody_keeps_its_words() -> None:
    voices, transcript = call(*OPENINGS[0], *LIVE, separated=False)
    assert set_apart(voices, transcript) == (voices, transcript, ())


def test_words_of_an_utterance_that_goes_on_with_the_agents_stay() -> None:
    voices, transcript = call("0 咨询请按1", "0 您好请讲 300", *LIVE[1:])
    first, second, *rest = transcript.utterances
    both = Utterance(0, first.span | second.span, first.text + second.text, first.words + second.words)
    _, said, found = set_apart(voices, Transcript((both, *rest), (), None))
    assert [a.text for a in found] == ["咨询请按1"]
    assert said.utterances[0] == Utterance(0, second.span, second.text, second.words)


def test_doubts_and_syllables_go_with_them() -> None:
    voices, transcript = call(*OPENINGS[0], *LIVE)
    there, later = transcript.utterances[0].span, transcript.utterances[1].span
    doubts = tuple(Doubt("low_probability", 0, span, "", "") for span in (there, later))
    sounds = (SoundReading(0, tuple(ReadSyllable("好", s, 0.9, ()) for s in (there, later))), SoundReading(1, ()))
    _, said, _ = set_apart(voices, Transcript(transcript.utterances, doubts, None, sounds=sounds))
    assert [d.span for d in said.doubts] == [later]
    assert [x.span for x in said.sounds[0].syllables] == [later]


def test_a_call_heard_again_is_without_what_was_set_apart_before() -> None:
    voices, transcript = call(*OPENINGS[0], *LIVE)
    apart, _, found = set_apart(voices, transcript)
    assert without(voices, found) == apart
    assert without(voices, ()) == voices
    assert found == (Announcement(0, transcript.utterances[0].span, transcript.utterances[0].text),)


WAITS = ("0 您好很高兴为您服务", "1 你好我想查一下话费", "0 我帮您查询一下请您稍等片刻")
BACK = ("0 让您久等了查到了 9000", "1 好的谢谢再见")
IN_WAITS = [
    ("0 您的来电正在排队请不要挂机 6000",),
    ("0 感谢您的耐心等待您前面还有三位客户 6000",),
    ("0 我们的客服人员正忙请您稍候 6000", "0 正在为您转接请稍候 9000"),
    ("0 正在为您转接请稍候 6000", "0 当前排队人数较多 9000"),
]


@pytest.mark.parametrize("played", IN_WAITS)
@pytest.mark.parametrize("back", [BACK, ("0 您好技术部为您服务 500", "1 我想查一下话费")])
def test_what_a_machine_says_into_a_wait_is_set_apart(played: tuple[str, ...], back: tuple[str, ...]) -> None:
    found = heard(*WAITS, *played, *back)
    assert [text for _, text in found] == [line.split(" ")[1] for line in played]


@pytest.mark.parametrize(
    "said",
    [
        ("0 请您再稍等一下正在为您查询 6000", "0 请您再稍等一下正在为您查询 9000"),
        ("0 技术部门现在比较忙前面还有三位客户请您耐心等待 6000",),
        ("0 正在为您转接请稍候 6000",),
        ("0 感谢您的耐心等待 6000",),
        ("0 下载客户端下单立减五元 6000", "0 下载客户端下单立减五元 9000"),  # by words alone: it may be the agent
        ("0 我看到您的来电正在排队 6000",),
        ("1 怎么一直打不进来 6000", "0 您的来电正在排队所以会慢", "1 原来是这样子"),  # an answer
    ],
)
def test_what_an_agent_says_into_a_wait_stays_the_agents(said: tuple[str, ...]) -> None:
    assert heard(*WAITS, *said, *BACK) == []


def sounding(alike: bool, music: bool = True, text: str = "下载客户端下单立减五元") -> list[str]:
    """An advertisement said twice in a wait: one recording, or a voice."""
    voices, transcript = call(*WAITS, f"0 {text} 6000", f"0 {text} 9000", *BACK)
    rng = np.random.default_rng(1)
    sound = rng.standard_normal(70 * 8000).astype(np.float32) * 1e-3
    first, again = (u.span for u in transcript.utterances if u.text == text)
    once = rng.standard_normal(first.duration_ms * 8).astype(np.float32) * 0.1
    for span in (first, again):
        other = rng.standard_normal(once.size).astype(np.float32) * 0.1
        sound[span.start_ms * 8 : span.end_ms * 8] += once if alike else other
    legs = Legs(Layout.STEREO, tuple(Leg(i, sound, False) for i in (0, 1)), (), 8000, 70_000, ())
    if music:
        played = Timeline.of([(first.end_ms + 500, again.start_ms - 500)])
        agent, customer = voices.activities
        voices = replace(voices, activities=(replace(agent, music=played), customer))
    return [a.text for a in set_apart(voices, transcript, legs)[2]]


def test_what_sounds_the_same_again_in_a_wait_is_a_recording() -> None:
    assert sounding(alike=True) == ["下载客户端下单立减五元"] * 2
    assert sounding(alike=False) == []
    assert sounding(alike=True, music=False) == [], "nothing says that this is a wait"
    assert sounding(alike=True, music=False, text="请提供一下身份证后四位") == [], "nor does this"


def test_what_is_not_understood_between_hold_music_is_played() -> None:
    voices, transcript = call(*WAITS, "0 ………… 6000", *BACK)
    (said,) = (u.span for u in transcript.utterances if u.text == "…………")
    agent, customer = voices.activities
    for until, found in ((said.end_ms + 6000, [""]), (said.start_ms - 200, [])):
        music = Timeline.of([(said.start_ms - 4000, until)]) - Timeline((said,))
        heard = replace(voices, activities=(replace(agent, music=music), customer))
        assert [a.text for a in set_apart(heard, transcript)[2]] == found


def test_doubts_over_several_announcements_go_with_them() -> None:
    voices, transcript = call(*WAITS, *IN_WAITS[2], *BACK)
    played = [u.span for u in transcript.utterances[3:5]]
    doubts = (Doubt("speech_without_text", 0, played[0] | played[1], "", ""),)
    assert set_apart(voices, Transcript(transcript.utterances, doubts, None))[1].doubts == ()
