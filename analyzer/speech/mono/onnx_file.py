"""Writes a network as an ONNX file: the few parts of the format that ours need, so that no package is.

The format is protocol buffers; field numbers are those of the published onnx.proto3.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

_OPSET, _IR_VERSION = 17, 8
_FLOAT, _INT64 = 1, 7
Attribute = int | float | str | Sequence[int]


class Graph:
    """A network being put together, node by node; every method returns the name of its result."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._inputs: list[bytes] = []
        self._outputs: list[bytes] = []
        self._count = 0

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        """Declares a float input; a word stands for a size known only when it runs."""
        self._inputs.append(_field(11, _value_info(name, shape)))
        return name

    def output(self, name: str, shape: Sequence[int | str]) -> None:
        """Declares a float output."""
        self._outputs.append(_field(12, _value_info(name, shape)))

    def constant(self, values: npt.NDArray[Any]) -> str:
        """Numbers that stand in the file."""
        name = self._fresh("c")
        kind, dtype = (_INT64, "<i8") if values.dtype.kind == "i" else (_FLOAT, "<f4")
        raw = np.ascontiguousarray(values, dtype=dtype).tobytes()
        dims = b"".join(_number(1, n) for n in values.shape)
        self._constants.append(_field(5, dims + _number(2, kind) + _field(8, name.encode()) + _field(9, raw)))
        return name

    def node(self, kind: str, inputs: Sequence[str], to: str | None = None, **attributes: Attribute) -> str:
        """One operation with one result."""
        result = to or self._fresh("n")
        parts = [*(_field(1, i.encode()) for i in inputs), _field(2, result.encode()), _field(4, kind.encode())]
        parts += [_field(5, _attribute(k, v)) for k, v in sorted(attributes.items())]
        self._nodes.append(_field(1, b"".join(parts)))
        return result

    def encode(self) -> bytes:
        """The whole file."""
        named = _field(2, self._name.encode())
        graph = b"".join([*self._nodes, named, *self._constants, *self._inputs, *self._outputs])
        return _number(1, _IR_VERSION) + _field(2, b"analyzer") + _field(7, graph) + _field(8, _number(2, _OPSET))

    def _fresh(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _attribute(name: str, value: Attribute) -> bytes:
    head = _field(1, name.encode())
    if isinstance(value, int):
        return head + _number(3, value) + _number(20, 2)
    if isinstance(value, float):
        return head + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    if isinstance(value, str):
        return head + _field(4, value.encode()) + _number(20, 3)
    return head + b"".join(_number(8, v) for v in value) + _number(20, 7)


def _value_info(name: str, shape: Sequence[int | str]) -> bytes:
    dims = b"".join(_field(1, _number(1, n) if isinstance(n, int) else _field(2, n.encode())) for n in shape)
    return _field(1, name.encode()) + _field(2, _field(1, _number(1, _FLOAT) + _field(2, dims)))
