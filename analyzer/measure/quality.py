"""How good the recording is: what every judgement of a voice has to be read against.

Definition: bandwidth is the frequency below which 99 % of the power of the party's speech lies, read from its mean
spectrum. A dropout is 20 to 400 ms of digital silence inside speech with sound on both sides: a lost packet. Recording
quality is the least of three grades from 0 (useless) to 1 (good): SNR from 5 to 25 dB, clipped samples from 2 % to
0.05 %, dropouts from 20 to 1 a minute.

Source: none; the bounds are ours. Norms for telephone quality (P.862, P.863) need the undamaged signal beside it.

Departures: codec artefacts and reverberation are not graded.
"""

from __future__ import annotations

import numpy as np

from analyzer.measure.catalogue import measure
from analyzer.measure.level import GRAIN_MS, Levels
from analyzer.measure.party import Party
from analyzer.measure.types import Measure
from analyzer.spans import Span, runs

FEW_SPEECH_MS = 1000
BANDWIDTH_SHARE = 0.99
SHORTEST_DROP_MS, LONGEST_DROP_MS = 20, 400
SAMPLED_MS = 30_000  # of speech are enough for a mean spectrum


def measure_quality(party: Party, levels: Levels) -> list[Measure]:
    """Bandwidth, dropouts and the summary of one party's side.

    Args:
        party: whose.
        levels: from `look_at_levels`.
    """
    who = party.speaker
    if party.alone.duration_ms < FEW_SPEECH_MS:
        why = "dead_leg" if party.is_dead else "too_little_speech"
        return [measure(name, None, who, reason=why) for name in ("bandwidth", "dropouts", "recording_quality")]
    drops = _dropouts(party, levels)
    per_minute = 60_000 * len(drops) / party.alone.duration_ms
    grades = {
        "clipping_grade": _grade(100 * levels.clipped, worst=2.0, best=0.05),
        "dropout_grade": _grade(per_minute, worst=20.0, best=1.0),
    }
    if levels.snr_db is not None:
        grades["snr_grade"] = _grade(levels.snr_db, worst=5.0, best=25.0)
    return [
        measure("bandwidth", _bandwidth(party), who, reason="too_little_speech"),
        measure("dropouts", per_minute, who, evidence=drops, components={"count": len(drops)}),
        measure(
            "recording_quality",
            min(grades.values()),
            who,
            components=grades,
            doubt=None if levels.snr_db is not None else "no_noise_heard",
        ),
    ]


def _grade(value: float, worst: float, best: float) -> float:
    return float(np.clip((value - worst) / (best - worst), 0.0, 1.0))


def _bandwidth(party: Party) -> float | None:
    size = 1 << (party.rate_hz // 50).bit_length()  # 20 to 40 ms
    power = np.zeros(size // 2 + 1)
    window = np.hanning(size).astype(np.float32)
    left = SAMPLED_MS
    for span in party.alone:
        x = party.slice(Span(span.start_ms, min(span.end_ms, span.start_ms + left)))
        left -= span.duration_ms
        if x.size >= size:
            rows = np.lib.stride_tricks.sliding_window_view(x, size)[:: size // 2] * window
            power += np.sum(np.abs(np.fft.rfft(rows, axis=1)) ** 2, axis=0)
        if left <= 0:
            break
    power[:2] = 0  # what is left of a constant
    if power.sum() <= 0:
        return None
    at = int(np.searchsorted(np.cumsum(power), BANDWIDTH_SHARE * power.sum()))
    return float(round(at * party.rate_hz / size, -1))


def _dropouts(party: Party, levels: Levels) -> list[Span]:
    """Digital silence of 20 to 400 ms that begins and ends abruptly inside speech."""
    if levels.active_db is None:
        return []
    still = levels.power == 0
    loud = 10 ** ((levels.active_db - 25) / 10)
    out: list[Span] = []
    for a, b in runs(still):
        if a < 2 or b + 2 > len(still) or (b - a) * GRAIN_MS > LONGEST_DROP_MS:
            continue
        sharp = levels.power[a - 2 : a].max() > loud and levels.power[b : b + 2].max() > loud
        span = _lasting(party, Span(a * GRAIN_MS, b * GRAIN_MS))
        if (
            sharp
            and SHORTEST_DROP_MS <= span.duration_ms <= LONGEST_DROP_MS
            and party.speech.covered_ms(span.widen(50)) > 50
        ):
            out.append(span)
    return out


def _lasting(party: Party, still: Span) -> Span:
    """How long silence lasts, to the sample: a packet of 20 ms begins anywhere in a grain and fills only one."""
    around = still.widen(GRAIN_MS)
    samples = party.slice(around)
    middle = samples.size // 2
    other = np.flatnonzero(samples != samples[middle])
    first = int(other[other < middle].max(initial=-1)) + 1
    end = int(other[other > middle].min(initial=samples.size))
    start_ms = around.start_ms + round(first * 1000 / party.rate_hz)
    return Span(start_ms, start_ms + round((end - first) * 1000 / party.rate_hz))
