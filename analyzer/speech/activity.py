"""Where each party speaks. Every time in the product rests on this, never on the recogniser.

A network (Silero) says roughly where a voice is; the leg's energy over its own noise floor says where it begins and
ends. There is no padding and no hang-over: a silence of 200 ms inside somebody's speech is a gap. Tones and music are
not speech, nor is the other leg's sound heard faintly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from analyzer.call.sound import resampled
from analyzer.call.types import Layout, Leg, Legs, Samples, Sound
from analyzer.spans import Span, Timeline, runs
from analyzer.speech import silero
from analyzer.speech.activitysettings import ActivitySettings
from analyzer.speech.bleed import Cleaned, at_8_khz, clean, frame_db
from analyzer.speech.copies import without_copies
from analyzer.speech.dtmf import find_keys
from analyzer.speech.music import find_music
from analyzer.speech.musicvoices import BEFORE_CHUNKS, Blocks, anew, voices_in_music
from analyzer.speech.noises import without_noises
from analyzer.speech.tones import find_tones
from analyzer.speech.types import SpeechActivity, VoiceMap

_DEFAULTS = ActivitySettings()
_RATE_HZ = 8000
_FRAME_MS = 5
_AFRESH_MS = 600
_MUSIC_EDGE_MS = 100  # its edges are known to 50 ms
_FAINT_DB, _KNOWN_DB = -45.0, -28.0
_SILENT_DB = -90.0  # digital silence
_Floats = npt.NDArray[np.float64]


def find_speech(
    legs: Legs, settings: ActivitySettings = _DEFAULTS, cleaned: Mapping[int, Cleaned] | None = None
) -> VoiceMap:
    """Speech, tones and music of every leg.

    Args:
        legs: as `look_at_legs` returns them.
        settings: thresholds; the defaults are the product's.
        cleaned: from `clean`, where other stages need it, too; else it is called here.

    Returns:
        One activity a leg; on a mono call one activity for everybody, `separated` False.
    """
    narrow = at_8_khz(legs)
    cleaned = clean(legs) if cleaned is None else cleaned
    if legs.layout is not Layout.STEREO:  # on one channel the fainter voice is the other party
        settings = replace(settings, behind_db=np.inf, under_speech_db=settings.mixed_under_db)
    activities = [
        _listen(index, leg, legs.rate_hz, narrow[index], cleaned.get(index), settings)
        for index, leg in enumerate(legs.legs)
    ]
    stereo = legs.layout is Layout.STEREO
    if stereo and len(legs.legs) == 2:
        own = [cleaned[i].samples if i in cleaned else narrow[i] for i in (0, 1)]
        spoken = [a.speech for a in activities]
        activities = [
            replace(a, speech=without_copies(spoken[i], own[i], own[1 - i], spoken[1 - i], _RATE_HZ))
            for i, a in enumerate(activities)
        ]
    return VoiceMap(legs.layout, stereo, 1.0 if stereo else 0.0, tuple(activities))


def _listen(
    speaker: int, leg: Leg, rate_hz: int, narrow: Sound, cleaned: Cleaned | None, settings: ActivitySettings
) -> SpeechActivity:
    """One leg's speech, tones and music."""
    if leg.is_dead or len(narrow) < _RATE_HZ // 20:
        return SpeechActivity(speaker, Timeline(), find_tones(narrow, _RATE_HZ))
    heard = narrow if cleaned is None else cleaned.samples
    level = frame_db(narrow)
    if cleaned is not None:
        level = np.minimum(frame_db(heard), level)  # what was digital silence stays so
    gain = _gain(_smooth_db(level, 5))

    def wide() -> Iterator[Samples]:
        source, source_hz = (leg.samples, rate_hz) if cleaned is None else (heard, _RATE_HZ)
        return (block * gain for block in resampled(source, source_hz, silero.RATE_HZ, "MQ"))

    voice = silero.voice_probability(wide())
    tones = find_tones(heard, _RATE_HZ)
    voice, music = voices_in_music(wide, voice, find_music(heard, voice, tones), settings)
    voice = _afresh(wide, voice, level, music)
    nobody = tones | find_keys(heard, _RATE_HZ) | music
    return SpeechActivity(speaker, _speech(voice, heard, level, cleaned, nobody, settings), tones, music)


def _gain(slow: _Floats) -> np.float32:
    """What brings a faint leg to the loudness the network knows; 1 for any other."""
    loud = float(np.percentile(slow, 99.5))
    if loud >= _FAINT_DB:
        return np.float32(1.0)
    room = -3.0 - float(slow.max())  # a leg with one loud word stays as it is
    return np.float32(10.0 ** (np.clip(min(_KNOWN_DB - loud, room), 0.0, 30.0) / 20.0))


def _chunk_of(frames: int, chunks: int) -> npt.NDArray[np.int64]:
    """Which of the network's values, one each 32 ms, belongs to each frame of 5 ms."""
    return np.minimum(np.arange(frames) * _FRAME_MS // 32, chunks - 1)


def _afresh(wide: Blocks, voice: npt.NDArray[np.float32], level: _Floats, music: Timeline) -> npt.NDArray[np.float32]:
    """Voice probability with the network started afresh where sound begins after a silence, or after music.

    Its memory of a long silence or of music keeps it from believing the voice that follows, for up to seconds. One
    that starts where music ends is still given the last of it: so another starts with the next sound behind a rest.

    Args:
        wide: makes the leg's sound at 16 kHz, block by block.
        voice: a value each 32 ms, from one run over the leg.
        level: a value each 5 ms, dBFS.
        music: where nothing starts afresh.
    """
    out = voice.copy()
    slow = _smooth_db(level, 5)
    known = _mask(_hysteresis(voice, 0.5, 0.5), voice.size)[_chunk_of(level.size, voice.size)]
    # what begins behind music begins behind a rest, however short the silence between them
    played = Timeline(tuple(s.widen(_MUSIC_EDGE_MS) for s in music)).steps(_FRAME_MS, level.size)
    loud = runs((slow > _rough_floor(slow, known | played) + 10.0) & ~played)
    ends = [0, *(b for _, b in loud)]
    begins = [a * _FRAME_MS for (a, _), end in zip(loud, ends, strict=False) if (a - end) * _FRAME_MS >= _AFRESH_MS]
    doubtful = [
        max(0, begin // 32 - BEFORE_CHUNKS)
        for begin in sorted([*begins, *(s.end_ms for s in music)])
        if voice[begin // 32 : begin // 32 + 8].max(initial=0.0) <= 0.5
    ]
    for place, again in anew(wide, voice.size, [(first, first + 96) for first in doubtful]):
        np.maximum(out[place], again, out=out[place])
    return out


def _rough_floor(slow: _Floats, known: npt.NDArray[np.bool_]) -> float:
    """A low level of the leg, digital silence aside, unless it is silent but for known sound: a voice, music, tones."""
    rough = slow[slow > _SILENT_DB]
    if _is_silent_else(slow, ~_reach(known, 20)):
        return _SILENT_DB
    return float(np.percentile(rough, 20)) if rough.size else _SILENT_DB


def _is_silent_else(level: _Floats, calm: npt.NDArray[np.bool_]) -> bool:
    """True where a leg sends next to nothing while nobody speaks: a codec that stops between words."""
    return bool((calm & (level >= _SILENT_DB)).sum() < 0.1 * calm.sum())


def _speech(
    voice: npt.NDArray[np.float32],
    heard: Sound,
    level: _Floats,
    cleaned: Cleaned | None,
    other: Timeline,
    settings: ActivitySettings,
) -> Timeline:
    """Speech of one leg; `other` is tones and music."""
    count = level.size
    at = _chunk_of(count, voice.size)
    likely = _mask(_hysteresis(voice, settings.voice_on, settings.voice_off), voice.size)[at]
    beside = other.steps(_FRAME_MS, count)
    likely &= ~beside
    if not likely.any():
        return Timeline()
    slow = _smooth_db(level, 5)
    likely |= _attached(likely, beside, slow)
    likely &= ~beside
    regions = runs(_reach(likely, settings.reach_ms // _FRAME_MS) & ~beside)
    quick = _smooth_db(level, 2)
    floor = _noise_floor(slow, likely, beside, level)
    lowest = _lowest(slow, likely, beside, regions, settings)
    left = np.full(count, -np.inf)
    if cleaned is not None:
        left = _smooth_db(cleaned.expected_db, 7)[:count] + cleaned.left_db + settings.bleed_margin_db
    # short windows where speech stands clear of the noise, longer ones with a narrower margin where it does not
    clear = quick > np.maximum(np.maximum(floor + settings.over_floor_db, lowest), left)
    buried = slow > np.maximum(np.maximum(floor + settings.over_noise_db, lowest + 6.0), left)
    snr = lowest + settings.under_speech_db - floor
    # in loud noise the network hears more than the energy shows, while it stays as sure as it was
    sure = (voice > np.maximum(0.5, 0.8 * _loudest_near(voice.astype(np.float64), 15)))[at]
    covered = sure & (snr < settings.noisy_db) & (lowest < np.inf)
    active = (clear | buried | covered) & _mask(regions, count)
    sounding = Timeline.of((a * _FRAME_MS, b * _FRAME_MS) for a, b in runs(active))
    if float(np.median(snr)) >= settings.clear_db:
        sounding = without_noises(sounding, heard, voice)
    units = _close(sounding, snr, settings)
    return Timeline(tuple(s for s in units if sounding.covered_ms(s) >= settings.shortest_ms))


def _attached(likely: npt.NDArray[np.bool_], beside: npt.NDArray[np.bool_], slow: _Floats) -> npt.NDArray[np.bool_]:
    """Sound that leads without a break into what the network takes for a voice, or out of it.

    It wakes late after tones and music, and lets go of a soft last syllable. Only sound that begins (ends) in reach
    counts: what goes on for longer is something else.
    """
    quiet = slow <= _rough_floor(slow, likely | beside) + 10.0
    out = np.zeros(likely.size, dtype=np.bool_)
    reach = 600 // _FRAME_MS
    for a, b in runs(likely):
        before = np.flatnonzero(quiet[max(0, a - reach) : a])
        if before.size:
            out[max(0, a - reach) + int(before[-1]) + 1 : a] = True
        after = np.flatnonzero(quiet[b : b + reach])
        if after.size:
            out[b : b + int(after[0])] = True
    return out


def _lowest(
    slow: _Floats,
    likely: npt.NDArray[np.bool_],
    beside: npt.NDArray[np.bool_],
    regions: list[tuple[int, int]],
    settings: ActivitySettings,
) -> _Floats:
    """The faintest level that belongs to speech, by the loudness of each stretch itself.

    Where nothing near is loud, somebody is talking behind the party, or the other leg was not taken out whole: there
    no level will do.
    """
    own = slow[likely]  # and what is said behind the party, which may be more
    usual = float(np.percentile(own[own > np.percentile(own, 99) - settings.own_db], 95))
    out = np.full(slow.size, usual - settings.under_speech_db)
    for a, b in regions:
        part = slow[a:b][likely[a:b]]
        if part.size >= 20:
            out[a:b] = float(np.percentile(part, 95)) - settings.under_speech_db
    loudest = _loudest_near(slow, settings.near_ms // _FRAME_MS)
    behind = loudest < usual - settings.behind_db
    soft = _attached(likely & ~behind, beside, slow) & (loudest >= usual - settings.soft_db)
    out[behind & ~soft] = np.inf
    return out


def _loudest_near(slow: _Floats, reach: int) -> _Floats:
    """The highest level within `reach` frames on either side."""
    out = slow.copy()
    reach, done = min(reach, slow.size - 1), 1
    while done <= reach:  # doubling the window each time
        step = min(done, reach + 1 - done)
        right = np.concatenate([out[step:], np.full(step, -np.inf)])
        left = np.concatenate([np.full(step, -np.inf), out[:-step]])
        out = np.maximum(np.maximum(right, left), out)
        done += step
    return out


def _close(sounding: Timeline, snr: _Floats, settings: ActivitySettings) -> Timeline:
    """Joins what no silence of `gap_ms` parts. Noise covers soft speech, so that silences in it look longer."""
    out: list[Span] = []
    for span in sounding:
        if out:
            at = min(out[-1].end_ms // _FRAME_MS, snr.size - 1)
            covered = float(
                np.clip((settings.clear_db - min(snr[at], settings.clear_db)) * settings.covered_ms_per_db, 0.0, 100.0)
            )
            # the window makes every silence look a little shorter than it is
            if span.start_ms - out[-1].end_ms < settings.gap_ms - _FRAME_MS + covered:
                out[-1] = out[-1] | span
                continue
        out.append(span)
    return Timeline(tuple(out))


def _mask(spans: Iterable[tuple[int, int]], size: int) -> npt.NDArray[np.bool_]:
    """True inside the spans."""
    out = np.zeros(size, dtype=np.bool_)
    for a, b in spans:
        out[a:b] = True
    return out


def _reach(mask: npt.NDArray[np.bool_], frames: int) -> npt.NDArray[np.bool_]:
    """The mask and so many frames around it."""
    return _mask(((max(0, a - frames), b + frames) for a, b in runs(mask)), mask.size)


def _smooth_db(level: _Floats, frames: int) -> _Floats:
    """Mean power over neighbouring frames, in dB."""
    power = np.convolve(10.0 ** (level / 10.0), np.ones(frames) / frames, mode="same")
    return np.asarray(10.0 * np.log10(np.maximum(power, 1e-10)))


def _hysteresis(voice: npt.NDArray[np.float32], on: float, off: float) -> list[tuple[int, int]]:
    """Stretches above `off` that reach `on` somewhere."""
    return [(a, b) for a, b in runs(voice >= off) if voice[a:b].max() >= on]


def _noise_floor(
    slow: _Floats, likely: npt.NDArray[np.bool_], beside: npt.NDArray[np.bool_], level: _Floats
) -> _Floats:
    """The leg's noise floor over time: what 25 ms of it seldom rise above, where nothing else sounds.

    A leg that is digitally silent now and then (a hold, a codec that stops sending) has the floor of the rest; one
    that is so between all words has none.
    """
    calm = ~_reach(likely, 20) & ~_reach(beside, 20)
    if _is_silent_else(level, calm):
        return np.full(level.size, _SILENT_DB)
    calm &= level >= _SILENT_DB
    block = 1000 // _FRAME_MS
    count = -(-level.size // block)
    rough = np.full(count, np.nan)
    spreads: list[float] = []
    for i in range(count):
        part = slow[i * block : (i + 1) * block][calm[i * block : (i + 1) * block]]
        if part.size >= 200 // _FRAME_MS:
            rough[i], high = np.percentile(part, (20, 90))
            spreads.append(high - rough[i])
    known = np.flatnonzero(~np.isnan(rough))
    if known.size == 0:
        return np.full(level.size, float(np.percentile(slow, 10)))
    rough = np.minimum(rough, float(np.nanmedian(rough)) + 10.0)
    # while somebody speaks on, the line is what it was before or is after, never between: the louder is safe
    at = np.arange(count)
    before = known[np.maximum(np.searchsorted(known, at, "right") - 1, 0)]
    after = known[np.minimum(np.searchsorted(known, at), known.size - 1)]
    filled = np.maximum(rough[before], rough[after])
    around = np.array([np.max(filled[max(0, i - 2) : i + 3]) for i in range(count)])
    return np.asarray(np.repeat(around, block)[: level.size] + float(np.median(spreads)))
