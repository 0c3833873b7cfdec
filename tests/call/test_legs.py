"""Layout, dead legs and bleed on made sound: bursts of coloured noise stand for speech."""

import numpy as np
import pytest

from analyzer.call.legs import look_at_legs
from analyzer.call.types import CallAudio, Layout, Samples, WavFacts

RATE = 8000
SECONDS = 26


def as_audio(samples: np.ndarray, rate: int = RATE) -> CallAudio:
    samples = np.atleast_2d(samples).astype(np.float32)
    frames = samples.shape[1]
    facts = WavFacts("", 0, "RIFF", "pcm_s16le", rate, samples.shape[0], frames, frames, frames * 1000 // rate)
    return CallAudio(facts, tuple(samples))


def talk(seed: int, odd: bool) -> np.ndarray:
    """Bursts of two seconds, in the odd or the even pairs of seconds, with a speech-like slope and beat."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(SECONDS * RATE)
    coloured = np.convolve(noise, 0.9 ** np.arange(40), mode="same")
    beat = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * np.arange(noise.size) / RATE)
    on = (np.arange(noise.size) // (2 * RATE)) % 2 == int(odd)
    return 0.05 * coloured * beat * on


def hiss(seed: int, level: float = 3e-4) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(SECONDS * RATE) * level


def late(x: np.ndarray, ms: float) -> np.ndarray:
    shift = int(ms * RATE / 1000)
    return np.concatenate([np.zeros(shift), x[: x.size - shift]])


def mu_law(x: np.ndarray) -> np.ndarray:
    coded = np.sign(x) * np.log1p(255 * np.minimum(1, np.abs(x))) / np.log(256)
    coded = np.round(coded * 127) / 127
    decoded: Samples = np.sign(coded) * (256 ** np.abs(coded) - 1) / 255
    return decoded


def test_two_parties_without_bleed() -> None:
    legs = look_at_legs(as_audio(np.stack([talk(1, False) + hiss(2), talk(3, True) + hiss(4)])))
    assert (legs.layout, len(legs.legs), legs.bleed, legs.defects) == (Layout.STEREO, 2, (), ())
    assert not any(leg.is_dead for leg in legs.legs)


def test_one_channel_is_mono() -> None:
    legs = look_at_legs(as_audio(talk(1, False) + talk(3, True)))
    assert (legs.layout, len(legs.legs)) == (Layout.MONO, 1)


@pytest.mark.parametrize(("gain", "ms", "coded"), [(1.0, 0, False), (0.5, 0, True), (0.8, 3, True)])
def test_the_same_sound_twice_is_dual_mono_despite_gain_delay_and_codec(gain: float, ms: float, coded: bool) -> None:
    mixed = talk(1, False) + talk(3, True) + hiss(2)
    other = late(mixed, ms) * gain
    pair = np.stack([mu_law(mixed), mu_law(other)]) if coded else np.stack([mixed, other])
    legs = look_at_legs(as_audio(pair))
    assert (legs.layout, len(legs.legs), legs.bleed) == (Layout.DUAL_MONO, 1, ())
    assert [d.code for d in legs.defects] == ["dual_mono"]


@pytest.mark.parametrize("level_db", [-10, -20, -30, -40])
@pytest.mark.parametrize("delay_ms", [0, 40, 120, 200, 350, 900])
def test_bleed_is_named_with_level_and_delay(level_db: int, delay_ms: int) -> None:
    agent, customer = talk(1, False), talk(3, True)
    gain = 10 ** (level_db / 20)
    pair = np.stack([agent + hiss(2), customer + gain * late(agent, delay_ms) + hiss(4)])
    legs = look_at_legs(as_audio(pair))
    assert legs.layout is Layout.STEREO
    (bleed,) = legs.bleed
    assert (bleed.source_channel, bleed.into_channel) == (0, 1)
    assert bleed.level_db == pytest.approx(level_db, abs=1.5)
    assert bleed.delay_ms == pytest.approx(delay_ms, abs=1)


def test_bleed_both_ways_even_loud_is_not_dual_mono() -> None:
    agent, customer = talk(1, False), talk(3, True)
    pair = np.stack([agent + 0.3 * late(customer, 60) + hiss(2), customer + 0.3 * late(agent, 60) + hiss(4)])
    legs = look_at_legs(as_audio(mu_law(pair)))
    assert legs.layout is Layout.STEREO
    assert {(b.source_channel, b.into_channel) for b in legs.bleed} == {(0, 1), (1, 0)}


@pytest.mark.parametrize("seed", range(4))
def test_an_echo_from_a_room_is_bleed_though_its_first_sound_is_hidden_by_the_others(seed: int) -> None:
    """What is not flattened agrees in sign with the first sound by chance, or not at all."""
    agent, customer = talk(50 + seed, False), talk(60 + seed, True)
    rng = np.random.default_rng(seed)
    echoes = rng.standard_normal(1600) * 10 ** (-3 * np.arange(1600) / 1600)
    echoes[0] = 2.0
    echoes *= 10 ** (-25 / 20) / np.sqrt(np.sum(echoes**2))
    heard = late(np.convolve(agent, echoes)[: agent.size], 350)
    (bleed,) = look_at_legs(as_audio(np.stack([agent + hiss(2), customer + heard + hiss(4)]))).bleed
    assert (bleed.source_channel, bleed.into_channel) == (0, 1)
    assert 350 <= bleed.delay_ms < 360


@pytest.mark.parametrize("seed", range(6))
def test_two_people_who_talk_at_once_all_the_time_are_not_bleed(seed: int) -> None:
    pair = np.stack([talk(10 + seed, False) + talk(20 + seed, True), talk(30 + seed, False) + talk(40 + seed, True)])
    assert look_at_legs(as_audio(pair + np.stack([hiss(5), hiss(6)]))).bleed == ()


@pytest.mark.parametrize("line", [np.zeros(SECONDS * RATE), np.full(SECONDS * RATE, 8 / 32768), hiss(7), hiss(8, 2e-3)])
def test_silence_and_line_noise_make_a_dead_leg(line: np.ndarray) -> None:
    legs = look_at_legs(as_audio(np.stack([talk(1, False) + hiss(2), line])))
    assert [leg.is_dead for leg in legs.legs] == [False, True]
    assert [(d.code, d.channel) for d in legs.defects] == [("dead_leg", 1)]


def test_one_short_word_keeps_a_leg_alive() -> None:
    word = hiss(7)
    word[RATE * 20 : RATE * 20 + RATE // 3] += talk(3, False)[: RATE // 3]
    assert not look_at_legs(as_audio(np.stack([talk(1, False) + hiss(2), word]))).legs[1].is_dead


def test_a_click_does_not() -> None:
    click = hiss(7)
    click[RATE * 20 : RATE * 20 + 80] += 0.5
    assert look_at_legs(as_audio(np.stack([talk(1, False) + hiss(2), click]))).legs[1].is_dead


@pytest.mark.parametrize("frames", [0, 1, 79, 161, 900, 4000])
def test_short_recordings_do_not_crash(frames: int) -> None:
    for channels in (1, 2):
        legs = look_at_legs(as_audio(np.random.default_rng(1).standard_normal((channels, frames)) * 0.1))
        assert len(legs.legs) in (1, 2)


@pytest.mark.parametrize("level_db", [-2, 0, 3])
def test_a_leg_that_holds_both_parties_is_bleed(level_db: int) -> None:
    agent, customer = talk(1, False), talk(3, True)
    pair = np.stack([agent + 10 ** (level_db / 20) * customer + hiss(2), customer + hiss(4)])
    legs = look_at_legs(as_audio(pair))
    assert legs.layout is Layout.STEREO
    (bleed,) = legs.bleed
    assert (bleed.source_channel, bleed.into_channel, bleed.delay_ms) == (1, 0, 0)
    assert bleed.level_db == pytest.approx(level_db, abs=1)


def test_a_tone_that_both_legs_carry_is_no_bleed() -> None:
    tone = 0.05 * np.sin(2 * np.pi * 450 * np.arange(SECONDS * RATE) / RATE)
    tone[: 18 * RATE] = 0
    said = np.arange(SECONDS * RATE) < 18 * RATE
    pair = np.stack([talk(1, False) * said + tone + hiss(2), talk(3, True) * said + tone + hiss(4)])
    assert look_at_legs(as_audio(pair)).bleed == ()
