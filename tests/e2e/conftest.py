"""Fixture calls scored once by the real recogniser, for all end-to-end tests."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from analyzer.pipeline import Analyzer, HearingSettings, analyze_call
from analyzer.rules.pack import load_standard
from analyzer.rules.standard import Standard
from analyzer.rules.types import Scorecard, Scored
from analyzer.speech.recognizer import WhisperRecognizer

AUDIO = Path(__file__).parents[2] / "fixtures" / "audio"

Score = Callable[[str], Scorecard]


@pytest.fixture(scope="session")
def standard() -> Standard:
    return load_standard("base")


@pytest.fixture(scope="session")
def the_analyzer(recognizer: WhisperRecognizer, standard: Standard) -> Analyzer:
    return Analyzer(recognizer, HearingSettings(organisation=standard.organisation))


@pytest.fixture(scope="session")
def scored(the_analyzer: Analyzer, standard: Standard) -> Score:
    @cache
    def score(name: str) -> Scorecard:
        outcome = analyze_call(AUDIO / f"{name}.wav", the_analyzer, standard)
        assert isinstance(outcome, Scored), outcome
        return outcome.scorecard

    return score


def truth_of(name: str) -> dict[str, Any]:
    """What was composed into a fixture."""
    return json.loads((AUDIO / f"{name}.truth.json").read_text("utf-8"))
