"""The speaker network (CAM++, 192 numbers a voice) as an ONNX file, from its checkpoint's tensors.

A small 2-D network over the spectrum, a strided layer, three densely joined blocks whose every layer is gated by its
context, and mean and deviation over time. Two things depend on the length and are given when it runs: the matrix
that makes each frame's context, and the correction of the deviation.
"""

from __future__ import annotations

import numpy as np

from analyzer.call.types import Samples
from analyzer.speech.mono.checkpoint import Tensors
from analyzer.speech.mono.onnx_file import Graph

BANDS = 80
SIZE = 192
_BLOCKS = ((12, 1), (24, 2), (16, 2))  # layers, dilation
_SEGMENT = 100  # frames of a context segment


def build(tensors: Tensors) -> bytes:
    """The network: `fbank` (batch, frames, 80), `context` (half, half) and `spread` (1) to `voice` (batch, 192)."""
    return _Builder(tensors).build()


def build_inner(tensors: Tensors) -> bytes:
    """Its first block alone: `fbank` and `context` to `inner` (batch, half, 256), a row for every second frame."""
    return _Builder(tensors).build_inner()


def inputs(fbank: Samples) -> dict[str, Samples]:
    """What the network takes, for features of one length.

    Args:
        fbank: (batch, frames, 80), the mean of every band over time taken off; at least 3 frames.
    """
    half = (fbank.shape[1] - 1) // 2 + 1
    context = np.full((half, half), 1.0 / half, dtype=np.float32)
    for first in range(0, half, _SEGMENT):
        size = min(_SEGMENT, half - first)
        context[first : first + size, first : first + size] += np.float32(1.0 / size)
    spread = np.array([half / (half - 1)], dtype=np.float32)
    return {"fbank": fbank.astype(np.float32, copy=False), "context": context, "spread": spread}


class _Builder:
    def __init__(self, tensors: Tensors) -> None:
        self.t, self.g = tensors, Graph("campplus")

    def build(self) -> bytes:
        g = self.g
        x = self._heard(len(_BLOCKS))
        spread = g.input("spread", (1,))
        x = self._relu(self._norm(x, "xvector.out_nonlinear.batchnorm"))
        mean = g.node("ReduceMean", [x], axes=(2,), keepdims=1)
        apart = g.node("Sub", [x, mean])
        variance = g.node("ReduceMean", [g.node("Mul", [apart, apart])], axes=(2,), keepdims=1)
        deviation = g.node("Sqrt", [g.node("Mul", [variance, spread])])
        x = self._conv(g.node("Concat", [mean, deviation], axis=1), "xvector.dense.linear")
        x = self._norm(x, "xvector.dense.nonlinear.batchnorm")
        g.node("Reshape", [x, g.constant(np.array([0, SIZE]))], to="voice")
        g.output("voice", ("batch", SIZE))
        return g.encode()

    def build_inner(self) -> bytes:
        self.g.node("Transpose", [self._heard(1)], to="inner", perm=(0, 2, 1))
        self.g.output("inner", ("batch", "half", 256))
        return self.g.encode()

    def _heard(self, blocks: int) -> str:
        """The 2-D network, the strided layer and so many blocks: (batch, numbers, half)."""
        g = self.g
        fbank = g.input("fbank", ("batch", "frames", BANDS))
        context = g.input("context", ("half", "half"))
        x = g.node("Transpose", [fbank], perm=(0, 2, 1))
        x = self._spectrum(g.node("Unsqueeze", [x, g.constant(np.array([1]))]))
        x = g.node("Reshape", [x, g.constant(np.array([0, 32 * BANDS // 8, -1]))])
        x = self._conv(x, "xvector.tdnn.linear", strides=(2,), pads=(2, 2))
        x = self._relu(self._norm(x, "xvector.tdnn.nonlinear.batchnorm"))
        for number, (layers, dilation) in enumerate(_BLOCKS[:blocks], 1):
            for layer in range(1, layers + 1):
                new = self._dense_layer(x, context, f"xvector.block{number}.tdnnd{layer}", dilation)
                x = g.node("Concat", [x, new], axis=1)
            x = self._relu(self._norm(x, f"xvector.transit{number}.nonlinear.batchnorm"))
            x = self._conv(x, f"xvector.transit{number}.linear")
        return x

    def _spectrum(self, x: str) -> str:
        """The 2-D network: every second convolution halves the bands, never the frames."""
        x = self._relu(self._norm(self._conv(x, "head.conv1", pads=(1, 1, 1, 1)), "head.bn1"))
        for name, stride in (("layer1.0", 2), ("layer1.1", 1), ("layer2.0", 2), ("layer2.1", 1)):
            at = f"head.{name}"
            y = self._conv(x, f"{at}.conv1", strides=(stride, 1), pads=(1, 1, 1, 1))
            y = self._conv(self._relu(self._norm(y, f"{at}.bn1")), f"{at}.conv2", pads=(1, 1, 1, 1))
            y = self._norm(y, f"{at}.bn2")
            if stride != 1:
                x = self._norm(self._conv(x, f"{at}.shortcut.0", strides=(stride, 1)), f"{at}.shortcut.1")
            x = self._relu(self.g.node("Add", [y, x]))
        x = self._conv(x, "head.conv2", strides=(2, 1), pads=(1, 1, 1, 1))
        return self._relu(self._norm(x, "head.bn2"))

    def _dense_layer(self, x: str, context: str, at: str, dilation: int) -> str:
        x = self._conv(self._relu(self._norm(x, f"{at}.nonlinear1.batchnorm")), f"{at}.linear1")
        x = self._relu(self._norm(x, f"{at}.nonlinear2.batchnorm"))
        local = self._conv(x, f"{at}.cam_layer.linear_local", dilations=(dilation,), pads=(dilation, dilation))
        gate = self._relu(self._conv(self.g.node("MatMul", [x, context]), f"{at}.cam_layer.linear1"))
        gate = self.g.node("Sigmoid", [self._conv(gate, f"{at}.cam_layer.linear2")])
        return self.g.node("Mul", [local, gate])

    def _conv(self, x: str, name: str, **attributes: tuple[int, ...]) -> str:
        weight = self.t[f"{name}.weight"]
        parts = [weight] + ([self.t[f"{name}.bias"]] if f"{name}.bias" in self.t else [])
        shape = tuple(int(n) for n in weight.shape[2:])
        return self.g.node("Conv", [x, *(self.g.constant(p) for p in parts)], None, kernel_shape=shape, **attributes)

    def _norm(self, x: str, name: str) -> str:
        mean, variance = self.t[f"{name}.running_mean"], self.t[f"{name}.running_var"]
        scale, shift = self.t.get(f"{name}.weight", np.ones_like(mean)), self.t.get(f"{name}.bias", np.zeros_like(mean))
        parts = [self.g.constant(p) for p in (scale, shift, mean, variance)]
        return self.g.node("BatchNormalization", [x, *parts], epsilon=1e-5)

    def _relu(self, x: str) -> str:
        return self.g.node("Relu", [x])
