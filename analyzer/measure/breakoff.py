"""Whether somebody broke off rather than finished, heard in how the sound ends, with the words as a second opinion.

Definition: log odds, at even odds beforehand, from seven cues: how long the end is voiceless (a turn that is over runs
out in breath or creak, one that is held stops voiced), the level of its last 40 ms and of 200 to 400 ms before the end
under the loudest of the last 1.5 s, that loudness against the speaker's own (turns sink towards their end), how far
the pitch is from the speaker's middle, and whether the last word can end a sentence. A soft end is none by sound alone.

Source: for the cues, Local & Kelly, "Projection and 'silences'", Human Studies 9 (1986), and French & Local,
"Turn-competitive incomings", Journal of Pragmatics 7 (1983). The weights are ours: logistic regression over composed
calls, three ways of stopping as often as each other, on human and synthesised voices of equal weight.

Departures: the words weigh less than the regression gave them, since a recogniser errs most on a word cut short.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from analyzer.call.grains import variances
from analyzer.call.types import Layout, Legs
from analyzer.measure.backchannels import closes, leaves_open
from analyzer.measure.frames import frames_of
from analyzer.spans import Span, Timeline

BREAKS_OFF = 1.8  # log odds; some 1 in 100 natural ends come so far
SOFT_DB = -16.0  # a softer end than this is a soft end, unless the words say otherwise: people talk so, too
SOUND_ALONE, WITH_WORDS = 0.55, 0.65  # confidence; with the one alone no rule may fail
OWN_MS = 20_000  # of the speaker's talk before the end are what is usual for them
_OFFSET = 4.0
_WEIGHTS = (-0.022, 0.052, 0.119, 0.4, -1.39, 2.5, -1.5)
_CLEAR_DB = 8.0  # less between speech and noise shows nothing
FRAME_MS = 5
_DEEP_DB = 30.0
_EDGE_MS = 20
_VOICELESS_MS = 100.0
_TAIL_MS = 250
_FEW_VOICED, _FEW_IN_TAIL = 30, 4  # frames of 10 ms
_SPREAD_ST = 3.0  # a flatter voice is taken for this flat


def sure_of_breaking_off(legs: Legs, speaker: int, speech: Timeline, end_ms: int, text: str) -> float | None:
    """How sure it is that the speech of a leg that ends at `end_ms` was broken off; None when it rather was finished.

    Args:
        legs: each without the other's copy, which sounds on where a voice has ended.
        speaker: whose leg; on one mixed channel nothing can be said.
        speech: of the speaker, for what is usual.
        end_ms: where speech activity ends.
        text: what was recognised up to there; "" when nothing was.
    """
    cues = cues_of_breaking_off(legs, speaker, speech, end_ms, text)
    if cues is None or _OFFSET + math.fsum(w * c for w, c in zip(_WEIGHTS, cues, strict=True)) < BREAKS_OFF:
        return None
    if leaves_open(text):
        return WITH_WORDS
    return SOUND_ALONE if cues[1] > SOFT_DB else None


def cues_of_breaking_off(
    legs: Legs, speaker: int, speech: Timeline, end_ms: int, text: str
) -> tuple[float, ...] | None:
    """The seven cues in the order of the definition (the words make two); None where they can't be heard.

    Args:
        legs: as `sure_of_breaking_off`, and so the others.
        speaker: whose leg.
        speech: of the speaker.
        end_ms: where it ends.
        text: up to there.
    """
    if legs.layout is not Layout.STEREO or speaker >= len(legs.legs):
        return None
    rate, first_ms = legs.rate_hz, max(0, end_ms - OWN_MS)
    samples = legs.legs[speaker].samples[first_ms * rate // 1000 : (end_ms + 300) * rate // 1000]
    level = levels_of(samples, rate)
    end = (end_ms - first_ms) // FRAME_MS
    if end < 60 or level.size - end < 10:
        return None  # too short, or the recording ends here
    loud = float(np.percentile(level[max(0, end - 300) : end], 92))
    floor = float(np.median(level[end + 6 : end + 50]))
    own = Timeline(tuple(s.shift(-first_ms) for s in speech.crop(Span(first_ms, end_ms))))
    frames = frames_of(samples, rate, own)
    if loud - floor < _CLEAR_DB or not frames.times_ms.size:
        return None
    last = _last_above(level, end, max(loud - _DEEP_DB, floor + 4.0))

    def under(from_ms: int, to_ms: int) -> float:
        part = 10 ** (level[max(0, last - to_ms // FRAME_MS) : max(1, last - from_ms // FRAME_MS)] / 10)
        return max(10 * math.log10(float(part.mean())) - loud, -25.0)

    voiced = frames.times_ms[frames.voiced]
    return (
        min(float(end_ms - first_ms - voiced[-1]), _VOICELESS_MS) if voiced.size else _VOICELESS_MS,
        under(10, 40),
        under(200, 400),
        float(np.clip(loud - np.percentile(frames.level_db, 90), -6.0, 3.0)),
        _off_pitch(frames.times_ms, frames.pitch_hz, end_ms - first_ms),
        float(leaves_open(text)),
        float(closes(text)),
    )


def levels_of(samples: npt.NDArray[np.float32], rate_hz: int) -> npt.NDArray[np.float64]:
    """Level of every 5 ms in dBFS, without what does not alternate."""
    return np.asarray(10.0 * np.log10(np.maximum(variances(samples, rate_hz, FRAME_MS), 1e-10)))


def _last_above(level: npt.NDArray[np.float64], end: int, limit: float) -> int:
    """One past the last frame near `end` that is louder than `limit`."""
    first = max(0, end - 40)
    above = np.flatnonzero(level[first : end + _EDGE_MS // FRAME_MS] > limit)
    return first + int(above[-1]) + 1 if above.size else end


def _off_pitch(times_ms: npt.NDArray[np.int64], pitch_hz: npt.NDArray[np.float32], end_ms: int) -> float:
    """How far the pitch of the last 250 ms is from the speaker's middle, in quartile distances, at most 2."""
    voiced = np.isfinite(pitch_hz)
    tail = voiced & (times_ms > end_ms - _TAIL_MS)
    if voiced.sum() < _FEW_VOICED or tail.sum() < _FEW_IN_TAIL:
        return 0.0
    semitones = 12 * np.log2(pitch_hz[voiced] / np.median(pitch_hz[voiced]))
    low, high = np.percentile(semitones, (25, 75))
    middle = 12 * np.log2(pitch_hz[tail] / np.median(pitch_hz[voiced]))
    return min(abs(float(np.mean(middle))) / max(_SPREAD_ST, float(high - low)), 2.0)
