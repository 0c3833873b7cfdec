from __future__ import annotations

import io
import re
from dataclasses import replace

import msgspec
from rich.console import Console

from analyzer.outputs.labels import Language, clock, figure, label, labels
from analyzer.outputs.summary import print_summary
from analyzer.rules.types import Scorecard, Verdict
from analyzer.testing.scorecards import make_scorecard


def shown(scorecard: Scorecard, language: Language = "zh", width: int = 200) -> str:
    out = io.StringIO()
    print_summary(scorecard, Console(file=out, width=width, color_system=None), language)
    return out.getvalue()


def test_every_failed_and_unsure_rule_is_there_with_its_time_quote_clause_and_advice() -> None:
    for seed in range(6):
        scorecard = make_scorecard(seed)
        text = shown(scorecard)
        for finding in scorecard.findings:
            line = f"{finding.rule} {finding.name}"
            if finding.verdict not in (Verdict.FAIL, Verdict.UNSURE):
                assert line not in text
                continue
            assert line in text
            assert finding.advice in text
            assert ", ".join(finding.clauses) in text
            for evidence in finding.evidence[:3]:
                assert clock(evidence.span.start_ms) in text
                assert evidence.quote in text


def test_english_names_verdicts_and_advice() -> None:
    scorecard = make_scorecard(4)
    text = shown(scorecard, "en")
    failed = next(f for f in scorecard.findings if f.verdict is Verdict.FAIL)
    assert failed.name_en in text and failed.advice_en in text and failed.name not in text
    assert "Ended by" in text


def test_english_is_english_but_for_what_was_said() -> None:
    for seed in range(6):
        text = shown(make_scorecard(seed), "en")
        assert not re.search("[\u3400-\u9fff]", re.sub("“[^”]*”", "", text)), seed


def test_a_houses_names_are_text_and_no_markup() -> None:
    scorecard = make_scorecard(1)
    for name in ("用语[/]", "用语[red]", "用语[bold]好"):
        sections = tuple(replace(s, name=name, name_en=name) for s in scorecard.score.sections)
        for language in ("zh", "en"):
            named = replace(scorecard, score=replace(scorecard.score, sections=sections))
            assert f"{name} " in shown(named, language)


def test_no_score_says_why() -> None:
    scorecard = make_scorecard(1)
    bare = replace(scorecard, score=replace(scorecard.score, total=None, reason="no_rule_applies"))
    assert "没有得分: 没有适用的评分规则" in shown(bare)
    assert "no rule that scores applies" in shown(bare, "en")


def test_a_section_without_a_score_says_why() -> None:
    scorecard = make_scorecard(1)
    bare = replace(scorecard.score.sections[0], score=None, applicable=2, failed=0, unsure=2)
    text = shown(replace(scorecard, score=replace(scorecard.score, sections=(bare,))))
    assert "未计分：适用的规则都待人工确认" in text and "不适用\n" not in text


def test_control_characters_never_reach_the_terminal() -> None:
    scorecard = make_scorecard(1)
    call = replace(scorecard.call, name="a\x1b]0;owned\x07\x9b31m\u202eb.wav")
    text = shown(replace(scorecard, call=call))
    assert not any(sign in text for sign in "\x1b\x07\x9b\u202e")
    assert "a·]0;owned··31m·b.wav" in text


def test_markup_in_a_quote_is_text() -> None:
    scorecard = make_scorecard(2)
    failed = next(f for f in scorecard.findings if f.verdict is Verdict.FAIL and f.evidence)
    quoted = msgspec.structs.replace(
        failed, evidence=(msgspec.structs.replace(failed.evidence[0], quote="[red]假[/red] [link=x]"),)
    )
    assert "[red]假[/red] [link=x]" in shown(replace(scorecard, findings=(quoted,)))


def test_clock_and_figures() -> None:
    assert [clock(ms) for ms in (0, 999, 61_000, 3_599_999, 3_600_000)] == ["0:00", "0:00", "1:01", "59:59", "1:00:00"]
    shown = {(75.0, "s"): "1:15", (3.26, "s"): "3.3 s", (241.4, "字/分钟"): "241 字/分钟", (-20.25, "dBFS"):
             "-20.2 dBFS", (12_000.0, "ms"): "12 s", (0.25, "1"): "0.25"}  # fmt: skip
    assert {given: figure(*given) for given in shown} == shown


def test_unknown_names_stay_readable() -> None:
    assert label("measure", "something_new") == "something new"
    assert set(labels("zh")) == set(labels("en"))
