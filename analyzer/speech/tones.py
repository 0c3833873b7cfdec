"""Call-progress tones of the Chinese network (450 Hz) and their cadence.

Source: GB/T 3380-1982 as given in Asterisk's `indications.conf`: ringback 1 s on, 4 s off; busy 0.35 s on and off;
congestion 0.7 s on and off; number not in service 3 x (0.1/0.1) + 0.4/0.4. Frequency 450 Hz, +-25 Hz.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from analyzer.call.sound import at_rate, windows
from analyzer.call.types import Sound
from analyzer.spans import Span, Timeline, runs

RATE_HZ = 8000
WINDOW = 256  # 32 ms
HOP = 80  # 10 ms
_LOW_HZ, _HIGH_HZ = 425.0, 475.0
_PURITY = 0.80  # share of the power that the tone must hold
FAINTEST = 10.0 ** (-60.0 / 10.0)  # power
_SHORTEST_MS = 70
_LONG_MS = 240
_Floats = npt.NDArray[np.floating]


class Cadence(StrEnum):
    """What a rhythm of tones says."""

    RINGBACK = "ringback"
    BUSY = "busy"
    CONGESTION = "congestion"
    NOT_IN_SERVICE = "not_in_service"
    STEADY = "steady"  # one long tone
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ToneRun:
    """A stretch of tones of one cadence.

    Args:
        span: from the first tone's start to the last tone's end.
        cycles: how many tones were heard.
        tones: each of them.
    """

    cadence: Cadence
    span: Span
    cycles: int
    tones: tuple[Span, ...]


def find_tones(samples: Sound, rate_hz: int) -> Timeline:
    """Where a single tone of 425 to 475 Hz holds nearly all the power.

    Args:
        samples: one channel.
        rate_hz: of the samples.
    """
    x = at_rate(samples, rate_hz, RATE_HZ, "LQ")
    if len(x) < WINDOW:
        return Timeline()
    return _believable(when(_is_tone(x)).close_gaps(40).drop_shorter(_SHORTEST_MS))


def when(on: npt.NDArray[np.bool_]) -> Timeline:
    """The time of windows of `tone_powers` that are on.

    A window counts from half tone upwards: its centre is the best guess of the edge.
    """
    centre = (WINDOW - HOP) // 2
    return Timeline.of(
        (round(1000 * (a * HOP + centre) / RATE_HZ), round(1000 * (b * HOP + centre) / RATE_HZ)) for a, b in runs(on)
    )


def tone_powers(x: Sound, hz: npt.NDArray[np.float64]) -> Iterator[tuple[_Floats, _Floats]]:
    """The power of windows of 32 ms every 10 ms, shape (n,), and of a tone at each frequency in them, shape (n, tones).

    Args:
        x: one channel at `RATE_HZ`.
        hz: frequencies, shape (tones,).
    """
    time = np.arange(WINDOW) / RATE_HZ
    window = np.hanning(WINDOW).astype(np.float32)
    wave = (np.exp(-2j * np.pi * hz[None, :] * time[:, None]) * window[:, None]).astype(np.complex64)
    real, imag = np.ascontiguousarray(wave.real), np.ascontiguousarray(wave.imag)
    norm = float(np.sum(window)) ** 2 / 4.0
    for block in windows(x, WINDOW, HOP, 4096):
        power = np.einsum("ij,ij->i", block * window, block * window) / float(np.sum(window**2))
        yield power, ((block @ real) ** 2 + (block @ imag) ** 2) / norm / 2.0


def _believable(runs: Timeline) -> Timeline:
    """Long tones, and short ones that beat regularly: a vowel can be a pure 450 Hz for a tenth of a second."""
    kept: list[Span] = []
    spans = runs.spans
    for i, span in enumerate(spans):
        if span.duration_ms >= _LONG_MS:
            kept.append(span)
            continue
        near = [s for s in spans[max(0, i - 2) : i + 3] if abs(s.duration_ms - span.duration_ms) <= 30]
        beat = [b.start_ms - a.start_ms for a, b in pairwise(near)]
        if len([b for b in beat if 160 <= b <= 240]) >= 2:
            kept.append(span)
    return Timeline(tuple(kept))


def _is_tone(x: Sound) -> npt.NDArray[np.bool_]:
    """Whether each 10 ms lies in a pure tone."""
    bins = np.arange(400.0, 501.0, 12.5)
    out: list[npt.NDArray[np.bool_]] = []
    for power, tone in tone_powers(x, bins):
        best = np.argmax(tone, axis=1)
        strongest = tone[np.arange(tone.shape[0]), best]
        out.append(
            (strongest > _PURITY * power) & (power > FAINTEST) & (bins[best] >= _LOW_HZ) & (bins[best] <= _HIGH_HZ)
        )
    return np.concatenate(out)


def find_cadences(tones: Timeline) -> tuple[ToneRun, ...]:
    """Groups tones by rhythm and names each group.

    Args:
        tones: as found by `find_tones`, in one leg.
    """
    groups: list[list[Span]] = []
    for tone in tones:
        if groups and _continues(groups[-1], tone):
            groups[-1].append(tone)
        else:
            groups.append([tone])
    return tuple(
        ToneRun(_name(group), Span(group[0].start_ms, group[-1].end_ms), len(group), tuple(group)) for group in groups
    )


def _continues(group: list[Span], tone: Span) -> bool:
    """Whether a tone keeps the rhythm of the group: pause as before, at most ringback's 4 s."""
    pause = tone.start_ms - group[-1].end_ms
    if pause > 4600:
        return False
    if len(group) == 1:
        return True
    before = group[-1].start_ms - group[-2].end_ms
    return abs(pause - before) <= max(120, 0.3 * before) or (pause < 500 and before < 500)


def _name(group: list[Span]) -> Cadence:
    """The cadence whose durations fit; the first and the last tone may be cut by the recording's ends."""
    inner = group[1:-1] if len(group) > 2 else group
    on = float(np.median([t.duration_ms for t in inner]))
    pauses = [b.start_ms - a.end_ms for a, b in pairwise(group)]
    if not pauses:
        return Cadence.STEADY if on >= 3000 else Cadence.RINGBACK if 850 <= on <= 1150 else Cadence.OTHER
    off = float(np.median(pauses))
    if 750 <= on <= 1250 and 3400 <= off <= 4600:
        return Cadence.RINGBACK
    if 80 <= on <= 130 and 70 <= min(pauses) <= 130 and len(group) >= 4:
        return Cadence.NOT_IN_SERVICE
    if 250 <= on <= 450 and 250 <= off <= 450:
        return Cadence.BUSY
    if 550 <= on <= 850 and 550 <= off <= 850:
        return Cadence.CONGESTION
    return Cadence.OTHER
