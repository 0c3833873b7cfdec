"""The commands that write and compare pages and results, from the command line to the files."""

from __future__ import annotations

import base64
import csv
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
import soundfile
from click.testing import CliRunner, Result

import analyzer.archive.batch
import analyzer.pipeline
from analyzer.archive.batch import BatchReport
from analyzer.call.wav import read_facts
from analyzer.cli.main import cli
from analyzer.errors import OutputError, UsageError
from analyzer.outputs.encode import decode_scorecard, encode_scorecard
from analyzer.outputs.page_mark import count_outdated
from analyzer.review.server import Review
from analyzer.rules.pack import load_standard
from analyzer.rules.types import CallOutcome, Refused, Scorecard, Scored, Verdict
from analyzer.testing.scorecards import make_audio, make_scorecard

PLACES = ("t1/甲", "t1/乙", "丙")
NUMBER = "幺三八"


def run(*args: str | Path) -> Result:
    """One command, its exit code in `exit_code`."""
    result = CliRunner().invoke(cli, [str(a) for a in args], standalone_mode=False)
    if isinstance(result.exception, Exception):
        raise result.exception
    return result


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Scorecards of generated calls with their recordings in a folder beside them."""
    for i, place in enumerate(PLACES):
        card = make_scorecard(i + 3, 20_000)
        recording = tmp_path / "recordings" / f"{place}.wav"
        recording.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(recording, make_audio(card).T, 8000, subtype="PCM_16")
        put(tmp_path / "results", place, renamed(card, recording))
    return tmp_path / "results"


def renamed(card: Scorecard, recording: Path) -> Scorecard:
    return replace(card, call=replace(card.call, name=recording.name, facts=read_facts(recording)))


def put(folder: Path, place: str, card: Scorecard) -> None:
    file = folder / f"{place}.scorecard.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(encode_scorecard(card))


def data_of(page: Path) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text("utf-8"), re.S)
    assert found
    return json.loads(found[1])


def test_every_scorecard_gets_its_page_with_sound(results: Path, tmp_path: Path) -> None:
    done = run("report", "calls", results, "--recordings", tmp_path / "recordings", "-o", tmp_path / "pages")
    assert done.return_value == 0 and "3 个页面：" in done.output
    for place in PLACES:
        assert data_of(tmp_path / "pages" / f"{place}.html")["audio"]["kind"] == "embedded"


def test_a_call_without_its_recording_is_named_and_still_has_a_page(results: Path, tmp_path: Path) -> None:
    (tmp_path / "recordings/丙.wav").unlink()
    other = (tmp_path / "recordings/t1/甲.wav").read_bytes()
    (tmp_path / "recordings/t1/乙.wav").write_bytes(other)
    done = run("report", "calls", results, "--recordings", tmp_path / "recordings")
    assert done.return_value == 5
    assert "丙" in done.stderr and "t1/乙" in done.stderr and "t1/甲" not in done.stderr
    assert data_of(results / "丙.html")["audio"]["kind"] == "none"


def test_the_teams_page_links_the_calls_that_have_a_page(results: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is missing: pip install -e '.[export]'")
    (results / "t1/甲.html").write_text("page")
    assert run("report", "team", results).return_value == 0
    data = data_of(results / "team.html")
    assert data["places"].split("\n") == sorted(PLACES) and data["links"] == ""
    linked = base64.b64decode(data["linked"])[0]
    assert [bool(linked >> i & 1) for i in range(3)] == [place == "t1/甲" for place in sorted(PLACES)]
    assert data["outdated"] == data["linked"]  # it does not say of which scorecard it is
    run("export", results, "-o", tmp_path / "tables")
    run("report", "team", results, "--tables", tmp_path / "tables", "-o", tmp_path / "x/team.html", "--lang", "en")
    assert data_of(tmp_path / "x/team.html")["links"] == "../results"
    put(results, "13812345678", make_scorecard(3, 20_000))
    run("report", "team", results, "--redact")
    assert "13812345678" not in (results / "team.html").read_text("utf-8")
    tables = tmp_path / "tables"
    run("export", results, "-o", tables)
    with pytest.raises(UsageError, match="redacted_tables"):
        run("report", "team", results, "--redact", "--tables", tables)
    run("export", results, "-o", tables, "--redact")
    run("report", "team", results, "--redact", "--tables", tables)
    assert "13812345678" not in (results / "team.html").read_text("utf-8")


def test_tables_that_are_not_of_the_scorecards_any_more_are_refused(results: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is missing: pip install -e '.[export]'")
    run("export", results, "-o", tmp_path / "tables")
    team = ("report", "team", results, "--tables", tmp_path / "tables")
    assert run(*team).stderr == ""
    put(results, "t1/丁", make_scorecard(9, 20_000))
    assert "多 1 个" in run(*team).stderr
    path = results / "t1/甲.scorecard.json"
    card = decode_scorecard(path.read_bytes())
    for change in ({"profile": "strict"}, {"standard_sha256": "cd" * 32}):
        put(results, "t1/甲", replace(card, provenance=replace(card.provenance, **change)))
        with pytest.raises(UsageError, match=r"usage.stale_tables: t1/甲: .*analyzer export"):
            run(*team)
    put(results, "t1/甲", replace(card, score=replace(card.score, total=1.5)))
    with pytest.raises(UsageError, match=r"score 1\.5"):
        run(*team)
    run("report", "team", results)  # tables made now


def test_clauses_of_another_standard_than_judged_are_said_to_be_elsewhere(results: Path, tmp_path: Path) -> None:
    base = load_standard("base")
    for i, place in enumerate(PLACES):
        path = results / f"{place}.scorecard.json"
        card = decode_scorecard(path.read_bytes())
        made = replace(card.provenance, standard_id=base.id, standard_version=base.version, standard_sha256=base.sha256)
        findings = [msgspec.structs.replace(f, clauses=(base.clauses[0].id,)) for f in card.findings]
        if i == 1:
            made = replace(made, profile="strict", standard_sha256="ef" * 32)
        if i == 0:
            made = replace(made, standard_id="h2", standard_version="1.7", standard_sha256="cd" * 32)
            findings[0] = msgspec.structs.replace(findings[0], clauses=("HOUSE1",))
        put(results, place, replace(card, provenance=made, findings=tuple(findings)))
    done = run("report", "calls", results)
    assert done.return_value == 0
    assert re.search(r"1 通是按 h2 1\.7 default 评的.*--standard", done.stderr) and done.stderr.count("评的") == 1
    done = run("report", "call", results / f"{PLACES[0]}.scorecard.json", "--lang", "en", "-o", tmp_path / "en.html")
    assert re.search(r"judged by h2 1\.7 default.*--standard", done.stderr)
    assert run("report", "call", results / f"{PLACES[1]}.scorecard.json").stderr == ""
    assert data_of(results / f"{PLACES[0]}.html")["judged_by"] == "h2 1.7"


def test_a_standard_of_the_same_name_that_says_something_else_is_told_by_its_hash(results: Path) -> None:
    base = load_standard("base")
    for i, place in enumerate(PLACES):
        card = decode_scorecard((results / f"{place}.scorecard.json").read_bytes())
        made = replace(
            card.provenance, standard_id=base.id, standard_version=base.version, profile=base.profile,
            standard_sha256=("cd" if i else "ef") * 32,
        )  # fmt: skip
        put(results, place, replace(card, provenance=made))
    lines = run("report", "calls", results).stderr.splitlines()
    assert len(lines) == 2  # one for each of the two that judged
    first, second = sorted(lines)
    assert "按 base 1.0.0 default (cdcdcdcdcdcd) 评的" in first + second
    for line in lines:
        assert base.sha256[:12] in line and "--organisation" in line and "analyzer rejudge" in line
        assert "--standard" not in line  # it was given: its name is the same
    english = run("report", "call", results / f"{PLACES[0]}.scorecard.json", "--lang", "en").stderr
    assert "base 1.0.0 default (efefefefefef)" in english and base.sha256[:12] in english


def test_a_page_of_an_earlier_scorecard_is_marked_and_counted(results: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is missing: pip install -e '.[export]'")

    def outdated(page: Path) -> list[str]:
        data = data_of(page)
        bits = base64.b64decode(data["outdated"])[0] if data["outdated"] else 0
        return [place for i, place in enumerate(data["places"].split("\n")) if bits >> i & 1]

    run("report", "calls", results)
    run("report", "calls", results, "-o", tmp_path / "masked", "--redact")
    for pages in ((), ("--calls", tmp_path / "masked")):
        assert run("report", "team", results, *pages).stderr == ""
        assert outdated(results / "team.html") == []
    assert count_outdated(results) == 0
    path = results / "t1/甲.scorecard.json"
    card = decode_scorecard(path.read_bytes())
    for changed in (
        replace(card, provenance=replace(card.provenance, standard_sha256="cd" * 32)),
        replace(card, score=replace(card.score, unsure=card.score.unsure + 1)),
        replace(card, findings=(msgspec.structs.replace(card.findings[0], deduction=7.5), *card.findings[1:])),
    ):
        put(results, "t1/甲", changed)
        done = run("report", "team", results)
        assert "1 个通话页面已过期" in done.stderr and f"analyzer report calls {results}" in done.stderr
        assert outdated(results / "team.html") == ["t1/甲"]
        assert count_outdated(results) == 1
    done = run("report", "team", results, "--lang", "en", "--calls", tmp_path / "masked")
    assert "1 pages of calls are older than the scorecard" in done.stderr
    assert f"report calls {results} -o {tmp_path / 'masked'}" in done.stderr
    run("export", results, "-o", tmp_path / "tables")
    assert "1 个通话页面已过期" in run("report", "team", results, "--tables", tmp_path / "tables").stderr
    run("report", "calls", results)
    assert run("report", "team", results).stderr == "" and count_outdated(results) == 0


def test_judging_again_says_which_pages_it_left_behind(
    results: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def judged(*_: object) -> BatchReport:
        card = decode_scorecard((results / "丙.scorecard.json").read_bytes())
        version = card.provenance.standard_version + "+"
        put(results, "丙", replace(card, provenance=replace(card.provenance, standard_version=version)))
        return BatchReport(3, 0, 3, {"scored": 3}, {}, 0)

    monkeypatch.setattr(analyzer.archive.batch, "rejudge", judged)
    assert "已过期" not in run("rejudge", results, "--quiet").stderr  # it has no page
    run("report", "calls", results)
    assert "1 个通话页面已过期" in run("rejudge", results, "--quiet").stderr


def test_a_redacted_export_holds_no_number(results: Path, tmp_path: Path) -> None:
    put(results, "13812345678", make_scorecard(3, 20_000))
    put(results, "13987654321", make_scorecard(3, 20_000))
    run("export", results, "--format", "csv", "-o", tmp_path / "open")
    run("export", results, "--format", "csv", "-o", tmp_path / "masked", "--redact")
    assert NUMBER in (tmp_path / "open/events.csv").read_text("utf-8-sig")
    masked = "".join(p.read_text("utf-8-sig") for p in (tmp_path / "masked").glob("*.csv"))
    assert NUMBER not in masked and "13812345678" not in masked and "*" in masked
    with (tmp_path / "masked/calls.csv").open(encoding="utf-8-sig", newline="") as file:
        calls = [row["call"] for row in csv.DictReader(file)]
    assert len(set(calls)) == len(calls) == 5


def test_review_refuses_other_addresses_without_a_token(results: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="token"):
        run("review", results, "--host", "0.0.0.0", "--db", tmp_path / "r.db")
    assert not (tmp_path / "r.db").exists()


def test_review_serves_until_it_is_stopped(results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(_: Review) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Review, "serve_forever", stopped)
    done = run("review", results, "--port", "0", "--db", tmp_path / "r.db")
    assert re.match(r"http://127\.0\.0\.1:\d+/\n$", done.output) and (tmp_path / "r.db").is_file()


@pytest.fixture
def score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`analyzer score` with an analyser that makes generated scorecards of real files."""

    def analyze(path: Path, *_: object) -> CallOutcome:
        if path.name.startswith("13"):
            return Refused(path.name, "audio.not_wav", "text, not sound", "Give a WAV file")
        return Scored(renamed(make_scorecard(3, 20_000), path))

    monkeypatch.setattr(analyzer.pipeline, "analyze_call", analyze)
    monkeypatch.setattr("analyzer.cli.score.make_analyzer", lambda *_: None)
    soundfile.write(tmp_path / "call.wav", make_audio(make_scorecard(3, 20_000)).T, 8000, subtype="PCM_16")
    return lambda *args: run("score", tmp_path / "call.wav", *args)


def test_score_writes_the_page_beside_the_scorecard(score: Callable[..., Result], tmp_path: Path) -> None:
    assert score("-o", tmp_path / "out", "--html").return_value == 0
    assert data_of(tmp_path / "out/call.html")["audio"]["kind"] == "embedded"
    with pytest.raises(click.UsageError):
        score("--html")


def test_score_does_not_write_where_a_batch_does(
    score: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out/.analyzer").mkdir(parents=True)
    assert score("-o", tmp_path / "out").return_value == 0
    kept = (tmp_path / "out/call.scorecard.json").read_bytes()
    (tmp_path / "out/.analyzer/ledger.jsonl").write_bytes(b"")
    monkeypatch.chdir(tmp_path / "out")
    for out in (tmp_path / "out", Path(), Path("team/1"), "../out"):
        with pytest.raises(UsageError, match="analyzer batch") as caught:
            score("-o", out, "--html")
        assert caught.value.code == "usage.batch_folder"
    assert {p.name for p in (tmp_path / "out").iterdir()} == {".analyzer", "call.scorecard.json"}
    assert (tmp_path / "out/call.scorecard.json").read_bytes() == kept
    assert score("-o", tmp_path / "beside").return_value == score("--baseline", tmp_path / "out").return_value == 0


def test_score_goes_on_where_a_scored_recording_went_away(
    score: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = analyzer.pipeline.analyze_call

    def gone_after(path: Path, *more: Any) -> CallOutcome:
        outcome = whole(path, *more)
        if path.name == "call.wav":
            path.unlink()
        return outcome

    monkeypatch.setattr(analyzer.pipeline, "analyze_call", gone_after)
    shutil.copy(tmp_path / "call.wav", tmp_path / "later.wav")
    done = score(tmp_path / "later.wav", "-o", tmp_path / "out", "--html")
    assert done.return_value == 5 and "call.wav：页面没有声音：找不到文件。请检查路径。" in done.stderr
    assert data_of(tmp_path / "out/call.html")["audio"]["kind"] == "none"
    assert data_of(tmp_path / "out/later.html")["audio"]["kind"] == "embedded"


def test_the_teams_page_is_not_written_over_a_calls(results: Path, tmp_path: Path) -> None:
    put(results, "team", make_scorecard(8, 20_000))
    for more in ((), ("-o", results / "team.html"), ("--calls", tmp_path, "-o", tmp_path / "team.html")):
        with pytest.raises(UsageError) as caught:
            run("report", "team", results, *more)
        assert caught.value.code == "usage.page_of_call"
    run("report", "team", results, "-o", results / "all.html")
    run("report", "team", results, "-o", tmp_path / "team.html")


def test_a_calls_page_is_not_written_over_the_teams(results: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is missing: pip install -e '.[export]'")
    run("report", "team", results)
    run("report", "team", results, "-o", results / "index.html")
    kept = {name: (results / name).read_bytes() for name in ("team.html", "index.html")}
    for place in ("team", "index", "丁"):  # recorded later
        put(results, place, make_scorecard(8, 20_000))
    for lang, todo in (("zh", "请把它移走"), ("en", "Move it away")):
        done = run("report", "calls", results, "--lang", lang)
        assert done.return_value == 5 and done.stderr.count("output.page_of_team") == 2
        assert "team.scorecard.json: output.page_of_team: " in done.stderr and todo in done.stderr
    with pytest.raises(OutputError, match="page over all calls"):
        run("report", "call", results / "team.scorecard.json")
    assert {name: (results / name).read_bytes() for name in kept} == kept
    assert (results / "丁.html").is_file()
    assert run("report", "calls", results, "-o", tmp_path / "pages").return_value == 0
    assert (tmp_path / "pages/team.html").is_file()


def test_the_teams_page_is_not_written_over_a_page_whose_scorecard_is_elsewhere(results: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is missing: pip install -e '.[export]'")
    run("report", "calls", results, "-o", tmp_path / "pages")
    kept = (tmp_path / "pages/丙.html").read_bytes()
    with pytest.raises(UsageError) as caught:
        run("report", "team", results, "-o", tmp_path / "pages/丙.html")
    assert caught.value.code == "usage.page_of_call" and (tmp_path / "pages/丙.html").read_bytes() == kept
    run("report", "team", results, "-o", tmp_path / "pages/all.html")
    run("report", "team", results, "-o", tmp_path / "pages/all.html")


@pytest.mark.parametrize("name", ["team", "13"])  # scored, and refused
def test_score_leaves_the_teams_page_alone(name: str, score: Callable[..., Result], tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is missing: pip install -e '.[export]'")
    out = tmp_path / "out"
    score("-o", out)
    run("report", "team", out, "-o", out / f"{name}.html")
    kept = (out / f"{name}.html").read_bytes()
    shutil.copy(tmp_path / "call.wav", tmp_path / f"{name}.wav")
    done = run("score", tmp_path / f"{name}.wav", tmp_path / "call.wav", "-o", out, "--html")
    assert done.return_value == 5 and (out / f"{name}.html").read_bytes() == kept
    assert (out / "call.html").is_file() and (out / "team.scorecard.json").is_file() is (name == "team")
    assert ("output.page_of_team" in done.stderr) is (name == "team")


def test_score_redacts_what_it_prints_and_writes(score: Callable[..., Result], tmp_path: Path) -> None:
    assert NUMBER in score("--json").output
    done = score("--json", "--redact", "-o", tmp_path / "out", "--html")
    assert NUMBER not in done.output and NUMBER not in (tmp_path / "out/call.html").read_text("utf-8")
    assert decode_scorecard((tmp_path / "out/call.scorecard.json").read_bytes()).redaction
    assert NUMBER not in score("--redact").output
    (tmp_path / "13812345678.wav").write_bytes(b"text")
    done = run("score", tmp_path / "13812345678.wav", "--redact")
    assert done.return_value == 5 and "13812345678" not in done.output + done.stderr


def test_a_missing_file_does_not_stop_the_others(score: Callable[..., Result], tmp_path: Path) -> None:
    done = score(tmp_path / "13 is not there.wav", tmp_path / "call.wav", "--json")
    assert done.return_value == 5
    assert [json.loads(line).get("outcome", "scored") for line in done.stdout.splitlines()] == [
        "scored", "refused", "scored"
    ]  # fmt: skip


def test_score_says_which_files_the_manifest_does_not_name(score: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("path,agent_id\nother/call.wav,7\n", "utf-8")
    done = score("--manifest", tmp_path / "calls.csv", "--json")
    assert done.return_value == 0 and "calls.csv" in done.stderr and "call.wav" in done.stderr
    assert json.loads(done.stdout)
    (tmp_path / "calls.csv").write_text("path,agent_id\ncall.wav,7\n", "utf-8")
    assert score("--manifest", tmp_path / "calls.csv", "--json").stderr == ""


def test_score_compares_with_its_baseline(score: Callable[..., Result], tmp_path: Path) -> None:
    score("-o", tmp_path / "base")
    assert score("--baseline", tmp_path / "base").return_value == 0
    path = tmp_path / "base/call.scorecard.json"
    card = decode_scorecard(path.read_bytes())
    rule = next(f.rule for f in card.findings if f.verdict is Verdict.PASS)
    findings = tuple(msgspec.structs.replace(f, verdict=Verdict.FAIL) if f.rule == rule else f for f in card.findings)
    changed = replace(card, findings=findings, provenance=replace(card.provenance, standard_sha256="cd" * 32))
    path.write_bytes(encode_scorecard(changed))
    done = score("--baseline", tmp_path / "base", "-o", tmp_path / "base")
    assert done.return_value == 1
    assert rule in done.output and "不符合 → 通过" in done.output and "标准" in done.output
    assert score("--baseline", tmp_path / "base").return_value == 0  # the new scorecard has taken its place
    path.unlink()
    done = score("--baseline", tmp_path / "base", "--json")
    assert done.return_value == 1 and "call" in done.stderr and json.loads(done.stdout)


def test_a_path_alone_is_told_which_pages_there_are(tmp_path: Path) -> None:
    with pytest.raises(
        click.UsageError, match=re.escape(f"report calls {tmp_path} or analyzer report team {tmp_path}")
    ):
        run("report", tmp_path)
    with pytest.raises(click.UsageError, match="No such command"):
        run("report", "nothing")


def test_a_scorecard_that_cant_be_read_is_named_and_the_others_go_on(results: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is missing: pip install -e '.[export]'")
    old = tmp_path / "old"
    shutil.copytree(results, old)
    run("export", results, "-o", tmp_path / "before")
    (results / "t1/甲.scorecard.json").write_text("{")
    commands = {
        "calls": ("report", "calls", results, "-o", tmp_path / "pages"),
        "team": ("report", "team", results),
        "tables": ("report", "team", results, "--tables", tmp_path / "before", "-o", tmp_path / "again.html"),
        "export": ("export", results, "-o", tmp_path / "tables", "--format", "csv"),
        "masked": ("export", results, "-o", tmp_path / "masked", "--format", "csv", "--redact"),
        "compare": ("compare", old, results),
    }
    for command in commands.values():
        for lang, todo in (("zh", "重新分析这通录音"), ("en", "Give a scorecard written by")):
            done = run(*command, "--lang", lang)
            assert done.return_value == 5, command
            assert "t1/甲.scorecard.json: output.not_a_scorecard" in done.stderr and todo in done.stderr
            assert "t1/乙" not in done.stderr
    assert {p.stem for p in (tmp_path / "pages").rglob("*.html")} == {"乙", "丙"}
    assert data_of(results / "team.html")["places"].split("\n") == ["t1/乙", "丙"]
    for folder in ("tables", "masked"):
        with (tmp_path / folder / "calls.csv").open(encoding="utf-8-sig", newline="") as file:
            assert [row["call"] for row in csv.DictReader(file)] == ["t1/乙", "丙"]
    told = json.loads(run("compare", old, results, "--json").stdout)
    assert told["compared"] == 2 and told["unreadable"] == [f"{results}/t1/甲.scorecard.json"]
    run("export", results, "-o", tmp_path / "after")
    done = run("report", "team", results, "--tables", tmp_path / "after", "-o", tmp_path / "again.html")
    assert done.return_value == 5 and "请重新运行" not in done.stderr


def test_where_no_scorecard_can_be_read_nothing_is_written(results: Path, tmp_path: Path) -> None:
    for place in PLACES:
        (results / f"{place}.scorecard.json").write_text("{")
    for command in (("export", results, "-o", tmp_path / "out"), ("report", "calls", results, "-o", tmp_path / "out")):
        with pytest.raises(OutputError, match="t1/乙"):
            run(*command)
    assert not (tmp_path / "out").exists()
