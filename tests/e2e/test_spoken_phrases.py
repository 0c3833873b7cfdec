"""A prohibited phrase spoken inside a good call, and two near misses. All of them: benchmarks/prohibited.py."""

from pathlib import Path

import pytest
import spoken_calls

from analyzer.call.types import Role
from analyzer.pipeline import Analyzer, analyze_call
from analyzer.rules.standard import Standard
from analyzer.rules.types import Scorecard, Scored, Verdict
from analyzer.spans import Span
from analyzer.testing import ClipBank

pytestmark = pytest.mark.e2e

AGENT = "zf_xiaoxiao"


@pytest.fixture(scope="module")
def bank() -> ClipBank:
    return spoken_calls.clips()


def score(
    case: spoken_calls.Case, bank: ClipBank, analyzer: Analyzer, standard: Standard, folder: Path
) -> tuple[Scorecard, Span]:
    """The scorecard, and where the sentence is."""
    call = spoken_calls.composed(case, bank)
    outcome = analyze_call(call.write(folder), analyzer, standard)
    assert isinstance(outcome, Scored), outcome
    return outcome.scorecard, next(u.span for u in call.truth.utterances if u.text == case.text)


def test_a_prohibited_phrase_is_found_where_it_was_said(
    bank: ClipBank, the_analyzer: Analyzer, standard: Standard, tmp_path: Path
) -> None:
    case = spoken_calls.Case("P7", Role.AGENT, "我怎么知道?", AGENT)
    card, said = score(case, bank, the_analyzer, standard, tmp_path)
    (found,) = (f for f in card.findings if f.verdict is Verdict.FAIL)
    assert found.rule == "P7"
    assert any(e.role is Role.AGENT and (e.span & said) for e in found.evidence)


@pytest.mark.parametrize(
    ("who", "text"), [(Role.AGENT, "我怎么知道您的卡号呢,请您告诉我。"), (Role.CUSTOMER, "你怎么这样?")]
)
def test_a_near_miss_accuses_nobody(
    bank: ClipBank, the_analyzer: Analyzer, standard: Standard, tmp_path: Path, who: Role, text: str
) -> None:
    card, _ = score(spoken_calls.Case("", who, text, AGENT), bank, the_analyzer, standard, tmp_path)
    assert [f.rule for f in card.findings if f.verdict is Verdict.FAIL] == []
