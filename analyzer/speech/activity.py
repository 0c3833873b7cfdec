"""Where each party speaks. Every time in the product rests on this, never on the recogniser.

A network (Silero) says roughly where a voice is; the leg's energy over its own noise floor says where it begins and
ends. There is no padding and no hang-over: a silence of 200 ms inside somebody's speech is a gap. Tones and music are
not speech, nor is the other leg's sound heard faintly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

from analyzer.call.types import Layout, Leg, Legs, Samples
from analyzer.spans import Span, Timeline
from analyzer.speech import silero
from analyzer.speech.bleed import Cleaned, frame_db, take_out
from analyzer.speech.music import find_music
from analyzer.speech.tones import find_tones
from analyzer.speech.types import SpeechActivity, VoiceMap

_RATE_HZ = 8000
_FRAME_MS = 5
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ActivitySettings:
    """How speech is decided.

    Args:
        voice_on: a voice begins where Silero's probability reaches this (its usual 0.5 loses telephone voices),
        voice_off: and goes on until it falls below this.
        reach_ms: how far outside Silero's stretch the energy may carry an edge.
        gap_ms: silence from which speech is broken into two inter-pausal units.
        shortest_ms: shorter sounds are not speech.
        over_floor_db: how far above the noise floor sound must be.
        under_speech_db: sound this far under the leg's usual speech level is not counted, however quiet the floor.
        bleed_margin_db: how far sound must rise over what is left of the other leg's copy.
    """

    voice_on: float = 0.2
    voice_off: float = 0.1
    reach_ms: int = 120
    gap_ms: int = 200
    shortest_ms: int = 60
    over_floor_db: float = 6.0
    under_speech_db: float = 35.0
    bleed_margin_db: float = 8.0


def find_speech(legs: Legs, settings: ActivitySettings = ActivitySettings()) -> VoiceMap:
    """Speech, tones and music of every leg.

    Args:
        legs: as `look_at_legs` returns them.
        settings: thresholds; the defaults are the product's.

    Returns:
        One activity a leg; on a mono call one activity for everybody, `separated` False.
    """
    narrow = [_resample(leg.samples, legs.rate_hz, _RATE_HZ) for leg in legs.legs]
    activities = []
    for index, leg in enumerate(legs.legs):
        cleaned = None
        for bleed in legs.bleed:
            if bleed.into_channel == leg.channel and bleed.source_channel < len(narrow):
                cleaned = take_out(narrow[index], narrow[bleed.source_channel], bleed)
        activities.append(_listen(index, leg, legs.rate_hz, narrow[index], cleaned, settings))
    stereo = legs.layout is Layout.STEREO
    return VoiceMap(legs.layout, stereo, 1.0 if stereo else 0.0, tuple(activities))


def _resample(x: Samples, rate_hz: int, to_hz: int) -> Samples:
    if rate_hz == to_hz or x.size == 0:
        return x
    return np.asarray(soxr.resample(x, rate_hz, to_hz, quality="MQ"), dtype=np.float32)


def _listen(
    speaker: int, leg: Leg, rate_hz: int, narrow: Samples, cleaned: Cleaned | None, settings: ActivitySettings
) -> SpeechActivity:
    """One leg's speech, tones and music."""
    if leg.is_dead or narrow.size < _RATE_HZ // 20:
        return SpeechActivity(speaker, Timeline(), find_tones(narrow, _RATE_HZ))
    heard = narrow if cleaned is None else cleaned.samples
    wide = _resample(leg.samples, rate_hz, silero.RATE_HZ) if cleaned is None else _resample(heard, _RATE_HZ, 16000)
    voice = silero.voice_probability(wide)
    tones = find_tones(heard, _RATE_HZ)
    level = frame_db(heard)
    spans, floor = _speech(voice, level, cleaned, tones, settings)
    speech = Timeline(tuple(spans))
    music = find_music(heard, voice, floor, tones, speech)
    return SpeechActivity(speaker, speech, tones, music)


def _speech(
    voice: npt.NDArray[np.float32], level: _Floats, cleaned: Cleaned | None, tones: Timeline, settings: ActivitySettings
) -> tuple[list[Span], float]:
    """Speech spans and the noise floor (dBFS) of one leg."""
    count = level.size
    at = np.minimum(np.arange(count) * _FRAME_MS // 32, voice.size - 1)
    regions = _hysteresis(voice, settings.voice_on, settings.voice_off)
    inside = np.zeros(voice.size, dtype=np.bool_)
    for a, b in regions:
        inside[a:b] = True
    likely = inside[at]
    smooth = np.convolve(10.0 ** (level / 10.0), np.ones(3) / 3.0, mode="same")
    smooth_db = 10.0 * np.log10(np.maximum(smooth, 1e-10))
    floor = _noise_floor(level, likely)
    usual = float(np.percentile(level[likely], 90)) if likely.any() else 0.0
    snr = usual - floor
    over = np.clip(0.3 * snr, 3.0, settings.over_floor_db + 6.0)
    threshold = np.maximum(floor + np.minimum(over, settings.over_floor_db + 4.0), usual - settings.under_speech_db)
    if cleaned is not None:
        copy = np.convolve(10.0 ** (cleaned.expected_db / 10.0), np.ones(7) / 7.0, mode="same")
        left = 10.0 * np.log10(np.maximum(copy, 1e-10)) + cleaned.left_db + settings.bleed_margin_db
        threshold = np.maximum(threshold, left[:count])
    active = smooth_db > threshold
    for tone in tones:
        active[tone.start_ms // _FRAME_MS : -(-tone.end_ms // _FRAME_MS)] = False
    reach = settings.reach_ms // _FRAME_MS
    allowed = likely.copy()
    edges = np.flatnonzero(np.diff(np.concatenate([[0], likely.astype(np.int8), [0]])))
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        allowed[max(0, a - reach) : a] = True
        allowed[b : b + reach] = True
    active &= allowed
    runs = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
    pairs = [(int(a) * _FRAME_MS, int(b) * _FRAME_MS) for a, b in zip(runs[::2], runs[1::2], strict=True)]
    units = Timeline.of(pairs).close_gaps(settings.gap_ms)
    sounding = Timeline.of(pairs)
    kept = [s for s in units if sounding.covered_ms(s) >= settings.shortest_ms]
    return kept, float(np.median(floor))


def _hysteresis(voice: npt.NDArray[np.float32], on: float, off: float) -> list[tuple[int, int]]:
    """Stretches above `off` that reach `on` somewhere."""
    above = voice >= off
    edges = np.flatnonzero(np.diff(np.concatenate([[0], above.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if voice[a:b].max() >= on]


def _noise_floor(level: _Floats, likely: npt.NDArray[np.bool_]) -> _Floats:
    """The leg's noise floor over time: the usual level of the last and next seconds where no voice is likely."""
    block = 1000 // _FRAME_MS  # 1 s
    count = -(-level.size // block)
    rough = np.full(count, np.nan)
    near = np.convolve(likely.astype(np.float64), np.ones(41), mode="same") > 0
    for i in range(count):
        part = level[i * block : (i + 1) * block]
        calm = part[~near[i * block : (i + 1) * block]]
        if calm.size >= 10:
            rough[i] = np.percentile(calm, 70)
    if np.isnan(rough).all():
        rough[:] = np.percentile(level, 10)
    known = np.flatnonzero(~np.isnan(rough))
    filled = np.interp(np.arange(count), known, rough[known])
    spread = np.array([np.median(filled[max(0, i - 4) : i + 5]) for i in range(count)])
    return np.asarray(np.repeat(spread, block)[: level.size])
