import pytest

from analyzer.call.types import CallMetadata, Layout, Role
from analyzer.spans import Span, Timeline
from analyzer.speech.roles import assign_roles
from analyzer.speech.types import SpeechActivity, Transcript, Utterance, VoiceMap, Word

NOTHING = CallMetadata()
A, C, U = Role.AGENT, Role.CUSTOMER, Role.UNKNOWN

GOOD = (
    "A 您好,齐派送客服中心,很高兴为您服务",
    "C 喂你好,我想问一下我的快递怎么还没有到啊",
    "A 请您报一下订单号好吗",
    "C 三三八九零",
    "A 请您稍等,我帮您查询一下",
    "C 好的",
    "A 让您久等了,预计明天下午送到",
    "C 好的谢谢",
    "A 感谢您的来电,再见",
    "C 再见",
)
RUDE = (
    "A 喂,什么事",
    "C 你们怎么回事啊,我的包裹都一个星期了还没收到",
    "A 我怎么知道,那是快递的事",
    "C 我要投诉你们,叫你们经理来",
    "A 你去投诉好了,我已经跟你说过了",
    "C 你这是什么态度",
)
OUTBOUND = (
    "C 喂,你好",
    "A 您好,我是齐派送客服中心的,您昨天反映的问题我们查过了,请问您现在方便吗",
    "C 方便,你说吧",
    "A 非常抱歉给您带来不便,我们会尽快给您回复",
    "C 嗯好的",
)
EMPTY_TALK = ("A 对", "C 嗯", "A 好的", "C 是的", "A 你说", "C 行")


def voices(layout: Layout = Layout.STEREO, separated: bool = True, count: int = 2) -> VoiceMap:
    activities = tuple(SpeechActivity(i, Timeline.of([(0, 1000)])) for i in range(count))
    return VoiceMap(layout, separated, 1.0, activities)


def transcript(lines: tuple[str, ...], agent_on: int = 0) -> Transcript:
    said, at = [], 0
    for line in lines:
        who, text = line.split(" ", 1)
        speaker = agent_on if who == "A" else 1 - agent_on
        words = tuple(Word(c, Span(at + i * 200, at + i * 200 + 200), 0.9) for i, c in enumerate(text))
        said.append(Utterance(speaker, Span(at, at + 200 * len(text)), text, words))
        at += 200 * len(text) + 400
    return Transcript(tuple(said), (), None)


def roles(
    lines: tuple[str, ...], agent_on: int = 0, metadata: CallMetadata = NOTHING, name: str = "齐派送"
) -> list[Role]:
    return [s.role for s in assign_roles(voices(), transcript(lines, agent_on), metadata, name)]


@pytest.mark.parametrize("agent_on", [0, 1])
@pytest.mark.parametrize("lines", [GOOD, RUDE, OUTBOUND], ids=["good", "rude", "outbound"])
def test_roles_follow_the_words_whichever_leg_they_are_on(lines: tuple[str, ...], agent_on: int) -> None:
    found = roles(lines, agent_on)
    assert found[agent_on] is A
    assert found[1 - agent_on] is C


@pytest.mark.parametrize("agent_on", [0, 1])
def test_recognition_errors_do_not_swap_roles(agent_on: int) -> None:
    heard = (
        "A 你好七派送可服中心很高性为您服务",
        "C 为你好我想问一下我的快地怎么还没有倒啊",
        "A 请您报一下定单号好吗",
        "A 请您烧等我帮您查寻一下",
        "C 号的谢谢",
        "A 感写您的来电在见",
    )
    assert roles(heard, agent_on)[agent_on] is A


def test_metadata_comes_first() -> None:
    speakers = assign_roles(voices(), transcript(GOOD), CallMetadata(roles=(C, A)), "齐派送")
    assert [(s.role, s.role_source, s.role_confidence) for s in speakers] == [
        (C, "metadata", 1.0),
        (A, "metadata", 1.0),
    ]


def test_one_named_channel_of_two_names_the_other() -> None:
    assert roles(EMPTY_TALK, metadata=CallMetadata(roles=(U, A))) == [C, A]
    assert roles(EMPTY_TALK, metadata=CallMetadata(roles=(A,))) == [A, C]


def test_nothing_telling_leaves_both_unknown() -> None:
    assert roles(EMPTY_TALK) == [U, U]
    assert roles(()) == [U, U]


def test_two_voices_that_both_talk_like_agents_stay_unknown() -> None:
    both = ("A 您好,客服中心,很高兴为您服务", "C 您好,客服中心,很高兴为您服务", "A 请您稍等", "C 请您稍等")
    assert roles(both) == [U, U]


def test_mixed_voices_get_no_role() -> None:
    mixed = VoiceMap(Layout.MONO, False, 0.0, (SpeechActivity(0, Timeline.of([(0, 1000)])),))
    (speaker,) = assign_roles(mixed, transcript(GOOD), CallMetadata(roles=(A,)), "齐派送")
    assert speaker.role is U and speaker.role_source == "none" and speaker.role_reason


def test_separated_voices_of_a_mono_call_share_its_channel() -> None:
    speakers = assign_roles(voices(Layout.MONO), transcript(GOOD, 1), CallMetadata(roles=(A,)), "齐派送")
    assert [(s.channel, s.role) for s in speakers] == [(0, C), (0, A)]


def test_a_lone_voice_needs_more_evidence() -> None:
    alone = tuple(line for line in GOOD if line.startswith("A"))
    assert roles(alone) == [A, U]
    assert roles(("A 请稍等", "A 您的订单")) == [U, U]


def test_confidence_grows_with_evidence_and_is_told() -> None:
    more = assign_roles(voices(), transcript(GOOD), CallMetadata(), "齐派送")[0]
    less = assign_roles(voices(), transcript(GOOD[2:6]), CallMetadata(), "齐派送")[0]
    assert 0.5 < less.role_confidence <= more.role_confidence < 1
    assert more.role_source == "speech" and "为您服务" in "".join(more.role_cues)


@pytest.mark.parametrize("lines", [GOOD, RUDE, OUTBOUND], ids=["good", "rude", "outbound"])
def test_metadata_that_the_words_contradict_decide_and_are_doubted(lines: tuple[str, ...]) -> None:
    direction = "outbound" if lines is OUTBOUND else None
    mixed_up = CallMetadata(roles=(C, A), direction=direction)
    found = assign_roles(voices(), transcript(lines), mixed_up, "齐派送")
    assert [(s.role, s.role_source, s.role_confidence) for s in found] == [(C, "metadata", 1.0), (A, "metadata", 1.0)]
    assert [s.role_doubt for s in found] == ["words_contradict"] * 2
    assert any(s.role_cues for s in found)


@pytest.mark.parametrize("lines", [GOOD, RUDE, OUTBOUND, EMPTY_TALK], ids=["good", "rude", "outbound", "empty"])
def test_metadata_that_the_words_bear_out_or_leave_open_are_not_doubted(lines: tuple[str, ...]) -> None:
    found = assign_roles(voices(), transcript(lines), CallMetadata(roles=(A, C)), "齐派送")
    assert [(s.role, s.role_doubt, s.role_cues) for s in found] == [(A, "", ()), (C, "", ())]
