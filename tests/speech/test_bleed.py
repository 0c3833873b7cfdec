"""The other leg's copy taken out of a leg: made sound, so that what should be left is known."""

import numpy as np
import pytest

from analyzer.call.types import Bleed, Layout, Leg, Legs
from analyzer.speech.bleed import clean, frame_db, own_sound

RATE, SECONDS = 8000, 32


def _voice(seed: int, on: list[tuple[float, float]]) -> np.ndarray:
    """Coloured noise that beats as syllables do, at some seconds of every eight."""
    rng = np.random.default_rng(seed)
    at = np.arange(SECONDS * RATE) / RATE
    coloured = np.convolve(rng.standard_normal(at.size), 0.9 ** np.arange(40), mode="same")
    said = np.any([(at % 8 >= a) & (at % 8 < b) for a, b in on], axis=0)
    return 0.05 * coloured * (0.55 + 0.45 * np.sin(2 * np.pi * 4 * at)) * said


@pytest.mark.parametrize("delay_ms", [0, 60])
def test_where_both_speak_the_copy_is_taken_out_and_each_voice_stays(delay_ms: int) -> None:
    """Both ways at once the copy of a copy is like the party's own voice, out of which it must not be taken."""
    pair = np.stack([_voice(1, [(0, 3), (6.8, 7.2)]), _voice(3, [(2.5, 7)])])
    copies = 0.1 * np.roll(pair[::-1], delay_ms * RATE // 1000, axis=1)
    noise = 3e-4 * np.random.default_rng(5).standard_normal(pair.shape)
    legs = tuple(Leg(i, x, False) for i, x in enumerate((pair + copies + noise).astype(np.float32)))
    bleed = tuple(Bleed(1 - i, i, -20.0, delay_ms) for i in (0, 1))
    heard = Legs(Layout.STEREO, legs, bleed, RATE, SECONDS * 1000, ())
    own = own_sound(heard, clean(heard))
    for leg, true, copy in zip(own.legs, pair + noise, copies, strict=True):
        there, left = frame_db(copy), frame_db(leg.samples[:] - true)
        both = (there > -55) & (frame_db(true) > -50)
        assert np.count_nonzero(both) > 200
        assert np.percentile((left - there)[both], 90) < -15


def test_legs_without_a_copy_stay_as_they_are() -> None:
    legs = Legs(Layout.STEREO, (), (), RATE, 0, ())
    assert own_sound(legs, clean(legs)) is legs
