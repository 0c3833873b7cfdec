"""What a command refuses is said in the reader's language."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.cli.main import main
from analyzer.outputs.encode import encode_scorecard
from analyzer.outputs.problems import COMMANDS
from analyzer.rules.types import Scorecard
from analyzer.testing.scorecards import make_scorecard


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *args: str, code: int = 2) -> str:
    monkeypatch.setattr(sys, "argv", ["analyzer", *args])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
    return capsys.readouterr().err


def test_what_a_command_refuses_is_said_in_chinese_unless_english_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    what, todo = COMMANDS["usage.no_scorecards"]
    zh = said(capsys, monkeypatch, "export", str(tmp_path), "--format", "csv", "-o", str(tmp_path))
    assert zh == f"usage.no_scorecards: {what}。{todo}。（no scorecard below {tmp_path.name}）\n"
    en = said(capsys, monkeypatch, "report", "team", str(tmp_path), "--lang", "en")
    assert en.startswith("usage.no_scorecards: no scorecard below ") and todo not in en
    # refused while the options are read: the language is read first
    en = said(capsys, monkeypatch, "export", "s3://calls", "--lang", "en")
    assert en.startswith("usage.remote_results: this command can't read s3://calls")
    assert COMMANDS["usage.remote_results"][0] in said(capsys, monkeypatch, "export", "s3://calls")


def test_an_unknown_rule_is_said_in_chinese(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = said(capsys, monkeypatch, "standard", "explain", "P77")
    assert unknown.startswith(f"usage.rule: {COMMANDS['usage.rule'][0]}。") and "（no rule P77" in unknown


def test_a_rule_that_is_switched_off_is_said_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = 'id: house\nversion: "1"\nname: 本店\nextends: base\ndisable: [T1]\n'
    (tmp_path / "pack.yaml").write_text(pack + "profiles: {night: {name: 夜, disable: [T2]}}\n", encoding="utf-8")
    for profile, off in (("default", "T1"), ("night", "T1"), ("night", "T2")):
        asked = ("standard", "explain", off, "--standard", str(tmp_path), "--profile", profile)
        told = said(capsys, monkeypatch, *asked)
        assert (
            told.startswith("usage.rule_off: ") and f"（the rule {off} is disabled in the profile {profile}）" in told
        )


def test_pages_ask_for_outputs_in_chinese(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.wav").touch()
    assert "--html 需要 --out" in said(capsys, monkeypatch, "score", str(tmp_path / "a.wav"), "--html")
    assert "--html needs --out" in said(capsys, monkeypatch, "score", str(tmp_path / "a.wav"), "--html", "--lang", "en")


def test_files_that_cannot_be_used_are_no_tracebacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "results"
    (folder / "a.scorecard.json").mkdir(parents=True)
    for args in (("export", str(folder), "--format", "csv", "-o", str(tmp_path / "out")),
                 ("report", "team", str(folder)),
                 ("compare", str(folder), str(folder))):  # fmt: skip
        assert "output.not_a_file: " + COMMANDS["output.not_a_file"][0] in said(capsys, monkeypatch, *args, code=4)
    db = str(tmp_path / "nowhere" / "x.db")
    assert said(capsys, monkeypatch, "review", str(folder), "--db", db).startswith("usage.not_a_review: ")


def _one_good(tmp_path: Path) -> tuple[Path, Scorecard]:
    """A result folder with one scorecard, beside which others may be bad."""
    pytest.importorskip("pyarrow")
    folder, good = tmp_path / "results", make_scorecard(1)
    folder.mkdir()
    (folder / "a.scorecard.json").write_bytes(encode_scorecard(good))
    return folder, good


def test_scorecards_that_are_pipes_or_devices_are_named_and_the_others_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = _one_good(tmp_path)
    os.mkfifo(folder / "b.scorecard.json")
    (folder / "c.scorecard.json").symlink_to("/dev/zero")
    for args in (("export", str(folder), "-o", str(tmp_path / "out")), ("report", "calls", str(folder)),
                 ("report", "team", str(folder)), ("compare", str(folder), str(folder))):  # fmt: skip
        lines = said(capsys, monkeypatch, *args, code=5)
        for name in "bc":
            assert f"{name}.scorecard.json: output.not_a_file: {COMMANDS['output.not_a_file'][0]}" in lines
    assert (folder / "a.html").is_file() and (folder / "team.html").is_file() and (tmp_path / "out").is_dir()


def test_a_scorecard_with_an_impossible_figure_or_name_is_named_and_the_others_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, good = _one_good(tmp_path)
    facts = replace(good.call.facts, duration_ms=2**63)
    for name, call in (("b", replace(good.call, facts=facts)), ("c", replace(good.call, name="a\0b")),
                       ("d", replace(good.call, name="长" * 255))):  # fmt: skip
        (folder / f"{name}.scorecard.json").write_bytes(encode_scorecard(replace(good, call=call)))
    for args in (("export", str(folder), "-o", str(tmp_path / "out")), ("report", "team", str(folder)),
                 ("report", "calls", str(folder), "--recordings", str(tmp_path))):  # fmt: skip
        lines = said(capsys, monkeypatch, *args, code=5)
        for name in "bc":
            assert f"{name}.scorecard.json: output.not_a_scorecard: " in lines
    assert (folder / "a.html").is_file() and (folder / "d.html").is_file()


def test_what_no_command_speaks_of_is_still_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**_: object) -> None:
        raise PermissionError(13, "Permission denied", "there.csv")

    monkeypatch.setattr("analyzer.cli.main.cli.main", fails)
    assert said(capsys, monkeypatch, "doctor", code=3) == (
        f"file.not_usable: {'。'.join(COMMANDS['file.not_usable'])}。（there.csv: Permission denied）\n"
    )
