"""A busy or congestion tone that goes on under somebody's voice.

`find_tones` hears a tone where it holds nearly all the power. Once one beat was heard so, the rhythm says when the next
ones are due, and each need only be there at its level, with less between them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analyzer.call.sound import at_rate, windows
from analyzer.call.types import Sound
from analyzer.spans import Span, Timeline
from analyzer.speech.tones import Cadence, ToneRun

_RATE_HZ = 8000
_WINDOW, _HOP = 320, 160  # 40 ms every 20 ms
_HOP_MS = 20
_BEATS = ((Cadence.BUSY, 350), (Cadence.CONGESTION, 700))  # on and off in ms
_SHORTEST, _LONGER_MS = 0.65, 90  # of a beat, where a voice sets in; and where an echo drags on
_HEARD_LATE_MS = 10  # `find_tones` begins a beat so much late, and ends it as much early
_INSIDE_MS = 40  # left out at both ends of a beat and of a pause
_UNDER_DB, _OVER_DB = 3.0, 6.0  # a voice on top moves the level of a beat,
_DIP_DB = 6.0  # but hardly any moment of it falls lower
_GAP_DB, _LOW_DB = 5.0, 8.0  # half of a pause and a quarter of it are so much fainter, in most pauses:
_GAPS = 0.7  # a voice may fill the rest
_CYCLES = 3


def tone_kept_up(samples: Sound, rate_hz: int, tones: Timeline) -> ToneRun | None:
    """The busy or congestion tone of most beats that begins with one of the tones heard clearly; None without three.

    Args:
        samples: one channel.
        rate_hz: of the samples.
        tones: as found by `find_tones`.
    """
    best: ToneRun | None = None
    if not tones:
        return None
    level = _level(at_rate(samples, rate_hz, _RATE_HZ, "LQ"))
    for tone in tones:
        for cadence, beat_ms in _BEATS:
            if not _SHORTEST * beat_ms <= tone.duration_ms + 2 * _HEARD_LATE_MS <= beat_ms + _LONGER_MS:
                continue
            beats = _beats(level, tone.start_ms - _HEARD_LATE_MS, beat_ms)
            if len(beats) >= _CYCLES and (best is None or len(beats) > best.cycles):
                best = ToneRun(cadence, Span(beats[0].start_ms, beats[-1].end_ms), len(beats), tuple(beats))
    return best


def _beats(level: npt.NDArray[np.float64], start_ms: int, beat_ms: int) -> list[Span]:
    """Beats from a start on while each is there and the pauses are."""
    clear = float(np.median(_inside(level, start_ms, beat_ms)))
    beats: list[Span] = []
    gaps = 0
    while True:
        at = start_ms + 2 * beat_ms * len(beats)
        on, off = _inside(level, at, beat_ms), _inside(level, at + beat_ms, beat_ms)
        if on.size < beat_ms // (2 * _HOP_MS) or not -_UNDER_DB <= float(np.median(on)) - clear <= _OVER_DB:
            break
        if float(np.percentile(on, 20)) < clear - _DIP_DB:
            break
        beats.append(Span(max(0, at), at + beat_ms))
        gaps += off.size > 0 and _is_gap(off - clear)
    return beats if gaps >= _GAPS * (len(beats) - 1) else []


def _is_gap(over: npt.NDArray[np.float64]) -> bool:
    low, middle = np.percentile(over, (25, 50))
    return bool(low <= -_LOW_DB and middle <= -_GAP_DB)


def _inside(level: npt.NDArray[np.float64], start_ms: int, length_ms: int) -> npt.NDArray[np.float64]:
    """The windows that lie inside a stretch, its ends left out."""
    first = max(0, start_ms + _INSIDE_MS)
    last = start_ms + length_ms - _INSIDE_MS - _WINDOW * 1000 // _RATE_HZ
    return level[-(-first // _HOP_MS) : last // _HOP_MS + 1]


def _level(sound: Sound) -> npt.NDArray[np.float64]:
    """Level of the strongest tone from 425 to 475 Hz, dB, every 20 ms."""
    hz = np.arange(425.0, 476.0, 12.5)
    wave = np.exp(-2j * np.pi * hz[None, :] * np.arange(_WINDOW)[:, None] / _RATE_HZ) * np.hanning(_WINDOW)[:, None]
    parts = [np.max(np.abs(part @ wave) ** 2, axis=1) for part in windows(sound, _WINDOW, _HOP, 2048)]
    return np.asarray(10 * np.log10(np.concatenate([np.zeros(0), *parts]) + 1e-10))
