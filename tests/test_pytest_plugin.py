from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from analyzer.errors import UsageError
from analyzer.pytest_plugin import Expected as ExpectedOf
from analyzer.pytest_plugin import HouseRecording, differences, recordings
from analyzer.rules.types import CallOutcome, Refused, Scored, Verdict
from analyzer.testing.scorecards import make_scorecard

CARD = make_scorecard(3)
FAILED = next(f for f in CARD.findings if f.verdict is Verdict.FAIL)


def scored(_: Path) -> CallOutcome:
    return Scored(CARD)


def house(folder: Path, expected: str | None) -> HouseRecording:
    (folder / "a.wav").write_bytes(b"RIFF")
    if expected is not None:
        (folder / "a.expected.json").write_text(expected, "utf-8")
    return HouseRecording(folder / "a.wav")


def test_what_is_as_expected_passes(tmp_path: Path) -> None:
    total = CARD.score.total
    wanted = {"findings": {FAILED.rule: ["unsure", "fail"]}, "score": [total, 100], "hangup": CARD.hangup.party}
    expected = json.dumps(wanted)
    assert house(tmp_path, expected).check(scored) == CARD


def test_every_difference_is_named_with_where_to_listen() -> None:
    told = differences(
        ExpectedOf(findings={FAILED.rule: "pass", "ZZ": "fail"}, score=[99.5, 100], hangup="system"), CARD
    )
    assert len(told) == 4
    assert told[0].startswith(f"  {FAILED.rule} {FAILED.name}: fail, expected pass (")
    assert "no such rule" in told[1] and "expected 99.5 to 100" in told[2] and "expected system" in told[3]


def test_a_mistake_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"no_expectations") as caught:
        house(tmp_path, None).check(scored)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_a_wrong_recording_fails(tmp_path: Path) -> None:
    recording = house(tmp_path, f'{{"findings": {{"{FAILED.rule}": "pass"}}}}')
    with pytest.raises(pytest.fail.Exception, match=FAILED.rule):
        recording.check(scored)
    with pytest.raises(pytest.fail.Exception, match=r"audio\.not_wav"):
        recording.check(lambda path: Refused(path.name, "audio.not_wav", "text", "give audio"))


@pytest.mark.parametrize("expected", [None, "{", '{"finding": {}}', '{"score": [1]}'])
def test_missing_or_unreadable_expectations_are_a_mistake(tmp_path: Path, expected: str | None) -> None:
    with pytest.raises(UsageError):
        house(tmp_path, expected).expected()


@pytest.mark.parametrize(
    ("expected", "why"),
    [
        ('{"findings": {"V5": "failed"}}', "V5 is to be 'failed'; a verdict is one of pass, fail, unsure"),
        ('{"findings": {"V5": ["pass", "failed"]}}', "V5 is to be"),
        ('{"findings": {"V5": []}}', "V5 is to be"),
        ('{"score": [85, 60]}', "the least stands first"),
        ('{"hangup": "custmer"}', "'custmer'; it is one of agent, customer, system, unknown"),
    ],
)
def test_what_no_call_could_be_is_a_mistake_of_the_expectations(tmp_path: Path, expected: str, why: str) -> None:
    with pytest.raises(UsageError, match=re.escape(why)) as refused:
        house(tmp_path, expected).expected()
    assert "a.expected.json" in str(refused.value)


def test_a_mistake_in_the_expectations_is_said_without_our_code(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"Write a\.expected\.json") as failed:
        house(tmp_path, None).check(scored)
    assert failed.value.pytrace is False


def test_expectations_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    recording = house(tmp_path, "\ufeff" + f'{{"hangup": "{CARD.hangup.party}"}}')
    assert recording.check(scored) == CARD


def test_a_call_without_a_score_says_why() -> None:
    unheard = replace(CARD, score=replace(CARD.score, total=None, reason="words_not_understood"))
    (told,) = differences(ExpectedOf(score=[60, 85]), unheard)
    assert told == "  no score (words_not_understood), expected 60 to 85"


def test_a_folder_without_recordings_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=re.escape(f"no WAV file below {tmp_path / 'empty'}. ")):
        recordings("empty")
    with pytest.raises(UsageError, match=re.escape(f"{tmp_path / 'recording'}, which is no folder. ")):
        recordings("recording")


def test_expectations_whose_recording_is_gone_are_a_mistake(tmp_path: Path) -> None:
    house(tmp_path, "{}")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "renamed.expected.json").write_text("{}")
    with pytest.raises(UsageError, match=r"beside old/renamed\.expected\.json"):
        recordings(tmp_path)


def test_settings_that_name_no_pack_are_said_without_our_code(tmp_path: Path) -> None:
    done = run_house(tmp_path, 'analyzer_pack = "my-hous"')
    assert "standard.missing: no pack.yaml in my-hous" in done and "pack.py" not in done


def test_a_pack_beside_the_settings_is_found_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "my-house").mkdir()
    (tmp_path / "my-house" / "pack.yaml").write_text("id: my-house\nextends: nowhere\n")
    (tmp_path / "below").mkdir()
    done = run_house(tmp_path, 'analyzer_pack = "my-house"', "below")
    assert "standard.field: pack.yaml" in done and "standard.missing" not in done


def run_house(folder: Path, settings: str, started_in: str = ".") -> str:
    """One test that asks for the scorer, in a pytest of its own; what it prints."""
    (folder / "pyproject.toml").write_text(f"[tool.pytest.ini_options]\n{settings}\n", "utf-8")
    (folder / "test_house.py").write_text("def test_house(score_recording): pass\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder / "test_house.py")],
        cwd=folder / started_in, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    return done.stdout


def test_every_recording_below_a_folder_is_a_test(tmp_path: Path) -> None:
    for name in ("b.wav", "t/a.WAV", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    mark = recordings(tmp_path).mark
    assert mark.kwargs["ids"] == ["b.wav", "t/a.WAV"]


def test_the_three_lines_of_the_docs_test_a_folder(tmp_path: Path) -> None:
    """As a house would run it, but for the recogniser: pytest finds the plugin by itself."""
    if not entry_points(group="pytest11", name="analyzer"):
        pytest.skip("this installation is older than the plugin: pip install -e .")
    page = (Path(__file__).parent.parent / "docs" / "testing-your-calls.md").read_text("utf-8")
    lines = re.search(r"```python\n(.*?)```", page, re.S)
    assert lines
    (tmp_path / "test_house.py").write_text(lines[1], "utf-8")
    (tmp_path / "conftest.py").write_text(
        "import analyzer.cli.options, analyzer.pipeline\n"
        "from analyzer.rules.types import Scored\n"
        "from analyzer.testing.scorecards import make_scorecard\n"
        "analyzer.cli.options.make_analyzer = lambda *_: None\n"
        "analyzer.pipeline.analyze_call = lambda *_: Scored(make_scorecard(3))\n"
    )
    (tmp_path / "recordings").mkdir()
    for name, verdict in (("right", "fail"), ("wrong", "pass")):
        (tmp_path / "recordings" / f"{name}.wav").write_bytes(b"")
        expected = json.dumps({"findings": {FAILED.rule: verdict}})
        (tmp_path / "recordings" / f"{name}.expected.json").write_text(expected)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "1 failed, 1 passed" in done.stdout
    assert (
        "test_recording[wrong.wav]" in done.stdout
        and f"{FAILED.rule} {FAILED.name}: fail, expected pass" in done.stdout
    )
