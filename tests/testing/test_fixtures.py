"""The recordings under fixtures/audio hold what their truth says."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import soundfile

from analyzer.call.types import Role
from analyzer.spans import Span
from analyzer.testing import CallTruth, ClipBank, truth_schema

FIXTURES = Path(__file__).parents[2] / "fixtures"
CALLS = sorted((FIXTURES / "audio").glob("*.wav"))
SAMPLE_CALLS = ("d0-well-handled", "d0-badly-handled", "d2-kept-waiting")


def load(path: Path) -> tuple[np.ndarray, CallTruth]:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate == 8000
    return samples.T, CallTruth.load(path.with_suffix(".truth.json"))


def level(samples: np.ndarray, span: Span) -> float:
    part = samples[span.start_ms * 8 : span.end_ms * 8].astype(float)
    return float(10 * np.log10(np.mean(part**2) + 1e-12))


def test_the_calls_are_there() -> None:
    names = {p.stem for p in CALLS}
    assert names >= {*SAMPLE_CALLS, "interruption", "backchannel", "hold-silent", "hold-announced", "mono"}
    assert len([n for n in names if n.startswith("ending-")]) == 7


@pytest.mark.parametrize("path", CALLS, ids=lambda p: p.stem)
def test_speech_stands_over_the_line_where_the_truth_says(path: Path) -> None:
    samples, truth = load(path)
    assert samples.shape[1] == truth.duration_ms * 8
    for party in (Role.AGENT, Role.CUSTOMER):
        leg = samples[truth.channels.index(party)] if truth.channels else samples[0]
        others = truth.speech(Role.CUSTOMER if party is Role.AGENT else Role.AGENT) if not truth.channels else None
        quiet = truth.speech(party).gaps(Span(0, truth.duration_ms))
        for sound in truth.sounds:
            quiet = quiet.crop(Span(0, sound.span.start_ms)) if sound.kind != "music" else quiet
        if others:
            quiet = quiet - others
        music = [s.span for s in truth.sounds if s.kind == "music"]
        floor = [level(leg, gap) for gap in quiet if gap.duration_ms > 100 and not any(gap & m for m in music)]
        for span in truth.speech(party):
            assert level(leg, span) > max(floor) + 12


@pytest.mark.parametrize("name", SAMPLE_CALLS)
def test_the_sample_calls_have_two_voices_and_no_sidecar(name: str) -> None:
    path = FIXTURES / "audio" / f"{name}.wav"
    _, truth = load(path)
    assert truth.channels == (Role.AGENT, Role.CUSTOMER)
    assert truth.voices["agent"] != truth.voices["customer"]
    assert not path.with_suffix(".json").exists()
    assert all(u.complete and u.text == u.script_text for u in truth.utterances)
    assert path.stat().st_size < 2_000_000


def test_the_badly_handled_call_says_what_the_document_says() -> None:
    _, truth = load(FIXTURES / "audio" / "d0-badly-handled.wav")
    agent = [u.text for u in truth.utterances if u.party is Role.AGENT]
    assert agent[:2] == ["对不起,我们是不会乱扣钱的。", "您可以到我们的营业厅打印清单。"]


def test_two_calls_have_a_sidecar() -> None:
    found = [json.loads(p.with_suffix(".json").read_text("utf-8")) for p in CALLS if p.with_suffix(".json").exists()]
    assert len(found) == 2
    assert all(s["roles"] == ["agent", "customer"] and s["released_by"] in ("agent", "customer") for s in found)


def test_the_shipped_sentences_are_enough_to_draw_calls_from() -> None:
    bank = ClipBank.from_folder(FIXTURES / "utterances")
    assert len(bank.voices()) >= 6
    assert all(len(bank.of_voice(v)) == len(bank) / len(bank.voices()) for v in bank.voices())
    assert sum(p.stat().st_size for p in (FIXTURES / "utterances").rglob("*.flac")) < 6_000_000


def test_the_schema_beside_them_is_the_truths() -> None:
    stored = json.loads((FIXTURES / "truth.schema.json").read_text("utf-8"))
    assert stored == json.loads(json.dumps(truth_schema()))
    for path in CALLS:
        jsonschema.validate(json.loads(path.with_suffix(".truth.json").read_text("utf-8")), stored)
