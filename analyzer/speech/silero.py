"""Silero's voice probability, on our own terms.

The network comes with faster-whisper's package; its filter does not: at its threshold of 0.5 it loses half of some
male voices over a telephone band, and its padding and hang-over move every boundary. Here only the probability is
taken; thresholds and edges are decided in `activity`.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer.call.sound import regrouped
from analyzer.call.types import Samples
from analyzer.errors import ModelError
from analyzer.speech.network import open_network

RATE_HZ = 16000
CHUNK = 512  # samples the network sees as new: 32 ms
_CONTEXT = 64  # and before them
_BATCH = 512  # chunks a run: little memory, and faster than thousands


def find_weights() -> Path:
    """The network inside faster-whisper's package, found without importing it.

    Raises:
        ModelError: when the package or the file is not there.
    """
    spec = importlib.util.find_spec("faster_whisper")
    folders = list(spec.submodule_search_locations or []) if spec else []
    found = sorted(p for f in folders for p in (Path(f) / "assets").glob("silero_vad*.onnx"))
    if not found:
        raise ModelError("model.vad_missing", "faster-whisper's assets hold no silero_vad*.onnx", "Reinstall it.")
    return found[-1]


@lru_cache(maxsize=1)
def identity() -> str:
    """The network's file name and the first 16 digits of its SHA-256, for the scorecard."""
    weights = find_weights()
    return f"{weights.stem} {hashlib.sha256(weights.read_bytes()).hexdigest()[:16]}"


@lru_cache(maxsize=1)
def _session() -> Any:
    return open_network(find_weights())


def voice_probability(sound: Iterable[Samples]) -> npt.NDArray[np.float32]:
    """Probability of a voice in each 32 ms.

    Args:
        sound: at 16 kHz, in blocks of any length. The last chunk is filled with zeros.

    Returns:
        Shape (chunks,).
    """
    session = _session()
    h = np.zeros((1, 1, 128), dtype=np.float32)
    c = np.zeros((1, 1, 128), dtype=np.float32)
    before = np.zeros(_CONTEXT, dtype=np.float32)
    out: list[npt.NDArray[np.float32]] = [np.zeros(0, dtype=np.float32)]
    for piece in regrouped(sound, _BATCH * CHUNK):
        rows = -(-piece.size // CHUNK)
        padded = np.zeros(rows * CHUNK, dtype=np.float32)
        padded[: piece.size] = piece
        new = padded.reshape(rows, CHUNK)
        frames = np.empty((rows, _CONTEXT + CHUNK), dtype=np.float32)
        frames[:, _CONTEXT:] = new
        frames[0, :_CONTEXT] = before
        frames[1:, :_CONTEXT] = new[:-1, -_CONTEXT:]
        before = new[-1, -_CONTEXT:]
        probability, h, c = session.run(None, {"input": frames, "h": h, "c": c})
        out.append(probability.reshape(-1))
    return np.concatenate(out)
