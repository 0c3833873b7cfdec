"""What two voices at once are to both networks' layers, learned from composed calls.

The segmentation's last two LSTMs and its dense layers, trained on from their own weights to hear two voices at once on
a telephone; what the first block of the speaker network makes of a frame is heard beside them. `overlap_reader.npz`
beside this module holds their weights, `benchmarks/make_overlap_reader.py` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Samples
from analyzer.speech.mono.onnx_file import Graph
from analyzer.speech.network import open_network

WEIGHTS = Path(__file__).with_name("overlap_reader.npz")
_SEGMENTATION, _SPEAKER, _HIDDEN = 256, 256, 128  # numbers of a frame by the second LSTM and the block; of an LSTM
_ONE = 4  # states of nobody and of one voice; the others are of two


class OverlapReader:
    """Says of every frame of a window how likely two voices are heard at once.

    Args:
        file: its weights.
    """

    def __init__(self, file: Path = WEIGHTS) -> None:
        with np.load(file) as weights:
            self._network = open_network(build({name: weights[name].astype(np.float32) for name in weights.files}))

    def __call__(self, segmentation: Samples, speaker: Samples) -> Samples:
        """Log odds of two voices at once, (frames,).

        Args:
            segmentation: (frames, 512), what the segmentation's first two LSTMs say of a window.
            speaker: (frames, 256), what the speaker network's first block says.
        """
        given = {"segmentation": segmentation[:, None, -_SEGMENTATION:], "speaker": speaker[:, None]}
        states = np.asarray(self._network.run(None, given)[0][:, 0], dtype=np.float64)
        one, two = (np.logaddexp.reduce(part, axis=1) for part in (states[:, :_ONE], states[:, _ONE:]))
        return np.asarray(two - one, dtype=np.float32)


def build(weights: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """The network as an ONNX file: both layers, (frames, 1, numbers) each, to `states`, (frames, 1, 7)."""
    g = Graph("overlap-reader")

    def dense(x: str, name: str) -> str:
        x = g.node("MatMul", [x, g.constant(weights[f"{name}.weight"].T)])
        return g.node("Add", [x, g.constant(weights[f"{name}.bias"])])

    heard = g.input("segmentation", ("frames", 1, _SEGMENTATION))
    beside = dense(g.node("Tanh", [dense(g.input("speaker", ("frames", 1, _SPEAKER)), "speaker")]), "beside")
    x = g.node("Add", [heard, beside])
    together = g.constant(np.array([0, 0, -1]))
    for layer in ("lstm0", "lstm1"):
        parts = [g.constant(weights[f"{layer}.{part}"]) for part in ("input", "recurrent", "bias")]
        x = g.node("LSTM", [x, *parts], hidden_size=_HIDDEN, direction="bidirectional")
        x = g.node("Reshape", [g.node("Transpose", [x], perm=(0, 2, 1, 3)), together])
    for name in ("dense0", "dense1"):
        x = g.node("LeakyRelu", [dense(x, name)], alpha=0.01)
    x = g.node("MatMul", [x, g.constant(weights["states.weight"].T)])
    g.node("Add", [x, g.constant(weights["states.bias"])], to="states")
    g.output("states", ("frames", 1, 7))
    return g.encode()
