"""Disks that fill up, folders that can't be written, links in a loop, names of every kind."""

import glob
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from scripted import Scripted, lines, make_archive, tree, wav

from analyzer.archive import place, store_lock
from analyzer.archive.batch import BatchOptions, BatchReport, run_batch
from analyzer.archive.ledger import Entry, Ledger, Summary
from analyzer.archive.names import name_of_path, path_of_name
from analyzer.archive.sources import find_recordings
from analyzer.archive.store_results import store_error
from analyzer.archive.work import not_written
from analyzer.errors import MetadataError, OutputError, UsageError

HERE = Path(__file__).resolve().parent


def _may_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run(["unshare", "-Urm", "true"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.mark.skipif(not _may_mount(), reason="user namespaces are not allowed here")
@pytest.mark.parametrize(("size_kib", "workers"), [(16, 0), (200, 0), (500, 1), (800, 0)])
def test_a_full_disk_stops_the_run_and_freed_space_completes_it(size_kib: int, workers: int, tmp_path: Path) -> None:
    program = [sys.executable, str(HERE / "disk_full.py"), str(tmp_path), str(size_kib), str(workers)]
    done = subprocess.run(["unshare", "-Urm", *program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    outcome = json.loads(done.stdout)
    assert outcome["codes"] == ["output.disk_full"] * 2
    assert (outcome["torn"], outcome["not_done"], outcome["same_tree"]) == (0, 0, True)
    assert outcome["heard_again"] <= 2 * max(1, workers)  # the one that each full disk caught


def batch(archive: Path, out: Path, log: Path, **options: object) -> BatchReport:
    return run_batch(BatchOptions(sources=(archive,), out=out, workers=0, **options), Scripted(str(log)))


def test_an_output_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "in", 2)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError) as caught:
        batch(archive, tmp_path / "file" / "out", tmp_path / "log")
    assert caught.value.code == "output.not_a_folder"
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if not os.access(closed, os.W_OK):
        with pytest.raises(OutputError) as caught:
            batch(archive, closed / "out", tmp_path / "log")
        assert caught.value.code == "output.read_only"
    assert not lines(tmp_path / "log")


@pytest.mark.parametrize("workers", [0, 1])
def test_a_folder_in_the_way_of_a_scorecard_fails_its_recording_alone(workers: int, tmp_path: Path) -> None:
    archive, out = make_archive(tmp_path / "in", 2), tmp_path / "out"
    in_the_way = [out / "team0" / "call0000.scorecard.json", out / "team1" / "text.scorecard.json"]
    for folder in in_the_way:
        folder.mkdir(parents=True)
    options = BatchOptions(sources=(archive,), out=out, workers=workers, retry=("failed",))
    for _ in range(2):
        report = run_batch(options, Scripted(str(tmp_path / "log")))
        assert (report.outcomes, report.not_done) == ({"scored": 3, "failed": 1, "refused": 2}, 0)
        assert report.codes["output.is_a_folder"] == 1
    assert all(folder.is_dir() for folder in in_the_way)
    assert "位置上已有一个文件夹" in (out / "index.csv").read_text("utf-8-sig")
    in_the_way[0].rmdir()
    assert run_batch(options, Scripted(str(tmp_path / "log"))).outcomes == {"scored": 4, "refused": 2}


def test_folders_called_as_our_files_stop_nobody(tmp_path: Path) -> None:
    archive, out = make_archive(tmp_path / "in", 2, broken=False), tmp_path / "out"
    for folder in ("team0/call0000.scorecard.json", "index.json", "index.csv", "team0/call0000.html"):
        (archive / folder).mkdir(parents=True)
        (archive / folder / "x.wav").write_bytes(wav(6))
        (archive / folder / "text.wav").write_bytes(b"text")
    report = batch(archive, out, tmp_path / "log")
    assert (report.outcomes, report.not_done) == ({"scored": 8, "refused": 4}, 0)
    assert (out / "team0" / "call0000.scorecard.json").is_file() and (out / "index.csv").is_file()
    assert batch(archive, out, tmp_path / "log").done == 0


@pytest.mark.parametrize("workers", [0, 1])
def test_a_recording_whose_place_is_too_long_fails_and_the_others_are_scored(workers: int, tmp_path: Path) -> None:
    archive, out = make_archive(tmp_path / "in", 2, broken=False), tmp_path.joinpath(*["o" * 200] * 10, "out")
    deep = archive.joinpath(*["d" * 190] * ((4090 - len(str(archive)) - 10) // 191))
    deep.mkdir(parents=True)
    (deep / "x.wav").write_bytes(wav(6))
    options = BatchOptions(sources=(archive,), out=out, workers=workers)
    for _ in range(2):
        report = run_batch(options, Scripted(str(tmp_path / "log")))
        assert (report.outcomes, report.codes) == ({"scored": 4, "failed": 1}, {"output.name_too_long": 1})
    assert report.done == 0 and "路径太长" in (out / "index.csv").read_text("utf-8-sig")


def test_only_a_name_that_is_too_long_fails_one_recording_in_a_store_and_on_a_cluster() -> None:
    class StoreError(Exception):
        def __init__(self) -> None:
            self.response = {"Error": {"Code": "KeyTooLongError"}}  # as boto3 has it

    too_long = store_error(StoreError(), "a/x.scorecard.json")
    scored = Entry("x.wav", "scored", heard="0" * 16, scorecard="x.scorecard.json", summary=Summary(90.0, agent_id="7"))
    entry = not_written(scored, too_long)
    assert (entry.outcome, entry.scorecard, entry.code) == ("failed", None, "output.name_too_long")
    assert entry.heard == scored.heard and entry.summary == Summary(agent_id="7")
    with pytest.raises(OutputError):
        not_written(scored, OutputError("output.disk_full", "", ""))


def test_recordings_that_vanish_or_may_not_be_read(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "in", 3, broken=False)
    (archive / "dangling.wav").symlink_to(tmp_path / "nothing.wav")
    (archive / "loop.wav").symlink_to(archive / "loop.wav")
    os.mkfifo(archive / "pipe.wav")
    report = batch(archive, tmp_path / "out", tmp_path / "log")
    wanted = {"audio.not_found": 1, "audio.unreadable": 1, "audio.not_a_file": 1}
    assert report.codes == wanted
    (tmp_path / "nothing.wav").write_bytes(wav(3))
    again = batch(archive, tmp_path / "out", tmp_path / "log")
    assert again.outcomes == {"scored": 6, "refused": 2}


def test_folders_linked_in_a_loop_are_listed_once(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "in", 3, broken=False)
    plain = [r.name for r in find_recordings([archive]).recordings]
    (archive / "team0" / "up").symlink_to(archive)
    (archive / "team0" / "self").symlink_to(".")
    (archive / "away").symlink_to(tmp_path / "nowhere")
    assert [r.name for r in find_recordings([archive]).recordings] == plain


def test_a_pattern_lists_what_it_fits_once_though_folders_are_linked_in_a_loop(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "in", 4, broken=False)
    (archive / "team0" / "deep" / "team0").mkdir(parents=True)
    (archive / "team0" / "deep" / "team0" / "call0009.wav").write_bytes(wav(9))
    (archive / ".hidden").mkdir()
    (archive / ".hidden" / "x.wav").write_bytes(wav(1))
    patterns = ("**/*.wav", "**", "**/**/*", "*/**/*", "**/team0/**/call*", "**/deep/**", "team[01]/*", "**/t**0/c**")
    plain = {p: [r.path for r in find_recordings([f"{archive}/{p}"]).recordings] for p in patterns}
    for pattern, paths in plain.items():
        fits = glob.glob(pattern, root_dir=archive, recursive=True)  # noqa: PTH207
        assert paths == sorted({str(archive / p) for p in fits if p.endswith(".wav")}, key=os.fsencode) != []
    (tmp_path / "in" / "up").symlink_to(archive)
    (archive / "team1" / "self").symlink_to(".")
    (archive / "team1" / "back").symlink_to("../team0")
    (archive / "team0" / "deep" / "there").symlink_to("../../team1")
    for pattern, paths in plain.items():
        listed = find_recordings([f"{archive}/{pattern}"]).recordings
        assert {os.path.realpath(r.path) for r in listed} >= set(paths)
        assert len(listed) == len({os.path.realpath(r.path) for r in listed})


def test_a_pattern_leaves_out_where_results_go_as_a_folder_does(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "in", 3, broken=False)
    plain = find_recordings([f"{archive}/**/*.wav"])
    assert find_recordings([f"{archive}/**/*.wav"], archive) == plain
    (archive / "out").mkdir()
    (archive / "out" / "copy.wav").write_bytes(wav(1))
    for pattern in ("**/*.wav", "*/**/*.wav"):
        assert find_recordings([f"{archive}/{pattern}"], archive / "out") == plain
    asked_for = find_recordings([f"{archive}/out/**/*.wav"], archive / "out")
    assert [r.relative for r in asked_for.recordings] == ["copy.wav"]


def test_names_in_chinese_outside_utf8_and_with_signs(tmp_path: Path) -> None:
    archive = tmp_path / "in"
    archive.mkdir()
    gbk = [os.fsdecode(raw + b".wav") for raw in (b"\xc2\xbc\xd2\xf4", b"\xc2\xbc\xd2\xf5")]
    signs = ["100%.wav", "%C8.wav", "a\nb.wav", "=1+1.wav", "空 格 .wav"]
    names = ["录音.wav", *gbk, *signs, "x" * 251 + ".wav", "CALL.WAV", "call.wav", "a.b.wave"]
    for number, name in enumerate(names):
        (archive / name).write_bytes(wav(number))
    out = tmp_path / "out"
    report = batch(archive, out, tmp_path / "log")
    assert report.outcomes == {"scored": len(names)}
    assert len(list(out.glob("*.scorecard.json"))) == len(names)
    index = json.loads((out / "index.json").read_bytes())
    assert {os.fsencode(path_of_name(c["path"])) for c in index["calls"]} == {os.fsencode(n) for n in names}
    assert "'=1+1.wav" in (out / "index.csv").read_text("utf-8-sig")
    assert batch(archive, out, tmp_path / "log").done == 0


def test_path_names_go_both_ways() -> None:
    for raw in [b"a/b.wav", b"\xff\xfe/%41.wav", "甲/乙%.wav".encode(), bytes(range(1, 256))]:
        assert os.fsencode(path_of_name(name_of_path(os.fsdecode(raw)))) == raw
        name_of_path(os.fsdecode(raw)).encode("utf-8")


def test_files_patterns_manifests_and_several_folders(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "in", 4, broken=False)
    files = find_recordings([archive / "team0" / "call0000.wav", archive / "team1" / "call0001.wav"])
    assert [r.relative for r in files.recordings] == ["team0/call0000.wav", "team1/call0001.wav"]
    assert [r.relative for r in find_recordings([f"{archive}/team*/*.wav"]).recordings] == [
        "team0/call0000.wav", "team0/call0003.wav", "team1/call0001.wav", "team2/call0002.wav",
    ]  # fmt: skip
    (archive / "list.csv").write_text("path\nteam0/call0000.wav\nteam0/gone.wav\n")
    listed = find_recordings([archive / "list.csv"])
    assert [r.relative for r in listed.recordings] == ["team0/call0000.wav", "team0/gone.wav"]
    both = find_recordings([archive / "team0", archive / "team1", archive / "team0"])
    assert [r.relative for r in both.recordings] == ["team0/call0000.wav", "team0/call0003.wav", "team1/call0001.wav"]
    out = archive / "results"
    (out / "deep").mkdir(parents=True)
    (out / "deep" / "copy.wav").write_bytes(wav(1))
    assert not any("results" in r.relative for r in find_recordings([archive], out).recordings)
    for wrong in ("nowhere", "no*thing/*.mp3"):
        with pytest.raises(UsageError) as caught:
            find_recordings([archive, tmp_path / wrong])
        assert caught.value.code == "usage.no_such_source"


def test_a_pattern_is_taken_from_where_one_stands_whatever_that_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for here in ("one [of] two", "what?", "a*b", "plain"):
        archive = make_archive(tmp_path / here / "in", 2, broken=False)
        monkeypatch.chdir(archive.parent)
        whole = find_recordings([f"{archive.parent}/in/team0"])
        for pattern in ("in/team0/*.wav", "./in/../in/team0/call*", "in/team*/../team0/*.wav"):
            assert find_recordings([pattern]) == whole
        monkeypatch.chdir(archive)
        assert find_recordings(["../in/team0/*.wav"]) == whole
        assert len(find_recordings(["*/*.wav"]).recordings) == 3


def test_a_source_without_a_name_is_not_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_archive(tmp_path / "in", 2))
    for sources in ([""], [".", ""]):
        with pytest.raises(UsageError, match="empty") as caught:
            find_recordings(sources)
        assert caught.value.code == "usage.no_such_source"


def test_where_results_go_is_left_out_below_a_source_and_not_as_one(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "in", 3, broken=False)
    plain = [r.name for r in find_recordings([archive]).recordings]
    for _ in range(2):
        assert batch(archive, archive, tmp_path / "log").outcomes == {"scored": len(plain)}
        assert [r.name for r in find_recordings([archive], archive).recordings] == plain
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "x.wav").write_bytes(wav(6))
    both = ["beside/x.wav", *(f"in/{name}" for name in plain)]
    assert [r.name for r in find_recordings([beside, archive], archive).recordings] == both
    for sources in ([tmp_path, archive], [archive, tmp_path]):
        assert [r.name for r in find_recordings(sources, archive).recordings] == both


def test_a_bad_manifest_stops_the_run_before_it_starts(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "in", 2)
    manifest = tmp_path / "calls.csv"
    manifest.write_text("agent\n1\n")
    with pytest.raises(MetadataError):
        batch(archive, tmp_path / "out", tmp_path / "log", manifest=manifest)
    (archive / "team0" / "call0000.json").write_text("{broken")
    report = batch(archive, tmp_path / "out", tmp_path / "log")
    assert report.codes["metadata.not_json"] == 1
    assert batch(archive, tmp_path / "out", tmp_path / "log").done == 0
    (archive / "team0" / "call0000.json").write_text('{"team": "t"}')
    assert batch(archive, tmp_path / "out", tmp_path / "log").outcomes["scored"] == 4


def test_a_full_ledger_disk_takes_back_the_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = make_archive(tmp_path / "in", 3, broken=False)
    out = tmp_path / "out"
    write, count = os.write, [0]

    def half(fd: int, data: bytes) -> int:
        if data.startswith(b'{"path"'):
            count[0] += 1
            if count[0] == 3:
                return write(fd, data[:25])
        return write(fd, data)

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OutputError) as caught:
        batch(archive, out, tmp_path / "log")
    assert caught.value.code == "output.disk_full"
    assert len(Ledger(out).entries) == 2
    monkeypatch.undo()
    assert batch(archive, out, tmp_path / "log").not_done == 0
    calm = tmp_path / "calm"
    batch(archive, calm, tmp_path / "log")
    assert tree(out) == tree(calm)


def test_what_a_state_folder_and_a_lock_say_may_be_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = b'{"state":"\xff","url":"s3://b"}'  # no UTF-8
    (tmp_path / ".analyzer").mkdir()
    (tmp_path / ".analyzer" / "store.json").write_bytes(damaged)
    made = place._identity(tmp_path, "s3://b")
    assert place._identity(tmp_path, "s3://b") == made

    class Store:
        def info(self, _: str) -> dict[str, str]:
            return {"ETag": "1"}

        def cat_file(self, _: str) -> bytes:
            return damaged

    monkeypatch.setattr(store_lock, "connect", lambda url: (Store(), "b"))
    with pytest.raises(OutputError) as caught:
        store_lock.StoreLock("s3://b", made)
    assert caught.value.code == "output.locked"
