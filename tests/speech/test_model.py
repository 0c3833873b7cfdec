import hashlib
import os
import time
from pathlib import Path

import pytest
from processes import at_once

from analyzer.errors import ModelError
from analyzer.speech import model

FILES = {
    "config.json": b"{}",
    "tokenizer.json": b"t" * 10,
    "vocabulary.json": b"[]",
    "model.bin": b"a" * 5000 + b"b" * 300,
}


def install(site: Path) -> None:
    """Two stand-in packages, laid out as the real ones."""
    one, two = site / "part_one" / "data", site / "part_two" / "data"
    for folder in (one, two):
        folder.mkdir(parents=True)
        (folder.parent / "__init__.py").write_text("raise RuntimeError('must not be imported')")
    (one / "model.bin.part1").write_bytes(FILES["model.bin"][:5000])
    (two / "model.bin.part2").write_bytes(FILES["model.bin"][5000:])
    for name in ("config.json", "tokenizer.json", "vocabulary.json"):
        (two / name).write_bytes(FILES[name])


@pytest.fixture
def site(tmp_path, monkeypatch):
    install(tmp_path / "site")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr(model, "PART_1", "part_one")
    monkeypatch.setattr(model, "PART_2", "part_two")
    monkeypatch.setattr(model, "PACKAGED_SHA256", {n: hashlib.sha256(b).hexdigest() for n, b in FILES.items()})
    monkeypatch.setenv("ANALYZER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "site"


def test_joins_the_packaged_model_and_checks_it(site):
    found = model.resolve()
    assert {p.name: p.read_bytes() for p in found.path.iterdir()} == FILES
    assert found.sha256 == hashlib.sha256(FILES["model.bin"]).hexdigest()
    assert found.name == "whisper-base"
    assert model.resolve("base") == found


def test_a_damaged_file_in_the_cache_is_joined_again(site):
    found = model.resolve()
    stat = (found.path / "model.bin").stat()
    (found.path / "model.bin").write_bytes(FILES["model.bin"].replace(b"b", b"c"))
    os.utime(found.path / "model.bin", ns=(stat.st_atime_ns, stat.st_mtime_ns))  # same size, same time
    model.resolve()
    assert (found.path / "model.bin").read_bytes() == FILES["model.bin"]


def test_a_damaged_file_without_the_packages_is_refused(site, monkeypatch):
    found = model.resolve()
    (found.path / "tokenizer.json").write_bytes(b"other")
    monkeypatch.setattr(model, "PART_1", "not_installed")
    with pytest.raises(ModelError) as error:
        model.resolve()
    assert error.value.code == "model.damaged"


def test_damaged_packages_are_refused_and_leave_nothing(site, tmp_path):
    (site / "part_two" / "data" / "model.bin.part2").write_bytes(b"x")
    with pytest.raises(ModelError) as error:
        model.resolve()
    assert error.value.code == "model.damaged"
    assert not (model.packaged_folder() / "model.bin").exists()
    assert not list((tmp_path / "cache").rglob("*.tmp"))


def test_the_joined_model_outlives_the_packages(site, monkeypatch):
    found = model.resolve()
    monkeypatch.setattr(model, "PART_1", "not_installed")
    assert model.resolve() == found


def test_absent_packages_say_what_to_install(site, monkeypatch):
    monkeypatch.setattr(model, "PART_2", "not_installed")
    with pytest.raises(ModelError) as error:
        model.resolve()
    assert error.value.code == "model.missing"
    assert "pip install" in error.value.todo
    failed = {c.name for c in model.doctor() if not c.ok}
    assert failed == {"not_installed", "model"}


def test_a_cache_that_cannot_be_written(site, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ANALYZER_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError) as error:
        model.resolve()
    assert error.value.code == "model.cache"


def test_temporaries_of_killed_processes_are_swept_and_young_ones_spared(site):
    folder = model.packaged_folder()
    folder.mkdir(parents=True)
    old, young = folder / ".model.bin.aaa.tmp", folder / ".model.bin.bbb.tmp"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    model.resolve()
    assert not old.exists()
    assert young.exists()


def _join_in_a_process(site: str, cache: str, gate, results) -> None:
    import sys

    sys.path.insert(0, site)
    os.environ["ANALYZER_CACHE"] = cache
    model.PART_1, model.PART_2 = "part_one", "part_two"
    model.PACKAGED_SHA256 = {n: hashlib.sha256(b).hexdigest() for n, b in FILES.items()}
    gate.wait()
    results.put(model.resolve().sha256)


def test_several_processes_at_once(site, tmp_path):
    got = at_once(4, _join_in_a_process, str(site), str(tmp_path / "cache"))
    assert got == [hashlib.sha256(FILES["model.bin"]).hexdigest()] * 4
    assert {p.name: p.read_bytes() for p in model.packaged_folder().iterdir()} == FILES


def folder_model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    return folder


def test_a_folder_of_ones_own(tmp_path):
    found = model.resolve(str(folder_model(tmp_path / "my-whisper")))
    assert found.name == "my-whisper"
    assert found.sha256 == hashlib.sha256(FILES["model.bin"]).hexdigest()


@pytest.mark.parametrize("name", sorted(FILES))
def test_an_incomplete_folder_names_the_missing_file(tmp_path, name):
    folder = folder_model(tmp_path / "m")
    (folder / name).unlink()
    with pytest.raises(ModelError) as error:
        model.resolve(str(folder))
    assert error.value.code == "model.incomplete"
    assert name in error.value.seen


def test_a_size_name_is_looked_up_on_disk_only(tmp_path, monkeypatch):
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(ModelError) as error:
        model.resolve("small")
    assert error.value.code == "model.missing"
    repo = tmp_path / "hub" / "models--Systran--faster-whisper-small"
    folder_model(repo / "snapshots" / "0ld")
    newer = folder_model(repo / "snapshots" / "9ew")
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("9ew\n")
    found = model.resolve("small")
    assert (found.path, found.name) == (newer, "whisper-small")


@pytest.mark.parametrize("name", ["../x", "no such", "*", ""])
def test_other_names_are_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError):
        model.resolve(name)


def test_the_pinned_hash_is_the_published_one():
    assert model.PACKAGED_SHA256["model.bin"] == "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"
