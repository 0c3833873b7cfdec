"""The segmentation network (PyanNet, segmentation-3.0) as an ONNX file, from its checkpoint's tensors.

Sinc filters, two convolutions, four bidirectional LSTMs, two dense layers, and the log-probability of seven states:
nobody, one of three local speakers, or two of them at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer.speech.mono.checkpoint import Tensors
from analyzer.speech.mono.onnx_file import Graph

RATE_HZ = 16000
_LOWEST_HZ = _NARROWEST_HZ = 50.0


def build(tensors: Tensors) -> bytes:
    """The network: `waveform` (batch, 1, samples) at 16 kHz to `scores` (batch, frames, 7)."""
    g = Graph("pyannet")
    x = _heard(g, tensors, 4)[-1]
    for name in ("linear.0", "linear.1", "classifier"):
        x = g.node("MatMul", [x, g.constant(tensors[f"{name}.weight"].T)])
        x = g.node("Add", [x, g.constant(tensors[f"{name}.bias"])])
        if name != "classifier":
            x = g.node("LeakyRelu", [x], alpha=0.01)
    x = g.node("LogSoftmax", [x], axis=-1)
    g.node("Transpose", [x], to="scores", perm=(1, 0, 2))
    g.output("scores", ("batch", "frames", 7))
    return g.encode()


def build_inner(tensors: Tensors) -> bytes:
    """Its first layers alone: `waveform` (batch, 1, samples) to `inner` (frames, batch, 512), two LSTMs of 256 each."""
    g = Graph("pyannet-inner")
    g.node("Concat", _heard(g, tensors, 2), to="inner", axis=2)
    g.output("inner", ("frames", "batch", 512))
    return g.encode()


def _heard(g: Graph, tensors: Tensors, layers: int) -> list[str]:
    """Filters, convolutions and so many LSTMs: what each of these says, (frames, batch, 256)."""
    x = g.input("waveform", ("batch", 1, "samples"))

    def norm(x: str, name: str) -> str:
        weights = [g.constant(tensors[f"sincnet.{name}.{part}"]) for part in ("weight", "bias")]
        return g.node("InstanceNormalization", [x, *weights], epsilon=1e-5)

    x = norm(x, "wav_norm1d")
    x = g.node("Conv", [x, g.constant(_sinc_filters(tensors))], strides=(10,), kernel_shape=(251,))
    x = g.node("Abs", [x])
    for i in range(3):
        if i:
            weights = [g.constant(tensors[f"sincnet.conv1d.{i}.{part}"]) for part in ("weight", "bias")]
            x = g.node("Conv", [x, *weights], kernel_shape=(5,))
        x = g.node("MaxPool", [x], kernel_shape=(3,), strides=(3,))
        x = g.node("LeakyRelu", [norm(x, f"norm1d.{i}")], alpha=0.01)
    x = g.node("Transpose", [x], perm=(2, 0, 1))  # frames, batch, features
    together = g.constant(np.array([0, 0, -1]))
    out: list[str] = []
    for layer in range(layers):
        weights = [g.constant(w) for w in _lstm_weights(tensors, layer)]
        x = g.node("LSTM", [x, *weights], hidden_size=128, direction="bidirectional")
        x = g.node("Reshape", [g.node("Transpose", [x], perm=(0, 2, 1, 3)), together])
        out.append(x)
    return out


def _sinc_filters(tensors: Tensors) -> npt.NDArray[np.float32]:
    """80 band-pass filters (40 even, 40 odd) of 251 taps from their learned edges."""

    def of(name: str) -> npt.NDArray[np.float64]:
        return tensors[f"sincnet.conv1d.0.filterbank.{name}"].astype(np.float64)

    low = _LOWEST_HZ + np.abs(of("low_hz_"))
    high = np.clip(low + _NARROWEST_HZ + np.abs(of("band_hz_")), _LOWEST_HZ, RATE_HZ / 2)
    width, window, n = (high - low), of("window_"), of("n_")
    even = (np.sin(high @ n) - np.sin(low @ n)) / (n / 2) * window
    odd = (np.cos(low @ n) - np.cos(high @ n)) / (n / 2) * window
    even = np.concatenate([even, 2 * width, even[:, ::-1]], axis=1) / (2 * width)
    odd = np.concatenate([odd, np.zeros_like(width), -odd[:, ::-1]], axis=1) / (2 * width)
    return np.concatenate([even, odd])[:, None, :].astype(np.float32)


def _lstm_weights(tensors: Tensors, layer: int) -> list[npt.NDArray[Any]]:
    """Input, recurrent and bias weights of both directions, gates in the order of ONNX (i, o, f, c)."""

    def gates(name: str) -> npt.NDArray[Any]:
        i, f, c, o = np.split(tensors[f"lstm.{name}"], 4)
        return np.concatenate([i, o, f, c])

    ways = (f"l{layer}", f"l{layer}_reverse")
    return [
        np.stack([gates(f"weight_ih_{way}") for way in ways]),
        np.stack([gates(f"weight_hh_{way}") for way in ways]),
        np.stack([np.concatenate([gates(f"bias_ih_{way}"), gates(f"bias_hh_{way}")]) for way in ways]),
    ]
