"""Turns, overlaps and pauses from hand-written activity: no sound is needed to check who has the floor."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_sounds import hiss, party, voice

from analyzer.call.types import Bleed, CallMetadata, Layout, Leg, Legs, Role
from analyzer.measure.conversation import hear_conversation
from analyzer.measure.hangup import judge_hangup
from analyzer.measure.measures import measure_call
from analyzer.measure.stretches import NEAR_MS, FloorSettings, by_speaker, find_stretches, others_near
from analyzer.measure.talk import measure_talk
from analyzer.measure.types import Conversation, OverlapKind, OverlapOutcome, PauseKind, live_part
from analyzer.spans import Span, Timeline
from analyzer.speech.types import Announcement, Speaker, SpeechActivity, Transcript, Utterance, VoiceMap, Word

RATE = 8000
AGENT, CUSTOMER = Speaker(0, 0, Role.AGENT), Speaker(1, 1, Role.CUSTOMER)


def say(speaker: int, start: int, end: int, text: str, probability: float = 0.9) -> Utterance:
    step = (end - start) / max(1, len(text))
    words = tuple(
        Word(c, Span(round(start + i * step), round(start + (i + 1) * step)), probability) for i, c in enumerate(text)
    )
    return Utterance(speaker, Span(start, end), text, words)


def hear(
    agent: list[tuple[int, int]],
    customer: list[tuple[int, int]],
    said: tuple[Utterance, ...] = (),
    duration: int = 40_000,
    music: list[tuple[int, int]] | None = None,
    samples: list[np.ndarray] | None = None,
    dead: int | None = None,
    played: list[tuple[int, int]] | None = None,
    bleed: tuple[Bleed, ...] = (),
) -> Conversation:
    noise = np.random.default_rng(1).standard_normal((2, duration * RATE // 1000)).astype(np.float32) * 1e-3
    for leg, spans in zip(noise, (music, played), strict=True):
        for start, end in spans or ():
            leg[start * RATE // 1000 : end * RATE // 1000] *= 10  # what is played is louder than the line
    legs = tuple(Leg(i, samples[i] if samples else noise[i], i == dead) for i in range(2))
    voices = VoiceMap(
        Layout.STEREO,
        True,
        1.0,
        (
            SpeechActivity(0, Timeline.of(agent), music=Timeline.of(music or [])),
            SpeechActivity(1, Timeline.of(customer), music=Timeline.of(played or [])),
        ),
    )
    return hear_conversation(
        Legs(Layout.STEREO, legs, bleed, RATE, duration, ()), voices, Transcript(said, (), None), (AGENT, CUSTOMER)
    )


def test_a_pause_inside_a_turn_does_not_split_it() -> None:
    call = hear([(1000, 3000), (3800, 5000)], [(5600, 8000)])
    assert [(t.role, t.span) for t in call.turns] == [
        (Role.AGENT, Span(1000, 5000)),
        (Role.CUSTOMER, Span(5600, 8000)),
    ]
    assert call.turns[0].speech_ms == 3200


def test_a_token_inside_the_other_turn_is_a_backchannel_and_no_turn() -> None:
    call = hear([(1000, 8000)], [(4000, 4500), (9000, 11000)], (say(1, 4000, 4500, "嗯嗯"),))
    assert [t.role for t in call.turns] == [Role.AGENT, Role.CUSTOMER]
    (overlap,) = call.overlaps
    assert (overlap.kind, overlap.outcome, overlap.by) == (OverlapKind.BACKCHANNEL, OverlapOutcome.NONE, 1)
    assert [(b.text, b.span) for b in call.backchannels] == [("嗯嗯", Span(4000, 4500))]


def test_without_words_a_short_token_is_a_backchannel_but_less_sure() -> None:
    call = hear([(1000, 8000)], [(4000, 4500)])
    (overlap,) = call.overlaps
    assert overlap.kind is OverlapKind.BACKCHANNEL
    assert overlap.confidence < 0.9


def test_two_characters_that_ask_for_something_are_no_backchannel() -> None:
    call = hear([(1000, 8000)], [(4000, 4700)], (say(1, 4000, 4700, "取消"),))
    (overlap,) = call.overlaps
    assert (overlap.kind, overlap.outcome) == (OverlapKind.INTERRUPTION, OverlapOutcome.ATTEMPTED)
    assert overlap.chars == 2


def test_an_overlap_lasts_over_pauses_and_is_shared_only_while_both_speak() -> None:
    call = hear([(1850, 2600), (2800, 3400)], [(0, 2000), (2590, 4000)], (say(0, 1850, 3400, "您先听我说完好吗"),))
    (overlap,) = call.overlaps
    assert overlap.span == Span(1850, 3400)
    assert overlap.shared_ms == overlap.together_ms == 150 + 10 + 600


@pytest.mark.parametrize(
    ("words", "probability", "ms", "kind"),
    [
        ("认论了", 0.9, 600, OverlapKind.BACKCHANNEL),
        ("认论了", 0.9, 700, OverlapKind.INTERRUPTION),
        ("请", 1.0, 500, OverlapKind.BACKCHANNEL),
        ("取消", 0.99, 600, OverlapKind.INTERRUPTION),
        ("取消", 0.9, 600, OverlapKind.BACKCHANNEL),
        ("对应", 0.99, 600, OverlapKind.BACKCHANNEL),
    ],
)
def test_a_scrap_under_speech_that_goes_on_is_no_interruption_by_doubtful_words(
    words: str, probability: float, ms: int, kind: OverlapKind
) -> None:
    call = hear([(1000, 8000)], [(4000, 4000 + ms)], (say(1, 4000, 4000 + ms, words, probability),))
    (overlap,) = call.overlaps
    assert (overlap.kind, overlap.text) == (kind, words)
    assert (overlap.confidence < 0.6) == (ms <= 600)


def test_words_nobody_can_say_in_that_time_want_no_floor() -> None:
    (overlap,) = hear([(1000, 8000)], [(4000, 4340)], (say(1, 4000, 4340, "停停停公公公司司司", 1.0),)).overlaps
    assert (overlap.kind, overlap.confidence) == (OverlapKind.BACKCHANNEL, 0.5)


@pytest.mark.parametrize(
    ("text", "probability", "ms", "rests", "kind", "confidence"),
    [
        ("那呢", 0.8, 700, False, OverlapKind.BACKCHANNEL, 0.5),
        ("那呢", 0.8, 700, True, OverlapKind.INTERRUPTION, 0.9),
        ("那呢", 0.8, 1200, False, OverlapKind.INTERRUPTION, 0.9),
        ("不是", 0.99, 700, False, OverlapKind.INTERRUPTION, 0.55),
    ],
)
def test_one_sound_under_speech_that_goes_on_is_a_token_whatever_was_written(
    text: str, probability: float, ms: int, rests: bool, kind: OverlapKind, confidence: float
) -> None:
    samples = [hiss(10_000, -60), hiss(10_000, -60, seed=1)]
    sound = voice(150, ms)
    if rests:
        sound[2400:2900] *= np.float32(0.05)
    samples[1][4000 * RATE // 1000 :][: sound.size] += sound
    said = (say(1, 4000, 4000 + ms, text, probability),)
    (overlap,) = hear([(1000, 8000)], [(4000, 4000 + ms)], said, 10_000, samples=samples).overlaps
    assert (overlap.kind, overlap.confidence, overlap.text) == (kind, confidence, text)


def test_words_of_a_scrap_stay_a_turn_where_they_can_be_found() -> None:
    call = hear([(1000, 8000)], [(4000, 4500)], (say(1, 4000, 4500, "投诉"),))
    assert [o.kind for o in call.overlaps] == [OverlapKind.BACKCHANNEL]
    assert [t.text for t in call.turns] == ["", "投诉"]
    assert call.backchannels == ()


@pytest.mark.parametrize(
    ("agent", "kind"),
    [([(1000, 4400)], OverlapKind.TERMINAL), ([(1000, 3300), (3900, 8000)], OverlapKind.SIMULTANEOUS_START)],
    ids=["the other ends", "the other begins too"],
)
def test_a_scrap_that_nobody_spoke_through_is_judged_like_a_turn(
    agent: list[tuple[int, int]], kind: OverlapKind
) -> None:
    (overlap,) = hear(agent, [(4000, 4500)], (say(1, 4000, 4500, "投诉"),)).overlaps
    assert overlap.kind is kind


@pytest.mark.parametrize(
    ("ms", "probability", "kind"),
    [
        (900, 0.4, OverlapKind.BACKCHANNEL),
        (900, 0.6, OverlapKind.INTERRUPTION),
        (1100, 0.4, OverlapKind.INTERRUPTION),
    ],
)
def test_a_guess_may_be_as_long_as_a_token_without_words(ms: int, probability: float, kind: OverlapKind) -> None:
    (overlap,) = hear([(1000, 8000)], [(4000, 4000 + ms)], (say(1, 4000, 4000 + ms, "这样我", probability),)).overlaps
    assert overlap.kind is kind


@pytest.mark.parametrize(("words", "kind"), [("对对我", OverlapKind.BACKCHANNEL), ("我对你", OverlapKind.INTERRUPTION)])
def test_a_repeated_token_with_a_misheard_syllable_is_one(words: str, kind: OverlapKind) -> None:
    (overlap,) = hear([(1000, 8000)], [(4000, 4700)], (say(1, 4000, 4700, words),)).overlaps
    assert overlap.kind is kind


@pytest.mark.parametrize(("words", "confidence"), [("嗯嗯", 0.9), ("伦伦", 0.6)])
def test_a_token_by_a_guess_is_less_sure_than_one_by_its_words(words: str, confidence: float) -> None:
    (overlap,) = hear([(1000, 8000)], [(4000, 4500)], (say(1, 4000, 4500, words, 0.4),)).overlaps
    assert (overlap.kind, overlap.confidence) == (OverlapKind.BACKCHANNEL, confidence)


def test_a_bare_yes_after_a_question_is_an_answer() -> None:
    said = (say(0, 1000, 3000, "您是本人吗"), say(1, 3100, 3350, "对"), say(0, 3500, 6000, "那我帮您查询"))
    call = hear([(1000, 3000), (3500, 6000)], [(3100, 3350)], said)
    assert Role.CUSTOMER in [t.role for t in call.turns]
    assert call.backchannels == ()


@pytest.mark.parametrize(
    ("agent", "customer", "kind", "outcome", "by"),
    [
        ([(1000, 5000)], [(3500, 8000)], OverlapKind.INTERRUPTION, OverlapOutcome.SUCCESSFUL, 1),
        ([(1000, 9000)], [(3500, 5500)], OverlapKind.INTERRUPTION, OverlapOutcome.ATTEMPTED, 1),
        ([(3500, 8000)], [(1000, 5000)], OverlapKind.INTERRUPTION, OverlapOutcome.SUCCESSFUL, 0),
        ([(1000, 5000)], [(4600, 8000)], OverlapKind.TERMINAL, OverlapOutcome.NONE, 1),
        ([(1000, 5000)], [(1200, 2900)], OverlapKind.SIMULTANEOUS_START, OverlapOutcome.ATTEMPTED, 1),
    ],
)
def test_kinds_of_overlap(
    agent: list[tuple[int, int]],
    customer: list[tuple[int, int]],
    kind: OverlapKind,
    outcome: OverlapOutcome,
    by: int,
) -> None:
    (overlap,) = hear(agent, customer).overlaps
    assert (overlap.kind, overlap.outcome, overlap.by) == (kind, outcome, by)


@pytest.mark.parametrize(("from_ms", "sure"), [(4600, False), (3200, True)])
def test_a_sound_under_the_others_words_is_no_sure_interruption_by_what_is_said_after_them(
    from_ms: int, sure: bool
) -> None:
    """A laugh, and the answer soon after it: one stretch."""
    said = (say(0, from_ms, 7000, "感谢您的来电再见"),)
    (overlap,) = hear([(3000, 4200), (4600, 7000)], [(1000, 4100)], said).overlaps
    assert (overlap.kind, overlap.by) == (OverlapKind.INTERRUPTION, 0)
    assert (overlap.confidence >= 0.6) == sure


@pytest.mark.parametrize(("television", "sure"), [(True, False), (False, True)])
def test_where_both_are_heard_at_once_a_third_of_their_time_nobody_surely_came_in(television: bool, sure: bool) -> None:
    """A television in the customer's room as loud as the customer: all that the agent says would come in on it."""
    agent = [(at + 1000, at + 5000) for at in range(0, 40_000, 8000)]
    customer = [(0, 39_000)] if television else [(0, 3500), *((at + 5500, at + 8500) for at in range(0, 32_000, 8000))]
    said = tuple(say(0, a, b, "这个套餐每个月五十八块钱") for a, b in agent)
    call = hear(agent, customer, said)
    came_in = [o for o in call.overlaps if o.by == 0]
    assert came_in and all((o.confidence >= 0.6) == sure for o in came_in)
    silent = [replace(party(np.zeros(8), Timeline.of(s)), speaker=w) for w, s in ((AGENT, agent), (CUSTOMER, customer))]
    made = {m.name: m for m in measure_talk(call, silent) if m.role is Role.AGENT}
    assert made["interruptions"].doubt == made["interruption_longest"].doubt == (None if sure else "always_at_once")


@pytest.mark.parametrize(("late_ms", "changes", "sure"), [(1200, 5, False), (1200, 3, True), (0, 5, True)])
def test_where_one_leg_is_late_nobody_surely_came_in(late_ms: int, changes: int, sure: bool) -> None:
    """A recorder that leaves out the silence before a leg's first packet: each answer seems to come in."""
    agent = [(at, at + 3000) for at in range(1000, 1000 + 8000 * changes, 8000)]
    customer = [(a + 3400 + late_ms, a + 7600 + late_ms) for a, _ in agent]
    agent += [(agent[-1][1] + 5000, agent[-1][1] + 8000)]
    if not late_ms:  # one who does come in, and is answered as fast as people answer
        agent = [(a - 1200 if i else a, b) for i, (a, b) in enumerate(agent)]
    said = tuple(say(0, a, b, "这个套餐每个月五十八块钱") for a, b in agent)
    call = hear(agent, customer, said, duration=60_000)
    came_in = [o for o in call.overlaps if o.by == 0 and o.kind is OverlapKind.INTERRUPTION]
    assert len(came_in) >= changes - 1 and all((o.confidence >= 0.6) == sure for o in came_in)
    silent = [replace(party(np.zeros(8), Timeline.of(s)), speaker=w) for w, s in ((AGENT, agent), (CUSTOMER, customer))]
    made = {(m.name, m.role): m.doubt for m in measure_talk(call, silent)}
    doubt = None if sure else "legs_shifted"
    assert made["interruptions", Role.AGENT] == made["response_delay", Role.CUSTOMER] == doubt


def test_overlaps_under_300_ms_are_no_events() -> None:
    assert hear([(1000, 5000)], [(4750, 8000)]).overlaps == ()


def test_an_attempt_does_not_split_the_turn_it_failed_to_stop() -> None:
    call = hear([(1000, 9000)], [(3500, 5500)])
    assert [(t.speaker, t.span) for t in call.turns] == [(0, Span(1000, 9000)), (1, Span(3500, 5500))]


def test_silences() -> None:
    said = (say(0, 12000, 14000, "请您稍等一下"),)
    call = hear([(1000, 3000), (12000, 14000), (24000, 26000)], [(3500, 8000), (27000, 30000)], said)
    assert [(p.kind, p.span) for p in call.pauses] == [
        (PauseKind.OPENING, Span(0, 1000)),
        (PauseKind.RESPONSE, Span(3000, 3500)),
        (PauseKind.DEAD_AIR, Span(8000, 12000)),
        (PauseKind.HOLD, Span(14000, 24000)),
        (PauseKind.RESPONSE, Span(26000, 27000)),
        (PauseKind.CLOSING, Span(30000, 40000)),
    ]


def test_sound_without_words_takes_back_no_request_to_wait() -> None:
    """The agent clears his throat or mumbles while he looks something up."""
    said = (say(0, 1000, 3000, "请您稍等一下"),)
    call = hear([(1000, 3000), (9000, 10200), (18_000, 20_000)], [(21_000, 22_000)], said)
    assert [p.span for p in call.pauses if p.kind is PauseKind.HOLD] == [Span(3000, 9000), Span(10_200, 18_000)]
    spoke = (*said, say(0, 9000, 10_200, "这个套餐是三十八"))
    call = hear([(1000, 3000), (9000, 10200), (18_000, 20_000)], [(21_000, 22_000)], spoke)
    assert [p.span for p in call.pauses if p.kind is PauseKind.HOLD] == [Span(3000, 9000)]


def test_music_makes_a_hold() -> None:
    call = hear([(1000, 3000), (14000, 16000)], [(17000, 18000)], music=[(3500, 13500)])
    hold = next(p for p in call.pauses if p.kind is PauseKind.HOLD)
    assert (hold.span, hold.music) == (Span(3000, 14000), True)


def test_a_hold_before_the_agent_comes_is_a_queue() -> None:
    def kinds(agent: list[tuple[int, int]], said: tuple[Utterance, ...], music: list[tuple[int, int]]) -> list[str]:
        call = hear(agent, [(1000, 2000)], said, music=music)
        return [p.kind for p in call.pauses if p.is_wait]

    played = [(3500, 13_500)]
    assert kinds([(14_000, 16_000)], (), played) == ["queue"]
    assert kinds([(14_000, 16_000), (30_000, 31_000)], (), [*played, (17_000, 29_000)]) == ["queue", "hold"]
    assert kinds([(14_000, 16_000)], (say(0, 14_000, 16_000, "您好，请讲"),), played) == ["queue"]
    assert kinds([(500, 900), (14_000, 16_000)], (say(0, 500, 900, "您好"),), played) == ["hold"]


def test_a_queue_is_in_no_measure_of_holds() -> None:
    call = hear([(14_000, 16_000), (30_000, 31_000)], [(1000, 2000)], music=[(3500, 13_500), (17_000, 29_000)])
    spoke = ((AGENT, [(14_000, 16_000), (30_000, 31_000)]), (CUSTOMER, [(1000, 2000)]))
    silent = [replace(party(np.zeros(8), Timeline.of(s)), speaker=w) for w, s in spoke]
    found = {m.name: m.value for m in measure_talk(call, silent)}
    assert (found["hold_count"], found["hold_longest"]) == (1, 14_000)


def test_where_the_customers_leg_is_lost_the_agent_keeps_nobody_waiting() -> None:
    """Digitally silent while the agent talks on: the customer may be answering, and is not recorded."""
    agent, customer = [(1000, 3000), (7000, 9000), (20_000, 22_000), (34_000, 35_000)], [(3500, 6000)]
    noise = np.random.default_rng(1).standard_normal((2, 40_000 * RATE // 1000)).astype(np.float32) * 1e-2
    noise[1, 6500 * RATE // 1000 :] = 0
    pauses = hear(agent, customer, samples=list(noise)).pauses
    assert [p.kind for p in pauses if p.kind in (PauseKind.HOLD, PauseKind.DEAD_AIR)] == []
    asked = (say(0, 7000, 9000, "请您稍等一下"), say(0, 20_000, 22_000, "让您久等了"))
    pauses = hear(agent, customer, asked, samples=list(noise)).pauses
    assert [p.span for p in pauses if p.kind is PauseKind.HOLD] == [Span(9000, 20_000)]
    noise[1, 10_000 * RATE // 1000 :] = noise[0, 10_000 * RATE // 1000 :]
    pauses = hear(agent, customer, samples=list(noise)).pauses
    assert [p.kind for p in pauses[:-1] if p.span.duration_ms > 5000] == [PauseKind.DEAD_AIR] * 2


@pytest.mark.parametrize(("said_ms", "held"), [(2000, 2), (6000, 0)])
def test_an_agents_leg_that_is_dead_while_the_customer_talks_on_and_on_is_lost(said_ms: int, held: int) -> None:
    """A few words are said into a hold; who says much has somebody to talk to."""
    customer = [(500, 2500), (14_000, 14_000 + said_ms), (32_000, 32_000 + said_ms)]
    noise = np.random.default_rng(1).standard_normal((2, 40_000 * RATE // 1000)).astype(np.float32) * 1e-2
    noise[0, 6500 * RATE // 1000 :] = 0
    pauses = hear([(3000, 6000)], customer, samples=list(noise)).pauses
    assert [p.kind for p in pauses if p.kind in (PauseKind.HOLD, PauseKind.DEAD_AIR)] == [PauseKind.HOLD] * held


def test_music_on_the_customers_leg_is_no_hold_of_the_agents_unless_he_asked_to_wait() -> None:
    """Another call came in, and the customer's network plays it: nobody keeps the customer waiting."""
    agent, customer, played = [(1000, 3000), (34_000, 35_000)], [(3500, 6000), (36_000, 37_000)], [(6500, 33_500)]
    assert [p.kind for p in hear(agent, customer, played=played).pauses if p.span.start_ms == 6000] == []
    asked = (say(0, 1000, 3000, "请您稍等一下"), say(1, 3500, 6000, "好的好的"))
    (hold,) = (p for p in hear(agent, customer, asked, played=played).pauses if p.span.start_ms == 6000)
    assert (hold.kind, hold.music) == (PauseKind.HOLD, True)
    (hold,) = (p for p in hear(agent, customer, music=played, played=played).pauses if p.span.start_ms == 6000)
    assert (hold.kind, hold.music) == (PauseKind.HOLD, True)


def test_the_request_to_wait_is_before_the_hold_though_the_music_begins_under_it() -> None:
    agent, customer, music = [(1000, 3000), (8500, 10_300), (30_000, 32_000)], [(3500, 8000)], [(8100, 29_500)]
    held = hear(agent, customer, (say(0, 8500, 10_300, "请稍等我查一下"),), music=music).pauses
    assert [p.span for p in held if p.kind is PauseKind.HOLD] == [Span(10_300, 30_000)]
    customer.append((15_000, 15_800))
    held = hear(agent, customer, (say(0, 8500, 10_300, "请稍等我查一下"),), music=music).pauses
    assert [p.span for p in held if p.kind is PauseKind.HOLD] == [Span(10_300, 30_000)]


def test_a_silence_is_no_dead_air_where_the_other_leg_holds_no_sound_at_all() -> None:
    """Who was there may have spoken, and was not recorded."""
    agent = [(1000, 3000), (18_000, 20_000)]
    assert [p.kind for p in hear(agent, []).pauses][1:-1] == [PauseKind.DEAD_AIR]
    assert [p.kind for p in hear(agent, [], dead=1).pauses][1:-1] == []
    asked = (say(0, 1000, 3000, "请稍等"),)
    assert [p.kind for p in hear(agent, [], asked, dead=1).pauses][1:-1] == [PauseKind.HOLD]


@pytest.mark.parametrize(
    ("said", "answers", "longest_ms"),
    [("我的话费怎么多了", 2, 5000), ("好的好的", 1, 600), ("您稍等一下", 1, 600), ("我看一下啊", 1, 600), ("", 1, 600)],
)
def test_an_answer_later_than_3_s_is_one_unless_none_was_due(said: str, answers: int, longest_ms: int) -> None:
    """Who says a token or asks to wait waits for no answer."""
    agent, customer = [(1000, 3000), (11_000, 13_000), (16_000, 18_000)], [(3500, 6000), (13_400, 15_400)]
    call = hear(agent, customer, (say(1, 3500, 6000, said),) if said else ())
    silent = [replace(party(np.zeros(8), Timeline.of(s)), speaker=w) for w, s in ((AGENT, agent), (CUSTOMER, customer))]
    made = {m.name: m for m in measure_talk(call, silent) if m.role is not Role.CUSTOMER}
    assert made["response_delay"].components["answers"] == answers
    assert made["response_delay_longest"].value == longest_ms
    assert made["dead_air_total"].value == 5000


def test_a_leg_gone_dead_makes_a_hold_unless_it_is_always_dead_between_words() -> None:
    noise = np.random.default_rng(1).standard_normal((2, 40 * RATE)).astype(np.float32) * 1e-3
    gone = noise.copy()
    gone[0, 4 * RATE : 13 * RATE] = 0
    agent, customer = [(1000, 3000), (14000, 16000)], [(17000, 18000)]
    kinds = [p.kind for p in hear(agent, customer, samples=list(gone)).pauses]
    assert PauseKind.HOLD in kinds
    always = noise.copy()
    always[0] = 0
    kinds = [p.kind for p in hear(agent, customer, samples=list(always)).pauses]
    assert PauseKind.HOLD not in kinds


@pytest.mark.parametrize("rate", [8000, 11025])
def test_a_leg_gone_dead_for_a_short_while_makes_a_hold_late_in_a_call_at_any_rate(rate: int) -> None:
    talk = [(i * 4000, i * 4000 + 2000) for i in range(112)]
    agent, ms = [*talk, (450_000, 452_000)], 460_000
    noise = np.random.default_rng(1).standard_normal((2, ms // 1000 * rate)).astype(np.float32) * 1e-3
    noise[0, 447_500 * rate // 1000 : 449_900 * rate // 1000] = 0
    legs = Legs(Layout.STEREO, tuple(Leg(i, noise[i], False) for i in range(2)), (), rate, ms, ())
    voices = VoiceMap(
        Layout.STEREO, True, 1.0, (SpeechActivity(0, Timeline.of(agent)), SpeechActivity(1, Timeline.of([])))
    )
    call = hear_conversation(legs, voices, Transcript((), (), None), (AGENT, CUSTOMER))
    assert (PauseKind.HOLD, Span(446_000, 450_000)) in [(p.kind, p.span) for p in call.pauses]


def shared(lines: np.ndarray, speech: list[tuple[int, int]]) -> list[tuple[PauseKind, Span]]:
    """Silences of 3 s and more between words, on one channel that two lines share."""
    mixed = lines.sum(axis=0)
    voices = VoiceMap(Layout.MONO, False, 0.0, (SpeechActivity(0, Timeline.of(speech)),))
    ms = mixed.size * 1000 // RATE
    legs = Legs(Layout.MONO, (Leg(0, mixed, False),), (), RATE, ms, ())
    call = hear_conversation(legs, voices, Transcript((), (), None), (Speaker(0, 0),))
    return [(p.kind, p.span) for p in call.pauses if p.kind in (PauseKind.HOLD, PauseKind.DEAD_AIR)]


def test_one_of_two_lines_gone_from_a_shared_channel_makes_a_hold() -> None:
    lines = np.random.default_rng(1).standard_normal((2, 40 * RATE)).astype(np.float32) * 1e-3
    speech = [(1000, 3000), (3600, 6000), (12000, 15000), (15700, 18000), (26000, 29000), (29800, 32000)]
    before, after = Span(6000, 12000), Span(18000, 26000)
    assert shared(lines, speech) == [(PauseKind.DEAD_AIR, before), (PauseKind.DEAD_AIR, after)]
    gone = lines.copy()
    gone[0, round(18.3 * RATE) : round(25.7 * RATE)] = 0
    assert shared(gone, speech) == [(PauseKind.DEAD_AIR, before), (PauseKind.HOLD, after)]
    gone[0, round(6.3 * RATE) : round(11.7 * RATE)] = 0  # one hold is not measured by another
    assert shared(gone, speech) == [(PauseKind.HOLD, before), (PauseKind.HOLD, after)]


def test_noise_that_comes_and_goes_makes_no_hold_of_a_quiet_silence() -> None:
    rng = np.random.default_rng(1)
    loud = np.repeat(10 ** (rng.uniform(-4, 4, 40) / 20), RATE).astype(np.float32)
    lines = rng.standard_normal((2, 40 * RATE)).astype(np.float32) * 1e-3 * loud
    lines[:, 18 * RATE : 26 * RATE] *= 0.7
    speech = [(1000, 3000), (3600, 6000), (12000, 15000), (15700, 18000), (26000, 29000), (29800, 32000)]
    assert all(kind is PauseKind.DEAD_AIR for kind, _ in shared(lines, speech))


def test_one_channel_with_everybody_has_turns_and_silences_but_no_overlaps() -> None:
    x = np.random.default_rng(1).standard_normal(20 * RATE).astype(np.float32) * 1e-3
    voices = VoiceMap(
        Layout.MONO, False, 0.0, (SpeechActivity(0, Timeline.of([(1000, 3000), (3700, 5000), (9000, 12000)])),)
    )
    call = hear_conversation(
        Legs(Layout.MONO, (Leg(0, x, False),), (), RATE, 20_000, ()),
        voices,
        Transcript((), (), None),
        (Speaker(0, 0),),
    )
    assert len(call.turns) == 3
    assert call.overlaps == ()
    assert [p.kind for p in call.pauses] == [PauseKind.OPENING, PauseKind.DEAD_AIR, PauseKind.CLOSING]


def test_nobody_speaks() -> None:
    call = hear([], [])
    assert (call.turns, call.overlaps, call.pauses) == ((), (), ())


def test_a_token_and_the_turn_its_speaker_starts_soon_after_are_two() -> None:
    said = (say(1, 4000, 4400, "嗯"), say(1, 4700, 8000, "我想问一下别的事情"))
    call = hear([(1000, 5000)], [(4000, 4400), (4700, 8000)], said)
    assert [b.span for b in call.backchannels] == [Span(4000, 4400)]
    assert [o.kind for o in call.overlaps] == [OverlapKind.BACKCHANNEL, OverlapKind.TERMINAL]


@pytest.mark.parametrize(
    ("first", "probability", "kinds"),
    [
        ("认了", 0.4, [OverlapKind.BACKCHANNEL, OverlapKind.TERMINAL]),
        ("南阳", 0.99, [OverlapKind.BACKCHANNEL, OverlapKind.TERMINAL]),
        ("不是", 0.99, [OverlapKind.INTERRUPTION]),
    ],
)
def test_a_scrap_and_the_turn_its_speaker_starts_soon_after_are_two_unless_it_wants_the_floor(
    first: str, probability: float, kinds: list[OverlapKind]
) -> None:
    said = (say(1, 4000, 4400, first, probability), say(1, 4700, 8000, "我想问一下别的事情"))
    call = hear([(1000, 5000)], [(4000, 4400), (4700, 8000)], said)
    assert [o.kind for o in call.overlaps] == kinds


@pytest.mark.parametrize(
    ("first", "probability", "kind"),
    [
        ("他跟", 0.9, OverlapKind.BACKCHANNEL),
        ("", 0.0, OverlapKind.BACKCHANNEL),
        ("等等", 0.99, OverlapKind.INTERRUPTION),
    ],
)
def test_a_scrap_the_other_ends_after_is_parted_from_its_speakers_turn(
    first: str, probability: float, kind: OverlapKind
) -> None:
    said = (say(1, 4000, 4420, first, probability), say(1, 4960, 8000, "我想问一下别的事情"))
    (overlap,) = hear([(1000, 4620)], [(4000, 4420), (4960, 8000)], said).overlaps
    assert (overlap.kind, overlap.span) == (kind, Span(4000, 4420))


def voices_from(customer: list[tuple[int, int]], noise: float) -> list[np.ndarray]:
    """Two legs of hiss, a buzz on the second in some times."""
    at = np.arange(12 * RATE) / RATE
    hiss = np.random.default_rng(1).standard_normal((2, at.size)) * noise
    for start, end in customer:
        hiss[1] += 0.1 * np.sin(2 * np.pi * 150 * at) * ((at * 1000 >= start) & (at * 1000 < end))
    return list(hiss.astype(np.float32))


@pytest.mark.parametrize(
    ("probability", "rest_ms", "noise", "kind"),
    [
        (0.6, 100, 1e-4, OverlapKind.TERMINAL),
        (0.6, 60, 1e-4, OverlapKind.INTERRUPTION),
        (0.6, 100, 4e-3, OverlapKind.INTERRUPTION),
        (0.6, 150, 4e-3, OverlapKind.TERMINAL),
        (0.6, 150, 4e-2, OverlapKind.INTERRUPTION),
        (0.9, 100, 1e-4, OverlapKind.INTERRUPTION),
    ],
    ids=["a rest", "a stop consonant", "short for noise", "long enough for noise", "too noisy", "words are sure"],
)
def test_doubtful_words_before_a_rest_may_be_a_token_ahead_of_a_turn(
    probability: float, rest_ms: int, noise: float, kind: OverlapKind
) -> None:
    turn = 4620 + rest_ms
    said = (say(1, 4200, 4620, "姬马", probability), say(1, turn, 8000, "想问一下别的事情可以吗"))
    legs = voices_from([(4200, 4620), (turn, 8000)], noise)
    (overlap,) = hear([(1000, 5000)], [(4200, 8000)], said, duration=12_000, samples=legs).overlaps
    assert (overlap.kind, overlap.span) == (kind, Span(4200, 5000))


def test_words_without_times_are_not_parted_at_a_rest() -> None:
    said = (Utterance(1, Span(4200, 8000), "我想问一下别的事情", ()),)
    legs = voices_from([(4200, 4620), (4720, 8000)], 1e-4)
    (overlap,) = hear([(1000, 5000)], [(4200, 8000)], said, duration=12_000, samples=legs).overlaps
    assert overlap.kind is OverlapKind.INTERRUPTION


@pytest.mark.parametrize(("first", "kind"), [("嗯嗯", OverlapKind.TERMINAL), ("我要", OverlapKind.INTERRUPTION)])
def test_a_token_that_runs_into_its_speakers_turn_does_not_make_it_an_interruption(
    first: str, kind: OverlapKind
) -> None:
    said = (say(1, 4200, 4700, first), say(1, 4700, 8000, "想问一下别的事情可以吗"))
    (overlap,) = hear([(1000, 5000)], [(4200, 8000)], said).overlaps
    assert (overlap.kind, overlap.span) == (kind, Span(4200, 5000))


def fading(end_ms: int, fade_ms: int) -> np.ndarray:
    """A voice-like buzz that ends at `end_ms`, over a second leg of hiss."""
    at = np.arange(12 * RATE) / RATE
    voice = 0.1 * sum(np.sin(2 * np.pi * 150 * k * at) / k for k in range(1, 12))
    gain = np.clip((end_ms / 1000 - at) / (fade_ms / 1000), 0, 1) ** 2
    hiss = np.random.default_rng(1).standard_normal((2, at.size)) * 1e-4
    hiss[0] += voice * gain * (at > 1)
    return hiss.astype(np.float32)


@pytest.mark.parametrize(
    ("fade_ms", "kind"), [(5, OverlapKind.INTERRUPTION), (200, OverlapKind.TERMINAL)], ids=["cut", "faded"]
)
def test_who_breaks_off_was_interrupted_who_fades_had_finished(fade_ms: int, kind: OverlapKind) -> None:
    call = hear([(1000, 5000)], [(4600, 8000)], duration=12_000, samples=list(fading(5000, fade_ms)))
    (overlap,) = call.overlaps
    assert overlap.kind is kind
    assert (overlap.outcome is OverlapOutcome.SUCCESSFUL) == (kind is OverlapKind.INTERRUPTION)


def test_who_breaks_off_by_sound_alone_is_for_a_human_to_decide() -> None:
    voice = list(fading(5000, 5))
    (by_sound,) = hear([(1000, 5000)], [(4600, 8000)], duration=12_000, samples=voice).overlaps
    said = (say(0, 1000, 5000, "我昨天打过电话是因为"), say(1, 4600, 8000, "您先听我说完好不好"))
    (by_words_too,) = hear([(1000, 5000)], [(4600, 8000)], said, duration=12_000, samples=voice).overlaps
    assert by_sound.kind is by_words_too.kind is OverlapKind.INTERRUPTION
    assert by_sound.confidence < 0.6 <= by_words_too.confidence


def test_a_fading_voice_whose_words_stay_open_was_interrupted() -> None:
    said = (say(0, 1000, 5000, "我昨天打过电话是因为"), say(1, 4600, 8000, "您先听我说完好不好"))
    (overlap,) = hear([(1000, 5000)], [(4600, 8000)], said, duration=12_000, samples=list(fading(5000, 200))).overlaps
    assert overlap.kind is OverlapKind.INTERRUPTION


def test_who_fades_had_finished_though_the_others_copy_sounds_on() -> None:
    samples = fading(5000, 200)
    samples[1, 4600 * RATE // 1000 : 8000 * RATE // 1000] = voice([150, 210, 160, 240], 3400, -14)
    samples[0] += 0.1 * samples[1]
    bleed = (Bleed(1, 0, -20.0, 0),)
    (overlap,) = hear([(1000, 5000)], [(4600, 8000)], duration=12_000, samples=list(samples), bleed=bleed).overlaps
    assert overlap.kind is OverlapKind.TERMINAL


def test_in_noise_nobody_is_heard_to_break_off() -> None:
    voice = fading(5000, 5)
    voice += np.random.default_rng(5).standard_normal(voice.shape).astype(np.float32) * 0.2
    (overlap,) = hear([(1000, 5000)], [(4600, 8000)], duration=12_000, samples=list(voice)).overlaps
    assert overlap.kind is OverlapKind.TERMINAL


def test_words_spoken_into_hold_music_do_not_end_the_hold() -> None:
    call = hear([(1000, 3000), (20_000, 22_000)], [(9000, 9600), (23_000, 24_000)], music=[(3500, 19_500)])
    (hold,) = [p for p in call.pauses if p.kind is PauseKind.HOLD]
    assert hold.span == Span(3000, 20_000)


@pytest.mark.parametrize(
    ("customer", "hold"),
    [
        ([(3200, 4000), (23_000, 24_000)], Span(4000, 20_000)),
        ([(19_000, 19_700), (23_000, 24_000)], Span(3000, 19_000)),
    ],
)
def test_words_that_begin_before_the_music_or_outlast_it_are_no_part_of_the_hold(
    customer: list[tuple[int, int]], hold: Span
) -> None:
    agent = [(1000, 3000), (20_000, 22_000), (25_000, 43_000)]
    call = hear(agent, [*customer, (44_000, 45_000)], duration=60_000, music=[(3300, 19_600)])
    assert [p.span for p in call.pauses if p.kind is PauseKind.HOLD] == [hold]


def test_a_rest_in_a_sentence_is_no_part_of_the_hold_behind_it_though_a_radio_plays() -> None:
    agent, customer = [(1000, 3000), (20_000, 22_000), (23_500, 43_000)], [(3300, 5000), (5350, 6300), (44_000, 45_000)]
    call = hear(agent, customer, duration=60_000, music=[(5000, 19_600)])
    assert [p.span for p in call.pauses if p.kind is PauseKind.HOLD] == [Span(6300, 20_000)]


def test_a_long_silence_before_the_agent_comes_back_is_a_hold() -> None:
    said = (say(0, 15_000, 17_000, "您好让您久等了"),)
    call = hear([(1000, 3000), (15_000, 17_000)], [(18_000, 19_000)], said)
    assert PauseKind.HOLD in [p.kind for p in call.pauses]


def test_a_wait_the_customer_asks_for_is_no_hold_by_the_agent() -> None:
    said = (
        say(0, 1000, 3000, "请您报一下卡号"),
        say(1, 4000, 6000, "你等一下我找找"),
        say(1, 18_000, 20_000, "让你久等了"),
    )
    call = hear([(1000, 3000)], [(4000, 6000), (18_000, 20_000)], said)
    assert [p.kind for p in call.pauses if p.span.start_ms == 6000] == [PauseKind.DEAD_AIR]


def test_a_token_in_answer_does_not_undo_that_the_agent_asked_to_wait() -> None:
    said = (say(0, 1000, 3000, "请您稍等我查询一下"), say(1, 3400, 3900, "好的"))
    for more, kind in ("", PauseKind.HOLD), ("那我的卡呢", PauseKind.DEAD_AIR):
        call = hear([(1000, 3000), (12_000, 14_000)], [(3400, 3900)], (*said[:1], say(1, 3400, 3900, "好的" + more)))
        assert [p.kind for p in call.pauses if p.span.start_ms == 3900] == [kind]


def test_a_rest_inside_a_unit_is_neither_the_opening_nor_the_closing() -> None:
    call = hear([(1000, 3000), (3190, 5000)], [(6000, 8000)])
    kinds = [p.kind for p in call.pauses]
    assert kinds == [PauseKind.OPENING, PauseKind.RESPONSE, PauseKind.CLOSING]


spoken = st.lists(st.tuples(st.integers(0, 900), st.integers(60, 2000)), max_size=8)


@given(st.tuples(spoken, spoken, spoken))
def test_who_is_near_is_found_as_by_going_through_all(drawn: tuple[list[tuple[int, int]], ...]) -> None:
    activities = []
    for speaker, rows in enumerate(drawn):
        at, spans = 0, []
        for gap, length in rows:
            spans.append((at + gap, at + gap + length))
            at += gap + length
        activities.append(SpeechActivity(speaker, Timeline.of(spans)))
    voices = VoiceMap(Layout.STEREO, True, 1.0, tuple(activities))
    found = find_stretches(voices, Transcript((), (), None), FloorSettings())
    for one in found:
        near = one.span.widen(NEAR_MS)
        there = [s for s in found if s.speaker != one.speaker and s.span & near]
        assert sorted(others_near(one, by_speaker(found)), key=found.index) == there


def test_announcements_before_and_after_are_no_part_of_the_call() -> None:
    menu, survey = Announcement(0, Span(1000, 9000), "咨询请按1"), Announcement(0, Span(26_000, 34_000), "满意请按1")
    voices = VoiceMap(
        Layout.STEREO,
        True,
        1.0,
        tuple(SpeechActivity(i, Timeline.of([s])) for i, s in enumerate([(12_000, 15_000), (15_500, 20_000)])),
    )
    noise = np.random.default_rng(1).standard_normal((2, 40 * RATE)).astype(np.float32) * 1e-3
    legs = Legs(Layout.STEREO, tuple(Leg(i, noise[i], False) for i in range(2)), (), RATE, 40_000, ())
    nothing = Transcript((), (), None)
    c = hear_conversation(legs, voices, nothing, (AGENT, CUSTOMER), announcements=(menu, survey))
    assert c.live == Span(9000, 26_000)
    found = {p.kind: p.span for p in c.pauses}
    assert found[PauseKind.OPENING] == Span(9000, 12_000)
    assert found[PauseKind.CLOSING] == Span(20_000, 26_000)
    measures = measure_call(legs, voices, c)
    opening, closing = measures.get("opening_delay"), measures.get("closing_delay")
    assert opening is not None and opening.value == 3000 and opening.evidence == (Span(9000, 12_000),)
    assert closing is not None and closing.value == 6000


def test_where_nobody_talks_after_an_announcement_the_call_begins_behind_it() -> None:
    assert live_part(30_000, (), (Announcement(0, Span(1000, 9000), ""),)) == Span(9000, 30_000)
    assert live_part(30_000, (), ()) == Span(0, 30_000)


def test_an_agent_put_through_to_a_survey_went_when_it_began() -> None:
    survey = Announcement(0, Span(26_000, 34_000), "满意请按1")
    talk = replace(hear([(2000, 8000)], [(9000, 20_000)], (say(1, 9000, 20_000, "好的再见"),)), announcements=(survey,))
    noise = np.random.default_rng(1).standard_normal((2, 40 * RATE)).astype(np.float32) * 1e-3
    legs = Legs(Layout.STEREO, tuple(Leg(i, noise[i], False) for i in range(2)), (), RATE, 40_000, ())
    voices = VoiceMap(Layout.STEREO, True, 1.0, tuple(SpeechActivity(i, Timeline()) for i in range(2)))
    hangup = judge_hangup(legs, voices, talk, CallMetadata(released_by=Role.AGENT))
    assert hangup.delay_ms == 6000
