"""A constant part and mains hum of a channel, below any voice: found where they cover its noise, and taken out.

They are no sound of the call, and yet raise its noise floor, its level and its pitch.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from analyzer.call.sound import blocks, on_tape, rows
from analyzer.call.types import Samples, Sound
from analyzer.spans import lasting

_LOWEST_HZ = 70  # of a voice
_CUT_HZ = 75.0
_QUIET_SHARE = 0.2  # of the seconds that sound
_FAINTEST_DB, _OVER_DB = -70.0, 3.0
_SILENT_MS = 5


def hum_level(sound: Sound, rate_hz: int) -> float | None:
    """The level of what lies under 70 Hz in a channel's quiet seconds, dBFS; None where its noise covers that.

    Args:
        sound: one channel.
        rate_hz: of it.
    """
    low: list[npt.NDArray[np.float64]] = []
    rest: list[npt.NDArray[np.float64]] = []
    for seconds in rows(sound, rate_hz):
        power = np.abs(np.fft.rfft(seconds)) ** 2 / (rate_hz / 2.0) ** 2  # a bin is 1 Hz; a tone of 1 has 1
        power[:, 0] /= 2.0
        low.append(power[:, : _LOWEST_HZ + 1].sum(axis=1) / 2.0)
        rest.append(power[:, _LOWEST_HZ + 1 :].sum(axis=1) / 2.0)
    if not low:
        return None
    under, over = np.concatenate(low), np.concatenate(rest)
    sounding = np.flatnonzero(under + over > 0)
    quiet = sounding[np.argsort(over[sounding], kind="stable")][: max(1, int(_QUIET_SHARE * sounding.size))]
    if quiet.size == 0:
        return None
    level = float(10.0 * np.log10(np.median(under[quiet]) + 1e-20))
    noise = float(10.0 * np.log10(np.median(over[quiet]) + 1e-20))
    return level if level > max(_FAINTEST_DB, noise + _OVER_DB) else None


def without_hum(sound: Sound, rate_hz: int) -> Sound:
    """The channel from 75 Hz on (Butterworth, fourth order); what is digitally silent stays so.

    Args:
        sound: one channel.
        rate_hz: of it.
    """
    # takes a quarter of a second to load, and few recordings need it
    from scipy.signal import butter, sosfilt, sosfilt_zi

    sections = butter(4, _CUT_HZ, "high", fs=rate_hz, output="sos")
    state = sosfilt_zi(sections) * float(sound[:1].sum())  # as if it had always been so
    least = max(1, rate_hz * _SILENT_MS // 1000)

    def filtered() -> Iterator[Samples]:
        nonlocal state
        for block in blocks(sound):
            out, state = sosfilt(sections, block, zi=state)
            out[lasting(block == 0, least)] = 0.0
            yield np.asarray(out, np.float32)

    return on_tape(filtered(), len(sound))
