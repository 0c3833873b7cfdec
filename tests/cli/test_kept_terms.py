"""What is left out on the command line stays as it was in the folder: masking, standard, profile, organisation."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result
from test_redacted_batch import MOBILE, NUMBER, Factory

from analyzer.archive import local
from analyzer.archive.batch import BatchOptions, rejudge, run_batch
from analyzer.archive.terms import NOTED, JudgedBy
from analyzer.cli.main import cli
from analyzer.cli.progress import print_terms
from analyzer.errors import UsageError
from analyzer.review.store import Reviews
from analyzer.rules.types import Verdict


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("call", MOBILE):
        soundfile.write(folder / f"{name}.wav", np.zeros((8000, 2)), 8000, subtype="PCM_16")
    (folder / "call.json").write_text(json.dumps({"call_id": MOBILE, "agent_id": "7"}))
    return folder


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What each command's analyser is made of: pack, profile, organisation; it hears nothing."""
    made: list[tuple[object, ...]] = []
    factory = Factory()

    def make(model: object, judged_by: JudgedBy, *_: object) -> Factory:
        made.append((judged_by.standard, judged_by.profile, judged_by.organisation))
        return factory

    monkeypatch.setattr(local, "LocalFactory", make)
    return made


def run(*words: object, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, [str(word) for word in words], standalone_mode=False)
    if done.exception:
        raise done.exception
    assert done.return_value in (code, None), done.stderr
    return done


def written(out: Path) -> str:
    """All that people read of the folder: neither what was heard nor the names of files."""
    files = [p for p in out.rglob("*.json") if ".analyzer" not in p.parts]
    return "".join(p.read_text("utf-8") for p in files if MOBILE not in p.name and p.name != "index.json")


@pytest.mark.parametrize("command", ["batch", "watch", "rejudge"])
def test_a_forgotten_option_unmasks_nothing(
    recordings: Path, tmp_path: Path, asked: list[tuple[object, ...]], command: str
) -> None:
    out = tmp_path / "out"
    words: dict[str, tuple[object, ...]] = {
        "batch": ("batch", recordings, "-o", out, "--workers", "0"),
        "watch": ("watch", recordings, "-o", out, "--workers", "0", "--once", "--settle", "0"),
        "rejudge": ("rejudge", out),
    }
    run(*words["batch"], "--redact")
    masked = {p: p.read_bytes() for p in out.rglob("*.json")}
    assert NUMBER not in written(out)
    said = run(*words[command]).stderr
    assert "--no-redact" in said and NUMBER not in written(out)
    if command != "watch":  # whose index keeps more
        assert {p: p.read_bytes() for p in out.rglob("*.json")} == masked
    assert "没有要做的录音" in run(*words["batch"], "--status").output
    said = run(*words[command], "--no-redact").stderr
    assert NUMBER in written(out) and "不再隐去" in said
    run(*words[command])  # nor does it mask what was unmasked on purpose
    assert NUMBER in written(out)


def test_masking_outlives_a_killed_run_and_what_the_folder_forgot(recordings: Path, tmp_path: Path) -> None:
    out, factory = tmp_path / "out", Factory()

    def batch(redacted: bool | None = None) -> str:
        run_batch(BatchOptions(sources=(recordings,), out=out, workers=0, redacted=redacted), factory)
        return written(out)

    class KilledError(BaseException):
        pass

    def kill(_: object) -> None:
        raise KilledError

    assert NUMBER in batch()
    with pytest.raises(KilledError):  # after the first of two
        run_batch(BatchOptions(sources=(recordings,), out=out, workers=0, redacted=True), factory, kill)
    assert NUMBER not in batch()
    (out / NOTED).unlink()  # copied without its hidden files, say, or written by an older version
    assert NUMBER not in batch()
    (out / NOTED).write_text("{")
    assert NUMBER not in batch()
    shutil.rmtree(out / ".analyzer")
    with pytest.raises(UsageError) as rejudged:
        rejudge(out, factory, 0)
    assert rejudged.value.code == "usage.nothing_heard"
    assert NUMBER not in batch()
    assert NUMBER in batch(redacted=False)


def test_whatever_is_made_of_a_masked_folder_is_masked(
    recordings: Path, tmp_path: Path, asked: list[tuple[object, ...]]
) -> None:
    out = tmp_path / "out"
    run("batch", recordings, "-o", out, "--workers", "0", "--redact")
    csv, open_, database = tmp_path / "csv", tmp_path / "open", tmp_path / "review.db"
    with closing(Reviews(database)) as reviews:
        reviews.judge(MOBILE, "R1", "甲", Verdict.FAIL, 0.9, Verdict.PASS, f"打 {MOBILE}", "base 1")
        reviews.judge("gone/13987654321", "R1", "甲", Verdict.FAIL, 0.9, Verdict.PASS, "", "base 1")
    said = run("export", out, "--format", "csv", "-o", csv, "--db", database).stderr
    judged = (csv / "reviews.csv").read_text("utf-8-sig")
    assert MOBILE not in judged and "13987654321" not in judged
    assert {line.split(",")[0] for line in judged.splitlines()[1:]} & {
        line.split(",")[0] for line in (csv / "calls.csv").read_text("utf-8-sig").splitlines()[1:]
    }
    assert "--no-redact" in said and MOBILE not in (csv / "calls.csv").read_text("utf-8-sig")
    run("export", out, "--format", "csv", "-o", open_, "--no-redact")
    assert MOBILE in (open_ / "calls.csv").read_text("utf-8-sig")  # the file's name; what was said stays masked
    assert NUMBER not in (open_ / "events.csv").read_text("utf-8-sig")


def test_a_scorecard_that_is_masked_is_not_scored_over_unmasked(tmp_path: Path) -> None:
    from analyzer.archive.terms import is_masked
    from analyzer.outputs.encode import encode_scorecard
    from analyzer.outputs.redact import redact
    from analyzer.testing.scorecards import make_scorecard

    card = make_scorecard(3, 20_000)
    (tmp_path / "a.scorecard.json").write_bytes(encode_scorecard(card))
    assert not is_masked(tmp_path) and not is_masked(tmp_path / "none")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.scorecard.json").write_bytes(encode_scorecard(redact(card)))
    assert is_masked(tmp_path)


def test_a_standard_that_is_left_out_stays_what_it_was(
    recordings: Path, tmp_path: Path, asked: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, house = tmp_path / "out", tmp_path / "house"
    house.mkdir()
    (house / "pack.yaml").write_text("id: house\nversion: '1'\nname: 本店\nextends: base\n", "utf-8")
    batch = ("batch", recordings, "-o", out, "--workers", "0")
    rejudged = ("rejudge", out)
    assert "沿用" not in run(*batch).stderr
    assert asked.pop() == ("base", "default", None)
    monkeypatch.chdir(tmp_path)
    said = run(*rejudged, "--standard", "house", "--organisation", "某某").stderr
    assert "注意" in said and "--standard base" in said and f"--standard {house}" in said
    monkeypatch.chdir("/")
    for again in (batch, rejudged, (*batch, "--status"), ("watch", recordings, "-o", out, "--once", "--settle", "0")):
        said = run(*again).stderr
        assert "沿用" in said and f"--standard {house} --organisation '某某'" in said and "注意" not in said
        assert asked.pop() == (str(house), "default", "某某")
    run(*batch, "--profile", "strict")  # what is said changes that alone
    assert asked.pop() == (str(house), "strict", "某某")
    run(*batch, "--standard", "base", "--organisation", "")
    assert asked.pop() == ("base", "strict", None)
    run(*rejudged, "--standard", house, "--lang", "en")
    house.rename(tmp_path / "elsewhere")
    with pytest.raises(UsageError) as refused:
        run(*batch)
    assert refused.value.code == "usage.standard_gone" and str(house) in refused.value.seen
    run(*batch, "--standard", tmp_path / "elsewhere")
    assert asked.pop() == (str(tmp_path / "elsewhere"), "strict", None)


def test_a_run_that_says_nothing_new_notes_nothing_new(
    recordings: Path, tmp_path: Path, asked: list[tuple[object, ...]]
) -> None:
    out = tmp_path / "out"
    run("batch", recordings, "-o", out, "--workers", "0", "--profile", "strict")
    before = (out / NOTED).stat()
    run("batch", recordings, "-o", out, "--workers", "0")
    assert (out / NOTED).stat().st_mtime_ns == before.st_mtime_ns
    run("batch", recordings, "-o", out, "--workers", "0", "--status", "--profile", "lenient")
    run("batch", recordings, "-o", out, "--workers", "0")
    assert asked.pop() == ("base", "strict", None)  # a look at it changes nothing


def test_both_languages_say_what_is_kept_and_what_changes(capsys: pytest.CaptureFixture[str]) -> None:
    from analyzer.archive.terms import JudgedBy, Said, Terms, settled

    masked = Terms(True, JudgedBy(profile="strict"))
    print_terms(settled(Said(), masked))
    print_terms(settled(Said(), masked), "en")
    print_terms(settled(Said(profile="lenient", redacted=False), masked), "en")
    print_terms(settled(Said(profile="strict", redacted=True), masked), "en")
    print_terms(settled(Said(), None), "en")
    print_terms(settled(Said(redacted=True), None), "en")  # nothing was made here before
    print_terms(settled(Said(redacted=True), Terms()), "en")
    zh, en, *changed = capsys.readouterr().err.splitlines()
    assert "--profile strict" in zh and "--redact" in zh and "--no-redact" in zh
    assert "--profile strict --redact" in en and "--no-redact" in en
    assert "pages and tables made before" in changed.pop()
    assert len(changed) == 2 and "--profile strict" in changed[0] and "--profile lenient" in changed[0]
    assert "no longer masked" in changed[1]
