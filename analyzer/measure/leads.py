"""Where a turn begins in what somebody says, when a listener's token goes before it without a pause that parts the two.

Definition: after words that can only be a token (嗯, 好的); or after the first rest in the sound, soon after the
speaker began, when what was recognised before it is a token, nothing, or doubtful: a scrap of speech is written as
anything. A rest is 80 ms in which the leg is no louder than 6 dB over its noise before, or 36 dB under the loudest; 120
ms where the noise lies within 30 dB of the speech and covers soft syllables.

Source: none. The lengths are ours, from composed calls: of 28 tokens with their speaker's turn right after them 24 were
parted from it so, and of 367 interruptions as long 3.

Departures: none.
"""

from __future__ import annotations

from statistics import fmean

import numpy as np

from analyzer.call.types import Layout, Legs
from analyzer.measure.backchannels import is_leading_token, is_listener_token
from analyzer.measure.breakoff import FRAME_MS, levels_of
from analyzer.measure.stretches import FloorSettings, Stretch
from analyzer.spans import Span, runs

REST_MS, REST_IN_NOISE_MS = 80, 120
_DOUBTFUL = 0.75  # mean probability of the words before a rest
_SHORTEST_MS = 120  # of speech before it
_OVER_NOISE_DB, _UNDER_LOUD_DB = 6.0, 36.0
_NOISY_DB = 30.0  # between loud speech and noise
_DEAF_DB = 18.0  # and here nothing can be said
_NOISE_MS, _EDGE_MS, _LOUD_MS = 300, 40, 2000


def turn_begins(legs: Legs, stretch: Stretch, settings: FloorSettings) -> int:
    """Where a stretch begins, in ms, less a listener's token its speaker goes on from.

    For the kind of an overlap alone: every time in it is the activity's.

    Args:
        legs: of the recording.
        stretch: with its words.
        settings: limits.
    """
    begins = stretch.span.start_ms
    by_words = _after_token(stretch)
    if by_words > begins or (stretch.text and not stretch.words):
        return by_words
    rest = first_rest(legs, stretch.speaker, begins, settings.scrap_ms)
    if rest is None:
        return begins
    words = [w for w in stretch.words if w.span.start_ms + w.span.end_ms < rest.start_ms + rest.end_ms]
    doubtful = not words or fmean(w.probability for w in words) < _DOUBTFUL
    return rest.end_ms if doubtful or is_listener_token("".join(w.text for w in words)) else begins


def _after_token(stretch: Stretch) -> int:
    """Where the words of a stretch go on from a token no other word begins with; its start when they don't."""
    text, begins = "", stretch.span.start_ms
    for word in stretch.words:
        if is_leading_token(text):
            begins = word.span.start_ms
        text += word.text
        if not is_listener_token(text):
            return begins
    return stretch.span.start_ms


def first_rest(legs: Legs, speaker: int, begins_ms: int, longest_ms: int) -> Span | None:
    """The first rest in what a speaker says; None when there is none, or nothing can be heard.

    Args:
        legs: of the recording.
        speaker: whose leg; on one mixed channel nothing can be said.
        begins_ms: where the speech begins, out of a silence of the speaker's.
        longest_ms: the rest begins no later than this after it.
    """
    if legs.layout is not Layout.STEREO or speaker >= len(legs.legs):
        return None
    rate, first_ms = legs.rate_hz, max(0, begins_ms - _NOISE_MS)
    level = levels_of(legs.legs[speaker].samples[first_ms * rate // 1000 : (begins_ms + _LOUD_MS) * rate // 1000], rate)
    start = (begins_ms - first_ms) // FRAME_MS
    before, after = level[: max(0, start - _EDGE_MS // FRAME_MS)], level[start:]
    if before.size < _EDGE_MS // FRAME_MS or not after.size:
        return None  # the recording begins here
    noise, loud = float(np.median(before)), float(np.percentile(after, 92))
    if loud - noise < _DEAF_DB:
        return None
    least = REST_MS if loud - noise >= _NOISY_DB else REST_IN_NOISE_MS
    faint = after <= max(noise + _OVER_NOISE_DB, loud - _UNDER_LOUD_DB)
    for a, b in ((first * FRAME_MS, last * FRAME_MS) for first, last in runs(faint)):
        if _SHORTEST_MS <= a <= longest_ms and b - a >= least:
            return Span(begins_ms + a, begins_ms + b)
    return None
