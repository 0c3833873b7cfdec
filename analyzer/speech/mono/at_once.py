"""Where both speak at once: the network's word, with its edges where sound shows them to be.

The network lets an overlap begin early, and end late where the one who had the floor keeps it: the figures are
measured on composed calls. Where the floor changes hands its end is right on average.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.speech.mono.segment import FRAME, RATE_HZ

_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class AtOnceSettings:
    """How overlap is decided.

    Args:
        likely: mean probability over the windows from which both speak,
        sure: and which an overlap reaches somewhere.
        early_ms: how much too early the network begins,
        late_ms: and how much too late it ends where the same voice goes on.
        shortest_ms: shorter ones are none.
    """

    likely: float = 0.55
    sure: float = 0.6
    early_ms: int = 35
    late_ms: int = 35
    shortest_ms: int = 60


def place(both: npt.NDArray[np.float64], speech: _Mask, second: _Mask, settings: AtOnceSettings) -> tuple[_Mask, _Mask]:
    """Where both speak, and whose the rest is, (frames,) each.

    Args:
        both: probability that both speak.
        speech: where anybody does.
        second: whether it is voice 1 rather than 0.
        settings: thresholds.
    """
    out, owner = np.zeros_like(speech), second.copy()
    early, late = (round(ms * RATE_HZ / 1000 / FRAME) for ms in (settings.early_ms, settings.late_ms))
    least = max(1, round(settings.shortest_ms * RATE_HZ / 1000 / FRAME))
    for a, b in runs((both > settings.likely) & speech):
        if both[a:b].max() < settings.sure:
            continue
        before = bool(second[a - 1]) if a and speech[a - 1] else None
        after = bool(second[b]) if b < speech.size and speech[b] else None
        first = a + early if before is not None else a
        last = b - late if after is not None and after == before else b
        if last - first < least:
            continue
        out[first:last] = True
        if before is not None:
            owner[a:first] = before
        if after is not None:
            owner[last:b] = after
    return out, owner


def runs(mask: _Mask) -> list[tuple[int, int]]:
    """Where a mask is True: first and one past the last frame."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
