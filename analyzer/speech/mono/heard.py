"""What was heard of a call's two voices, frame by frame, and from which it is decided who speaks when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Samples

_Floats = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Heard:
    """All of it on the segmentation's grid of frames.

    Args:
        speech: (frames,) where anybody speaks.
        second: (frames,) whether it is voice 1 rather than 0.
        both: (frames,) probability that both speak, by the segmentation,
        voices: and that each does, (2, frames).
        own: how much it sounds like voice 0, voice 1 and both, (frames, 3), by spectra laid over each other; None
            where too little of a voice is heard alone.
        together: the same by spectra and by the first layers of the segmentation and of the speaker network, learned
            from voices put together as in calls; None likewise.
        taught: how much it sounds like both to these layers, by what composed calls taught, (frames,); None likewise.
        spectra: (feature frames, 40) of the call.
    """

    speech: _Mask
    second: _Mask
    both: _Floats
    voices: _Floats
    own: _Floats | None
    together: tuple[_Floats, _Floats, _Floats] | None
    taught: _Floats | None
    spectra: Samples

    @property
    def mean(self) -> _Floats | None:
        """All that was learned from the call: half of it the speaker network's, a quarter the segmentation's."""
        if self.own is None or self.together is None:
            return self.own
        spectra, segmentation, speaker = self.together
        return np.asarray((self.own + spectra) / 8 + segmentation / 4 + speaker / 2)


@dataclass(frozen=True, slots=True)
class FoundOverlap:
    """Frames in which both speak.

    Args:
        first: frame.
        last: one past the last.
        before: whose the frame before is, None where it is silent; True is voice 1.
        after: whose the one after is.
    """

    first: int
    last: int
    before: bool | None
    after: bool | None


def log_odds(probability: npt.NDArray[np.floating]) -> _Floats:
    """Log odds; the segmentation is never surer than 0.997."""
    sure = np.clip(np.asarray(probability, dtype=np.float64), 0.003, 0.997)
    return np.asarray(np.log(sure / (1 - sure)))
