"""Where both speak at once: the segmentation's word together with what this call's own voices sound like together.

Both are added up as log odds; the weights were fitted on composed calls (`docs/mono.md`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.speech.mono.own_mix import running_mean
from analyzer.speech.mono.segment import FRAME, RATE_HZ

_Mask = npt.NDArray[np.bool_]
_Floats = npt.NDArray[np.float64]
_LEAST = 0.003  # the segmentation is never surer than this
_OVER = (5, 13, 31)  # frames the call's own mixture is averaged over
_APART = 9


@dataclass(frozen=True, slots=True)
class AtOnceSettings:
    """How overlap is decided.

    Args:
        segmentation: weight of the segmentation's log odds,
        own: and of the call's own mixture, its mean over 5, 13 and 31 frames,
        undecided: and of how far apart the call's own two voices are, over 9 frames,
        offset: and what is added,
        alone: the weight and the offset where only the segmentation is heard.
        likely: log odds from which both speak,
        sure: and which an overlap reaches somewhere.
        early_ms: how much too early the network begins,
        late_ms: and how much too late it ends where the same voice goes on.
        shortest_ms: shorter ones are none.
    """

    segmentation: float = 0.67
    own: tuple[float, float, float] = (1.29, 1.88, 0.66)
    undecided: float = -2.43
    offset: float = 2.29
    alone: tuple[float, float] = (1.86, -0.6)
    likely: float = 0.0
    sure: float = 1.5
    early_ms: int = 17
    late_ms: int = 17
    shortest_ms: int = 60


def odds(both: _Floats, own: _Floats | None, settings: AtOnceSettings) -> _Floats:
    """Log odds that both speak, (frames,).

    Args:
        both: probability that both do, as the segmentation says.
        own: what `own_mix` says, (frames, 3); None where it could not learn.
        settings: weights.
    """
    sure = np.clip(both, _LEAST, 1 - _LEAST)
    said = np.log(sure / (1 - sure))
    if own is None:
        return np.asarray(settings.alone[0] * said + settings.alone[1])
    out = settings.segmentation * said + settings.offset
    for weight, frames in zip(settings.own, _OVER, strict=True):
        out += weight * running_mean(own[:, 2], frames)
    return np.asarray(out + settings.undecided * running_mean(np.abs(own[:, 0] - own[:, 1]), _APART))


def place(both: _Floats, speech: _Mask, second: _Mask, settings: AtOnceSettings) -> tuple[_Mask, _Mask]:
    """Where both speak, and whose the rest is, (frames,) each.

    Args:
        both: log odds that both speak.
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
