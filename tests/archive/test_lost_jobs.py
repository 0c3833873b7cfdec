"""Jobs that no worker answered for: what they leave behind, and what is still known of their recordings."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import Scripted, lines, wav

from analyzer.archive.batch import BatchOptions, BatchReport, rejudge, run_batch
from analyzer.archive.ledger import STRUCK, Ledger
from analyzer.outputs.encode import decode_scorecard


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, name in enumerate(("a.wav", "b.wav")):
        (folder / name).write_bytes(wav(number))
    return folder


@pytest.fixture
def script(tmp_path: Path) -> Scripted:
    return Scripted(str(tmp_path / "log"), deadly=str(tmp_path / "deadly"))


def batch(archive: Path, out: Path, script: Scripted, **options: object) -> BatchReport:
    given = {"workers": 0, **options}
    return run_batch(BatchOptions(sources=(archive,), out=out, **given), script)


def cards(out: Path) -> dict[str, str]:
    """Standards that the scorecards were judged by."""
    return {p.name: decode_scorecard(p.read_bytes()).provenance.standard_id for p in out.glob("*.scorecard.json")}


@pytest.mark.parametrize("ends", ["late", "dies"])
def test_a_lost_job_leaves_no_scorecard_of_an_older_recording(
    ends: str, archive: Path, tmp_path: Path, script: Scripted
) -> None:
    out = tmp_path / "out"
    batch(archive, out, script)
    (archive / "a.wav").write_bytes(wav(77))
    if ends == "dies":
        Path(script.deadly).touch()
        report = batch(archive, out, script, workers=1)
    else:
        report = batch(archive, out, replace(script, delay_s=60), workers=1, call_timeout_s=1.0)
    assert report.codes == {"machine.worker_died" if ends == "dies" else "machine.timeout": 1}
    assert set(cards(out)) == {"b.scorecard.json"}
    index = json.loads((out / "index.json").read_bytes())
    assert [c["scorecard"] for c in index["calls"]] == [None, "b.scorecard.json"]


def test_calls_on_which_the_judge_died_are_judged_by_the_next_rejudge(
    archive: Path, tmp_path: Path, script: Scripted
) -> None:
    out, fresh, other = tmp_path / "out", tmp_path / "fresh", replace(script, standard="s2")
    (archive / "a.json").write_text('{"agent_id": "7"}')
    batch(archive, out, script)
    before = Ledger(out).entries
    Path(script.deadly).touch()
    assert rejudge(out, other, workers=1).codes == {"machine.worker_died": 2}
    assert cards(out) == {}
    assert [c["agent_id"] for c in json.loads((out / "index.json").read_bytes())["calls"]] == ["7", None]
    after = Ledger(out).entries
    assert {n: (e.heard, e.sha256, e.stamp) for n, e in after.items()} == {
        n: (e.heard, e.sha256, e.stamp) for n, e in before.items()
    }
    Path(script.deadly).unlink()
    report = rejudge(out, other, workers=1)
    assert (report.done, report.outcomes) == (2, {"scored": 2})
    batch(archive, fresh, other)
    assert cards(out) == cards(fresh) == {"a.scorecard.json": "s2", "b.scorecard.json": "s2"}
    assert Ledger(out).entries == Ledger(fresh).entries


def test_a_batch_whose_judge_died_forgets_no_hearing(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out, other = tmp_path / "out", replace(script, standard="s2")
    batch(archive, out, script)
    Path(script.deadly).touch()
    assert batch(archive, out, other, workers=1).codes == {"machine.worker_died": 2}
    Path(script.deadly).unlink()
    assert batch(archive, out, other).done == 0  # failed: with --retry failed alone
    assert rejudge(out, other).outcomes == {"scored": 2}
    assert len(lines(script.log, "heard ")) == 2


def test_a_changed_recording_is_not_judged_by_what_was_heard_of_the_older_one(
    archive: Path, tmp_path: Path, script: Scripted
) -> None:
    out = tmp_path / "out"
    batch(archive, out, script)
    (archive / "a.wav").write_bytes(wav(77))
    batch(archive, out, replace(script, delay_s=60), workers=1, call_timeout_s=1.0)
    assert Ledger(out).entries["a.wav"].heard is None
    assert rejudge(out, replace(script, standard="s2")).outcomes == {"scored": 1, "failed": 1}
    assert cards(out) == {"b.scorecard.json": "s2"}


def test_a_rejudge_that_was_stopped_after_a_death_is_gone_on_with(
    archive: Path, tmp_path: Path, script: Scripted
) -> None:
    out, other = tmp_path / "out", replace(script, standard="s2")
    batch(archive, out, script)
    ledger = Ledger(out)
    for entry in list(ledger.entries.values()):  # as the run leaves it when it is killed after the first death
        ledger.append(replace(entry, outcome=STRUCK, strikes=1))
    ledger.close()
    assert rejudge(out, other).outcomes == {"scored": 2}
