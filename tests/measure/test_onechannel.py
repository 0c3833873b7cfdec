"""Who went, on one channel: named where somebody is still heard, and nobody where the sound is the same either way."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_sounds import RATE, Sound, call, hiss, turn, voice
from scipy.signal import butter, sosfiltfilt

from analyzer.call.types import CallMetadata, Layout, Leg, Role
from analyzer.measure.hangup import judge_hangup
from analyzer.measure.linenoise import HIGH, Fall, LineNoise
from analyzer.measure.lineowner import owner_by_band
from analyzer.measure.types import Hangup, Pause, PauseKind, Turn
from analyzer.spans import Span, Timeline
from analyzer.speech.tones import find_tones
from analyzer.testing.line import through_codec

AGENT, CUSTOMER = 0, 1
OTHER = {AGENT: CUSTOMER, CUSTOMER: AGENT}
NAMES = {AGENT: "agent", CUSTOMER: "customer"}
TALK_MS = 9000
GOODBYES = (
    turn(500, 3000, "您好请问有什么可以帮您"),
    turn(3500, 5500, "没有了谢谢再见", 1, Role.CUSTOMER, 1),
    turn(6000, 9000, "感谢您的来电再见", 2),
)
NO_GOODBYES = (*GOODBYES[:1], turn(3500, 5500, "我想问一下话费", 1, Role.CUSTOMER, 1), turn(6000, 9000, "不处理", 2))
BANDS = {"narrow": (300, 3400), "low": (80, 3400), "high": (300, 3800)}


def band(x: Sound, name: str) -> Sound:
    return np.asarray(sosfiltfilt(butter(4, BANDS[name], "bandpass", fs=RATE, output="sos"), x), np.float32)


def lines(
    turns: tuple[Turn, ...],
    tail_ms: int = 4000,
    noise_db: tuple[float, float] = (-60, -60),
    bands: tuple[str, str] = ("narrow", "narrow"),
) -> list[Sound]:
    """Both legs with their noise and voices, `tail_ms` beyond the last word of the goodbyes."""
    made = [hiss(TALK_MS + tail_ms, db, seed) for seed, db in enumerate(noise_db)]
    for t in turns:
        # hiss in the voice stands for its s and sh
        sound = voice(130 if t.speaker == AGENT else 110, t.span.duration_ms, -26) + hiss(t.span.duration_ms, -46, 9)
        made[t.speaker][t.span.start_ms * RATE // 1000 :][: sound.size] += sound
    return [band(x, name) for x, name in zip(made, bands, strict=True)]


def go(made: list[Sound], who: int, at_ms: int) -> list[Sound]:
    made[who][at_ms * RATE // 1000 :] = 0
    return made


def judged(made: list[Sound], turns: tuple[Turn, ...], confidence: float = 0.8, **changes: Any) -> Hangup:
    mixed = through_codec(made[0] + made[1], RATE, changes.get("codec", "float32"))
    tones = find_tones(mixed, RATE)
    recorded, voices, conversation = call(
        *made, turns, (tones, tones), changes.get("roles", (Role.AGENT, Role.CUSTOMER))
    )
    return judge_hangup(
        replace(recorded, layout=Layout.MONO, legs=(Leg(0, mixed, False),)),
        replace(voices, layout=Layout.MONO, separation_confidence=confidence),
        replace(
            conversation,
            speakers=tuple(replace(s, channel=0) for s in conversation.speakers),
            separation_confidence=confidence,
            pauses=changes.get("pauses", ()),
        ),
        CallMetadata(),
    )


def strong(heard: Hangup) -> set[tuple[str, str]]:
    return {(e.name, e.points_to) for e in heard.evidence if e.weight >= 0.6}


def spoken_on(who: int, turns: tuple[Turn, ...] = GOODBYES) -> tuple[Turn, ...]:
    return (*turns, turn(10_500, 12_000, "喂您好", 3, (Role.AGENT, Role.CUSTOMER)[who], who))


def tone(made: list[Sound], who: int, on_ms: int = 350) -> list[Sound]:
    n = on_ms * RATE // 1000
    beat = np.concatenate([0.15 * np.sin(2 * np.pi * 450 * np.arange(n) / RATE), np.zeros(n)])
    part = made[who][(TALK_MS + 800) * RATE // 1000 :]
    part += np.tile(beat, part.size // beat.size + 1)[: part.size].astype(np.float32)
    return made


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
@pytest.mark.parametrize("on_ms", [350, 700])
def test_who_speaks_into_the_tone_did_not_go(who: int, on_ms: int) -> None:
    turns = spoken_on(OTHER[who])
    heard = judged(tone(lines(turns, 6000), who, on_ms), turns)
    assert (heard.party, heard.method) == (NAMES[who], "audio")
    assert ("spoke_on", NAMES[who]) in strong(heard)
    assert heard.confidence == pytest.approx(0.9 * 0.8, abs=0.06)  # no surer than the voices are
    sure = judged(tone(lines(turns, 6000), who, on_ms), turns, confidence=0.99)
    assert (sure.party, sure.confidence) == (NAMES[who], 0.75)


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
def test_a_tone_nobody_speaks_into_names_nobody(who: int) -> None:
    assert judged(tone(lines(GOODBYES, 6000), who), GOODBYES).party == "unknown"


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
def test_a_tone_under_a_voice_that_is_taken_for_the_other_voice(who: int) -> None:
    turns = spoken_on(OTHER[who])
    made = tone(lines(turns, 6000), who)
    gone = (Role.AGENT, Role.CUSTOMER)[who]
    for heard_ms, party in (
        ((10_500, 11_300), NAMES[who]),
        ((10_450, 11_550), NAMES[who]),
        ((10_200, 11_300), "unknown"),
    ):
        assert judged(made, (*turns, turn(*heard_ms, "", 4, gone, who))).party == party


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
def test_two_who_talk_at_once_after_the_tone_is_over_are_both_there(who: int) -> None:
    turns = spoken_on(OTHER[who])
    made = tone(lines(turns, 6000), who)
    part = made[who][(TALK_MS + 2500) * RATE // 1000 :]
    part[:] = hiss(part.size * 1000 // RATE, -60, 1)[: part.size]
    heard = judged(made, (*turns, turn(11_000, 11_900, "", 4, (Role.AGENT, Role.CUSTOMER)[who], who)))
    assert heard.party == "unknown"


def test_a_tone_both_speak_into_names_nobody() -> None:
    turns = (*spoken_on(AGENT), turn(12_500, 14_000, "还在", 4, Role.CUSTOMER, 1))
    assert judged(tone(lines(turns, 6000), CUSTOMER), turns).party == "unknown"


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
def test_who_speaks_after_a_line_fell_silent_did_not_go(who: int) -> None:
    turns = spoken_on(OTHER[who])
    heard = judged(go(lines(turns), who, TALK_MS + 700), turns)
    assert heard.party == NAMES[who]
    assert strong(heard) == {("spoke_on", NAMES[who])}
    assert heard.delay_ms == pytest.approx(700, abs=50)  # to the going, not to the words after it


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
def test_a_line_that_fell_silent_without_a_goodbye_is_perhaps_muted(who: int) -> None:
    turns = spoken_on(OTHER[who], NO_GOODBYES)
    assert judged(go(lines(turns), who, TALK_MS + 700), turns).party == "unknown"


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
def test_one_of_two_like_lines_gone_names_nobody(who: int) -> None:
    assert judged(go(lines(GOODBYES), who, TALK_MS + 700), GOODBYES).party == "unknown"


def test_voices_hardly_told_apart_name_nobody() -> None:
    turns = spoken_on(CUSTOMER)
    assert judged(go(lines(turns), AGENT, TALK_MS + 700), turns, confidence=0.55).party == "unknown"


def test_without_roles_nobody_is_named() -> None:
    turns = spoken_on(CUSTOMER)
    heard = judged(go(lines(turns), AGENT, TALK_MS + 700), turns, roles=(Role.UNKNOWN, Role.UNKNOWN))
    assert (heard.party, strong(heard)) == ("unknown", set())


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
@pytest.mark.parametrize("bands", [("low", "narrow"), ("narrow", "low"), ("high", "narrow"), ("narrow", "high")])
def test_the_line_with_a_band_of_its_own_is_known_by_it(who: int, bands: tuple[str, str]) -> None:
    heard = judged(go(lines(GOODBYES, bands=bands), who, TALK_MS + 700), GOODBYES)
    assert heard.party == NAMES[who]
    assert strong(heard) == {("line_gone", NAMES[who])}
    assert heard.delay_ms == pytest.approx(700, abs=50)


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
def test_rumble_on_one_of_two_whole_lines_is_nobodys_band(who: int) -> None:
    made = lines(GOODBYES, bands=("low", "low"))
    rumble = sosfiltfilt(butter(4, 200, fs=RATE, output="sos"), hiss(TALK_MS + 4000, -50, 5)).astype(np.float32)
    made[CUSTOMER] += rumble
    assert judged(go(made, who, TALK_MS + 700), GOODBYES).party == "unknown"


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
def test_breath_between_words_is_no_part_of_the_noise_that_fell(who: int) -> None:
    made = lines(GOODBYES, bands=("narrow", "low"))
    breath = sosfiltfilt(butter(4, (80, 200), "bandpass", fs=RATE, output="sos"), hiss(100, -25, 5))
    for at_ms in (150, 3200):
        made[CUSTOMER][at_ms * RATE // 1000 :][: breath.size] += breath.astype(np.float32)
    assert judged(go(made, who, TALK_MS + 700), GOODBYES).party != NAMES[OTHER[who]]


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
def test_breath_before_the_first_word_hides_no_fall(who: int) -> None:
    turns = spoken_on(OTHER[who])
    made = lines(turns)
    made[AGENT][: 300 * RATE // 1000] += hiss(300, -40, 5)
    assert judged(go(made, who, TALK_MS + 700), turns).party == NAMES[who]


def owner_of_the_high_band(noise: float, after: float, frames: int, varies: bool = False) -> Role | None:
    """Who went: a voice of 0.001 in the core, the customer's alone with 3e-6 above; noise there before and after."""
    powers = ((1e-6, 1e-9, noise), (1e-3, 1e-6, noise), (1e-3, 1e-6, noise + 3e-6), (4e-7, 1e-9, after))
    counts = (100, 100, 100, frames)
    power = np.concatenate([np.tile(x, (n, 1)) for x, n in zip(powers, counts, strict=True)])
    if varies:  # as noise of three bins does
        power[:, HIGH] *= np.random.default_rng(3).gamma(3, 1 / 3, len(power))
    quiet = np.repeat([True, False, True], [100, 200, frames])
    fall = Fall(Span(6000, 6000 + 20 * frames), np.array(powers[0]), np.array(powers[3]))
    speech = {Role.AGENT: Timeline.of([(2000, 4000)]), Role.CUSTOMER: Timeline.of([(4000, 6000)])}
    return owner_by_band(LineNoise(power, quiet), fall, speech)


@pytest.mark.parametrize(("frames", "went"), [(12, Role.AGENT), (200, None)])
def test_a_band_that_seems_to_have_risen_for_a_moment_may_have_stayed(frames: int, went: Role | None) -> None:
    assert owner_of_the_high_band(1e-7, 1.5e-7, frames) == went


@pytest.mark.parametrize(("after", "went"), [(4e-9, Role.CUSTOMER), (4e-7, Role.AGENT)])
def test_noise_of_a_band_is_in_nobodys_voice(after: float, went: Role) -> None:
    assert owner_of_the_high_band(4e-7, after, 200, varies=True) == went


def held(noise_db: tuple[float, float], who: int, asks: str = "请您稍等", codec: str = "float32") -> Hangup:
    turns = (turn(2000, 3000, asks), turn(7500, 9000, "感谢您的来电再见", 1))
    made = lines(turns, noise_db=noise_db)
    made[AGENT][3300 * RATE // 1000 : 7200 * RATE // 1000] = 0
    hold = Pause(Span(3000, 7500), PauseKind.HOLD, 0, Role.AGENT, 0, Role.AGENT)
    return judged(go(made, who, TALK_MS + 700), turns, pauses=(hold,), codec=codec)


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
@pytest.mark.parametrize("noise_db", [(-60, -63), (-63, -60)])
def test_lines_known_from_a_hold_are_told_apart_by_level(who: int, noise_db: tuple[float, float]) -> None:
    heard = held(noise_db, who)
    assert (heard.party, strong(heard)) == (NAMES[who], {("line_gone", NAMES[who])})


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
def test_a_hold_tells_nothing_of_equal_lines_or_when_nobody_asked(who: int) -> None:
    assert held((-60, -60.5), who).party == "unknown"
    assert held((-60, -63), who, "好的好的").party == "unknown"


@pytest.mark.parametrize("who", [AGENT, CUSTOMER])
def test_noise_as_faint_as_a_codecs_steps_tells_nothing_of_a_hold(who: int) -> None:
    assert held((-69, -67), who, codec="alaw").party == "unknown"
    assert held((-55, -58), who, codec="alaw").party == NAMES[who]


def test_noise_that_only_got_fainter_for_a_while_names_nobody() -> None:
    turns = spoken_on(CUSTOMER)
    made = lines(turns)
    made[AGENT][5600 * RATE // 1000 : 5900 * RATE // 1000] = 0  # as it was before
    assert judged(go(made, AGENT, TALK_MS + 700), turns).party == "unknown"


@pytest.mark.parametrize("early_ms", [400, 700, 900])
def test_noise_that_fell_before_much_of_it_was_heard_names_nobody(early_ms: int) -> None:
    turns = tuple(replace(t, span=t.span.shift(1500)) for t in GOODBYES)
    made = lines(turns)
    made[AGENT][: early_ms * RATE // 1000] += hiss(early_ms, -45, 5)
    heard = judged(made, turns)
    assert (heard.party, heard.method) == ("unknown", "none")


def test_two_legs_are_not_looked_at_as_one() -> None:
    turns = spoken_on(CUSTOMER)
    heard = judge_hangup(*call(*go(lines(turns), AGENT, TALK_MS + 700), turns), CallMetadata())
    assert {e.name for e in heard.evidence} == {"leg_went_dead", "goodbye_order"}
