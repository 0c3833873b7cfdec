"""Where a line sends nothing, or far less than its own noise, though nobody hung up: put away, or not recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.call.grains import variances
from analyzer.call.types import Layout, Leg, Legs
from analyzer.measure.stretches import FloorSettings
from analyzer.spans import Span, Timeline, runs
from analyzer.speech.types import VoiceMap

_STEP_MS = 20
_DEAD_DB = -60.0
_STILL_DB = -90.0  # digital silence
_DEAD_UNDER_DB = 12.0  # this far under its own line noise a leg is dead
_HALF_DEAD_DB = 1.5  # a line that falls silent takes 3 dB from the noise of two that are equal
_EDGE_STEPS = 20  # of a long silence, left out at both ends: the key is pressed a moment after the last word
_QUIET_STEPS = 10  # the quietest 200 ms elsewhere is what both lines sound like
_LEAST_ELSEWHERE = 3  # silences
_SPOKEN_MS = 1000  # of the agent's speech while the customer's line is dead: it was no hold that silenced it
_MUCH_SPOKEN_MS = 10_000  # of the customer's while the agent's is


@dataclass(frozen=True, slots=True)
class SilentLines:
    """When a line was silent.

    Args:
        dead: as in a hold.
        lost: too much was said to it meanwhile: it was no longer recorded.
    """

    dead: Timeline
    lost: Timeline


def find_silent_lines(legs: Legs, voices: VoiceMap, customers: Sequence[int], settings: FloorSettings) -> SilentLines:
    """When a leg, or on one channel one of two lines, falls silent; legs that are dead throughout aside.

    Args:
        legs: the channels.
        voices: speech, tones and music.
        customers: channels of customers; none on one channel.
        settings: limits.
    """
    speech = Timeline(tuple(s for a in voices.activities for s in a.speech))
    dead, lost = Timeline(), Timeline()
    for leg in legs.legs:
        if leg.is_dead:
            continue
        silent = _went_dead(leg, legs, speech, settings)
        least_ms = _SPOKEN_MS if leg.channel in customers else _MUCH_SPOKEN_MS
        dead |= silent
        if legs.layout is Layout.STEREO:
            lost |= Timeline(tuple(s for s in silent if speech.covered_ms(s) >= least_ms))
    dead -= lost
    if legs.layout is not Layout.STEREO:
        dead |= _half_dead(legs, speech, voices, settings)
    return SilentLines(dead, lost)


def _half_dead(legs: Legs, speech: Timeline, voices: VoiceMap, settings: FloorSettings) -> Timeline:
    """Long silences of a shared channel in which one of two line noises is missing.

    What is left is fainter throughout than the quietest moment of any other silence, those aside in which it is missing
    too. Where noise comes and goes, that moment is faint too and nothing is found.
    """
    level = variances(legs.legs[0].samples, legs.rate_hz, _STEP_MS)
    heard = Timeline(tuple(s for a in voices.activities for s in (*a.music, *a.tones)))
    gaps = [g for g in speech.gaps(Span(0, legs.duration_ms)) if not heard.crop(g)]
    noises = [level[g.start_ms // _STEP_MS + 2 : g.end_ms // _STEP_MS - 1] for g in gaps]
    long = {i: noises[i][_EDGE_STEPS:-_EDGE_STEPS] for i, g in enumerate(gaps) if g.duration_ms >= settings.hold_ms}
    mean = {i: float(np.mean(noise)) for i, noise in long.items() if noise.size}
    others = [_quietest(noise) for i, noise in enumerate(noises) if i not in mean and noise.size >= _QUIET_STEPS]
    faintest = sorted(mean, key=mean.__getitem__)
    for count in range(len(faintest), 0, -1):  # the most that all others are louder than
        if len(others) >= _LEAST_ELSEWHERE and mean[faintest[count - 1]] < min(others) / 10 ** (_HALF_DEAD_DB / 10):
            return Timeline(tuple(gaps[i] for i in faintest[:count]))
        others.append(_quietest(noises[faintest[count - 1]]))
    return Timeline()


def _quietest(power: npt.NDArray[np.float64]) -> float:
    """Mean power of its faintest 200 ms."""
    return float(np.convolve(power, np.full(_QUIET_STEPS, 1.0 / _QUIET_STEPS), "valid").min())


def _went_dead(leg: Leg, legs: Legs, speech: Timeline, settings: FloorSettings) -> Timeline:
    """Where a leg falls far below its own line noise. Nothing on a leg that does so between all words."""
    level = 10.0 * np.log10(np.maximum(variances(leg.samples, legs.rate_hz, _STEP_MS), 1e-10))
    if level.size == 0:
        return Timeline()
    short = Timeline(tuple(g for g in speech.gaps(Span(0, legs.duration_ms)) if g.duration_ms < settings.hold_ms))
    still = Timeline.of((a * _STEP_MS, b * _STEP_MS) for a, b in runs(level < _STILL_DB)).close_gaps(100)
    short -= Timeline((max(still, key=lambda s: s.duration_ms),) if still else ())  # what it is where it isn't gone
    calm = np.concatenate([level[g.start_ms // _STEP_MS + 1 : g.end_ms // _STEP_MS] for g in short] or [level])
    if calm.size == 0:
        return Timeline()
    dead = level < min(_DEAD_DB, float(np.median(calm)) - _DEAD_UNDER_DB)
    silent = Timeline.of((a * _STEP_MS, b * _STEP_MS) for a, b in runs(dead))
    return silent.close_gaps(100).drop_shorter(settings.hold_ms // 2)
