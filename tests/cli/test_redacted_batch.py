"""A redacted archive: no number in scorecards and index, and nothing but `--no-redact` brings one back."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from analyzer.archive.batch import BatchOptions, rejudge, run_batch
from analyzer.archive.work import Identity, Judge
from analyzer.call.types import CallMetadata, Layout
from analyzer.call.wav import read_facts
from analyzer.measure.types import Conversation, Hangup, Measures
from analyzer.pipeline import Heard
from analyzer.rules.types import CallFacts, Scorecard
from analyzer.testing.scorecards import make_scorecard

NUMBER, MOBILE = "幺三八", "13812345678"


@dataclass
class Factory:
    """Hears nothing and always judges the same call, in which a number is said."""

    heard: int = 0

    def identify(self) -> Identity:
        return Identity("h", self.identify_judging())

    def identify_judging(self) -> str:
        return "j"

    def build(self, threads: int) -> Factory:
        return self

    def build_judge(self) -> Judge:
        return self.judge

    def hear(self, path: Path, metadata: CallMetadata | None) -> Heard:
        self.heard += 1
        facts = read_facts(path)
        hangup = Hangup("unknown", "none", 0.0, (), None, None, None, "")
        conversation = Conversation(facts.duration_ms, (), (), (), (), (), True, 1.0)
        call = CallFacts(path.name, facts, Layout.STEREO, (), metadata or CallMetadata())
        return Heard(call, conversation, Measures((), ()), hangup, None, "none", None, "s", "")

    def has_tried(self, heard: Heard) -> bool:
        return True

    def try_again(self, path: Path, heard: Heard) -> Heard:
        raise AssertionError("nothing is tried here")

    def judge(self, heard: Heard, search: object = None) -> Scorecard:
        return replace(make_scorecard(3, 20_000), call=heard.call)


def texts(out: Path) -> str:
    return "".join(p.read_text("utf-8") for p in (out / "call.scorecard.json", out / "index.json", out / "index.csv"))


def test_redaction_is_part_of_what_is_due_and_listens_to_nothing_again(tmp_path: Path) -> None:
    recordings = tmp_path / "in"
    recordings.mkdir()
    soundfile.write(recordings / "call.wav", np.zeros((8000, 2)), 8000, subtype="PCM_16")
    (recordings / "call.json").write_text(json.dumps({"call_id": MOBILE, "agent_id": "7"}))
    (recordings / "text.wav").write_text("text")
    (recordings / "text.json").write_text(json.dumps({"call_id": MOBILE, "agent_id": "8"}))
    factory, out = Factory(), tmp_path / "out"

    def batch(redacted: bool) -> tuple[int, str]:
        report = run_batch(BatchOptions(sources=(recordings,), out=out, workers=0, redacted=redacted), factory)
        return report.done, texts(out)

    done, text = batch(redacted=False)
    assert done == 2 and NUMBER in text and MOBILE in text
    done, text = batch(redacted=True)
    assert done == 1 and NUMBER not in text and MOBILE not in text and '"redaction":{' in text
    assert batch(redacted=True) == (0, text)
    rejudge(out, factory, 0, redacted=False)
    assert NUMBER in texts(out)
    rejudge(out, factory, 0, redacted=True)
    assert texts(out) == text
    assert factory.heard == 1
