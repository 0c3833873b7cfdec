"""Two voices told apart, with networks whose answers are known: tones for voices."""

from dataclasses import replace

import numpy as np
import pytest

from analyzer.call.types import Layout, Leg, Legs, Samples
from analyzer.spans import Span, Timeline
from analyzer.speech.mono.assign import AssignSettings, LocalVoices, assign
from analyzer.speech.mono.at_once import AtOnceSettings, place
from analyzer.speech.mono.segment import FRAME, RATE_HZ, Windows, ms_at
from analyzer.speech.mono.separate import separate
from analyzer.speech.types import SpeechActivity, VoiceMap

LOW, HIGH = 500.0, 2000.0
FRAMES = 589


class ToneNetworks:
    """Hears a low tone as one voice and a high tone as another, as the real ones hear people.

    Args:
        merged: windows in which both voices are taken for one.
    """

    def __init__(self, merged: bool = False) -> None:
        self.merged, self.calls = merged, 0

    def segment(self, window: Samples) -> np.ndarray:
        self.calls += 1
        middle = np.arange(FRAMES) * FRAME + 495
        parts = np.stack([window[max(0, m - 200) : m + 200][:295] for m in middle])
        spectrum = np.abs(np.fft.rfft(parts * np.hanning(parts.shape[1]), 512, axis=1))
        hears = [spectrum[:, round(f * 512 / RATE_HZ)] > 1.0 for f in (LOW, HIGH)]
        order = (0, 0) if self.merged else (0, 1) if self.calls % 2 else (1, 0)  # local numbers mean nothing
        state = np.zeros(FRAMES, dtype=int)
        for heard, local in zip(hears, order, strict=True):
            state[heard] = 1 + local
        if not self.merged:
            state[hears[0] & hears[1]] = 4
        out = np.full((FRAMES, 7), np.log(0.01), dtype=np.float32)
        out[np.arange(FRAMES), state] = np.log(0.94)
        return out

    def inner(self, window: Samples) -> np.ndarray:
        middle = np.arange(FRAMES) * FRAME + 495
        parts = np.stack([window[max(0, m - 200) : m + 200][:295] for m in middle])
        return np.log(np.abs(np.fft.rfft(parts * np.hanning(parts.shape[1]), 128, axis=1)) + 1e-3).astype(np.float32)

    def voice_inner(self, features: Samples) -> np.ndarray:
        return features[::2]

    def at_once(self, inner: Samples, _: Samples) -> Samples:
        """Both at once are both tones at once."""
        return inner[:, [round(f * 128 / RATE_HZ) for f in (LOW, HIGH)]].sum(axis=1) * 0.2 / 0.22

    def voice(self, features: Samples) -> np.ndarray:
        mean = features.mean(axis=0)
        high = float(np.clip((mean[40:].max() - mean[:40].max()) / 10 + 0.5, 0, 1))
        out = np.zeros(192, dtype=np.float32)
        out[0], out[1], out[2] = high, 1 - high, 0.1
        return out / np.linalg.norm(out)


def call(low: list[tuple[int, int]], high: list[tuple[int, int]], duration_ms: int) -> tuple[Legs, VoiceMap]:
    """A mono recording in which the low voice and the high one speak at the given times."""
    at = np.arange(duration_ms * RATE_HZ // 1000) / RATE_HZ
    x = np.zeros(at.size, dtype=np.float32)
    for spans, hertz in ((low, LOW), (high, HIGH)):
        for a, b in spans:
            x[a * 16 : b * 16] += (0.1 * np.sin(2 * np.pi * hertz * at[a * 16 : b * 16])).astype(np.float32)
    legs = Legs(Layout.MONO, (Leg(0, x, False),), (), RATE_HZ, duration_ms, ())
    return legs, VoiceMap(Layout.MONO, False, 0.0, (SpeechActivity(0, Timeline.of(low) | Timeline.of(high)),))


def near(heard: Timeline, true: list[tuple[int, int]], within_ms: int = 40) -> bool:
    return len(heard) == len(true) and all(
        abs(s.start_ms - a) <= within_ms and abs(s.end_ms - b) <= within_ms
        for s, (a, b) in zip(heard, true, strict=True)
    )


LOW_SAYS = [(500, 3000), (7000, 9500), (14000, 17000), (22000, 25000)]
HIGH_SAYS = [(3500, 6500), (10000, 13000), (18000, 21000)]


@pytest.mark.parametrize("merged", [False, True])
def test_who_speaks_is_found_even_where_the_windows_take_both_for_one(merged: bool) -> None:
    legs, voices = call(LOW_SAYS, HIGH_SAYS, 26000)
    found = separate(legs, voices, ToneNetworks(merged))
    assert found.separated
    assert near(found.activities[0].speech, LOW_SAYS), "who speaks first is speaker 0"
    assert near(found.activities[1].speech, HIGH_SAYS)
    assert found.separation_confidence > 0.8


def test_both_at_once_is_heard_of_both() -> None:
    high = [(2000, 6500), *HIGH_SAYS[1:]]  # comes in a second before the low one ends
    legs, voices = call(LOW_SAYS, high, 26000)
    found = separate(legs, voices, ToneNetworks())
    both = found.activities[0].speech & found.activities[1].speech
    assert near(both, [(2000, 3000)], 90)


def test_one_voice_stays_one() -> None:
    legs, voices = call(LOW_SAYS, [], 26000)
    assert separate(legs, voices, ToneNetworks()) == voices


def test_nobody_speaks_and_nothing_is_run() -> None:
    legs, voices = call([], [], 3000)
    networks = ToneNetworks()
    assert separate(legs, voices, networks) == voices
    assert networks.calls == 0


def test_speech_is_neither_lost_nor_made_up() -> None:
    legs, voices = call(LOW_SAYS, HIGH_SAYS, 26000)
    found = separate(legs, voices, ToneNetworks())
    together = found.activities[0].speech | found.activities[1].speech
    assert (together - voices.activities[0].speech).duration_ms == 0
    assert (voices.activities[0].speech - together).duration_ms <= 20 * len(voices.activities[0].speech)


def test_tones_and_music_stay_with_both() -> None:
    legs, voices = call(LOW_SAYS, HIGH_SAYS, 26000)
    whole = replace(voices.activities[0], tones=Timeline.of([(25200, 25600)]))
    found = separate(legs, replace(voices, activities=(whole,)), ToneNetworks())
    assert all(a.tones == whole.tones for a in found.activities)


def test_the_same_call_gives_the_same_answer() -> None:
    legs, voices = call(LOW_SAYS, HIGH_SAYS, 26000)
    assert separate(legs, voices, ToneNetworks()) == separate(legs, voices, ToneNetworks())


@pytest.mark.parametrize("duration_ms", [300, 900, 9000, 10001])
def test_short_calls_do_not_break(duration_ms: int) -> None:
    legs, voices = call([(0, duration_ms // 2)], [(duration_ms // 2, duration_ms)], duration_ms)
    found = separate(legs, voices, ToneNetworks())
    assert all(Span(0, duration_ms) | (a.speech.extent or Span(0, 0)) == Span(0, duration_ms) for a in found.activities)


def test_less_apart_is_less_sure() -> None:
    class Blurred(ToneNetworks):
        def voice(self, features: Samples) -> np.ndarray:
            heard = super().voice(features)
            noise = np.random.default_rng(len(features)).normal(size=192).astype(np.float32) * 0.08
            mixed = 0.6 * heard + 0.4 * np.roll(heard[:2], 1).tolist()[0] + noise
            return (mixed / np.linalg.norm(mixed)).astype(np.float32)

    legs, voices = call(LOW_SAYS, HIGH_SAYS, 26000)
    plain = separate(legs, voices, ToneNetworks()).separation_confidence
    assert separate(legs, voices, Blurred()).separation_confidence < plain


def test_two_local_voices_of_a_window_are_two_people() -> None:
    speak = np.zeros((2, FRAMES, 3), dtype=np.float32)
    speak[:, :200, 0], speak[:, 300:500, 2] = 1, 1
    windows = Windows(speak, np.array([0, FRAMES]), 2 * FRAMES)
    sounds = np.zeros((2, 3, 192), dtype=np.float32)
    sounds[:, 0, 0], sounds[0, 2, 1], sounds[1, 2, 0] = 1, 1, 1  # in the second window both sound alike
    local = LocalVoices(sounds, speak.sum(axis=1) / 59.0, speak.sum(axis=1) / 59.0)
    chosen, _ = assign(windows, local, replace(AssignSettings(), sound=0.1))
    assert chosen[1, 0] != chosen[1, 2]


def test_an_overlap_ends_earlier_where_the_floor_is_kept() -> None:
    frames = 200
    both, speech = np.full(frames, -3.0), np.ones(frames, dtype=bool)  # log odds
    both[80:120] = 3.0
    second = np.zeros(frames, dtype=bool)
    settings = AtOnceSettings(early_ms=34, late_ms=68)
    kept, _ = place(both, speech, second, settings)
    assert np.flatnonzero(kept)[[0, -1]].tolist() == [82, 115]
    second[100:] = True
    passed, owner = place(both, speech, second, settings)
    assert np.flatnonzero(passed)[[0, -1]].tolist() == [82, 119]
    assert not owner[81]


def test_frames_and_times_agree() -> None:
    assert ms_at(0) == pytest.approx(495 / 16)
