"""Noises that no voice made are no speech, and what they lie over or beside is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analyzer.call.legs import look_at_legs
from analyzer.call.types import Role
from analyzer.measure.conversation import hear_conversation
from analyzer.measure.types import PauseKind
from analyzer.spans import Span, Timeline
from analyzer.speech.activity import find_speech
from analyzer.speech.music import find_music
from analyzer.speech.noises import without_noises
from analyzer.speech.types import Transcript, VoiceMap
from analyzer.testing import ClipBank, ComposedCall, Conditions, Script, compose
from analyzer.testing.placing import ready
from analyzer.testing.rooms import ROOMS
from analyzer.testing.script import Hold, Say
from analyzer.testing.scripted import true_speakers

UTTERANCES = Path(__file__).parents[2] / "fixtures" / "utterances"
MAN, WOMAN = "zm_yunjian", "zf_xiaoxiao"
RATE = 8000


def plucked(size: int) -> np.ndarray:
    """A note every 0.3 s, each dying away."""
    out = np.zeros(size)
    rng = np.random.default_rng(2)
    time = np.arange(int(0.6 * RATE)) / RATE
    for at in range(0, size - time.size, int(0.3 * RATE)):
        hz = rng.choice([262, 294, 330, 392, 440, 523])
        note = sum(np.sin(2 * np.pi * hz * h * time) / h**1.5 for h in (1, 2, 3, 4))
        out[at : at + time.size] += note * np.exp(-4 * time)
    return out


@pytest.fixture(scope="module")
def call() -> ComposedCall:
    bank = ClipBank.from_folder(UTTERANCES)
    man, woman = ([c.text for c in bank.of_voice(v) if len(c.samples) > 2 * c.rate_hz] for v in (MAN, WOMAN))
    steps = (
        Say(who=Role.AGENT, text=man[0]),
        Say(who=Role.CUSTOMER, text=woman[0], gap_ms=600),
        Say(who=Role.AGENT, text=man[1], gap_ms=600),
        Hold(duration_ms=6000, sound="line"),
        Say(who=Role.AGENT, text=man[2]),
        Say(who=Role.CUSTOMER, text=woman[1], gap_ms=600),
    )
    script = Script(name="t", agent_voice=MAN, customer_voice=WOMAN, steps=steps, conditions=Conditions())
    return compose(script, bank, 3)


def hear(call: ComposedCall, legs: np.ndarray) -> VoiceMap:
    return find_speech(look_at_legs(replace(call, samples=legs.astype(np.float32)).audio()))


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples[np.abs(samples) > 0.01] ** 2)))


def with_noise(call: ComposedCall, noise: str, where: list[Span], level_db: float) -> np.ndarray:
    """The call with a noise on the agent's leg, so far from the level of his voice."""
    legs = call.samples.astype(np.float64)
    rng = np.random.default_rng(7)
    usual = loudness(legs[0])
    for span in where:
        sound = ROOMS[noise][0](span.duration_ms * RATE // 1000, RATE, rng)
        sound *= usual * 10 ** (level_db / 20) / np.sqrt(np.mean(sound**2))
        legs[0, span.start_ms * 8 : span.start_ms * 8 + sound.size] += sound
    return legs


@pytest.mark.parametrize(("noise", "level_db"), [("keys", -14.0), ("breath", -15.0), ("buzz", -8.0)])
def test_a_noise_beside_speech_or_alone_is_nobody_speaking(call: ComposedCall, noise: str, level_db: float) -> None:
    true = call.truth.speech(Role.AGENT)
    beside = [Span(s.end_ms + 20, s.end_ms + 500) for s in true.close_gaps(500)]
    beside += [Span(s.start_ms - 400, s.start_ms - 60) for s in true.close_gaps(500) if s.start_ms > 500]
    alone = [Span(s.end_ms + 2000, s.end_ms + 3000) for s in true.close_gaps(3000).spans[:1]]
    heard = hear(call, with_noise(call, noise, beside + alone, level_db)).activities[0].speech
    quiet = hear(call, call.samples).activities[0].speech
    assert (heard - quiet).duration_ms < 0.02 * quiet.duration_ms
    assert (quiet - heard).duration_ms < 0.02 * quiet.duration_ms


def test_a_buzz_under_a_voice_leaves_the_voice(call: ComposedCall) -> None:
    true = call.truth.speech(Role.AGENT)
    heard = hear(call, with_noise(call, "buzz", list(true), -15.0)).activities[0].speech
    assert (true & heard).duration_ms > 0.98 * true.duration_ms


def test_of_a_leg_that_is_hardly_voiced_nothing_is_taken() -> None:
    whisper = np.random.default_rng(3).standard_normal(3 * RATE).astype(np.float32) * 0.1
    sounding = Timeline((Span(200, 900), Span(1200, 2600)))
    assert without_noises(sounding, whisper, np.zeros(100, np.float32)) == sounding


def test_noise_with_a_steep_spectrum_is_no_music() -> None:
    rng = np.random.default_rng(5)
    street = np.convolve(rng.standard_normal(20 * RATE), np.hanning(41), mode="same")
    street *= 0.1 * np.exp(np.repeat(rng.standard_normal(20), RATE) / 2) / np.abs(street).max()
    street = (street + rng.standard_normal(20 * RATE) * 0.001).astype(np.float32)
    assert not find_music(street, np.zeros(20 * RATE // 256, np.float32), Timeline())


def test_who_speaks_while_music_plays_in_the_room_is_heard_and_the_wait_is_no_hold_music(call: ComposedCall) -> None:
    legs = call.samples.astype(np.float64)
    tune = plucked(legs.shape[1])
    legs[0] += tune / loudness(tune) * loudness(legs[0]) * 10 ** (-22 / 20)
    true, heard = call.truth.speech(Role.AGENT), hear(call, legs).activities[0]
    assert heard.music.duration_ms > 5000
    assert (true & heard.speech).duration_ms > 0.9 * true.duration_ms
    audio = replace(call, samples=legs.astype(np.float32)).audio()
    looked_at = look_at_legs(audio)
    conversation = hear_conversation(
        looked_at, find_speech(looked_at), Transcript((), (), None), true_speakers(call.truth)
    )
    assert [p.kind for p in conversation.pauses if p.span.duration_ms > 5000] == [PauseKind.DEAD_AIR]


def test_people_talking_behind_an_agent_all_call_long_are_not_the_agent(call: ComposedCall) -> None:
    legs = call.samples.astype(np.float64)
    bank = ClipBank.from_folder(UTTERANCES)
    talk = np.zeros(legs.shape[1])
    for number, voice in enumerate(v for v in bank.voices() if v not in (MAN, WOMAN)):
        said = np.concatenate([ready(c, RATE, (300, 3400)).samples for c in bank.of_voice(voice)])
        talk += np.resize(said / loudness(said), talk.size + 4000 * number)[4000 * number :]
    behind = talk / loudness(talk) * loudness(legs[0]) * 10 ** (-19.5 / 20)
    true = call.truth.speech(Role.AGENT)
    heard = hear(call, np.stack([legs[0] + behind, legs[1]])).activities[0].speech
    assert (heard - true.close_gaps(1000)).duration_ms < 0.1 * true.duration_ms
    assert (true & heard).duration_ms > 0.95 * true.duration_ms
