"""What commands do where their output or their messages can't be written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.cli.main import main
from analyzer.outputs.encode import encode_scorecard
from analyzer.speech.model import ModelFolder
from analyzer.testing.scorecards import make_scorecard

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def shell(
    redirected: str, *args: str | Path, unbuffered: bool = False, before: str = ""
) -> subprocess.CompletedProcess[str]:
    """A command of ours with its streams redirected as a shell does it, after another of the shell's."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    if unbuffered:
        environment["PYTHONUNBUFFERED"] = "1"
    return subprocess.run(
        ["sh", "-c", f'{before} exec "$@" {redirected}', "sh", sys.executable, "-m", "analyzer", *map(str, args)],
        capture_output=True, text=True, timeout=120, check=False, env=environment,
    )  # fmt: skip


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (tmp_path / "results").mkdir()
    (tmp_path / "results/a.scorecard.json").write_bytes(encode_scorecard(make_scorecard(1, 20_000)))
    return tmp_path / "results"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_nobodys_matter(closed: str, results: Path, tmp_path: Path) -> None:
    for args, code in ((("compare", results, results, "--json"), 0), (("compare", results, results), 0),
                       (("report", "calls", results), 0), (("score",), 2), (("export", "s3://calls"), 2)):  # fmt: skip
        done = shell(closed, *args)
        assert done.returncode == code and "Traceback" not in done.stderr, args
        assert ">&-" not in closed.split() or not done.stdout
        assert "2>&-" not in closed or not done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_json_of_a_recording_and_a_closed_stream(closed: str, tmp_path: Path, model_folder: ModelFolder) -> None:
    done = shell(closed, "score", tmp_path / "nowhere.wav", "--json")
    assert done.returncode == 5 and "Traceback" not in done.stderr
    assert done.stdout.startswith('{"code":"audio.not_found"') is ("2" in closed)


def test_nothing_meant_for_the_terminal_gets_into_a_file(results: Path, tmp_path: Path) -> None:
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        done = shell(closed, "export", results, "--format", "csv", "-o", tmp_path / "tables")
        assert done.returncode == 0
        assert (tmp_path / "tables/calls.csv").read_text("utf-8-sig").startswith("call,")


@needs_full
@pytest.mark.parametrize("unbuffered", [True, False])
def test_output_that_cannot_be_written_is_said_once_and_has_its_code(unbuffered: bool, results: Path) -> None:
    for args in (("schema",), ("compare", results, results, "--json"), ("compare", results, results), ("--help",),
                 ("--version",), ("standard", "list")):  # fmt: skip
        done = shell(">/dev/full", *args, unbuffered=unbuffered)
        assert done.returncode == 4, args
        assert done.stderr.startswith("output.disk_full: ") and done.stderr.count("\n") == 1, done.stderr


@needs_full
def test_messages_that_cannot_be_written_change_no_code(results: Path) -> None:
    for args, code in ((("nothing",), 2), (("export", "s3://calls"), 2), (("report", "calls", results), 0),
                       (("export", results, "-o", results / "x", "--format", "csv"), 0)):  # fmt: skip
        done = shell("2>/dev/full", *args)
        assert done.returncode == code, args
    assert (results / "a.html").is_file()
    assert shell(">/dev/full 2>/dev/full", "schema").returncode == 4


@pytest.mark.parametrize("kind", ["xlsx", "csv", "parquet"])
def test_tables_without_room_for_temporary_files_say_where_and_what_to_do(
    kind: str, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    commands = [("export", results, "--format", kind, "-o", tmp_path / "tables")]
    if kind == "parquet":
        commands.append(("report", "team", results, "-o", tmp_path / "team.html"))
    for args in commands:
        done = shell("", *args, "--lang", "en", before="ulimit -f 4;")  # no file may have more than 2 KiB
        assert done.returncode == 4, args
        assert done.stderr.startswith(f"output.temporary_space: no space left in {tmp_path}, ")
        assert "Let TMPDIR name a folder with room" in done.stderr and done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == ["results"]


def test_a_reader_that_has_seen_enough_changes_no_code(results: Path) -> None:
    for args in (("compare", results, results), ("compare", results, results, "--json"), ("schema",), ("--help",)):
        read, write = os.pipe()
        os.close(read)
        command = [sys.executable, "-m", "analyzer", *map(str, args)]
        done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
        os.close(write)
        assert (done.returncode, done.stderr) == (0, b""), args


def test_sigterm_before_a_run_has_begun_stops_as_ctrl_c_does(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from analyzer.archive import batch\n"
        "from analyzer.cli.main import main\n"
        "batch.find_recordings = lambda *_: os.kill(os.getpid(), signal.SIGTERM)\n"
        f"sys.argv = ['analyzer', 'batch', {str(tmp_path)!r}, '--out', {str(tmp_path / 'out')!r}]\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 130 and done.stderr.split() == ["已停止"]


def test_sigterm_means_afterwards_what_it_meant_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["analyzer", "--version"])
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit):
        main()
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_commands_module_is_no_silent_program() -> None:
    done = subprocess.run([sys.executable, "-m", "analyzer.cli.main", "--version"], capture_output=True, check=True)
    assert b"version" in done.stdout
