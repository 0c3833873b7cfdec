from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from rich.console import Console

from analyzer.cli.compare import command
from analyzer.errors import UsageError
from analyzer.outputs.compare import (
    Comparison,
    Tolerance,
    causes,
    compare,
    compare_folders,
    compare_with,
    encode_comparison,
    print_comparison,
)
from analyzer.outputs.encode import encode_scorecard
from analyzer.rules.types import Scorecard, Verdict
from analyzer.testing.scorecards import make_scorecard


def judged_by_another(scorecard: Scorecard, rule: str, verdict: Verdict) -> Scorecard:
    findings = tuple(msgspec.structs.replace(f, verdict=verdict) if f.rule == rule else f for f in scorecard.findings)
    return replace(scorecard, findings=findings, provenance=replace(scorecard.provenance, standard_sha256="cd" * 32))


def write(folder: Path, cards: dict[str, Scorecard]) -> Path:
    for place, card in cards.items():
        file = folder / f"{place}.scorecard.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode_scorecard(card))
    return folder


def test_nothing_changed_is_nothing(tmp_path: Path) -> None:
    cards = {f"a/{i}": make_scorecard(i) for i in range(3)}
    found = compare_folders(write(tmp_path / "old", cards), write(tmp_path / "new", cards))
    assert found.same and found.compared == 3


def test_one_threshold_names_exactly_the_calls_and_rules_that_changed(tmp_path: Path) -> None:
    old = {f"{i:02d}": make_scorecard(i) for i in range(10)}
    flips = {p: c for p, c in old.items() if next(f for f in c.findings if f.rule == "V5").verdict is Verdict.PASS}
    assert 0 < len(flips) < 10
    new = {
        p: judged_by_another(
            c, "V5", Verdict.FAIL if p in flips else Verdict(next(f for f in c.findings if f.rule == "V5").verdict)
        )
        for p, c in old.items()
    }
    found = compare_folders(write(tmp_path / "old", old), write(tmp_path / "new", new))
    assert [c.call for c in found.changed] == sorted(flips)
    for call in found.changed:
        assert [(c.what, c.name, c.before, c.after, c.because) for c in call.changes] == [
            ("verdict", "V5", "pass", "fail", ("standard",))
        ]
    assert found.by_rule() == {"V5": {"pass → fail": len(flips)}}
    told = json.loads(encode_comparison(found))
    assert told["by_rule"] == {"V5": {"pass → fail": len(flips)}}


def test_measures_within_their_tolerance_have_not_changed() -> None:
    before = make_scorecard(1)

    def moved(by: float) -> Scorecard:
        measures = tuple(replace(m, value=m.value + by) if m.name == "active_level" and m.value is not None else m
                         for m in before.measures)  # fmt: skip
        return replace(before, measures=measures, provenance=replace(before.provenance, analyzer_version="9"))

    assert compare(before, moved(0.4)) == ()
    changes = compare(before, moved(0.7))
    assert [(c.what, c.name, c.role, c.because) for c in changes] == [
        ("measure", "active_level", "agent", ("code",)), ("measure", "active_level", "customer", ("code",)),
    ]  # fmt: skip
    assert compare(before, moved(0.7), Tolerance(measures={"active_level": 1.0})) == ()
    assert len(compare(before, moved(0.1), Tolerance(scale=0))) == 2


@pytest.mark.parametrize(("by", "scale", "changed"), [(1.0, 1, 1), (1.0, 3, 0), (0.3, 1, 0), (0.3, 0, 1)])
def test_the_scale_widens_the_scores_tolerance_too(by: float, scale: float, changed: int) -> None:
    before = make_scorecard(1)
    assert before.score.total is not None
    after = replace(before, score=replace(before.score, total=before.score.total - by))
    assert len(compare(before, after, Tolerance(scale=scale))) == changed


def test_a_measure_that_lost_its_value_has_changed() -> None:
    before = make_scorecard(1)
    measures = (replace(before.measures[0], value=None, reason="no_speech"), *before.measures[1:])
    (change,) = compare(before, replace(before, measures=measures))
    assert change.after is None and change.because == ("unexplained",)


@pytest.mark.parametrize(
    ("changed", "cause"),
    [({"standard_sha256": "x"}, "standard"), ({"profile": "strict"}, "standard"), ({"analyzer_version": "2"}, "code"),
     ({"settings_fingerprint": "y"}, "settings"), ({"activity_model": "z"}, "model"), ({"recognizer": None}, "model"),
     ({"analyzer_version": "2", "settings_fingerprint": "y"}, "code")],
)  # fmt: skip
def test_the_reason_is_read_from_the_provenance(changed: dict[str, str], cause: str) -> None:
    before = make_scorecard(1)
    assert causes(before, replace(before, provenance=replace(before.provenance, **changed))) == (cause,)


def test_a_standard_is_not_blamed_for_what_was_heard() -> None:
    before = make_scorecard(1)
    measures = (replace(before.measures[0], value=before.measures[0].value + 5000), *before.measures[1:])
    after = replace(judged_by_another(before, "V5", Verdict.FAIL), measures=measures)
    after = replace(after, provenance=replace(after.provenance, activity_model="other"))
    by_what = {c.what: c.because for c in compare(before, after)}
    assert by_what == {"verdict": ("standard", "model"), "measure": ("model",)}


def test_missing_and_new_calls_are_named_and_printed(tmp_path: Path) -> None:
    old = {"a": make_scorecard(1), "b": make_scorecard(2)}
    new = {"b": judged_by_another(make_scorecard(2), "V2", Verdict.UNSURE), "c": make_scorecard(3)}
    found = compare_folders(write(tmp_path / "old", old), write(tmp_path / "new", new))
    assert (found.only_old, found.only_new, found.same) == (("a",), ("c",), False)
    out = io.StringIO()
    print_comparison(found, Console(file=out, width=150, color_system=None), "zh")
    assert "V2" in out.getvalue() and "标准" in out.getvalue() and "只在旧结果: 1  a" in out.getvalue()
    assert "→ 待人工确认" in out.getvalue() and "unsure" not in out.getvalue()


def of_recording(seed: int, sha256: str) -> Scorecard:
    card = make_scorecard(seed)
    return replace(card, call=replace(card.call, facts=replace(card.call.facts, sha256=sha256)))


def test_a_call_by_another_name_is_named_with_both(tmp_path: Path) -> None:
    one, twice, other = (of_recording(1, c * 64) for c in "abc")
    old = write(tmp_path / "old", {"same": other, "before": one, "x": twice})
    new = write(tmp_path / "new", {"same": other, "sub/after": one, "y": twice, "z": twice})
    found = compare_folders(old, new)
    assert found.renamed == (("before", "sub/after"),)
    assert (found.compared, found.only_old, found.same) == (1, ("before", "x"), False)
    assert json.loads(encode_comparison(found))["renamed"] == [["before", "sub/after"]]
    said = {
        "zh": "名字不同，没有对比: 1  before → sub/after",
        "en": "another name, not compared: 1  before → sub/after",
    }
    for lang, words in said.items():
        out = io.StringIO()
        print_comparison(found, Console(file=out, width=150), lang)
        assert words in out.getvalue()
        assert "同名的通话" not in out.getvalue() and "No call has" not in out.getvalue()


def test_folders_that_share_no_name_say_how_calls_are_paired(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old", {"2026/a": make_scorecard(1)}), write(tmp_path / "new", {"a": make_scorecard(1)})
    for lang, words in {"zh": "按文件夹内的相对路径配对", "en": "paired by their path below each folder"}.items():
        out = io.StringIO()
        print_comparison(compare_folders(old, new), Console(file=out, width=300), lang)
        assert words in out.getvalue()


def test_a_baseline_without_the_call_says_how_calls_are_paired(tmp_path: Path) -> None:
    base = write(tmp_path / "base", {"2026/a": make_scorecard(1), "c": make_scorecard(2)})
    told = []
    for place in ("a", "c"):
        out = io.StringIO()
        print_comparison(compare_with(base, place, make_scorecard(2)), Console(file=out, width=300))
        told.append("相对路径配对" in out.getvalue())
    assert told == [True, False]


def test_a_scorecard_in_one_folder_that_cannot_be_read_has_no_other_name(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old", {"a": make_scorecard(1)}), write(tmp_path / "new", {"b": make_scorecard(1)})
    (new / "b.scorecard.json").write_text('{"call": 3}')
    assert compare_folders(old, new).renamed == ()


def test_the_id_of_a_houses_rule_is_text_and_no_markup(tmp_path: Path) -> None:
    before = make_scorecard(2)
    after = judged_by_another(before, "V2", Verdict.UNSURE)
    odd = [
        replace(
            s, findings=tuple(msgspec.structs.replace(f, rule="[/]" if f.rule == "V2" else f.rule) for f in s.findings)
        )
        for s in (before, after)
    ]
    found = compare_folders(*(write(tmp_path / n, {"a": s}) for n, s in zip(("old", "new"), odd, strict=True)))
    out = io.StringIO()
    print_comparison(found, Console(file=out, width=150, color_system=None), "zh")
    assert "[/] " in out.getvalue()


def test_a_list_that_is_cut_says_how_many_are_left_out() -> None:
    names = tuple("123456")
    said = {
        "zh": ("只在旧结果: 5  1, 2, 3, 4, 5\n", "只在新结果: 6  1, 2, 3, 4, 5 … 另有 1 通\n"),
        "en": ("only old: 5  1, 2, 3, 4, 5\n", "only new: 6  1, 2, 3, 4, 5 … and 1 more calls\n"),
    }
    for lang, (few, many) in said.items():
        out = io.StringIO()
        print_comparison(Comparison(0, names[:5], names, ()), Console(file=out, width=150), lang)
        assert few in out.getvalue() and many in out.getvalue()


def test_an_empty_folder_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        compare_folders(tmp_path, tmp_path)


def test_rules_and_measures_are_named_in_the_readers_language(tmp_path: Path) -> None:
    before = make_scorecard(1)
    measures = (replace(before.measures[0], value=(before.measures[0].value or 0) + 5000), *before.measures[1:])
    after = replace(judged_by_another(before, "V2", Verdict.UNSURE), measures=measures)
    after = replace(after, score=replace(after.score, total=1.0))
    folders = write(tmp_path / "old", {"a": before}), write(tmp_path / "new", {"a": after})
    name = next(f for f in before.findings if f.rule == "V2")
    for lang, said in (("zh", {name.name, "说话时长", "得分"}), ("en", {name.name_en, "talk time", "Score"})):
        told = json.loads(CliRunner().invoke(command, [*map(str, folders), "--json", "--lang", lang]).stdout)
        assert {change["label"] for change in told["changed"][0]["changes"]} == said
        text = CliRunner().invoke(command, [*map(str, folders), "--lang", lang]).stdout
        assert all(one in text for one in said)
