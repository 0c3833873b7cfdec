"""Reads the tensors of a PyTorch zip checkpoint without PyTorch, and without running anything that stands in it."""

from __future__ import annotations

import collections
import io
import pickle
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer.errors import ModelError

Tensors = dict[str, npt.NDArray[Any]]

_STORAGES = {"FloatStorage": np.float32, "LongStorage": np.int64}
_LARGEST_BYTES = 200_000_000
_WRONG = (
    zipfile.BadZipFile, pickle.UnpicklingError, StopIteration, KeyError, ValueError, EOFError, TypeError,
    AttributeError, IndexError, NotImplementedError, RuntimeError,
)  # fmt: skip


def read_tensors(data: bytes) -> Tensors:
    """Every tensor of a checkpoint by its name.

    Args:
        data: the checkpoint as saved by `torch.save`; a `state_dict` inside it is taken when there is one.

    Raises:
        ModelError: model.damaged: it is no such file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(i.file_size for i in archive.infolist()) > _LARGEST_BYTES:
                raise ValueError("larger than any model we know")
            index = next(n for n in archive.namelist() if n.endswith("/data.pkl"))
            found = _Reader(archive, index).load()
    except _WRONG as error:
        raise ModelError("model.damaged", f"no checkpoint that can be read: {error}", "Install it again.") from error
    if isinstance(found, dict) and isinstance(found.get("state_dict"), dict):
        found = found["state_dict"]
    if not isinstance(found, dict):
        raise ModelError("model.damaged", "the checkpoint holds no tensors by name", "Install it again.")
    return {str(name): value for name, value in found.items() if isinstance(value, np.ndarray)}


class _Inert:
    """Stands for every class that is no tensor; does nothing, whatever it is called with."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __call__(self, *_: object, **__: object) -> _Inert:
        return self

    def __setstate__(self, _: object) -> None:
        pass


class _Reader(pickle.Unpickler):
    """Knows tensors and ordered dictionaries; anything else comes out inert."""

    def __init__(self, archive: zipfile.ZipFile, index: str) -> None:
        super().__init__(io.BytesIO(archive.read(index)))
        self._archive, self._folder = archive, index.removesuffix("data.pkl") + "data/"

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the file stands for."""
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch" and name in _STORAGES:
            return name
        return _Inert

    def persistent_load(self, pid: Any) -> npt.NDArray[Any]:
        """The raw numbers of one storage."""
        _, kind, key, *_rest = pid
        if kind not in _STORAGES:
            raise pickle.UnpicklingError(f"numbers of an unknown kind: {kind!r}")
        return np.frombuffer(self._archive.read(self._folder + str(key)), _STORAGES[kind])


def _tensor(
    storage: npt.NDArray[Any], offset: int, size: Sequence[int], stride: Sequence[int], *_: object
) -> npt.NDArray[Any]:
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if offset < 0 or min((*size, *stride, 1)) < 0 or last >= storage.size:
        raise pickle.UnpicklingError("a tensor reaches outside its storage")
    steps = [step * storage.itemsize for step in stride]
    return np.array(np.lib.stride_tricks.as_strided(storage[offset:], tuple(size), steps))
