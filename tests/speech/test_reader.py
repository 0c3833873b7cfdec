"""Syllables read off the encoder's output."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from analyzer.spans import Span
from analyzer.speech import reader as module
from analyzer.speech.model import PACKAGED_SHA256, resolve
from analyzer.speech.reader import SyllableReader, reader_for
from analyzer.speech.recognizer import WhisperRecognizer
from analyzer.speech.sound import PhraseSounds
from analyzer.speech.syllables import readings

PHRASES = Path(__file__).resolve().parents[2] / "fixtures" / "phrases"


@pytest.fixture(scope="module")
def reader() -> SyllableReader:
    found = reader_for(PACKAGED_SHA256["model.bin"])
    assert found is not None
    return found


def logs(reader: SyllableReader, *frames: str) -> np.ndarray:
    """Log probabilities of frames: a character is its syllable at 0.9, a small letter the one before at 0.2."""
    place = {int(i): k for k, i in enumerate(reader._index)}
    out = np.full((len(frames), 1 + len(place)), 1e-6)
    out[:, 0] = 1
    for row, char in enumerate(frames):
        if char:
            out[row, 0], out[row, 1 + place[readings(char[0])[0]]] = (0.1, 0.9) if len(char) == 1 else (0.8, 0.2)
    return np.log(out / out.sum(axis=1, keepdims=True)).astype(np.float32)


def test_no_sum_depends_on_its_order(reader: SyllableReader) -> None:
    for layer in reader._layers:
        assert np.array_equal(layer.weight, np.rint(layer.weight))
        assert np.abs(layer.weight).sum(axis=0).max() * layer.most < 2**24


def test_the_same_encoder_output_gives_the_same_in_any_order_of_adding_up(reader: SyllableReader) -> None:
    encoded = np.random.default_rng(2).standard_normal((300, 512)).astype(np.float32) * 2
    first = reader._layers[0]
    order = np.random.default_rng(3).permutation(512)
    assert np.array_equal(first(encoded), module._Layer(
        first.weight[order], first.scale, first.bias, first.step, first.most
    )(encoded[:, order]))  # fmt: skip


def test_each_run_of_a_syllable_is_one(reader: SyllableReader) -> None:
    found = reader._syllables(logs(reader, "", "好", "好", "", "", "吗", "", "", "吗", ""))
    assert [s.likely[0] for s in found] == [(readings(c)[0], 0) for c in "好吗吗"]
    assert [s.span for s in found] == [Span(20, 60), Span(100, 120), Span(160, 180)]
    assert [s.strength for s in found] == [0.9, 0.9, 0.9]
    assert [readings(s.text)[0] for s in found] == [readings(c)[0] for c in "好吗吗"]


def test_neighbours_without_a_gap_are_apart_where_both_are_strong(reader: SyllableReader) -> None:
    found = reader._syllables(logs(reader, "", "好", "好", "吗", ""))
    assert [s.span for s in found] == [Span(20, 60), Span(60, 80)]
    (one,) = reader._syllables(logs(reader, "", "好", "好", "吗?", ""))  # what is weak is what else it may be
    assert [i for i, _ in one.likely[:2]] == [readings("好")[0], readings("吗")[0]]
    assert one.likely[1][1] > 100 and one.span == Span(20, 80)


def test_nothing_is_read_in_nothing(reader: SyllableReader) -> None:
    assert reader._syllables(logs(reader, *[""] * 20)) == []
    assert reader.read(np.zeros((0, 512), np.float32)) == ()


def test_another_model_has_no_reader() -> None:
    assert reader_for("0" * 64) is None


@pytest.mark.e2e
def test_service_phrases_are_read_off_the_sound() -> None:
    recognizer = WhisperRecognizer(resolve(None))
    lines = (PHRASES / "manifest.csv").read_text(encoding="utf-8").splitlines()[1:6]
    for line in lines:
        file, _, text = line.split(",", 2)
        sound, rate = soundfile.read(PHRASES / file, dtype="float32")
        over_a_line = soxr.resample(soxr.resample(sound, rate, 8000), 8000, 16_000)
        heard = recognizer.recognize(over_a_line)
        said = "".join(c for c in text if c.isalnum())
        (match,) = PhraseSounds([said], [0.7]).search_read(heard.syllables)
        assert match.score > 0.8 and match.last - match.first + 1 >= len(said) - 2
