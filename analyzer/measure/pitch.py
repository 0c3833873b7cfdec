"""How high and how lively a party speaks.

Definition: pitch of voiced frames as in `frames`; spans and differences in semitones, always against the party's own
call. A stretch of speech is monotone where the pitch of 4 s of speech spans little (5th to 95th percentile).

Source: Boersma 1993 for pitch; the 5-95 % span in semitones is usual in voice research. No norm for service calls was
found: thresholds are the standard's business, and the one for a monotone stretch is stated in the page.

Departures: lexical tone moves the pitch of Mandarin by some 6 to 10 semitones however flat the intonation; the spans
here include it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.measure.catalogue import measure
from analyzer.measure.frames import HOP_MS, Frames
from analyzer.measure.party import Party
from analyzer.measure.types import Measure
from analyzer.spans import Span, Timeline

FEW_VOICED_MS = 1000
DOUBTFUL_VOICED_MS = 5000
MONOTONE_WINDOW_MS, MONOTONE_STEP_MS = 4000, 1000  # of speech, not of clock time
MONOTONE_SPAN_ST = 4.0
WINDOW_VOICED_MS = 1000


@dataclass(frozen=True, slots=True)
class Pitches:
    """What the other measures need of a party's pitch.

    Args:
        semitones: shape (n,), against the party's median; NaN where unvoiced. One a frame.
        median_hz: of the voiced frames; None with too few.
        span_st: 5th to 95th percentile, semitones.
        voiced_ms: how much was voiced.
    """

    semitones: npt.NDArray[np.float32]
    median_hz: float | None
    span_st: float | None
    voiced_ms: int


def look_at_pitch(frames: Frames) -> Pitches:
    """Median and span of the pitch of voiced speech.

    Args:
        frames: of the party's speech.
    """
    voiced = frames.voiced
    ms = int(voiced.sum()) * HOP_MS
    if ms < FEW_VOICED_MS:
        return Pitches(np.full(voiced.size, np.nan, np.float32), None, None, ms)
    median = float(np.median(frames.pitch_hz[voiced]))
    semitones = (12 * np.log2(frames.pitch_hz / median)).astype(np.float32)
    return Pitches(semitones, median, span_of(semitones), ms)


def span_of(semitones: npt.NDArray[np.float32]) -> float:
    """5th to 95th percentile of the voiced values.

    Args:
        semitones: shape (n,), NaN where unvoiced; at least one voiced.
    """
    low, high = np.nanpercentile(semitones, (5, 95))
    return float(high - low)


def measure_pitch(party: Party, frames: Frames, pitches: Pitches, doubt: str | None) -> list[Measure]:
    """The pitch measures of one party.

    Args:
        party: whose.
        frames: of its speech.
        pitches: from `look_at_pitch`.
        doubt: why the recording makes them weak.
    """
    who = party.speaker
    if pitches.median_hz is None or pitches.span_st is None:
        why = "no_speech" if not party.speech else "too_little_voiced_speech"
        names = ("pitch_median", "pitch_span", "pitch_variation", "monotone_share")
        return [measure(name, None, who, reason=why) for name in names]
    if pitches.voiced_ms < DOUBTFUL_VOICED_MS:
        doubt = doubt or "too_little_speech"
    monotone, looked_at = monotone_stretches(frames, pitches.semitones)
    share = (
        measure("monotone_share", None, who, reason="too_little_voiced_speech")
        if not looked_at
        else measure(
            "monotone_share",
            100 * monotone.duration_ms / looked_at,
            who,
            doubt=doubt,
            evidence=sorted(monotone, key=lambda s: (-s.duration_ms, s)),
            components={"longest_ms": max((s.duration_ms for s in monotone), default=0)},
        )
    )
    spread = float(np.nanstd(pitches.semitones))
    voiced = {"voiced_ms": float(pitches.voiced_ms)}
    return [
        measure("pitch_median", pitches.median_hz, who, doubt=doubt, components=voiced),
        measure("pitch_span", pitches.span_st, who, doubt=doubt, components=voiced),
        measure("pitch_variation", spread, who, doubt=doubt, components=voiced),
        share,
    ]


def monotone_stretches(frames: Frames, semitones: npt.NDArray[np.float32]) -> tuple[Timeline, int]:
    """Where the pitch hardly moves, and how many ms of clock time were looked at.

    Args:
        frames: of the party's speech.
        semitones: one a frame, NaN where unvoiced.
    """
    size, step = MONOTONE_WINDOW_MS // HOP_MS, MONOTONE_STEP_MS // HOP_MS
    flat: list[Span] = []
    seen: list[Span] = []
    for a in range(0, frames.times_ms.size - size + 1, step):
        window = semitones[a : a + size]
        if np.isfinite(window).sum() * HOP_MS < WINDOW_VOICED_MS:
            continue
        start, end = int(frames.times_ms[a]), int(frames.times_ms[a + size - 1]) + HOP_MS
        if end - start > 3 * MONOTONE_WINDOW_MS:  # scattered words are no stretch
            continue
        seen.append(Span(start, end))
        if span_of(window) < MONOTONE_SPAN_ST:
            flat.append(Span(start, end))
    return Timeline(tuple(flat)), Timeline(tuple(seen)).duration_ms
