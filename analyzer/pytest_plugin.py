"""A house tests its own recordings: `*.wav` with what is expected of each beside it.

    from analyzer.pytest_plugin import recordings

    @recordings("recordings")
    def test_recording(recording, score_recording): recording.check(score_recording)

Beside `call.wav` stands `call.expected.json`, every part of it optional:

    {"findings": {"T1": "fail", "S1": ["pass", "unsure"]}, "score": [60, 85], "hangup": "customer"}

Which pack, profile and model judge is said in pytest's own settings: `analyzer_pack`, `analyzer_profile`,
`analyzer_model`, `analyzer_organisation`. A recording without expectations fails, so that none is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from analyzer.errors import UsageError
from analyzer.outputs.labels import clock
from analyzer.rules.types import CallOutcome, Finding, Scorecard, Scored

EXPECTED_SUFFIX = ".expected.json"
Scorer = Callable[[Path], CallOutcome]


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    """What a house expects of one recording."""

    findings: dict[str, str | list[str]] = {}
    score: Annotated[list[float], msgspec.Meta(min_length=2, max_length=2)] | None = None
    hangup: str | None = None


@dataclass(frozen=True, slots=True)
class HouseRecording:
    """One recording with its expectations."""

    path: Path

    def expected(self) -> Expected:
        """What stands beside the recording.

        Raises:
            UsageError: nothing does, or it can't be read.
        """
        beside = self.path.with_suffix(EXPECTED_SUFFIX)
        if not beside.is_file():
            raise UsageError("usage.no_expectations", f"nothing stands beside {self.path.name}", f"Write {beside.name}")
        try:
            return msgspec.json.decode(beside.read_bytes(), type=Expected)
        except (msgspec.DecodeError, UnicodeDecodeError) as e:
            raise UsageError("usage.expectations", f"{beside.name}: {e}", "See docs/testing-your-calls.md") from None

    def check(self, score: Scorer) -> Scorecard:
        """Scores the recording and fails with everything that is not as expected."""
        expected = self.expected()
        outcome = score(self.path)
        if not isinstance(outcome, Scored):
            pytest.fail(f"{self.path.name}: {outcome.code}: {outcome.seen}", pytrace=False)
        wrong = differences(expected, outcome.scorecard)
        if wrong:
            pytest.fail("\n".join([f"{self.path.name}:", *wrong]), pytrace=False)
        return outcome.scorecard


def differences(expected: Expected, scorecard: Scorecard) -> list[str]:
    """What is not as expected, a line each, with where to listen."""
    found = {f.rule: f for f in scorecard.findings}
    out = []
    for rule, allowed in expected.findings.items():
        verdicts = [allowed] if isinstance(allowed, str) else allowed
        finding = found.get(rule)
        if finding is None:
            out.append(f"  {rule}: the standard has no such rule")
        elif finding.verdict not in verdicts:
            out.append(f"  {rule} {finding.name}: {finding.verdict}, expected {' or '.join(verdicts)}{_heard(finding)}")
    total = scorecard.score.total
    if expected.score is not None and (total is None or not expected.score[0] <= total <= expected.score[1]):
        out.append(f"  score {total}, expected {expected.score[0]:g} to {expected.score[1]:g}")
    if expected.hangup is not None and scorecard.hangup.party != expected.hangup:
        out.append(f"  ended by {scorecard.hangup.party}, expected {expected.hangup}")
    return out


def recordings(folder: str | Path) -> pytest.MarkDecorator:
    """Runs a test once for every WAV file below a folder, as `recording`.

    Raises:
        UsageError: there is no recording: a test that tests nothing must not pass.
    """
    found = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() == ".wav")
    if not found:
        raise UsageError("usage.no_recordings", f"no WAV file below {folder}", "Give the folder with the recordings")
    names = [p.relative_to(folder).as_posix() for p in found]
    return pytest.mark.parametrize("recording", [HouseRecording(p) for p in found], ids=names)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The settings that say what judges."""
    parser.addini("analyzer_pack", "standard pack: a name or a folder", default="base")
    parser.addini("analyzer_profile", "profile of the pack", default="default")
    parser.addini("analyzer_model", "recogniser's model folder", default="")
    parser.addini("analyzer_organisation", "organisation name in the greeting", default="")


@pytest.fixture(scope="session")
def score_recording(pytestconfig: pytest.Config) -> Scorer:
    """Scores a recording; the model is loaded once a session."""
    from analyzer.cli.options import load, make_analyzer
    from analyzer.pipeline import analyze_call

    def said(name: str) -> Any:
        return pytestconfig.getini(f"analyzer_{name}") or None

    standard = load(said("pack"), said("profile"), said("organisation"))
    analyzer = make_analyzer(said("model"), None, standard.organisation)
    return lambda path: analyze_call(path, analyzer, standard)


def _heard(finding: Finding) -> str:
    places = ", ".join(f"{clock(e.span.start_ms)} {e.quote}".strip() for e in finding.evidence[:3])
    return f" ({places})" if places else ""
