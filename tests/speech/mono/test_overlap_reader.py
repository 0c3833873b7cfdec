"""The network that hears two voices at once: its weights, and how they are read."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from analyzer.speech.mono.overlap_reader import OverlapReader

Weights = dict[str, npt.NDArray[np.float32]]


@pytest.fixture
def weights() -> Weights:
    """Of a network that has learned nothing yet."""
    draw = np.random.default_rng(0)
    sizes: dict[str, tuple[int, ...]] = {"speaker.weight": (3, 256), "beside.weight": (256, 3)}
    for layer in ("lstm0", "lstm1"):
        sizes |= {f"{layer}.input": (2, 512, 256), f"{layer}.recurrent": (2, 512, 128), f"{layer}.bias": (2, 1024)}
    for name, rows, numbers in (("dense0", 128, 256), ("dense1", 128, 128), ("states", 7, 128)):
        sizes[f"{name}.weight"] = (rows, numbers)
    sizes |= {name.replace("weight", "bias"): size[:1] for name, size in sizes.items() if name.endswith("weight")}
    return {name: draw.normal(0, 0.1, size).astype(np.float32) for name, size in sizes.items()}


def reader(weights: Weights, folder: Path) -> OverlapReader:
    np.savez(folder / "reader.npz", **weights)
    return OverlapReader(folder / "reader.npz")


def lstm(x: npt.NDArray[np.float64], inputs: npt.NDArray[np.float32], recurrent: npt.NDArray[np.float32],
         bias: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:  # fmt: skip
    """One direction, as the textbook has it; gates i, o, f, c."""
    out, said, cell = [], np.zeros(128), np.zeros(128)
    for row in x:
        i, o, f, c = np.split(inputs @ row + recurrent @ said + bias[:512] + bias[512:], 4)
        i, o, f = (1 / (1 + np.exp(-gate)) for gate in (i, o, f))
        cell = f * cell + i * np.tanh(c)
        said = o * np.tanh(cell)
        out.append(said)
    return np.array(out)


def test_it_computes_what_its_weights_say(weights: Weights, tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    segmentation, speaker = (draw.normal(0, 1, (20, n)).astype(np.float32) for n in (512, 256))
    x = np.tanh(speaker @ weights["speaker.weight"].T + weights["speaker.bias"]) @ weights["beside.weight"].T
    x = (x + weights["beside.bias"] + segmentation[:, 256:]).astype(float)  # the second of the two LSTMs
    for layer in ("lstm0", "lstm1"):
        parts = [weights[f"{layer}.{part}"] for part in ("input", "recurrent", "bias")]
        x = np.concatenate([lstm(x, *(p[0] for p in parts)), lstm(x[::-1], *(p[1] for p in parts))[::-1]], axis=1)
    for name in ("dense0", "dense1"):
        x = x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
        x = np.where(x > 0, x, 0.01 * x)
    states = np.exp(x @ weights["states.weight"].T + weights["states.bias"])
    found = reader(weights, tmp_path)(segmentation, speaker)
    assert np.allclose(found, np.log(states[:, 4:].sum(axis=1) / states[:, :4].sum(axis=1)), atol=1e-4)


def test_the_products_weights_fit_and_give_the_same_again() -> None:
    draw = np.random.default_rng(2)
    segmentation, speaker = (draw.normal(0, 0.3, (589, n)).astype(np.float32) for n in (512, 256))
    first, second = OverlapReader(), OverlapReader()
    assert np.array_equal(first(segmentation, speaker), second(segmentation, speaker))
    assert np.all(np.isfinite(first(segmentation, speaker)))
