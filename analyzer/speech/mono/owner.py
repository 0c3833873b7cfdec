"""Whose each frame is, by what is heard around it.

The likeliest course of the floor through each stretch of speech: every change of the voice within one costs something,
so what is heard of the whole stretch outweighs a few frames.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]


def owners(each: _Floats, speech: _Mask, change: float) -> _Mask:
    """Whether a frame is voice 1's rather than 0's, (frames,); without meaning where nobody speaks.

    Args:
        each: log odds that either voice speaks, (2, frames).
        speech: (frames,) where anybody does.
        change: log odds a change of the voice without a silence costs.
    """
    apart = np.where(speech, each[1] - each[0], 0.0).tolist()
    cost = np.where(speech & np.concatenate([[False], speech[:-1]]), change, 0.0).tolist()
    ahead, best = 0.0, []  # how much likelier voice 1 has it up to a frame, on its best course, than voice 0 on its
    for here, most in zip(apart, cost, strict=True):
        ahead = min(max(ahead, -most), most) + here
        best.append(ahead)
    out = np.zeros(speech.size, dtype=np.bool_)
    mine, most = False, 0.0
    for i in range(speech.size - 1, -1, -1):
        mine = best[i] > most or (mine and best[i] >= -most)
        out[i], most = mine, cost[i]
    return out
