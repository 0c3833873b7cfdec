"""Measures of the voice standard: shouting, listlessness, smile, mouthpiece, lengthened syllables, clarity.

All of them are proxies and say so (`proxy_for`); each has a page that says what it can't tell. They are made of level,
pitch and spectrum against the party's own call, because a recorder's gain, a line's band and a person's voice differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.measure.catalogue import measure
from analyzer.measure.frames import HOP_MS, Frames
from analyzer.measure.level import GRAIN_MS, Levels
from analyzer.measure.party import Party
from analyzer.measure.pitch import Pitches
from analyzer.measure.rate import Rates
from analyzer.measure.types import Measure
from analyzer.spans import Span, Timeline, runs

FEW_SPEECH_MS = 5000
# shouting: one second of speech against the party's own median second
SHOUT_WINDOW_MS, SHOUT_STEP_MS = 1000, 250
SHOUT_LEAST = np.array([6.0, 1.0, 1.0])  # dB, semitones, dB: each of the three must be there
SHOUT_FULL = np.array([7.0, 3.0, 4.0])  # and on average they must reach this
SHOUTED_MS = 1000
# lengthened syllables
LONG_MS, LONG_CHANGE_DB, LONG_LEVEL_DB = 350, 3.2, 20.0
_FILLER = re.compile(r"^[嗯呃额啊哦噢喔唉哎诶呀唔]+$")
# plosive pops
POP_OVER_DB, POP_MS = 12.0, 120
BAND_LIMITED_DB = -25.0  # low end so far below the first harmonics: the line passes none of it


@dataclass(frozen=True, slots=True)
class Shouting:
    """What a party shouts.

    Args:
        spans: all of it; empty too where it can't be told.
        most: how far the most of it lies over the party's own median second, by component.
        reason: why it can't be told; None when it can.
    """

    spans: Timeline
    most: Mapping[str, float]
    reason: str | None = None


def measure_voice(
    party: Party,
    frames: Frames,
    pitches: Pitches,
    levels: Levels,
    rates: Rates,
    shouting: Shouting,
    doubt: str | None,
) -> list[Measure]:
    """The voice-standard measures of one party.

    Args:
        party: whose.
        frames: of its speech.
        pitches: from `look_at_pitch`.
        levels: from `look_at_levels`.
        rates: from `look_at_rate`.
        shouting: from `look_at_shouting`.
        doubt: why the recording makes them weak.
    """
    return [
        measure(
            "shouting_time",
            None if shouting.reason else shouting.spans.duration_ms,
            party.speaker,
            reason=shouting.reason,
            doubt=doubt,
            evidence=sorted(shouting.spans, key=lambda s: (-s.duration_ms, s)),
            components=shouting.most,
        ),
        _listless(party, pitches, levels, rates, doubt),
        _smile(party, frames, pitches, doubt),
        *_mouthpiece(party, frames, levels, doubt),
        _lengthened(party, frames, doubt),
        _clarity(party, levels, doubt),
    ]


def tilt_db(frames: Frames) -> npt.NDArray[np.float32]:
    """Energy from 1 to 3.4 kHz over that from 160 Hz to 1 kHz, dB a frame: rises with vocal effort.

    Args:
        frames: of a party's speech.
    """
    power = 10 ** (frames.bands_db / 10)
    return np.asarray(10 * np.log10((power[:, 3] + power[:, 4]) / (power[:, 1] + power[:, 2])), dtype=np.float32)


def look_at_shouting(party: Party, frames: Frames, pitches: Pitches) -> Shouting:
    """Seconds that are louder, higher and brighter than the party's own median second, all three together.

    Args:
        party: whose.
        frames: of its speech.
        pitches: from `look_at_pitch`.
    """
    if party.alone.duration_ms < FEW_SPEECH_MS or pitches.median_hz is None:
        return Shouting(Timeline(), {}, reason="too_little_speech")
    tilt = tilt_db(frames)
    spans: list[Span] = []
    rows: list[tuple[float, float, float]] = []
    for start in range(int(frames.times_ms[0]), int(frames.times_ms[-1]) + 1, SHOUT_STEP_MS):
        at = frames.within(Span(start, start + SHOUT_WINDOW_MS))
        semitones = pitches.semitones[at]
        voiced = np.isfinite(semitones)
        if voiced.sum() * HOP_MS < 250:
            continue
        power = 10 ** (frames.level_db[at][voiced] / 10)
        rows.append((10 * np.log10(power.mean()), float(semitones[voiced].mean()), float(np.mean(tilt[at][voiced]))))
        spans.append(Span(start, start + SHOUT_WINDOW_MS))
    if len(rows) < 8:
        return Shouting(Timeline(), {}, reason="too_little_voiced_speech")
    over = np.array(rows) - np.median(np.array(rows), axis=0)
    loud = (over >= SHOUT_LEAST).all(axis=1) & (np.minimum(over / SHOUT_FULL, 1.5).mean(axis=1) >= 1.0)
    windows = Timeline(tuple(s for s, yes in zip(spans, loud.tolist(), strict=True) if yes)).drop_shorter(
        SHOUT_WINDOW_MS + SHOUT_STEP_MS
    )
    return Shouting(
        (windows & party.alone.close_gaps(300)).drop_shorter(SHOUTED_MS),
        dict(zip(("most_level_db", "most_pitch_st", "most_tilt_db"), over.max(axis=0).tolist(), strict=True)),
    )


def _listless(party: Party, pitches: Pitches, levels: Levels, rates: Rates, doubt: str | None) -> Measure:
    """How far level and pitch fall over the call, with slow speech, small span and many pauses; 0 to 1."""
    who = party.speaker
    if rates.articulation is None or pitches.span_st is None or party.alone.duration_ms < 2 * FEW_SPEECH_MS:
        return measure("listless_index", None, who, reason="too_little_speech")
    speech = sum(t.speech_ms for t in rates.turns)
    time = sum(t.turn.span.duration_ms for t in rates.turns)
    known = [db for db in levels.turns_db if db is not None]
    third = max(1, len(known) // 3)
    fall = float(np.median(known[:third]) - np.median(known[-third:])) if len(known) >= 3 else 0.0
    parts = {
        "slow": _ramp(rates.articulation, 220.0, 140.0),
        "flat": _ramp(pitches.span_st, 8.0, 4.0),
        "pauses": _ramp(1 - speech / max(1, time), 0.15, 0.40),
        "falling_level": _ramp(fall, 2.0, 8.0),
    }
    return measure("listless_index", sum(parts.values()) / len(parts), who, doubt=doubt, components=parts)


def _ramp(value: float, none: float, full: float) -> float:
    return float(np.clip((value - none) / (full - none), 0.0, 1.0))


def _smile(party: Party, frames: Frames, pitches: Pitches, doubt: str | None) -> Measure:
    """Lively and bright speech: pitch span, brightness and its span; -1 (flat and dull) to 1."""
    who = party.speaker
    if pitches.span_st is None or party.alone.duration_ms < FEW_SPEECH_MS:
        return measure("smile_index", None, who, reason="too_little_speech")
    bright = tilt_db(frames)[frames.voiced]
    low, high = np.percentile(bright, (10, 90))
    parts = {
        "span": _ramp(pitches.span_st, 5.0, 14.0),
        "brightness": _ramp(float(np.median(bright)), -20.0, -6.0),
        "brightness_span": _ramp(float(high - low), 8.0, 24.0),
    }
    return measure("smile_index", 2 * sum(parts.values()) / len(parts) - 1, who, doubt=doubt, components=parts)


def _mouthpiece(party: Party, frames: Frames, levels: Levels, doubt: str | None) -> list[Measure]:
    who = party.speaker
    names = ("mouthpiece_pops", "mouthpiece_low_end", "mouthpiece_decay")
    if party.alone.duration_ms < FEW_SPEECH_MS:
        return [measure(name, None, who, reason="too_little_speech") for name in names]
    low_end = _mean_db(frames.bands_db[:, 0]) - _mean_db(frames.bands_db[:, 1])
    decay, ends = _decay(party, levels)
    fallen = measure(
        "mouthpiece_decay", decay, who, reason="no_free_end_of_speech", doubt=doubt, components={"ends": float(ends)}
    )
    if low_end < BAND_LIMITED_DB:
        why = "band_limited"
        return [measure(name, None, who, reason=why) for name in names[:2]] + [fallen]
    pops = _pops(frames)
    per_minute = 60_000 * len(pops) / party.alone.duration_ms
    return [
        measure("mouthpiece_pops", per_minute, who, doubt=doubt, evidence=pops, components={"count": float(len(pops))}),
        measure("mouthpiece_low_end", low_end, who, doubt=doubt),
        fallen,
    ]


def _mean_db(db: npt.NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.mean(10 ** (db.astype(float) / 10)) + 1e-12))


def _pops(frames: Frames) -> list[Span]:
    """Short bursts of energy below 160 Hz that stand above everything else in the frame."""
    low = frames.bands_db[:, 0]
    rest = 10 * np.log10(np.sum(10 ** (frames.bands_db[:, 1:] / 10), axis=1) + 1e-12)
    usual = float(np.percentile(low, 75))
    burst = (low > rest + 6.0) & (low > usual + POP_OVER_DB) & ~frames.voiced
    spans = [Span(int(frames.times_ms[a]), int(frames.times_ms[b - 1]) + HOP_MS) for a, b in runs(burst)]
    return [s for s in Timeline(tuple(spans)).close_gaps(40) if HOP_MS < s.duration_ms <= POP_MS]


def _decay(party: Party, levels: Levels) -> tuple[float | None, int]:
    """Median time to fall by 20 dB after the last loud 10 ms of a stretch of speech that 400 ms of quiet follow."""
    if levels.active_db is None or levels.noise_db is None or levels.active_db - levels.noise_db < 25:
        return None, 0
    with np.errstate(divide="ignore"):
        db = 10 * np.log10(levels.power)
    times: list[int] = []
    spans = list(party.alone)
    for span, after in zip(spans, [*spans[1:], None], strict=True):
        end = span.end_ms // GRAIN_MS
        if after is not None and after.start_ms - span.end_ms < 400:
            continue
        a = max(span.start_ms // GRAIN_MS, end - 40)
        loud = np.flatnonzero(db[a:end] > levels.active_db - 3)
        if not loud.size:
            continue
        start = a + int(loud[-1])
        fallen = np.flatnonzero(db[start : start + 60] < levels.active_db - 23)
        if fallen.size:
            times.append(int(fallen[0]) * GRAIN_MS)
    return (float(np.median(times)) if len(times) >= 3 else None), len(times)


def _lengthened(party: Party, frames: Frames, doubt: str | None) -> Measure:
    """Voiced sound of 350 ms and more whose spectrum hardly changes, fillers left out."""
    who = party.speaker
    if party.alone.duration_ms < FEW_SPEECH_MS:
        return measure("lengthened_syllables", None, who, reason="too_little_speech")
    loud = float(np.percentile(frames.level_db, 90)) - LONG_LEVEL_DB
    change = np.convolve(frames.change, np.ones(7) / 7, "same")
    steady = frames.voiced & (change < LONG_CHANGE_DB) & (frames.level_db > loud)
    # one 10 ms frame of doubt does not end a vowel
    steady = steady | (np.roll(steady, 1) & np.roll(steady, -1))
    breaks = np.flatnonzero(np.diff(frames.times_ms) > 2 * HOP_MS) + 1
    found: list[Span] = []
    for piece in np.split(np.arange(steady.size), breaks):
        for a, b in runs(steady[piece]):
            if (b - a) * HOP_MS >= LONG_MS:
                found.append(Span(int(frames.times_ms[piece[a]]), int(frames.times_ms[piece[b - 1]]) + HOP_MS))
    fillers = [w.span for t in party.turns for w in t.words if _FILLER.match(w.text)]
    kept = [s for s in found if not any(s & f for f in fillers)]
    kept.sort(key=lambda s: (-s.duration_ms, s))
    return measure(
        "lengthened_syllables",
        60_000 * len(kept) / party.alone.duration_ms,
        who,
        doubt=doubt,
        evidence=kept,
        components={
            "count": float(len(kept)),
            "fillers": float(len(found) - len(kept)),
            "longest_ms": float(max((s.duration_ms for s in kept), default=0)),
        },
    )


def _clarity(party: Party, levels: Levels, doubt: str | None) -> Measure:
    """Mean probability the recogniser gives the party's words, doubtful stretches left out."""
    who = party.speaker
    words = [w for t in party.turns for w in t.words if not party.text_is_bad(w.span)]
    if len(words) < 20:
        return measure("pronunciation_clarity", None, who, reason="too_few_words")
    p = np.array([w.probability for w in words])
    worst = sorted(
        (t for t in party.turns if len(t.words) >= 4),
        key=lambda t: (float(np.mean([w.probability for w in t.words])), t.span),
    )
    parts = {"words": float(len(p)), "below_half": float(np.mean(p < 0.5))}
    if levels.snr_db is not None:
        parts["snr_db"] = levels.snr_db
    return measure(
        "pronunciation_clarity",
        float(p.mean()),
        who,
        doubt=doubt,
        components=parts,
        evidence=[t.span for t in worst[:3]],
    )
