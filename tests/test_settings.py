"""The print of our code: what of a file counts, and what of its surroundings does not."""

import os
import shutil
import tomllib
from pathlib import Path

import pytest

from analyzer import settings
from analyzer.settings import code_print

PARTS = ("call.*", "speech.*", "spans")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package, as if it were installed elsewhere, without what Python compiled."""
    return move_to(tmp_path / "first", monkeypatch)


def move_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = folder / "analyzer"
    if not package.exists():
        shutil.copytree(settings.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "standards"))
    monkeypatch.setattr(settings, "PACKAGE", package)
    return package


@pytest.mark.parametrize(
    "name", ["call/wav.py", "speech/__init__.py", "speech/mono/segment.py", "speech/mono/fitted.json", "spans.py"]
)
def test_a_changed_file_changes_the_print(name: str, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_print(PARTS, ())
    shutil.copytree(installed, installed.parents[1] / "second" / "analyzer")
    other = move_to(installed.parents[1] / "second", monkeypatch)
    (other / name).write_bytes((other / name).read_bytes() + b"\n")
    assert code_print(PARTS, ()) != before


def test_a_moved_file_and_one_taken_away_change_the_print(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prints = [code_print(PARTS, ())]
    (installed / "call" / "hum.py").rename(installed / "call" / "zoom.py")
    prints.append(code_print(PARTS, ()))
    (installed / "call" / "zoom.py").unlink()
    assert len({*prints, code_print(PARTS, ())}) == 3


def test_what_lies_about_and_where_it_lies_change_nothing(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_print(PARTS, ("numpy",))
    other = installed.parents[1] / "second" / "analyzer"
    shutil.copytree(installed, other)
    (other / "call" / "__pycache__").mkdir()
    (other / "call" / "__pycache__" / "wav.cpython-311.pyc").write_bytes(b"compiled")
    (other / "call" / ".ipynb_checkpoints").mkdir()
    (other / "call" / ".ipynb_checkpoints" / "wav-checkpoint.py").write_bytes(b"x = 1")
    (other / "call" / ".#wav.py").symlink_to("someone@somewhere.4711")
    (other / "call" / "wav.py~").write_bytes(b"x = 1")
    (other / "call" / "wav.pyc").write_bytes(b"compiled beside its source")
    os.utime(other / "call" / "wav.py", (1, 1))
    move_to(other.parent, monkeypatch)
    assert code_print(PARTS, ("numpy",)) == before
    assert code_print(PARTS, ()) != before


def test_code_without_its_source_counts_as_compiled(installed: Path) -> None:
    parts = ("call.*", "spans")
    for name in ("call/wav", "spans"):
        (installed / f"{name}.py").rename(installed / f"{name}.pyc")
    before = code_print(parts, ())
    (installed / "call" / "wav.pyc").rename(installed / "call" / "was.pyc")
    assert code_print(parts, ()) != before


@pytest.mark.parametrize("part", ["speech.nothing", "nothing.*", "nothing"])
def test_what_is_not_there_is_no_part(part: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        code_print((part,), ())


def test_all_that_counts_is_installed_with_the_package() -> None:
    project = tomllib.loads((settings.PACKAGE.parent / "pyproject.toml").read_text("utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["analyzer"]
    folders = ("call.*", "measure.*", "rules.*", "speech.*")
    counting = {file for folder in folders for file in settings.files_of(folder) if file.suffix != ".py"}
    assert counting and counting <= {file for pattern in patterns for file in settings.PACKAGE.glob(pattern)}
