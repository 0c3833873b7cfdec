from pathlib import Path
from typing import Any

import pytest

from analyzer.archive import local
from analyzer.archive.local import LocalFactory
from analyzer.errors import ModelError
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
