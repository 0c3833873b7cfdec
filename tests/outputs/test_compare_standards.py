"""Two standards that differ in one threshold, judged on the same hearings: what changed is what lies between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.outputs.compare import compare_folders
from analyzer.outputs.encode import encode_scorecard
from analyzer.pipeline import Heard, judge_call
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.standard import Standard
from analyzer.rules.types import Scorecard
from analyzer.testing.scorecards import make_scorecard

PACK = """
id: house
version: "1.0"
name: 一家
extends: base
parameters:
  rate_high: {{value: {rate_high}, unit: 字/分钟, note: 高于此值为偏快}}
  rate_band: {{value: 400, unit: 字/分钟, note: 高于此值才算违反}}
"""
CALL = """
客服: 您好，很高兴为您服务，请问有什么可以帮您
用户: 我想查一下我的订单到哪里了
客服: 好的，请稍等，我帮您查一下
measure agent.articulation_rate={rate}
measure agent.rate_peak=300
"""
RATES = {"slow": 240, "calm": 279, "between": 281, "brisk": 299, "fast": 301, "hasty": 350}


def heard(rate: int) -> Heard:
    """A call that was heard, from the notation of example calls."""
    made, any_call = parse_call(CALL.format(rate=rate)), make_scorecard(1)
    facts = replace(any_call.call, facts=replace(any_call.call.facts, duration_ms=made.conversation.duration_ms))
    return Heard(
        facts, made.conversation, made.measures, made.hangup, any_call.provenance.recognizer, "vad", None, "s", ""
    )


def house(folder: Path, rate_high: int) -> Standard:
    folder.mkdir()
    (folder / "pack.yaml").write_text(PACK.format(rate_high=rate_high), "utf-8")
    return load_standard(str(folder))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The calls' scorecards by a house that minds 280 字/分钟, and by one that minds 300."""
    base = tmp_path_factory.mktemp("houses")
    for name, limit in (("old", 280), ("new", 300)):
        standard = house(base / f"pack-{name}", limit)
        for call, rate in RATES.items():
            card: Scorecard = judge_call(heard(rate), standard)
            (base / name).mkdir(exist_ok=True)
            (base / name / f"{call}.scorecard.json").write_bytes(encode_scorecard(card))
    return base / "old", base / "new"


def test_exactly_the_calls_between_the_thresholds_changed_and_only_their_rate(judged: tuple[Path, Path]) -> None:
    found = compare_folders(*judged)
    assert found.compared == len(RATES)
    between = sorted(call for call, rate in RATES.items() if 280 < rate <= 300)
    assert [c.call for c in found.changed] == between == ["between", "brisk"]
    for call in found.changed:
        assert call.causes == ("standard",)
        verdicts = [(c.name, c.before, c.after, c.because) for c in call.changes if c.what == "verdict"]
        assert verdicts == [("V5", "unsure", "pass", ("standard",))]
        assert not [c for c in call.changes if c.what == "measure"]
    assert found.by_rule() == {"V5": {"unsure → pass": 2}}


def test_the_same_threshold_changes_nothing(judged: tuple[Path, Path], tmp_path: Path) -> None:
    standard = house(tmp_path / "pack", 280)
    for call, rate in RATES.items():
        (tmp_path / f"{call}.scorecard.json").write_bytes(encode_scorecard(judge_call(heard(rate), standard)))
    assert compare_folders(judged[0], tmp_path).same
