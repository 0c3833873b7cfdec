"""The made sounds of the benchmark of non-speech sounds are found, and speech alone raises none."""

from pathlib import Path

import nonspeech
import numpy as np
import pytest

from analyzer.testing import ClipBank
from analyzer.testing.clips import at_rate

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def parts() -> list[tuple[np.ndarray, str]]:
    clips = ClipBank.from_folder(ROOT / "fixtures" / "utterances").of_voice("zf_xiaobei")[8:16]
    return [(at_rate(c, nonspeech.RATE).astype(np.float64), c.text) for c in clips]


def test_speech_alone_is_no_candidate(parts: list[tuple[np.ndarray, str]]) -> None:
    counts, hours = nonspeech.listen(parts, [np.zeros(0)] * len(parts), 1)
    assert not counts.total()
    assert hours > 0.01


@pytest.mark.parametrize("name", ["yawn_candidates", "chewing_candidates"])
def test_made_sounds_are_found(name: str, parts: list[tuple[np.ndarray, str]]) -> None:
    rng = np.random.default_rng(1)
    made = [nonspeech.MADE[name](rng) * 0.02 for _ in parts]
    counts, _ = nonspeech.listen(parts, made, 1)
    assert counts[name] >= len(parts) - 1
