"""Every way of ending a call: who went, or that nobody can know."""

from dataclasses import replace

import numpy as np
import pytest
from made_sounds import RATE, call, hiss, turn, voice

from analyzer.call.types import CallMetadata, Layout, Leg, Role
from analyzer.measure.farewell import is_goodbye
from analyzer.measure.hangup import judge_hangup
from analyzer.measure.lastsound import legs_gone_dead, sides_of
from analyzer.measure.types import Hangup, Turn
from analyzer.spans import Span, Timeline
from analyzer.speech.types import Doubt

AGENT, CUSTOMER = 0, 1
TALK_MS, AFTER_MS = 8000, 1000
GOODBYES = (
    turn(500, 3000, "您好请问有什么可以帮您"),
    turn(3500, 5000, "没有了谢谢再见", 1, Role.CUSTOMER, 1),
    turn(5500, 8000, "感谢您的来电再见", 2),
)
NO_GOODBYES = (
    turn(500, 3000, "您好请问有什么可以帮您"),
    turn(3500, 5000, "我想问一下话费", 1, Role.CUSTOMER, 1),
    turn(5500, 8000, "这个问题我们不处理", 2),
)


def legs(turns: tuple[Turn, ...], tail_ms: int, noise_db: float = -62.0) -> list[np.ndarray]:
    """Both legs with line noise and the turns' voices, `tail_ms` beyond the last word."""
    total = TALK_MS + tail_ms
    made = [hiss(total, noise_db, seed) for seed in (1, 2)]
    for t in turns:
        sound = voice(220 if t.speaker == AGENT else 130, t.span.duration_ms, -26)
        made[t.speaker][t.span.start_ms * RATE // 1000 :][: sound.size] += sound
    return made


def tone(on_ms: int, cycles: int, start_ms: int) -> tuple[np.ndarray, Timeline]:
    n = on_ms * RATE // 1000
    beat = np.concatenate([0.15 * np.sin(2 * np.pi * 450 * np.arange(n) / RATE), np.zeros(n)])
    spans = [(start_ms + 2 * on_ms * i, start_ms + 2 * on_ms * i + on_ms) for i in range(cycles)]
    return np.tile(beat, cycles).astype(np.float32), Timeline.of(spans)


def with_tone(turns: tuple[Turn, ...], who: int, on_ms: int = 350, cycles: int = 5, both: bool = False) -> Hangup:
    start = TALK_MS + AFTER_MS
    sound, spans = tone(on_ms, cycles, start)
    made = legs(turns, AFTER_MS + sound.size * 1000 // RATE)
    for leg in (0, 1) if both else (who,):
        made[leg][start * RATE // 1000 :] += sound
    heard = (spans, spans) if both else tuple(spans if i == who else Timeline() for i in (0, 1))
    recorded, voices, conversation = call(*made, turns, heard)
    return judge_hangup(recorded, voices, conversation, CallMetadata())


def with_dead_leg(turns: tuple[Turn, ...], who: int, tail_ms: int, **changes: object) -> Hangup:
    made = legs(turns, AFTER_MS + tail_ms)
    made[who][(TALK_MS + AFTER_MS) * RATE // 1000 :] = 0
    return judged(made, turns, **changes)


def judged(made: list[np.ndarray], turns: tuple[Turn, ...], **changes: object) -> Hangup:
    roles = changes.get("roles", (Role.AGENT, Role.CUSTOMER))
    recorded, voices, conversation = call(*made, turns, roles=roles)
    return judge_hangup(recorded, voices, conversation, changes.get("metadata", CallMetadata()))


@pytest.mark.parametrize(("who", "party"), [(AGENT, "agent"), (CUSTOMER, "customer")])
@pytest.mark.parametrize(("on_ms", "name"), [(350, "busy_tone"), (700, "congestion_tone")])
def test_a_tone_names_the_party_on_whose_leg_it_is(who: int, party: str, on_ms: int, name: str) -> None:
    heard = with_tone(GOODBYES, who, on_ms)
    assert (heard.party, heard.method) == (party, "audio")
    assert heard.evidence[0].name == name
    assert heard.confidence >= 0.8


def test_two_cycles_of_a_tone_are_too_few() -> None:
    assert with_tone(GOODBYES, CUSTOMER, cycles=2).party == "unknown"


def test_a_tone_on_both_legs_names_nobody() -> None:
    assert with_tone(GOODBYES, CUSTOMER, both=True).party == "unknown"


@pytest.mark.parametrize(("who", "party"), [(AGENT, "agent"), (CUSTOMER, "customer")])
def test_the_leg_that_dies_first_names_its_party(who: int, party: str) -> None:
    heard = with_dead_leg(GOODBYES, who, 2500)
    assert (heard.party, heard.method) == (party, "audio")
    assert heard.delay_ms == pytest.approx(AFTER_MS, abs=20)


@pytest.mark.parametrize(("tail_ms", "sure"), [(400, False), (900, False), (1100, True), (4900, True), (9000, False)])
def test_an_agent_who_goes_just_before_the_end_or_waits_muted_is_accused_by_no_rule(tail_ms: int, sure: bool) -> None:
    """Both going at once is parted by what the network takes; and who said goodbye may mute and wait for the other."""
    heard = with_dead_leg(GOODBYES, AGENT, tail_ms)
    assert (heard.party, heard.confidence >= 0.8) == ("agent", sure)


def test_legs_that_stop_together_name_nobody() -> None:
    made = legs(GOODBYES, AFTER_MS + 2000)
    for leg in made:
        leg[(TALK_MS + AFTER_MS) * RATE // 1000 :] = 0
    heard = judged(made, GOODBYES)
    assert (heard.party, heard.confidence, heard.method) == ("unknown", 0.0, "none")


def test_a_leg_that_is_often_digitally_silent_names_nobody() -> None:
    made = legs(GOODBYES, AFTER_MS + 2500)
    made[AGENT][3100 * RATE // 1000 : 5400 * RATE // 1000] = 0  # a gate: silent between words
    made[AGENT][(TALK_MS + AFTER_MS) * RATE // 1000 :] = 0
    assert judged(made, GOODBYES).party == "unknown"


def test_a_recording_without_line_noise_names_nobody() -> None:
    made = [np.where(np.abs(x) > 0.01, x, 0).astype(np.float32) for x in legs(GOODBYES, AFTER_MS + 2500)]
    assert judged(made, GOODBYES).party == "unknown"


def test_an_agent_who_asked_to_wait_is_perhaps_only_muted() -> None:
    turns = (*NO_GOODBYES[:2], turn(5500, 8000, "请您稍等我帮您查一下", 2))
    assert with_dead_leg(turns, AGENT, 3000).party == "unknown"


def test_a_token_after_asking_to_wait_takes_nothing_back() -> None:
    asked = turn(5500, 7000, "请您稍等我帮您查询", 2)
    turns = (*NO_GOODBYES[:2], asked, turn(7100, 7400, "好的", 3, Role.CUSTOMER, 1), turn(7500, 8000, "嗯嗯", 4))
    assert with_dead_leg(turns, AGENT, 3000).party == "unknown"


@pytest.mark.parametrize("said", ["好的我现在为您转接人工", "那我帮您转到宽带专席", "我看一下", "这个我给您核实一下啊"])
def test_an_agent_who_hands_over_or_sets_about_something_has_perhaps_not_hung_up(said: str) -> None:
    assert with_dead_leg((*NO_GOODBYES[:2], turn(5500, 8000, said, 2)), AGENT, 3000).party == "unknown"
    assert with_dead_leg((*NO_GOODBYES[:2], turn(5500, 8000, said + "再见", 2)), AGENT, 3000).party == "agent"


def test_an_agent_silent_for_long_without_a_goodbye_is_perhaps_only_muted() -> None:
    assert with_dead_leg(NO_GOODBYES, AGENT, 3000).party == "agent"
    assert with_dead_leg(NO_GOODBYES, AGENT, 20_000).party == "unknown"


def test_a_customer_who_gives_up_waiting_is_not_the_agent_hanging_up() -> None:
    made = legs(NO_GOODBYES, AFTER_MS + 6000)
    made[AGENT][(TALK_MS + AFTER_MS) * RATE // 1000 :] = 0
    made[CUSTOMER][(TALK_MS + AFTER_MS + 2000) * RATE // 1000 :] = 0
    assert judged(made, NO_GOODBYES).party == "unknown"


def test_order_of_goodbyes_alone_names_nobody() -> None:
    heard = judged(legs(GOODBYES, AFTER_MS), GOODBYES)
    assert heard.party == "unknown"
    assert [e.name for e in heard.evidence] == ["goodbye_order"]
    assert heard.reason == "weak_evidence_alone"
    assert (heard.goodbye_agent_ms, heard.goodbye_customer_ms) == (8000, 5000)


def test_a_hook_click_alone_names_nobody() -> None:
    made = legs(GOODBYES, AFTER_MS + 200)
    at = (TALK_MS + AFTER_MS) * RATE // 1000
    made[AGENT][at : at + 80] += 0.3 * np.random.default_rng(3).standard_normal(80).astype(np.float32)
    heard = judged(made, GOODBYES)
    assert heard.party == "unknown"
    assert "hook_click" in {e.name for e in heard.evidence}


def test_a_word_cut_short_alone_names_nobody() -> None:
    made = [x[: TALK_MS * RATE // 1000] for x in legs(NO_GOODBYES, 0)]
    heard = judged(made, NO_GOODBYES)
    assert heard.party == "unknown"
    assert [(e.name, e.points_to) for e in heard.evidence] == [("cut_off", "customer")]


@pytest.mark.parametrize("rate", [8000, 11025, 22050])
def test_a_leg_goes_dead_when_it_does_at_any_rate(rate: int) -> None:
    turns = (turn(500, 3000, "您好请问有什么可以帮您"), turn(58_000, 60_000, "再见", 1, Role.CUSTOMER, 1))
    made = [hiss(66_000, -62, seed, rate) for seed in (1, 2)]
    made[CUSTOMER][62 * rate :] = 0
    recorded, _, conversation = call(*made, turns, rate=rate)
    (gone,) = legs_gone_dead(sides_of(recorded, conversation), conversation)
    assert gone.points_to == "customer"
    assert abs(gone.span.start_ms - 62_000) <= 10
    assert gone.span.end_ms == 66_000


def test_metadata_decides_against_the_audio() -> None:
    told = CallMetadata(released_by="customer", released_by_field="ReleaseInitiator")
    heard = with_dead_leg(GOODBYES, AGENT, 2500, metadata=told)
    assert (heard.party, heard.method, heard.confidence) == ("customer", "metadata", 1.0)
    assert heard.evidence[0].detail == "ReleaseInitiator = customer"


def test_the_wait_is_measured_to_the_leaving_of_the_party_that_is_named() -> None:
    told = CallMetadata(released_by="agent")
    heard = with_dead_leg(GOODBYES, CUSTOMER, 9000, metadata=told)
    assert (heard.party, heard.delay_ms) == ("agent", AFTER_MS + 9000)  # the customer's line died, the agent stayed
    assert heard.delay_ms == judged(legs(GOODBYES, AFTER_MS + 9000), GOODBYES, metadata=told).delay_ms
    assert with_dead_leg(GOODBYES, AGENT, 9000, metadata=told).delay_ms == pytest.approx(AFTER_MS, abs=20)


def test_a_goodbye_said_after_a_party_went_does_not_shorten_its_wait() -> None:
    turns = (*GOODBYES, turn(15_500, 16_500, "喂再见啊", 3, Role.CUSTOMER, 1))
    made = legs(turns, 10_000)
    made[AGENT][15_000 * RATE // 1000 :] = 0
    heard = judged(made, turns)
    assert (heard.party, heard.delay_ms) == ("agent", pytest.approx(7000, abs=20))


def test_metadata_that_names_nobody_we_know_is_not_taken() -> None:
    heard = with_dead_leg(GOODBYES, AGENT, 2500, metadata=CallMetadata(released_by="BARGED"))
    assert (heard.party, heard.method) == ("agent", "audio")


def test_a_tone_on_one_shared_channel_is_a_hint_that_names_nobody() -> None:
    start = TALK_MS + AFTER_MS
    sound, spans = tone(350, 5, start)
    made = legs(GOODBYES, AFTER_MS + sound.size * 1000 // RATE)
    mixed = made[0] + made[1]
    mixed[start * RATE // 1000 :] += sound
    recorded, voices, conversation = call(*made, GOODBYES)
    one = replace(recorded, layout=Layout.MONO, legs=(Leg(0, mixed, False),))
    heard = judge_hangup(
        one,
        replace(voices, layout=Layout.MONO, activities=tuple(replace(a, tones=spans) for a in voices.activities)),
        replace(conversation, speakers=tuple(replace(s, channel=0) for s in conversation.speakers)),
        CallMetadata(),
    )
    assert (heard.party, heard.reason) == ("unknown", "one_channel")
    assert [(e.name, e.points_to) for e in heard.evidence][:1] == [("busy_tone", "customer")]


def test_evidence_that_disagrees_names_nobody() -> None:
    start = TALK_MS + AFTER_MS
    sound, spans = tone(350, 5, start)
    made = legs(GOODBYES, AFTER_MS + sound.size * 1000 // RATE)
    made[AGENT][start * RATE // 1000 :] = 0
    made[CUSTOMER][start * RATE // 1000 :] += sound
    recorded, voices, conversation = call(*made, GOODBYES, (Timeline(), spans))
    heard = judge_hangup(recorded, voices, conversation, CallMetadata())
    assert (heard.party, heard.reason) == ("unknown", "evidence_disagrees")


def test_without_roles_nobody_is_named() -> None:
    heard = with_dead_leg(GOODBYES, AGENT, 2500, roles=(Role.UNKNOWN, Role.UNKNOWN))
    assert (heard.party, heard.reason) == ("unknown", "no_roles")


def test_a_call_without_speech_is_judged_too() -> None:
    recorded, voices, conversation = call(hiss(3000, -60), hiss(3000, -60, 1))
    heard = judge_hangup(recorded, voices, conversation, CallMetadata())
    assert (heard.party, heard.delay_ms) == ("unknown", None)


# fmt: off
@pytest.mark.parametrize("text", [
    "再见", "好的,拜拜!", "謝謝再見", "那就这样,再见啊", "祝您生活愉快", "好的再见", "下次再见", "再见先生",
    "谢谢再见您慢走", "嗯拜", "好嘞拜啦", "那拜了啊", "拜拜了您嘞", "那就下个礼拜拜拜", "bye bye", "回见",
    "那咱们回头见吧", "再会,往后有事您再打来", "好的白白", "行,摆摆啊", "掰掰谢谢", "感谢您的来电在见",
    "我还没说再见呢,好了再见", "祝您旅途愉快", "祝您一路顺利", "那先这样", "行那就先这样吧谢谢您", "挂了啊",
    "那我挂了", "没事了,我先挂了啊",
])
def test_goodbyes(text: str) -> None:
    assert is_goodbye(text)


@pytest.mark.parametrize("text", [
    "再建一个账户", "我们改天再见面谈", "再见个面", "再见不到人我就投诉", "等会再见分晓", "后来没再见过",
    "还没说再见呢", "您先别再见", "拜托您了", "拜拜托您", "您好", "你上次说下个礼拜", "都一个礼拜了", "下礼拜吧",
    "礼拜天", "下个礼拜拜访您", "我是很崇拜", "去庙里参拜了", "我都白白等了半天", "白白浪费一天",
    "合同写得明明白白", "我是清清白白", "他摆摆手就走了", "摊子白摆了", "我们再会给您回电话", "再会联系您",
    "现在见到的", "现在见", "正在见客户", "在见面之前", "今天是您生日祝您生日快乐", "让您不愉快了",
    "祝先生办理顺利吗", "祝先生让您不愉快了", "您先这样,把卡拔出来", "你们就这样啊", "先这样处理", "又把电话挂了",
    "你们给我挂了", "他先挂了", "别挂了", "说着说着就挂了",
])
def test_not_goodbyes(text: str) -> None:
    assert not is_goodbye(text)
# fmt: on


@pytest.mark.parametrize("said", ["你上次说下个礼拜", "我都白白等了半天", "你们说再会给我打", "我现在见不到他"])
def test_ordinary_words_do_not_make_a_muted_agent_hang_up(said: str) -> None:
    turns = (NO_GOODBYES[0], turn(3500, 5000, said, 1, Role.CUSTOMER, 1), turn(5500, 8000, "这个问题我看一下", 2))
    assert with_dead_leg(turns, AGENT, 20_000).party == "unknown"


def test_a_goodbye_nobody_is_sure_was_said_does_not_make_a_muted_agent_hang_up() -> None:
    turns = (NO_GOODBYES[0], turn(3500, 5000, "谢谢大家再见", 1, Role.CUSTOMER, 1), NO_GOODBYES[2])
    made = legs(turns, AFTER_MS + 20_000)
    made[AGENT][(TALK_MS + AFTER_MS) * RATE // 1000 :] = 0
    recorded, voices, conversation = call(*made, turns)
    doubt = Doubt("stock_line", 1, turns[1].span, turns[1].text, "")
    assert judge_hangup(recorded, voices, replace(conversation, doubts=(doubt,)), CallMetadata()).party == "unknown"


def test_evidence_lies_inside_the_call() -> None:
    heard = with_tone(GOODBYES, CUSTOMER)
    assert all(isinstance(e.span, Span) and e.span.end_ms <= 20_000 for e in heard.evidence)
