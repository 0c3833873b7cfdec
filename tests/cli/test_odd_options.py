"""Options that are no number, no text or no name are refused by name, and names that are no UTF-8 do no harm."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import soundfile

from analyzer.call.wav import read_facts
from analyzer.cli.main import main
from analyzer.outputs.encode import encode_scorecard
from analyzer.review.desk import Desk
from analyzer.review.store import Reviews
from analyzer.testing.scorecards import make_audio, make_scorecard

NO_UTF8 = os.fsdecode(b"\xff\xfe")


@dataclass(frozen=True)
class Done:
    """What a command said, and how it ended."""

    code: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command as the shell does; a traceback is an error of the test."""

    def run(*args: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["analyzer", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, *capsys.readouterr())

    return run


@pytest.mark.parametrize("command", ["batch", "watch"])
@pytest.mark.parametrize("odd", ["²", "٣²", "-1", "257", "many", "9" * 5000])
def test_workers_are_auto_or_a_number(command: str, odd: str, run: Run, tmp_path: Path) -> None:
    done = run(command, tmp_path, "-o", tmp_path / "out", f"--workers={odd}")
    assert done.code == 2 and "say auto, or a number from 0" in done.stderr
    assert run("watch", tmp_path, "-o", tmp_path / "out", "--once", "--workers", "２").code == 0


@pytest.mark.parametrize("odd", ["nan", "inf", "-inf", "Infinity", "1e999"])
@pytest.mark.parametrize(
    ("command", "option"),
    [("batch", "--gate"), ("batch", "--call-timeout"), ("watch", "--call-timeout"), ("watch", "--interval"),
     ("watch", "--settle"), ("compare", "--scale")],
)  # fmt: skip
def test_figures_are_finite(command: str, option: str, odd: str, run: Run, tmp_path: Path) -> None:
    rest = {"batch": ("--status",), "watch": ("--once",), "compare": (tmp_path,)}[command]
    done = run(command, tmp_path, *rest, f"{option}={odd}")
    assert done.code == 2 and f"Invalid value for '{option}'" in done.stderr


@pytest.mark.parametrize("option", ["--interval", "--settle", "--call-timeout"])
def test_nobody_waits_for_ever(option: str, run: Run, tmp_path: Path) -> None:
    done = run("watch", tmp_path, "--once", option, "1e300")
    assert done.code == 2 and f"Invalid value for '{option}'" in done.stderr


@pytest.mark.parametrize(
    ("command", "option"),
    [("score", "--organisation"), ("batch", "--organisation"), ("watch", "--organisation"),
     ("rejudge", "--organisation"), ("review", "--organisation"), ("batch", "--address"), ("batch", "--out")],
)  # fmt: skip
def test_text_that_is_no_utf8_is_refused_with_its_option(command: str, option: str, run: Run, tmp_path: Path) -> None:
    value = ("s3://" if option == "--out" else "东方") + NO_UTF8
    done = run(command, tmp_path, option, value)
    assert done.code == 2 and option in done.stderr and "is not UTF-8" in done.stderr


def test_a_host_that_is_none_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.scorecard.json").write_bytes(encode_scorecard(make_scorecard(1, 20_000)))
    for host in (NO_UTF8, "a" * 80, "a..b"):
        done = run("review", tmp_path, "--host", host, "--token", "x", "--port", "0")
        assert done.code == 2 and done.stderr.startswith("usage.review_address: ")


@pytest.fixture
def renamed(tmp_path: Path) -> Path:
    """Results of which one scorecard has got a name that is no UTF-8, and its recording."""
    card = make_scorecard(3, 20_000)
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / f"{NO_UTF8}.scorecard.json").write_bytes(encode_scorecard(card))
    (folder / "b.scorecard.json").write_bytes(encode_scorecard(card))
    return folder


def test_a_scorecard_whose_name_is_no_utf8_is_one_of_the_others(run: Run, renamed: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is missing: pip install -e '.[export]'")
    for command in (("export", renamed, "-o", tmp_path / "p"),
                    ("export", renamed, "--format", "csv", "-o", tmp_path / "c"),
                    ("report", "calls", renamed), ("report", "team", renamed)):  # fmt: skip
        done = run(*command)
        assert done.code == 0
    assert "%FF%FE" in (tmp_path / "c/calls.csv").read_text("utf-8-sig")
    assert (renamed / "%FF%FE.html").is_file() and "%FF%FE" in (renamed / "team.html").read_text("utf-8")
    desk = Desk(folder=renamed, database=Reviews(":memory:"))
    assert [(row["call"], row["problem"]) for row in desk.calls()] == [("b", None), ("%FF%FE", None)]
    (other := tmp_path / "other").mkdir()
    (renamed / "b.scorecard.json").rename(other / "b.scorecard.json")
    (other / "c.scorecard.json").write_text("{")
    done = run("compare", renamed, other, "--json")
    assert json.loads(done.stdout)["only_old"] == ["%FF%FE"] and done.code == 1


def test_a_folder_whose_name_is_no_utf8_is_compared_and_linked(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is missing: pip install -e '.[export]'")
    odd, card = tmp_path / NO_UTF8, make_scorecard(3, 20_000)
    odd.mkdir()
    (odd / "b.scorecard.json").write_bytes(encode_scorecard(card))
    (odd / "c.scorecard.json").write_text("{")
    done = run("compare", odd, odd, "--json")
    assert done.code == 5 and json.loads(done.stdout)["unreadable"][0].endswith("/\ufffd\ufffd/c.scorecard.json")
    (odd / "c.scorecard.json").unlink()
    assert run("report", "calls", odd).code == 0
    assert run("report", "team", odd, "-o", tmp_path / "all.html").code == 0
    assert '"links":"%FF%FE"' in (tmp_path / "all.html").read_text("utf-8")


def test_a_page_links_to_a_recording_whose_name_is_no_utf8(run: Run, tmp_path: Path) -> None:
    card, recording = make_scorecard(3, 20_000), tmp_path / f"{NO_UTF8}.wav"
    soundfile.write(tmp_path / "a.wav", make_audio(card).T, 8000, subtype="PCM_16")
    (tmp_path / "a.wav").rename(recording)
    card = replace(card, call=replace(card.call, facts=read_facts(recording)))
    (tmp_path / "a.scorecard.json").write_bytes(encode_scorecard(card))
    done = run("report", "call", tmp_path / "a.scorecard.json", "--recording", recording, "--sound", "link")
    assert done.code == 0
    assert '"url":"./%FF%FE.wav"' in (tmp_path / "a.html").read_text("utf-8")
