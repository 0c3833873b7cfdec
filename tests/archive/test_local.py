import shutil
from pathlib import Path
from typing import Any

import pytest
from importing import imported_from

from analyzer import settings
from analyzer.archive import local
from analyzer.archive.local import LocalFactory
from analyzer.errors import ModelError
from analyzer.rules import phrases, rulings
from analyzer.speech.model import ModelFolder


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the recogniser is asked for."""
    asked: dict[str, Any] = {}

    class Asked:
        identity = None

        def __init__(self, folder: ModelFolder, **options: Any) -> None:
            asked.update(options)

    monkeypatch.setattr(local, "resolve", lambda name: ModelFolder(Path("/nowhere"), "tiny", "0" * 64))
    monkeypatch.setattr(local, "WhisperRecognizer", Asked)
    return asked


@pytest.mark.parametrize(("device", "weights"), [("cpu", "int8"), ("cuda", "float16")])
def test_the_device_reaches_the_recogniser(given: dict[str, Any], device: str, weights: str) -> None:
    LocalFactory(device=device).build(3)
    assert (given["device"], given["settings"].compute_type, given["threads"]) == (device, weights, 3)


def test_another_device_hears_anew(given: dict[str, Any]) -> None:
    cpu, cuda = LocalFactory().identify(), LocalFactory(device="cuda").identify()
    assert cpu.hearing != cuda.hearing
    assert cpu.judging == cuda.judging


def test_judging_needs_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str | None) -> ModelFolder:
        raise ModelError("model.missing", "there is no model", "Get one")

    monkeypatch.setattr(local, "resolve", missing)
    factory = LocalFactory()
    assert len(factory.identify_judging()) > 8
    assert callable(factory.build_judge())
    with pytest.raises(ModelError):
        factory.identify()


@pytest.mark.parametrize(
    ("changed", "hears", "judges"),
    [
        ("call/record.py", True, True),
        ("speech/doubts.py", True, True),
        ("speech/syllable_reader.npz", True, True),
        ("measure/rate.py", True, True),
        ("pipeline.py", True, True),
        ("rules/checks/words.py", False, True),
        ("rules/score.py", False, True),
        ("outputs/privacy.py", False, True),
        ("outputs/templates/team.css", False, False),
        ("archive/pool.py", False, False),
        ("cli/batch.py", False, False),
    ],
)
def test_what_other_code_heard_or_judged_does_not_hold(
    changed: str, hears: bool, judges: bool, given: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = LocalFactory().identify()
    shutil.copytree(settings.PACKAGE, tmp_path / "analyzer")
    monkeypatch.setattr(settings, "PACKAGE", tmp_path / "analyzer")
    assert LocalFactory().identify() == before
    shutil.copytree(settings.PACKAGE, tmp_path / "mended" / "analyzer")
    monkeypatch.setattr(settings, "PACKAGE", tmp_path / "mended" / "analyzer")
    with (settings.PACKAGE / changed).open("ab") as file:
        file.write(b"\n")
    after = LocalFactory().identify()
    assert (after.hearing != before.hearing, after.judging != before.judging) == (hears, judges)


def test_all_code_that_hears_or_judges_is_named() -> None:
    def files(parts: tuple[str, ...]) -> set[Path]:
        return {file for part in parts for file in settings.files_of(part)}

    def used(*modules: str) -> set[Path]:
        names = {name for module in modules for name in imported_from(module)}
        return {file for name in names for file in settings.files_of(name)}

    heard_by = used("pipeline", "speech.mono.separate", "speech.mono.models")
    assert {f for f in heard_by if settings.PACKAGE / "rules" not in f.parents} <= files(local._HEARING)
    assert used("pipeline", "outputs.encode", "outputs.notices", "outputs.redact") <= files(local._JUDGING)
    assert files((*phrases._DECIDING, *rulings._DECIDING)) <= files(local._JUDGING)
