"""The networks, loaded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Samples
from analyzer.speech.mono import campplus
from analyzer.speech.mono.models import MonoModels
from analyzer.speech.mono.overlap_reader import OverlapReader
from analyzer.speech.network import open_network


class Networks:
    """Runs them on one thread each: the same sums in the same order.

    Args:
        models: as installed.
        at_once: hears two voices at once; the product's own without.
    """

    def __init__(self, models: MonoModels, at_once: OverlapReader | None = None) -> None:
        self.at_once = at_once or OverlapReader()
        self._segmentation, self._voice = open_network(models.segmentation), open_network(models.voice)
        self._inner, self._voice_inner = open_network(models.inner), open_network(models.voice_inner)

    def segment(self, window: Samples) -> npt.NDArray[np.float32]:
        """Log-probability of seven states, (frames, 7), of one window (samples,) at 16 kHz."""
        scores = self._segmentation.run(None, {"waveform": window[None, None]})[0][0]
        return np.asarray(scores, dtype=np.float32)

    def inner(self, window: Samples) -> npt.NDArray[np.float32]:
        """What the first layers of the segmentation make of one window (samples,) at 16 kHz, (frames, 512)."""
        return np.asarray(self._inner.run(None, {"waveform": window[None, None]})[0][:, 0], dtype=np.float32)

    def voice(self, features: Samples) -> npt.NDArray[np.float32]:
        """What a voice sounds like, (192,) of length 1.

        Args:
            features: (frames, 80) of `fbank`, at least 10.
        """
        centred = features - features.mean(axis=0, keepdims=True)
        found = self._voice.run(None, campplus.inputs(centred[None]))[0][0]
        return np.asarray(found / max(float(np.linalg.norm(found)), 1e-9), dtype=np.float32)

    def voice_inner(self, features: Samples) -> npt.NDArray[np.float32]:
        """What the first block of the speaker network makes of a sound, (half the frames, 256).

        Args:
            features: (frames, 80) of `fbank`, less the mean of every band, at least 10.
        """
        given = campplus.inputs(features[None])
        del given["spread"]
        return np.asarray(self._voice_inner.run(None, given)[0][0], dtype=np.float32)
