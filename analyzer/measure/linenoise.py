"""The noise of two lines on one channel: its level in three bands where nobody speaks, and when it falls for good.

A line that falls silent takes its part of the noise with it. The telephone's own band (400 to 3200 Hz) says that it
did; the edges, which not every line carries, may say which line it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.call.sound import at_rate, rows
from analyzer.call.types import Legs
from analyzer.spans import Span, Timeline
from analyzer.speech.types import VoiceMap

Floats = npt.NDArray[np.float64]

BANDS_HZ = ((400, 3200), (90, 210), (3540, 3760))
CORE, LOW, HIGH = range(3)
FRAME_MS = 20
_RATE_HZ = 8000
_SPEECH_MS, _TONE_MS = 120, 60  # so far around speech and tones nothing is quiet
_LOUDER = ((11, 6.0), (51, 4.0))  # so many dB over the usual one of so many frames around: a click, and a breath
_BLOCK = 1 << 14  # frames whose surroundings are held at once
_LEAST = 10  # frames of fallen noise
_FAINTER = 0.8  # of the frames
_BEFORE = ((10, 0.15), (50, 0.25))  # no stretch of so many frames before was less than so many dB over it
_SURE = 6  # frames in a row that are fainter
_FALLS = ((CORE, 0.8, 1.0), (LOW, 6.0, 4.0), (HIGH, 6.0, 4.0))  # band, least fall in dB, and how much more it varies
_STILL = 10.0**-8.4  # digital silence
_SOME = 100  # frames


@dataclass(frozen=True, slots=True)
class LineNoise:
    """Noise of a channel.

    Args:
        power: of every 20 ms by band, (frames, 3).
        quiet: which frames hold nothing but noise, (frames,).
        step: between the faintest values that the recording has: under it a codec makes its own noise.
    """

    power: Floats
    quiet: npt.NDArray[np.bool_]
    step: float = 0.0

    def over(self, span: Span) -> Floats | None:
        """Usual power by band in the quiet frames of a span; None where there are few."""
        part = slice(-(-span.start_ms // FRAME_MS), span.end_ms // FRAME_MS)
        frames = self.power[part][self.quiet[part]]
        return _usual(frames) if len(frames) >= _LEAST else None


@dataclass(frozen=True, slots=True)
class Fall:
    """Noise that fell for good.

    Args:
        span: from the first frame that is known to be fainter to the end of what was compared.
        before: usual power by band until then.
        after: from then on.
    """

    span: Span
    before: Floats
    after: Floats

    @property
    def depth_db(self) -> Floats:
        """How far each band fell."""
        tiny = 1e-14
        return np.asarray(10 * np.log10((self.before + tiny) / (self.after + tiny)))


def line_noise(legs: Legs, voices: VoiceMap) -> LineNoise:
    """Noise of the first leg, frame by frame.

    Args:
        legs: the recording's legs.
        voices: speech, tones and music, none of which is noise.
    """
    size = _RATE_HZ * FRAME_MS // 1000
    window = np.hanning(size)
    hz = np.fft.rfftfreq(size, 1 / _RATE_HZ)
    masks = [(hz >= low) & (hz <= high) for low, high in BANDS_HZ]
    scale = float(np.sum(window**2)) * size / 2
    parts = [np.zeros((0, len(BANDS_HZ)))]
    for frames in rows(at_rate(legs.legs[0].samples, legs.rate_hz, _RATE_HZ, "HQ"), size):
        spectrum = np.abs(np.fft.rfft((frames - frames.mean(axis=1, keepdims=True)) * window)) ** 2 / scale
        parts.append(np.stack([spectrum[:, mask].sum(axis=1) for mask in masks], axis=1))
    power = np.concatenate(parts)
    busy = np.zeros(len(power), np.bool_)
    for activity in voices.activities:
        for spans, reach in ((activity.speech, _SPEECH_MS), (activity.tones, _TONE_MS), (activity.music, _SPEECH_MS)):
            for span in spans:
                busy[max(0, span.start_ms - reach) // FRAME_MS : -(-(span.end_ms + reach) // FRAME_MS)] = True
    quiet = _without_louder(power[:, CORE], ~busy)
    return LineNoise(power, quiet, _step(legs, np.flatnonzero(quiet)))


def _step(legs: Legs, quiet: npt.NDArray[np.int64]) -> float:
    """The least difference between values in some of the quiet frames; 0 where there is none."""
    samples, rate = legs.legs[0].samples, legs.rate_hz
    some = quiet[:: max(1, len(quiet) // _SOME)].tolist()
    parts = [samples[i * FRAME_MS * rate // 1000 : (i + 1) * FRAME_MS * rate // 1000] for i in some]
    values = np.unique(np.concatenate([np.zeros(0, np.float32), *parts]))
    return float(np.diff(values).min()) if len(values) > 1 else 0.0


def _without_louder(power: Floats, quiet: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The quiet frames but those louder than the quiet ones around them: clicks and breath are no noise of a line."""
    out = quiet.copy()
    for near, over_db in _LOUDER:
        at = np.flatnonzero(out)
        if not at.size:
            break
        near = min(near, at.size)
        around = np.lib.stride_tricks.sliding_window_view(power[at], near)
        parts = [np.median(around[i : i + _BLOCK], axis=1) for i in range(0, len(around), _BLOCK)]
        usual = np.concatenate(parts)[np.clip(np.arange(at.size) - near // 2, 0, at.size - near)]
        out[at] = power[at] <= np.maximum(usual, _STILL) * 10 ** (over_db / 10)
    return out


def noise_fell(noise: LineNoise, until_ms: int, without: Timeline) -> Fall | None:
    """Where the noise falls and stays fainter than it ever was; None when it does not.

    Args:
        noise: of the channel.
        until_ms: the end of what is looked at: the recording's, or a tone's start.
        without: stretches in which the noise was known to be fainter (holds).
    """
    quiet = noise.quiet.copy()
    quiet[until_ms // FRAME_MS :] = False
    for span in without:
        quiet[span.start_ms // FRAME_MS : -(-span.end_ms // FRAME_MS)] = False
    still = noise.power[:, CORE] <= _STILL
    at = np.flatnonzero(quiet & ~(still | np.roll(still, 1) | np.roll(still, -1)))
    if len(at) < 4 * _LEAST:
        return None
    for band, fall_db, varies in _FALLS:
        start = _falls_at(at, 10 * np.log10(noise.power[at, band] + 1e-14), fall_db, varies)
        if start is not None:
            span = Span(int(at[start]) * FRAME_MS, (int(at[-1]) + 1) * FRAME_MS)
            return Fall(span, _usual(noise.power[at[:start]]), _usual(noise.power[at[start:]]))
    return None


def _usual(power: Floats) -> Floats:
    """Mean of each band's fainter frames: a breath, or a word that nobody found, is no noise of the line."""
    kept = np.sort(power, axis=0)[: max(1, round(_FAINTER * len(power)))]
    return np.asarray(kept.mean(axis=0))


def _falls_at(at: npt.NDArray[np.int64], level: Floats, fall_db: float, varies: float) -> int | None:
    """The first of the frames `at` whose level is down for good."""
    count = len(level)
    sums = np.concatenate([[0.0], np.cumsum(level)])
    first = np.arange(2 * _LEAST, count - _LEAST + 1)  # of the fallen frames
    above = sums[first] / first
    below = (sums[count] - sums[first]) / (count - first)
    gain = np.where(above > below, (above - below) ** 2 * first * (count - first), 0.0)
    start = int(first[int(np.argmax(gain))])
    high, low = float(level[:start].mean()), float(level[start:].mean())
    if high - low < fall_db:
        return None
    for width, over_db in _BEFORE:
        width = min(width, count - start)
        before = (sums[width : start + 1] - sums[: max(0, start + 1 - width)]) / width  # none where so few came before
        if before.min(initial=low if before.size == 0 else np.inf) < low + varies * over_db:
            return None
    # single frames between words may be faint by chance: the fall is known from the first stretch on that is
    while start <= count - _SURE and (
        at[start + _SURE - 1] - at[start] > 2 * _SURE or level[start : start + _SURE].mean() > (high + low) / 2
    ):
        start += 1
    return start if count - start >= _SURE else None
