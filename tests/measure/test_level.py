"""Levels against P.56 written a second time, in another way, and against signals whose level is known."""

import math

import numpy as np
import pytest
from made_sounds import RATE, at_rms, hiss, party, syllables, turn, voice

from analyzer.call.types import Role
from analyzer.measure.level import active_speech_level, look_at_levels, measure_difference, measure_levels
from analyzer.measure.party import Party
from analyzer.measure.types import Measure
from analyzer.spans import Span, Timeline


def p56_sample_by_sample(x: np.ndarray, rate: int) -> float:
    """Method B as the Recommendation tells it: one sample after the other, then bisection between thresholds."""
    g = math.exp(-1 / (rate * 0.03))
    hang = math.ceil(rate * 0.2)
    thresholds = [2.0 ** -(15 - j) for j in range(15)]
    active, since = [0] * 15, [hang] * 15
    p = q = energy = 0.0
    for sample in x.tolist():
        energy += sample * sample
        p = g * p + (1 - g) * abs(sample)
        q = g * q + (1 - g) * p
        for j, c in enumerate(thresholds):
            if q >= c:
                active[j] += 1
                since[j] = 0
            elif since[j] < hang:
                active[j] += 1
                since[j] += 1
    levels = [10 * math.log10(energy / a) if a else -math.inf for a in active]
    deltas = [level - 20 * math.log10(c) for level, c in zip(levels, thresholds, strict=True)]
    for j in range(1, 15):
        if deltas[j] <= 15.9:
            low_a, low_d = levels[j - 1], deltas[j - 1]
            high_a, high_d = levels[j], deltas[j]
            if high_d == -math.inf:
                return low_a
            for _ in range(40):
                mid_a, mid_d = (low_a + high_a) / 2, (low_d + high_d) / 2
                if mid_d > 15.9:
                    low_a, low_d = mid_a, mid_d
                else:
                    high_a, high_d = mid_a, mid_d
            return (low_a + high_a) / 2
    return levels[-1]


def levels_of(who: Party) -> dict[str, Measure]:
    return {m.name: m for m in measure_levels(who, look_at_levels(who))}


def talk(seed: int, level_db: float, rate: int = RATE) -> np.ndarray:
    """Bursts of shaped noise with pauses: the envelope of speech."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(6):
        n = int(rng.integers(rate // 4, rate))
        parts.append(rng.standard_normal(n) * np.sin(np.pi * np.arange(n) / n * rng.integers(2, 6)) ** 2)
        parts.append(np.zeros(int(rng.integers(rate // 20, rate // 2))))
    return np.asarray(np.clip(at_rms(np.concatenate(parts), level_db), -1, 1))


@pytest.mark.parametrize(("seed", "level", "rate"), [(1, -20.0, 8000), (2, -38.0, 8000), (3, -30.0, 16000)])
def test_agrees_with_the_recommendation_followed_literally(seed: int, level: float, rate: int) -> None:
    x = talk(seed, level, rate)
    ours, _ = active_speech_level(x, rate)
    assert ours == pytest.approx(p56_sample_by_sample(x, rate), abs=0.1)


def test_a_full_scale_sine_reads_minus_three() -> None:
    x = np.sin(2 * np.pi * 440 * np.arange(5 * RATE) / RATE)
    level, factor = active_speech_level(x, RATE)
    assert level == pytest.approx(-3.0, abs=0.1)
    assert factor == pytest.approx(1.0, abs=0.02)


def test_silence_does_not_lower_the_level() -> None:
    x = talk(4, -25.0)
    alone, _ = active_speech_level(x, RATE)
    padded, factor = active_speech_level(np.concatenate([np.zeros(30 * RATE), x, np.zeros(30 * RATE)]), RATE)
    assert alone is not None
    assert padded == pytest.approx(alone, abs=0.3)
    assert factor < 0.15


def test_no_sound_has_no_level() -> None:
    assert active_speech_level(np.zeros(RATE), RATE) == (None, 0.0)
    assert active_speech_level(np.zeros(0), RATE) == (None, 0.0)


def test_tones_and_music_outside_the_speech_do_not_count() -> None:
    speech = voice(180, 3000, -30)
    loud = voice(450, 3000, -10)
    x = np.concatenate([speech, loud])
    level, _ = active_speech_level(x, RATE, Timeline((Span(0, 3000),)))
    assert level == pytest.approx(-30.0, abs=0.5)


def test_noise_floor_and_snr() -> None:
    x = hiss(10_000, -55)
    x[: 4 * RATE] += voice(200, 4000, -25)
    measured = levels_of(party(x, Timeline((Span(0, 4000),))))
    assert measured["noise_floor"].value == pytest.approx(-55.0, abs=0.5)
    assert measured["snr"].value == pytest.approx(30.0, abs=0.7)


def test_digital_silence_is_no_noise_floor() -> None:
    x = np.concatenate([voice(200, 4000, -25), np.full(4 * RATE, 8 / 32768, np.float32)])
    measured = levels_of(party(x, Timeline((Span(0, 4000),))))
    assert measured["snr"].value is None
    assert measured["snr"].reason == "no_noise_heard"


def test_a_noisy_line_is_a_doubt() -> None:
    x = hiss(10_000, -35) + np.concatenate([voice(200, 5000, -25), np.zeros(5 * RATE, np.float32)])
    p = party(x, Timeline((Span(0, 5000),)))
    assert look_at_levels(p).doubt(p) == "low_snr"


def test_a_jump_between_turns_is_found_where_it_is() -> None:
    turns = tuple(turn(2000 * i, 2000 * i + 1500, "您好请问", i) for i in range(4))
    x = np.concatenate([np.pad(voice(200, 1500, db), (0, RATE // 2)) for db in (-30, -30, -16, -17)])
    measured = levels_of(party(x, Timeline(tuple(t.span for t in turns)), turns))
    assert measured["level_jumps"].value == 1
    assert measured["level_jumps"].evidence == (turns[2].span,)
    assert measured["level_jumps"].components["largest_db"] == pytest.approx(14, abs=0.5)
    assert measured["level_drift"].value == pytest.approx(13, abs=1)


def test_a_burst_is_found_and_a_steady_voice_has_none() -> None:
    quiet, loud = voice(200, 20_000, -34), voice(200, 600, -16)
    burst = levels_of(party(np.concatenate([quiet, loud, quiet])))["level_bursts"]
    assert burst.value == 1
    assert abs(burst.evidence[0].start_ms - 20_000) <= 150
    assert levels_of(party(quiet))["level_bursts"].value == 0


def test_clipping_is_seen_and_loud_speech_is_not_clipping() -> None:
    clean = voice(150, 4000, -14)
    assert look_at_levels(party(clean)).clipped == 0
    clipped = np.clip(clean * 8, -1, 1)
    assert look_at_levels(party(clipped)).clipped > 0.05


def test_single_samples_at_the_top_at_both_ends_of_a_stretch_are_no_run() -> None:
    x = voice(150, 4000, -20)
    x[[1000 * 8, 3000 * 8 - 1]] = 1.0
    speech = Timeline((Span(1000, 3000),))
    assert look_at_levels(party(x, speech)).clipped == 0
    x[1000 * 8 + 1] = -1.0
    assert look_at_levels(party(x, speech)).clipped == 2 / 16_000


def test_difference_needs_both_parties() -> None:
    loud, faint = look_at_levels(party(voice(200, 3000, -20))), look_at_levels(party(voice(200, 3000, -32)))
    assert measure_difference(loud, faint).value == pytest.approx(12.0, abs=0.1)
    assert measure_difference(loud, None).reason == "no_roles"


def test_a_party_without_speech_has_reasons_not_zeros() -> None:
    for m in levels_of(party(hiss(5000, -60), Timeline(), role=Role.CUSTOMER)).values():
        if m.name != "noise_floor":
            assert m.value is None
            assert m.reason == "no_speech"


def test_levels_do_not_depend_on_how_the_recording_is_cut_into_blocks() -> None:
    x = np.concatenate([syllables(20, 5000, level_db=-28) for _ in range(14)])  # 70 s: more than two blocks
    whole, _ = active_speech_level(x, RATE)
    assert whole == pytest.approx(p56_sample_by_sample(x[: 10 * RATE], RATE), abs=0.1)
