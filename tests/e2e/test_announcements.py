"""A queue and a number before a call, a survey behind it, change no verdict. All: benchmarks/announcements.py."""

from pathlib import Path

import announcements
import pytest
import spoken_calls

from analyzer.outputs.notices import notices
from analyzer.pipeline import Analyzer, analyze_call
from analyzer.rules.standard import Standard
from analyzer.rules.types import Scorecard, Scored, Verdict
from analyzer.spans import Timeline

pytestmark = pytest.mark.e2e


def failed(card: Scorecard) -> set[str]:
    return {f.rule for f in card.findings if f.verdict is Verdict.FAIL}


def test_what_a_machine_says_is_nobodys(the_analyzer: Analyzer, standard: Standard, tmp_path: Path) -> None:
    bank = spoken_calls.clips()
    scene = next(s for s in announcements.scenes("zm_yunxi", bank) if s.name == "all")
    outcome = analyze_call(scene.call.write(tmp_path), the_analyzer, standard, scene.metadata)
    assert isinstance(outcome, Scored), outcome
    card = outcome.scorecard
    found, true = Timeline(tuple(a.span for a in card.announcements)), announcements.true_announcements(scene.call)
    assert (found & true).duration_ms > 0.95 * true.duration_ms
    assert found.duration_ms < 1.05 * true.duration_ms
    assert card.turns[0].text.startswith(("您好", "你好"))
    assert failed(card) <= {"V5"}, "zm_yunxi speaks fast, machines or not"
    assert "announcements" in {n.code for n in notices(card)}
