"""Hold music: sound that goes on, is harmonic, and is not a voice. Sung music is beyond it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.call.sound import windows
from analyzer.call.types import Sound
from analyzer.spans import Span, Timeline, runs

_RATE_HZ = 8000
_WINDOW = 512  # 64 ms
_HOP = 400  # 50 ms
_SHORTEST_MS = 2500
_GROW_MS, _WORD_MS = 1500, 200
_NEIGHBOURS, _STEPS = 8, 5  # 125 Hz on either side; 250 ms
_STANDING = 0.21  # noise of five colours over a line has 0.20 at most, music in noise at 10 dB 0.22 at least
_LATE_MS = 500
_SPEECH_DB = 6.0  # what rises so far over nearly all of the music is somebody who spoke before it
_OVER_DB, _TONAL = 2.0, 0.4  # louder than a line's noise, whose peaks hold 0.2 and hardly ever this


@dataclass(frozen=True, slots=True)
class Music:
    """A stretch of music.

    Args:
        span: all of it.
        calm: where the network hears no voice; what comes before may be its first notes, or somebody.
        sound: from where there is sound without a rest: longer before it than first notes are taken for a voice.
    """

    span: Span
    calm: Span
    sound: Span


def find_music(samples: Sound, voice: npt.NDArray[np.float32], tones: Timeline) -> tuple[Music, ...]:
    """Long stretches whose spectrum has standing peaks, without a voice.

    Args:
        samples: one channel at 8 kHz.
        voice: Silero's probability, a value each 32 ms.
        tones: call-progress tones, which are not music.
    """
    if len(samples) < _SHORTEST_MS * _HOP // 50 or voice.size == 0:
        return ()
    level, tonal = _spectra(samples)
    at = np.minimum((np.arange(level.size) * _HOP + _WINDOW // 2) // 256, voice.size - 1)
    sounding = level > max(float(np.percentile(level, 10)) + _OVER_DB, -60.0)
    calm = voice[at] < 0.3
    notes = sounding & (tonal > _TONAL) & calm
    sound = _timeline(sounding)
    rests = 150  # longer silences end a melody, or speech after the hold would belong to it
    core = ((_timeline(notes) - tones).drop_shorter(100).close_gaps(rests) & sound.close_gaps(rests)).close_gaps(rests)
    found = core.drop_shorter(_SHORTEST_MS)
    tune = _timeline(sounding & (tonal > _TONAL)).close_gaps(rests)
    return tuple(_grow(s, level, calm, tune) for s in found)


def _grow(span: Span, level: npt.NDArray[np.float64], calm: npt.NDArray[np.bool_], tune: Timeline) -> Music:
    """Music from the beginning of its sound: the network takes the first notes after speech for a voice."""
    inside = level[span.start_ms // 50 : max(span.start_ms // 50 + 1, span.end_ms // 50)]
    usual = float(np.median(inside))
    loud = level > max(usual - 15.0, (usual + float(np.percentile(level, 10))) / 2.0)
    pieces = _timeline(loud).close_gaps(110).spans
    begins = [p.start_ms for p in (*pieces, *tune) if span.start_ms in p]  # in noise notes fade into it, and yet ring
    begin = start = min(begins, default=span.start_ms)
    if span.start_ms - start > _GROW_MS + _WORD_MS:  # what is shorter than a word is no speech before it
        start = span.start_ms - _GROW_MS
    # afterwards it goes on while its sound does and nobody speaks
    last = next((p.end_ms for p in pieces if span.end_ms - 50 in p), span.end_ms)
    rest = calm[span.end_ms // 50 : last // 50]
    end = last if rest.size and rest.mean() > 0.7 else span.end_ms
    over = level > float(np.percentile(inside, 95)) + _SPEECH_DB
    whole = _unspoken(Span(min(start, span.start_ms), max(end, span.end_ms)), span, over)
    return Music(whole, span, Span(min(begin, whole.start_ms), whole.end_ms))


def _unspoken(span: Span, core: Span, over: npt.NDArray[np.bool_]) -> Span:
    """The music without what rises over it towards its ends, where the network is late to hear a voice."""
    spoken = over[span.start_ms // 50 : span.end_ms // 50]
    before = np.flatnonzero(spoken[: (core.start_ms - span.start_ms + _LATE_MS) // 50])
    after = np.flatnonzero(spoken[max(0, core.end_ms - _LATE_MS - span.start_ms) // 50 :])
    start = span.start_ms + (int(before[-1]) + 1) * 50 if before.size else span.start_ms
    end = core.end_ms - _LATE_MS + int(after[0]) * 50 if after.size else span.end_ms
    return Span(start, max(end, start + 50))


def _spectra(samples: Sound) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Level (dBFS) and share of the power in the strongest 5 % of the bins, every 50 ms: 0.2 for white noise.

    A street's noise has as much there, because its spectrum is steep. So the share is none where nothing stands out
    of its neighbours.
    """
    window = np.hanning(_WINDOW).astype(np.float32)
    level: list[npt.NDArray[np.float64]] = []
    tonal: list[npt.NDArray[np.float64]] = []
    standing: list[npt.NDArray[np.float64]] = []
    for frames in windows(samples, _WINDOW, _HOP, 4096):
        power = np.abs(np.fft.rfft(frames * window)) ** 2
        power = power[:, 8:224] + 1e-12  # 125 to 3500 Hz
        total = power.sum(axis=1)
        level.append(10.0 * np.log10(total / (float(np.sum(window**2)) * _WINDOW / 2) + 1e-10))
        tonal.append(_strongest(power))
        standing.append(_strongest(power / _around(power)))
    stands = np.convolve(np.concatenate(standing), np.full(_STEPS, 1 / _STEPS), mode="same") > _STANDING
    return np.concatenate(level), np.where(stands, np.concatenate(tonal), 0.0)


def _strongest(power: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """The share of the strongest 5 % of the bins, one a window."""
    return np.asarray(np.partition(power, -11, axis=1)[:, -11:].sum(axis=1) / power.sum(axis=1), np.float64)


def _around(power: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """The mean of each bin and its neighbours."""
    padded = np.pad(power, ((0, 0), (_NEIGHBOURS + 1, _NEIGHBOURS)), mode="edge")
    whole = np.cumsum(padded, axis=1, dtype=np.float64)
    width = 2 * _NEIGHBOURS + 1
    return np.asarray((whole[:, width:] - whole[:, :-width]) / width)


def _timeline(mask: npt.NDArray[np.bool_]) -> Timeline:
    """Spans of the 50 ms steps that are True, counted from the middle of their windows."""
    shift = (_WINDOW - _HOP) * 500 // _RATE_HZ
    return Timeline.of((a * 50 + shift, b * 50 + shift) for a, b in runs(mask))
