import csv
import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import Scripted, lines, make_archive, tree, wav

from analyzer.archive.batch import (
    BatchOptions,
    BatchReport,
    Progress,
    columns_not_used,
    read_status,
    rejudge,
    run_batch,
)
from analyzer.archive.ledger import Ledger, Lock
from analyzer.archive.sources import find_recordings
from analyzer.call.types import Role
from analyzer.cli.progress import print_ended, print_report
from analyzer.errors import ModelError, OutputError, UsageError
from analyzer.outputs.encode import decode_scorecard
from analyzer.outputs.page_mark import TEAM_HEAD, page_head
from analyzer.outputs.problems import explain

COUNT = 8
ALL = COUNT + 4  # with the broken ones
SCORED = COUNT + 2


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return make_archive(tmp_path / "in", COUNT)


@pytest.fixture
def script(tmp_path: Path) -> Scripted:
    return Scripted(str(tmp_path / "log"))


def batch(archive: Path, out: Path, script: Scripted, **options: object) -> BatchReport:
    given = {"workers": 0, **options}
    return run_batch(BatchOptions(sources=(archive,), out=out, **given), script)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_every_recording_ends_and_the_index_lists_it(
    workers: int, archive: Path, tmp_path: Path, script: Scripted
) -> None:
    out = tmp_path / "out"
    report = batch(archive, out, script, workers=workers)
    assert (report.listed, report.done, report.skipped, report.not_done) == (ALL, ALL, 0, 0)
    assert report.outcomes == {"scored": SCORED, "refused": 2}
    assert report.codes == {"audio.not_wav": 1, "audio.no_speech": 1}
    assert report.exit_code == 5
    index = json.loads((out / "index.json").read_bytes())
    assert [c["path"] for c in index["calls"]] == [r.name for r in find_recordings([archive]).recordings]
    assert index["outcomes"] == {"refused": 2, "scored": SCORED}
    first = index["calls"][0]
    assert (first["agent_id"], first["duration_ms"]) == ("8027", 112)
    for call in index["calls"]:
        if call["outcome"] == "scored":
            card = decode_scorecard((out / call["scorecard"]).read_bytes())
            assert card.score.total == call["score"]
            assert card.call.name == Path(call["path"]).name
        else:
            assert call["seen"] and call["todo"] and call["scorecard"] is None
            # 0 would read as faultless
            assert all(call[name] is None for name in ("failed", "unsure", "passed", "duration_ms"))
    with (out / "index.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["path"] for r in rows] == [c["path"] for c in index["calls"]]


def test_results_do_not_depend_on_workers_order_or_source_names(
    archive: Path, tmp_path: Path, script: Scripted
) -> None:
    trees = []
    for number, options in enumerate(
        [{"workers": 0}, {"workers": 1}, {"workers": 2}, {"workers": 0, "sources": (f"{archive}/../in",)}]
    ):
        out = tmp_path / f"out{number}"
        batch(archive, out, script, **{k: v for k, v in options.items() if k != "sources"})
        trees.append(tree(out))
    assert trees[0] == trees[1] == trees[2] == trees[3]
    assert any(name.startswith(".analyzer/heard/") for name in trees[0])


def test_a_second_run_computes_nothing_and_changes_nothing(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out = tmp_path / "out"
    batch(archive, out, script)
    before, log = tree(out), lines(script.log)
    report = batch(archive, out, script, workers=2)
    assert (report.done, report.skipped, report.exit_code) == (0, ALL, 5)
    assert lines(script.log) == log  # no model was loaded either
    assert tree(out) == before


def test_a_changed_standard_judges_again_without_hearing(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out = tmp_path / "out"
    batch(archive, out, script)
    report = batch(archive, out, replace(script, standard="s2"))
    assert report.done == SCORED
    assert len(lines(script.log, "heard ")) == SCORED  # those of the first run
    assert len(lines(script.log, "judge ")) == 2 * SCORED
    fresh = tmp_path / "fresh"
    batch(archive, fresh, replace(script, standard="s2"))
    assert tree(out) == tree(fresh)


def test_other_phrases_are_tried_on_the_sound_without_hearing_again(
    archive: Path, tmp_path: Path, script: Scripted
) -> None:
    out, fresh, other = tmp_path / "out", tmp_path / "fresh", replace(script, phrases="p2")
    batch(archive, out, script)
    assert batch(archive, out, other).done == SCORED
    assert len(lines(script.log, "heard ")) == len(lines(script.log, "tried ")) == SCORED
    assert batch(archive, out, other).done == 0
    batch(archive, fresh, other)
    assert tree(out) == tree(fresh)


def test_phrases_rejudged_by_words_alone_are_tried_by_the_next_batch(
    archive: Path, tmp_path: Path, script: Scripted
) -> None:
    out, fresh, other = tmp_path / "out", tmp_path / "fresh", replace(script, phrases="p2")
    batch(archive, out, script)
    assert rejudge(out, other, workers=0).done == SCORED
    card = decode_scorecard((out / "team0" / "call0003.scorecard.json").read_bytes())
    assert not card.provenance.phrases_tried
    assert rejudge(out, other, workers=0).done == 0
    assert not lines(script.log, "tried ")
    assert batch(archive, out, other).done == SCORED
    assert len(lines(script.log, "tried ")) == SCORED
    batch(archive, fresh, other)
    assert tree(out) == tree(fresh)


def test_a_changed_model_hears_again(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out = tmp_path / "out"
    batch(archive, out, script)
    assert batch(archive, out, replace(script, model="m2")).done == ALL
    assert len(lines(script.log, "heard ")) == 2 * SCORED


def test_only_what_was_touched_is_done_again(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out = tmp_path / "out"
    batch(archive, out, script)
    (archive / "team0" / "call0003.wav").write_bytes(wav(77))
    (archive / "team1" / "call0001.json").write_text('{"agent_id": "1"}')
    os.utime(archive / "team2" / "call0002.wav")  # touched, the same content: looked at, not heard again
    (out / "team2" / "call0005.scorecard.json").unlink()
    before = len(lines(script.log))
    report = batch(archive, out, script)
    assert report.done == 4
    new = lines(script.log)[before:]
    assert sorted(line for line in new if line.startswith("heard")) == ["heard call0001.wav", "heard call0003.wav"]
    fresh = tmp_path / "fresh"
    batch(archive, fresh, script)
    caches = (".analyzer/heard", ".analyzer/hits")  # they keep what was heard of the older recordings
    cards = {k: v for k, v in tree(out).items() if not k.startswith(caches)}
    assert cards == {k: v for k, v in tree(fresh).items() if not k.startswith(caches)}


def test_a_recording_that_turns_bad_loses_its_scorecard(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out = tmp_path / "out"
    batch(archive, out, script)
    page, others = out / "team0" / "call0003.html", (out / "team0" / "call0006.html", out / "team1" / "call0001.html")
    for path in (page, *others):
        path.write_text(page_head("0" * 64))
    (archive / "team0" / "call0003.wav").write_bytes(b"RIFF")
    batch(archive, out, script)
    assert not (out / "team0" / "call0003.scorecard.json").exists()
    assert not page.exists() and all(path.exists() for path in others)
    index = json.loads((out / "index.json").read_bytes())
    bad = next(c for c in index["calls"] if c["path"] == "team0/call0003.wav")
    assert (bad["outcome"], bad["code"]) == ("refused", "audio.truncated_header")


@pytest.mark.parametrize("head", [TEAM_HEAD, "<title>somebody else's</title>"])
def test_only_the_page_of_a_call_goes_with_its_scorecard(
    head: str, archive: Path, tmp_path: Path, script: Scripted
) -> None:
    out = tmp_path / "out"
    for name in ("text", "empty"):
        (out / "team1" / f"{name}.html").parent.mkdir(parents=True, exist_ok=True)
        (out / "team1" / f"{name}.html").write_text(head)
    assert batch(archive, out, script).outcomes["refused"] == 2
    assert len(list(out.rglob("*.html"))) == 2


def test_the_index_says_whose_call_was_refused_or_failed(tmp_path: Path, script: Scripted) -> None:
    archive, out = tmp_path / "in", tmp_path / "out"
    archive.mkdir()
    names = ("bug", "unjudgeable", "text", "sidecar", "good")
    for name in names:
        (archive / f"{name}.wav").write_bytes(b"text" if name in ("text", "sidecar") else wav(1))
    (archive / "sidecar.json").write_text(json.dumps({"team": "二组"}), "utf-8")
    rows = "".join(f"{name}.wav,c-{name},77,2026-11-27 13:00\n" for name in names)
    (archive / "calls.csv").write_text(f"path,call_id,工号,start_time\n{rows}", "utf-8")
    report = batch(archive, out, script, manifest=archive / "calls.csv")
    assert report.outcomes == {"scored": 1, "failed": 2, "refused": 2}
    calls = {Path(c["path"]).stem: c for c in json.loads((out / "index.json").read_bytes())["calls"]}
    for name in names:
        assert (calls[name]["call_id"], calls[name]["agent_id"]) == (f"c-{name}", "77"), name
        assert calls[name]["start_time"] == "2026-11-27T13:00:00", name
    assert calls["sidecar"]["team"] == "二组"
    assert all(calls[name]["failed"] is None for name in names if name != "good")
    rejudge(out, replace(script, standard="s2"))
    again = {Path(c["path"]).stem: c for c in json.loads((out / "index.json").read_bytes())["calls"]}
    assert [again[name]["agent_id"] for name in names] == ["77"] * len(names)


def test_failures_of_ours_are_named_and_tried_again_only_when_asked(tmp_path: Path, script: Scripted) -> None:
    archive = tmp_path / "in"
    archive.mkdir()
    for name in ("bug", "memory", "unjudgeable", "good", "grow"):
        (archive / f"{name}.wav").write_bytes(wav(1))
    out = tmp_path / "out"
    report = batch(archive, out, script)
    assert report.outcomes == {"scored": 1, "failed": 3, "refused": 1}
    assert report.codes == {"internal.error": 2, "machine.memory": 1, "audio.changed": 1}
    assert not any("客户的话".encode() in data for data in tree(out).values())
    assert batch(archive, out, script).done == 1  # the one that changed while it was read
    assert batch(archive, out, script, retry=("failed",)).done == 4


def test_limit_and_sample(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out = tmp_path / "out"
    report = batch(archive, out, script, limit=3)
    assert (report.done, report.not_done) == (3, ALL - 3)
    assert json.loads((out / "index.json").read_bytes())["not_done"] == ALL - 3
    assert batch(archive, out, script, limit=3).done == 3
    picked = []
    for number, seed in enumerate([7, 7, 8]):
        other = tmp_path / f"sample{number}"
        assert batch(archive, other, script, sample=4, seed=seed).done == 4
        picked.append({c["path"] for c in json.loads((other / "index.json").read_bytes())["calls"]})
    assert picked[0] == picked[1] != picked[2]
    larger = tmp_path / "larger"
    batch(archive, larger, script, sample=6, seed=7)
    assert picked[0] < {c["path"] for c in json.loads((larger / "index.json").read_bytes())["calls"]}


def test_an_index_never_lists_a_stale_result(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out = tmp_path / "out"
    batch(archive, out, script)
    report = batch(archive, out, replace(script, standard="s2"), limit=2)
    index = json.loads((out / "index.json").read_bytes())
    assert len(index["calls"]) == 2 + 2  # done now, and the refused, whom no standard changes
    assert report.not_done == ALL - 4


def test_rejudging_needs_no_recordings_and_no_model(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out = tmp_path / "out"
    batch(archive, out, script)
    archive.rename(tmp_path / "moved away")
    for workers in (0, 2):
        other = replace(script, standard=f"w{workers}", broken_model=True, lost_model=True)
        report = rejudge(out, other, workers=workers)
        assert (report.done, report.not_done, report.listed) == (SCORED, 0, ALL)
        assert rejudge(out, other, workers=workers).done == 0
    (tmp_path / "moved away").rename(archive)
    report = batch(archive, out, replace(script, standard="w2"))
    assert report.skipped == ALL  # the ledger knows them as judged
    fresh = tmp_path / "fresh"
    batch(archive, fresh, replace(script, standard="w2"))
    assert tree(out) == tree(fresh)


def test_rejudged_calls_keep_their_own_hearing(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out = tmp_path / "out"
    batch(archive, out, script, limit=3)
    newer = replace(script, model="m2")
    (archive / "team0" / "call0000.json").unlink()
    batch(archive, out, newer, limit=2)
    before = {name: entry.hearing for name, entry in Ledger(out).entries.items()}
    assert len(set(before.values())) == 2
    report = rejudge(out, replace(newer, standard="s2", lost_model=True), workers=0)
    assert (report.done, report.not_done) == (3, 0)
    assert {name: entry.hearing for name, entry in Ledger(out).entries.items()} == before


def test_a_lost_hearing_is_heard_again_by_the_next_batch(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out = tmp_path / "out"
    batch(archive, out, script)
    kept = sorted((out / ".analyzer" / "heard").rglob("*.gz"))
    kept[0].unlink()
    kept[1].write_bytes(kept[1].read_bytes()[:-9])
    kept[2].write_bytes(kept[3].read_bytes()[:40] + b"damaged")
    report = rejudge(out, replace(script, standard="s2"), workers=0)
    assert (report.done, report.not_done) == (SCORED - 3, 3)
    before = len(lines(script.log, "heard "))
    assert batch(archive, out, replace(script, standard="s2")).done == 3
    assert len(lines(script.log, "heard ")) == before + 3


def test_rejudging_nothing_is_a_wrong_use(tmp_path: Path, script: Scripted) -> None:
    with pytest.raises(UsageError):
        rejudge(tmp_path / "nowhere", script)


def test_poison_ends_failed_after_three_strikes_and_the_rest_is_scored(
    archive: Path, tmp_path: Path, script: Scripted
) -> None:
    (archive / "a-poison.wav").write_bytes(wav(9))
    out = tmp_path / "out"
    report = batch(archive, out, script, workers=2)
    assert report.outcomes == {"scored": SCORED, "refused": 2, "failed": 1}
    assert report.codes["machine.worker_died"] == 1
    assert len(lines(script.log, "hear a-poison")) == 3
    assert len(lines(script.log, "heard ")) == SCORED
    assert batch(archive, out, script, workers=2).done == 0
    assert batch(archive, out, script, workers=1, retry=("failed",)).done == 1
    assert len(lines(script.log, "hear a-poison")) == 6
    assert read_status(out).outcomes == report.outcomes


def test_a_recording_that_hangs_is_ended(tmp_path: Path, script: Scripted) -> None:
    archive = tmp_path / "in"
    archive.mkdir()
    (archive / "hang.wav").write_bytes(wav(1))
    (archive / "ok.wav").write_bytes(wav(2))
    report = batch(archive, tmp_path / "out", script, workers=1, call_timeout_s=1.0)
    assert report.outcomes == {"scored": 1, "failed": 1}
    assert report.codes == {"machine.timeout": 1}
    assert "--call-timeout" in Ledger(tmp_path / "out").entries["hang.wav"].todo
    assert "--call-timeout" in explain("machine.timeout", "", "")


def test_a_missing_model_stops_the_run_before_it_starts(archive: Path, tmp_path: Path, script: Scripted) -> None:
    for workers in (0, 2):
        with pytest.raises(ModelError) as caught:
            batch(archive, tmp_path / f"out{workers}", replace(script, broken_model=True), workers=workers)
        assert caught.value.code == "model.missing"
        assert read_status(tmp_path / f"out{workers}").outcomes == {}


def test_threads_are_shared_out_before_libraries_load(archive: Path, tmp_path: Path, script: Scripted) -> None:
    batch(archive, tmp_path / "out", script, workers=2, threads=3)
    assert set(lines(script.log, "load")) == {"load threads=3 omp=3 blas=1"}


def test_two_batches_on_one_output_do_not_mix(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out = tmp_path / "out"
    with Lock(out), pytest.raises(OutputError) as caught:
        batch(archive, out, script)
    assert caught.value.code == "output.locked"
    assert batch(archive, out, script).done == ALL


def test_the_gate(archive: Path, tmp_path: Path, script: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    report = batch(archive, tmp_path / "out", script, gate=50.0)
    assert report.exit_code == 1
    index = json.loads((tmp_path / "out/index.json").read_bytes())["calls"]
    below = [c["path"] for c in index if c["score"] is not None and (c["score"] < 50 or c["fatal"])]
    assert report.below_gate == tuple(below) and 0 < len(below) < SCORED
    print_report(report, tmp_path / "out")
    said = capsys.readouterr().err
    assert f"{len(below)} 通没有达到门槛" in said and f"\n    {below[0]}\n" in said
    bare = [c["path"] for c in index if c["score"] is None]
    assert len(bare) == ALL - SCORED and report.gate_without_score == tuple(bare)
    assert f"{len(bare)} 通没有得分" in said and f"\n    {bare[0]}\n" in said
    report = batch(archive, tmp_path / "out", script, gate=0.0)
    assert report.exit_code == 1 and report.gate_without_score == tuple(bare)
    print_report(report, tmp_path / "out", "en")
    assert f"{len(bare)} calls without a score" in capsys.readouterr().err
    assert batch(archive, tmp_path / "out", script).gate_without_score == ()


def test_a_call_that_was_scored_without_a_total_does_not_pass_the_gate(tmp_path: Path, script: Scripted) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "quiet.wav").write_bytes(wav(1))
    report = batch(tmp_path / "in", tmp_path / "out", script, gate=0.0)
    assert report.outcomes == {"scored": 1} and report.gate_without_score == ("quiet.wav",) and report.exit_code == 1


def test_a_call_without_a_score_is_said_to_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    ended = Progress(1, 0, 1, 1, 0, 0, 0, 1.0, 0.0, 1, "a.wav", "scored")
    print_ended(ended)
    print_ended(replace(ended, score=81.5))
    print_ended(replace(ended, outcome="refused"))
    said = capsys.readouterr().out.splitlines()
    assert said == ["已评分 没有得分  a.wav", "已评分 81.5  a.wav", "拒绝分析  a.wav"]


def test_progress_counts_up(archive: Path, tmp_path: Path, script: Scripted) -> None:
    shown: list[Progress] = []
    run_batch(BatchOptions(sources=(archive,), out=tmp_path / "out", workers=1), script, shown.append)
    assert [p.done for p in shown] == list(range(1, ALL + 1))
    assert shown[-1].left_s == 0 and shown[0].left_s is not None
    assert (shown[-1].scored, shown[-1].refused, shown[-1].total) == (SCORED, 2, ALL)


def test_results_are_private(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out = tmp_path / "out"
    batch(archive, out, script)
    for path in out.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_manifest_that_is_the_source_is_the_metadata_too(archive: Path, tmp_path: Path, script: Scripted) -> None:
    one, two, bare = (archive / name for name in ("one.csv", "two.csv", "bare.csv"))
    one.write_text("path,工号\nteam0/call0003.wav,66\n", "utf-8")
    two.write_text("path,工号\nteam1/call0001.wav,77\n", "utf-8")
    bare.write_text("path,工号\nteam1/call0001.wav,\n", "utf-8")

    def agents(*sources: Path, manifest: Path | None = None) -> set[str | None]:
        out = tmp_path / "-".join(source.stem for source in sources)
        options = BatchOptions(sources=sources, out=out, manifest=manifest, workers=0)
        run_batch(options, script)
        assert columns_not_used(options) == (("one.csv", "two.csv") if sources == (one, two) and not manifest else ())
        return {decode_scorecard(p.read_bytes()).call.metadata.agent_id for p in out.rglob("*.scorecard.json")}

    assert agents(one) == {"66"}
    assert agents(one, bare) == {"66", None}
    assert agents(one, two) == {None}
    assert agents(one, two, manifest=two) == {None, "77"}


def test_roles_and_a_manifest_reach_the_scorecards(archive: Path, tmp_path: Path, script: Scripted) -> None:
    manifest = archive / "calls.csv"
    manifest.write_text("path,工号,班组\nteam1/call0001.wav,77,一组\nteam0/call0000.wav,8027,二组\n", "utf-8")
    out = tmp_path / "out"
    batch(archive, out, script, manifest=manifest, roles=(Role.AGENT, Role.CUSTOMER))
    card = decode_scorecard((out / "team1" / "call0001.scorecard.json").read_bytes())
    assert (card.call.metadata.agent_id, card.call.metadata.roles) == ("77", (Role.AGENT, Role.CUSTOMER))
    both = decode_scorecard((out / "team0" / "call0000.scorecard.json").read_bytes()).call.metadata
    assert (both.source, both.released_by, both.team) == ("options+manifest+sidecar", "agent", "二组")
    assert batch(archive, out, script, manifest=manifest, roles=(Role.AGENT, Role.CUSTOMER)).done == 0
    manifest.write_text("path,工号\nteam1/call0001.wav,78\nteam0/call0000.wav,8027\n", "utf-8")
    assert batch(archive, out, script, manifest=manifest, roles=(Role.AGENT, Role.CUSTOMER)).done == 2


def test_a_torn_ledger_line_is_dropped(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out = tmp_path / "out"
    batch(archive, out, script)
    ledger = out / ".analyzer" / "ledger.jsonl"
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[:-20])
    assert len(Ledger(out).entries) == ALL - 1
    report = batch(archive, out, script)
    assert report.done == 1
    assert ledger.read_bytes() == whole
    assert len(lines(script.log, "heard ")) == SCORED  # its hearing was cached


def test_a_ledger_line_with_a_bad_byte_is_looked_at_again(archive: Path, tmp_path: Path, script: Scripted) -> None:
    out = tmp_path / "out"
    batch(archive, out, script)
    ledger = out / ".analyzer" / "ledger.jsonl"
    whole = ledger.read_bytes()
    at = whole.rindex(b'"path":"') + 8  # inside a text
    ledger.write_bytes(whole[:at] + b"\xff" + whole[at + 1 :])
    assert sum(read_status(out).outcomes.values()) == ALL - 1
    assert batch(archive, out, script).done == 1
    assert ledger.read_bytes() == whole


def test_wrong_options_are_named(tmp_path: Path, script: Scripted) -> None:
    with pytest.raises(UsageError):
        BatchOptions(sources=(), out=tmp_path, retry=("everything",))
    with pytest.raises(UsageError):
        batch(tmp_path / "nowhere", tmp_path / "out", script)
    empty = tmp_path / "empty"
    empty.mkdir()
    for sources in ((empty,), (empty, tmp_path / "bare")):
        (tmp_path / "bare" / "deep").mkdir(parents=True, exist_ok=True)
        with pytest.raises(UsageError) as caught:
            run_batch(BatchOptions(sources=sources, out=tmp_path / "out", workers=0), script)
        assert caught.value.code == "usage.no_such_source"
