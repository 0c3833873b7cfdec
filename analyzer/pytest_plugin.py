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

from analyzer.errors import AnalyzerError, UsageError
from analyzer.outputs.labels import clock
from analyzer.rules.types import CallOutcome, Finding, Scorecard, Scored, Verdict

EXPECTED_SUFFIX = ".expected.json"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # some editors begin a file with it
_VERDICTS = tuple(str(v) for v in Verdict)
_PARTIES = ("agent", "customer", "system", "unknown")
Scorer = Callable[[Path], CallOutcome]


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    """What a house expects of one recording.

    Args:
        findings: by rule the verdict, or those that will do.
        score: the least and the most the total may be, points of 100.
        hangup: who ended the call.

    Raises:
        ValueError: no such verdict or party, or a score whose least is above its most: no call could be as expected.
    """

    findings: dict[str, str | list[str]] = {}
    score: Annotated[list[float], msgspec.Meta(min_length=2, max_length=2)] | None = None
    hangup: str | None = None

    def __post_init__(self) -> None:
        for rule, allowed in self.findings.items():
            verdicts = [allowed] if isinstance(allowed, str) else allowed
            if not verdicts or not set(verdicts) <= set(_VERDICTS):
                raise ValueError(f"{rule} is to be {allowed!r}; a verdict is one of {', '.join(_VERDICTS)}")
        if self.score is not None and not self.score[0] <= self.score[1]:
            raise ValueError(f"the score is to be {self.score}; the least stands first, then the most")
        if self.hangup not in (None, *_PARTIES):
            raise ValueError(f"the call is to be ended by {self.hangup!r}; it is one of {', '.join(_PARTIES)}")


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
            return msgspec.json.decode(beside.read_bytes().removeprefix(_BYTE_ORDER_MARK), type=Expected)
        except (msgspec.DecodeError, UnicodeDecodeError, OSError) as e:
            raise UsageError(
                "usage.expectations", f"{beside.name}: {e}", "Mend it: docs/testing-your-calls.md says what it may hold"
            ) from None

    def check(self, score: Scorer) -> Scorecard:
        """Scores the recording; the test fails with everything that is not as expected, or with what is to be mended.

        Args:
            score: the fixture `score_recording`, or anything that makes an outcome of a path.
        """
        try:
            expected = self.expected()
        except UsageError as e:
            raise _failure(str(e)) from None
        outcome = score(self.path)
        if not isinstance(outcome, Scored):
            pytest.fail(f"{self.path.name}: {outcome.code}: {outcome.seen}. {outcome.todo}", pytrace=False)
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
            out.append(f"  {rule}: the standard has no such rule (`analyzer standard list` names them)")
        elif finding.verdict not in verdicts:
            out.append(f"  {rule} {finding.name}: {finding.verdict}, expected {' or '.join(verdicts)}{_heard(finding)}")
    total = scorecard.score.total
    if expected.score is not None and (total is None or not expected.score[0] <= total <= expected.score[1]):
        got = f"no score ({scorecard.score.reason})" if total is None else f"score {total}"
        out.append(f"  {got}, expected {expected.score[0]:g} to {expected.score[1]:g}")
    if expected.hangup is not None and scorecard.hangup.party != expected.hangup:
        out.append(f"  ended by {scorecard.hangup.party}, expected {expected.hangup}")
    return out


def recordings(folder: str | Path) -> pytest.MarkDecorator:
    """Runs a test once for every WAV file below a folder, as `recording`.

    Args:
        folder: with the recordings; a relative one counts from where pytest was started.

    Raises:
        UsageError: there is no recording, or expectations stand beside none: what tests nothing must not pass.
    """
    files = sorted(Path(folder).rglob("*"))
    found = [p for p in files if p.suffix.lower() == ".wav"]
    if not found:
        seen = f"no WAV file below {Path(folder).absolute()}" + (
            "" if Path(folder).is_dir() else ", which is no folder"
        )
        todo = "Give the folder with the recordings: Path(__file__).parent / … counts from the test's own file"
        raise UsageError("usage.no_recordings", seen, todo)
    known = {p.with_suffix(EXPECTED_SUFFIX) for p in found}
    if lost := [p for p in files if p.name.endswith(EXPECTED_SUFFIX) and p not in known]:
        seen = f"no recording stands beside {', '.join(p.relative_to(folder).as_posix() for p in lost)}"
        raise UsageError(
            "usage.no_recording_beside", seen, "Bring the WAV of the same name back, or take the file away"
        )
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

    def folder(name: str) -> Any:
        """A name or, where there is such a folder beside pytest's settings, that."""
        beside = pytestconfig.rootpath / (said(name) or "")
        return str(beside) if said(name) and beside.is_dir() else said(name)

    try:
        standard = load(folder("pack"), said("profile"), said("organisation"))
        analyzer = make_analyzer(folder("model"), None, standard.organisation)
    except AnalyzerError as e:
        raise _failure(f"{e} (pytest's settings analyzer_pack, analyzer_profile, analyzer_model)") from None
    return lambda path: analyze_call(path, analyzer, standard)


def _failure(message: str) -> BaseException:
    """What `pytest.fail` raises, to be raised from nothing: where an error is caught pytest would print both."""
    return pytest.fail.Exception(message, pytrace=False)


def _heard(finding: Finding) -> str:
    places = ", ".join(f"{clock(e.span.start_ms)} {e.quote}".strip() for e in finding.evidence[:3])
    return f" ({places})" if places else ""
