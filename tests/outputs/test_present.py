import os
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.outputs.encode import decode_scorecard
from analyzer.outputs.page_mark import page_head
from analyzer.outputs.present import Keeper
from analyzer.outputs.report import without_sound
from analyzer.rules.types import Failed, Refused, Scored
from analyzer.testing.scorecards import make_scorecard


def scored(seed: int, name: str = "001.wav") -> Scored:
    scorecard = make_scorecard(seed, 30_000)
    return Scored(replace(scorecard, call=replace(scorecard.call, name=name)))


def cards(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_calls_of_one_name_in_two_folders_have_a_scorecard_each(tmp_path: Path) -> None:
    files = [tmp_path / "in" / team / "001.wav" for team in ("team1", "team2")]
    out = tmp_path / "out"
    keeper = Keeper(out, files=files)
    for seed, path in enumerate(files):
        keeper.keep(path, scored(seed))
    assert cards(out) == ["team1/001.scorecard.json", "team2/001.scorecard.json"]
    same = Keeper(None, files=files, baseline=out)
    for seed, path in enumerate(files):
        same.keep(path, scored(seed))
    comparison = same.comparison()
    assert comparison is not None and (comparison.compared, comparison.same) == (2, True)


def test_calls_of_one_folder_stand_side_by_side_however_they_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = [Path("in/a.wav"), tmp_path / "in" / "b.wav", Path("in/../in/c.wav")]
    out = tmp_path / "out"
    keeper = Keeper(out, files=files)
    for path in files:
        keeper.keep(path, scored(1))
    assert cards(out) == ["a.scorecard.json", "b.scorecard.json", "c.scorecard.json"]
    alone = Keeper(out, files=[Path("in/d.wav")])
    alone.keep(Path("in/d.wav"), scored(1))
    assert "d.scorecard.json" in cards(out)


def test_a_call_that_is_refused_keeps_no_older_scorecard(tmp_path: Path) -> None:
    path, out = tmp_path / "001.wav", tmp_path / "out"
    Keeper(out, files=[path]).keep(path, scored(1))
    (out / "001.html").write_text(page_head("0" * 64))
    refused = Refused("001.wav", "audio.not_wav", "text", "Give a WAV file")
    assert Keeper(out, files=[path], html=True).keep(path, refused) == refused
    assert cards(out) == []


def test_what_is_kept_is_the_scorecard(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.wav")
    outcome = scored(3)
    Keeper(tmp_path / "out", files=[path]).keep(path, outcome)
    (name,) = cards(tmp_path / "out")
    assert decode_scorecard((tmp_path / "out" / name).read_bytes()) == outcome.scorecard


def test_a_call_whose_recording_went_away_has_a_page_without_sound_and_stops_nobody(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("gone.wav", "other.wav")]
    files[1].write_bytes(b"no sound")
    keeper = Keeper(tmp_path / "out", files=files, html=True)
    for path in files:
        outcome = scored(1, path.name)
        assert keeper.keep(path, outcome) == outcome
    assert [name for name, _ in keeper.silent] == ["gone.wav", "other.wav"]
    assert cards(tmp_path / "out") == ["gone.html", "gone.scorecard.json", "other.html", "other.scorecard.json"]


def test_what_is_said_of_a_page_without_sound_is_masked_as_the_page_is(tmp_path: Path) -> None:
    path = tmp_path / "13812345678.wav"
    keeper = Keeper(tmp_path / "out", files=[path], html=True, redacted=True)
    keeper.keep(path, scored(1, path.name))
    for language in ("zh", "en"):
        (line,) = without_sound(keeper.silent, language)
        assert line.startswith("***********.wav") and "1381" not in line


def test_a_call_in_whose_place_a_folder_stands_has_failed(tmp_path: Path) -> None:
    for name in ("a.scorecard.json", "b.html"):
        (tmp_path / "out" / name).mkdir(parents=True)
    files = [tmp_path / f"{name}.wav" for name in "abc"]
    keeper = Keeper(tmp_path / "out", files=files, html=True)
    outcomes = [keeper.keep(path, scored(1, path.name)) for path in files]
    assert [o.code for o in outcomes if isinstance(o, Failed)] == ["output.is_a_folder"]
    assert [(one.file, one.error.code) for one in keeper.without_page] == [("b.wav", "output.is_a_folder")]
    assert cards(tmp_path / "out") == ["b.scorecard.json", "c.html", "c.scorecard.json"]
    refused = Refused("a.wav", "audio.not_wav", "text", "Give a WAV file")
    assert keeper.keep(files[0], refused) == refused


def test_a_call_whose_place_is_too_long_has_failed(tmp_path: Path) -> None:
    files = [tmp_path.joinpath(*["d" * 190] * 21, "x.wav"), tmp_path / "a.wav"]
    keeper = Keeper(tmp_path / "out", files=files, html=True)
    outcome = keeper.keep(files[0], scored(1, "x.wav"))
    assert isinstance(outcome, Failed) and outcome.code == "output.name_too_long"
    refused = Refused("x.wav", "audio.not_wav", "text", "Give a WAV file")
    assert keeper.keep(files[0], refused) == refused
