"""What many tests share: the packaged model, the recogniser, the folder of human speech."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import ModelError
from analyzer.speech import model
from analyzer.speech.recognizer import WhisperRecognizer
from analyzer.testing.browser import open_browser

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def model_folder() -> model.ModelFolder:
    """The packaged model, joined in the user's cache."""
    try:
        return model.resolve()
    except ModelError as error:
        pytest.skip(f"no model: {error}")


@pytest.fixture(scope="session")
def recognizer(model_folder: model.ModelFolder) -> WhisperRecognizer:
    """The real recogniser, loaded once for the whole run."""
    return WhisperRecognizer(model_folder, threads=2)


@pytest.fixture(scope="session")
def speech_dir() -> Path:
    """The human recordings, which are no part of the project: ANALYZER_SPEECH_DIR, or beside the checkout."""
    folder = Path(os.environ.get("ANALYZER_SPEECH_DIR") or REPOSITORY.parent / "shared" / "speech")
    if not (folder / "manifest.csv").is_file():
        pytest.skip("no human recordings: set ANALYZER_SPEECH_DIR to their folder")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One headless chromium for the whole run."""
    yield from open_browser()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Recording golden scorecards anew is asked for, never automatic."""
    parser.addoption("--write-golden", action="store_true", help="record the golden scorecards of this run")
    parser.addoption("--write-pictures", action="store_true", help="take the pictures in docs/img anew")
