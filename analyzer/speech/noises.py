"""Noises that no voice made: keys of a keyboard, breath, rustle beside speech, and what buzzes.

Energy alone takes what sounds beside a word for a part of it. Every Mandarin syllable holds a vowel, which is periodic
or, where it creaks at a turn's end, has its power low; a consonant alone is short and leads into one. And no voice
repeats itself exactly for a tenth of a second, as a machine does.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analyzer.call.sound import windows
from analyzer.call.types import Sound
from analyzer.spans import Span, Timeline, lasting, runs

_RATE_HZ = 8000
_HOP, _HOP_MS = 80, 10
_WINDOW, _FFT = 320, 512  # 40 ms
_LAGS = slice(_RATE_HZ // 450, _RATE_HZ // 65)
_PERIODIC = 0.65  # of noise of any band half as much
_LOW_BINS, _BAND_BINS, _MIDDLE_BINS = slice(10, 64), slice(10, 230), slice(19, 211)  # 150 to 1000, 3600; 300 to 3300 Hz
_LOW_SHARE, _FLATNESS = 0.3, 0.12
_BELIEVED = 0.4  # of the network: of 250 units on quiet lines it believes 0.48 and more
_UNIT_MS = 200
_VOICED_LEG = 0.3  # a leg that is less voiced is hoarse, whispered or noise throughout: nothing is said of it
_REST_MS = 40  # no consonant is so long before its vowel silent
_CONSONANT_MS = 200  # 160 ms is the longest of 500 human ones before a vowel
_BEFORE_MS = 60
_STEP, _STEP_MS, _PERIODS = 160, 20, slice(720, 881)  # the same sound 90 to 110 ms later
_FAR_MS = 120  # how far a window and its repetition reach
_EXACT, _BUZZ_MS = 0.85, 120  # of 250 units of speech none is so for more than 50 ms


def without_noises(sounding: Timeline, samples: Sound, believed: npt.NDArray[np.float32]) -> Timeline:
    """Sound of a leg without what no voice made.

    Args:
        sounding: what is loud enough for speech.
        samples: the leg at 8 kHz.
        believed: Silero's probability, a value each 32 ms.
    """
    if len(samples) < _WINDOW:
        return sounding
    sounding = sounding - _buzzing(samples, sounding)
    periodic, low = _voice_like(samples, sounding)
    if periodic.sum() * _HOP_MS < _VOICED_LEG * sounding.duration_ms:
        return sounding
    voice = periodic | low
    kept: list[Span] = []
    for piece in sounding.close_gaps(_REST_MS):
        first, last = piece.start_ms // _HOP_MS, -(-piece.end_ms // _HOP_MS)
        inside = np.flatnonzero(voice[first:last])
        if inside.size == 0:
            continue
        start, end = piece.start_ms, piece.end_ms
        begins, ends = (first + int(inside[0])) * _HOP_MS, (first + int(inside[-1]) + 1) * _HOP_MS
        if begins - start > _CONSONANT_MS:
            start = begins - _BEFORE_MS
        if end - ends > _CONSONANT_MS:
            end = ends
        kept.append(Span(start, end))
    sound = sounding & Timeline(tuple(kept))
    units = (
        u
        for u in sound.close_gaps(_UNIT_MS)
        if periodic[u.start_ms // _HOP_MS : -(-u.end_ms // _HOP_MS)].any()
        or believed[u.start_ms // 32 : u.end_ms // 32 + 1].max(initial=0.0) >= _BELIEVED
    )
    return sound & Timeline(tuple(units))


def _voice_like(samples: Sound, sounding: Timeline) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether each 10 ms of what sounds is periodic, and whether its power is low or in few places."""
    count = len(samples) // _HOP + 1
    asked = sounding.steps(_HOP_MS, count)
    periodic, low = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    middle = _WINDOW // _HOP // 2  # a window stands for its middle
    window = np.hanning(_WINDOW).astype(np.float32)
    ahead = np.arange(_FFT)[_LAGS]
    at = 0
    for block in windows(samples, _WINDOW, _HOP, 4096):
        own = np.flatnonzero(asked[at + middle : at + middle + len(block)])
        at += len(block)
        if own.size == 0:
            continue
        frames = block[own] - block[own].mean(axis=1, keepdims=True)
        power = np.abs(np.fft.rfft(frames, _FFT)) ** 2
        energy = np.cumsum(frames**2, axis=1, dtype=np.float64)
        early = energy[:, _WINDOW - 1 - ahead]
        late = energy[:, -1:] - energy[:, ahead - 1]
        alike = np.fft.irfft(power, _FFT)[:, _LAGS] / np.sqrt(early * late + 1e-12)
        place = own + at - len(block) + middle
        periodic[place] = alike.max(axis=1) > _PERIODIC
        power = np.abs(np.fft.rfft(frames * window, _FFT)) ** 2 + 1e-12
        share = power[:, _LOW_BINS].sum(axis=1) / power[:, _BAND_BINS].sum(axis=1)
        band = power[:, _MIDDLE_BINS]
        flat = np.exp(np.log(band).mean(axis=1)) / band.mean(axis=1)
        low[place] = (share > _LOW_SHARE) | (flat < _FLATNESS)
    return lasting(periodic, 2), lasting(low, 2)


def _buzzing(samples: Sound, sounding: Timeline) -> Timeline:
    """Where the sound is repeated exactly, period by period."""
    reach = _PERIODS.stop - 1 + _WINDOW
    asked = sounding.steps(_STEP_MS, len(samples) // _STEP + 1)
    exact = np.zeros(asked.size, dtype=np.bool_)
    at = 0
    for block in windows(samples, reach, _STEP, 1024):
        own = np.flatnonzero(asked[at : at + len(block)])
        at += len(block)
        if own.size == 0:
            continue
        now, later = block[own, :_WINDOW], block[own, _PERIODS.start :]
        spectrum = np.conj(np.fft.rfft(now, _FFT)) * np.fft.rfft(later, _FFT)
        alike = np.fft.irfft(spectrum, _FFT)[:, : _PERIODS.stop - _PERIODS.start]
        energy = np.cumsum(np.pad(later, ((0, 0), (1, 0))) ** 2, axis=1, dtype=np.float64)
        power = (energy[:, _WINDOW:] - energy[:, :-_WINDOW]) * np.sum(now**2, axis=1, keepdims=True)
        exact[own + at - len(block)] = (alike / np.sqrt(power + 1e-12)).max(axis=1) > _EXACT
    lasts = lasting(exact, -(-_BUZZ_MS // _STEP_MS))
    return Timeline.of((a * _STEP_MS, b * _STEP_MS + _FAR_MS) for a, b in runs(lasts))
