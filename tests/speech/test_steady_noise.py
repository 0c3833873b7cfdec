"""Steady noise is taken down, speech and silence are not."""

from difflib import SequenceMatcher

import numpy as np
import pytest

from analyzer.speech.mandarin import spoken_key
from analyzer.speech.recognizer import DecodingSettings, WhisperRecognizer
from analyzer.speech.steady_noise import DEEPEST, OFFSET, SCALE, NoiseSettings, quieter

BANDS, FRAMES = 80, 300


def features(power):
    """Whisper's features of a window's mel power."""
    logs = np.log10(np.maximum(power, 1e-10))
    return ((np.maximum(logs, logs.max() - DEEPEST) + OFFSET) / SCALE).astype(np.float32)


def decibels(seen):
    return 10 * (SCALE * seen - OFFSET)


def noisy(speech_db=30.0, noise_db=0.0, seed=0):
    """Noise in every band, and for the middle second speech in every other one."""
    power = np.random.default_rng(seed).exponential(10 ** (noise_db / 10), (BANDS, FRAMES))
    power[::2, 100:200] += 10 ** (speech_db / 10)
    return power


def test_noise_goes_down_by_what_is_allowed_and_speech_stays():
    seen = features(noisy())
    change = decibels(quieter(seen, NoiseSettings())) - decibels(seen)
    assert change.max() <= 1e-4
    assert -10.01 < np.median(change[:, :95]) < -7
    assert abs(change[::2, 105:195]).max() < 0.1
    assert change.min() > -10.01


def test_speech_as_loud_as_the_noise_is_kept_better_than_the_noise():
    seen = features(noisy(speech_db=6.0))
    change = decibels(quieter(seen, NoiseSettings())) - decibels(seen)
    assert change[::2, 105:195].mean() > change[1::2, 105:195].mean() + 4


def test_the_silence_of_joints_is_no_noise():
    power = noisy()
    power[:, 20:80] = 0.0
    seen = features(power)
    change = decibels(quieter(seen, NoiseSettings())) - decibels(seen)
    assert -10.01 < np.median(change[:, 82:95]) < -5


def test_clear_speech_is_left_and_less_is_taken_the_clearer_it_is():
    def taken(speech_db):
        power = noisy(speech_db=-99.0)
        power[:, 100:200] *= 10 ** (speech_db / 10)
        seen = features(power)
        return float(np.median(decibels(seen)[:, :95] - decibels(quieter(seen, NoiseSettings()))[:, :95]))

    assert taken(30.0) == 0.0
    assert 0.0 < taken(17.5) < taken(10.0) - 1


@pytest.mark.parametrize("power", [np.zeros((BANDS, FRAMES)), np.ones((BANDS, 20)), np.zeros((BANDS, 0))])
def test_what_hardly_sounds_is_left(power):
    seen = features(power) if power.size else power.astype(np.float32)
    assert np.array_equal(quieter(seen, NoiseSettings()), seen)


@pytest.mark.e2e
def test_noisy_speech_is_written_more_rightly(recognizer, model_folder, sound):
    """A noisy sentence against the same one without noise, by the recogniser with and without."""
    as_it_is = WhisperRecognizer(model_folder, settings=DecodingSettings(noise=None))
    said = spoken_key(recognizer.recognize(sound).text)
    right = {True: 0, False: 0}
    for seed in range(4):
        noise = np.random.default_rng(seed).standard_normal(len(sound)).astype(np.float32)
        heard = sound + noise * np.std(sound) * 10 ** (-3 / 20)
        for quiet, ear in ((True, recognizer), (False, as_it_is)):
            text = spoken_key(ear.recognize(heard).text)
            right[quiet] += sum(b.size for b in SequenceMatcher(None, said, text, autojunk=False).get_matching_blocks())
    assert right[True] > right[False]
