from __future__ import annotations

import io
import re
from dataclasses import replace

import msgspec
from rich.cells import cell_len
from rich.console import Console

from analyzer.call.types import Role
from analyzer.measure.types import HangupEvidence
from analyzer.outputs.labels import Language, clock, figure, label, labels
from analyzer.outputs.summary import print_summary
from analyzer.rules.types import Evidence, Scorecard, Verdict
from analyzer.spans import Span
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


def test_advice_stands_beside_its_label_and_no_line_begins_with_a_mark() -> None:
    scorecard = make_scorecard(2)
    advice = "先说“我理解您的心情，如果我遇到这种情况也会着急，请问您现在方便吗？”。" * 4
    findings = tuple(msgspec.structs.replace(f, advice=advice, verdict=Verdict.FAIL) for f in scorecard.findings)
    for width in range(60, 90, 7):
        lines = shown(replace(scorecard, findings=findings), width=width).splitlines()
        assert any(line.strip().startswith("建议: 先说") for line in lines)
        assert not [line for line in lines if line.strip()[:1] in "，。？”）" and line.strip()]
        assert max(cell_len(line) for line in lines) <= width


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


def test_what_the_call_record_says_is_in_the_readers_language() -> None:
    scorecard = make_scorecard(2)
    end = Span(0, 0)
    record = HangupEvidence("cdr_field", "agent", 1.0, end, "released_by = agent", "released_by = agent")
    other = HangupEvidence("cdr_field", "customer", 1.0, end, "挂断方 = customer", "挂断方 = customer")
    told = Evidence(end, Role.AGENT, record.detail, record.detail_en)
    failed = msgspec.structs.replace(scorecard.findings[0], verdict=Verdict.FAIL, evidence=(told,), scored=True)
    hangup = replace(scorecard.hangup, party="agent", method="metadata", evidence=(record, other))
    text = shown(replace(scorecard, hangup=hangup, findings=(failed,)))
    assert "0:00–0:00 坐席 挂机方 = 坐席" in text and "话单字段: 挂机方 = 坐席" in text and "挂断方 = 客户" in text
    assert "released_by" not in text and "= agent" not in text
    assert "who released the call = agent" in shown(replace(scorecard, hangup=hangup, findings=(failed,)), "en")


def test_where_other_words_were_heard_the_phrase_that_was_sought_is_shown() -> None:
    scorecard = make_scorecard(2)
    heard = Evidence(Span(0, 900), Role.AGENT, "像是", "like", "能不能让我小等会啊", "能不能让我少等会儿", 0.91)

    def lines(verdict: Verdict, language: Language = "zh", **change: object) -> str:
        evidence = msgspec.structs.replace(heard, **change)
        one = msgspec.structs.replace(scorecard.findings[0], verdict=verdict, evidence=(evidence,), scored=True)
        return shown(replace(scorecard, findings=(one,)), language)

    said = "找的是“能不能让我少等会儿”，听到的是“能不能让我小等会啊”"
    assert said in lines(Verdict.UNSURE) and said in lines(Verdict.FAIL)
    assert "looked for “能不能让我少等会儿”, heard “能不能让我小等会啊”" in lines(Verdict.UNSURE, "en")
    assert said in lines(Verdict.UNSURE, score=None) and said in lines(Verdict.UNSURE, score=1.0)
    for none in (
        lines(Verdict.FAIL, score=1.0),
        lines(Verdict.UNSURE, phrase="能不能让我小等会啊"),
        lines(Verdict.UNSURE, phrase="让我小等会"),
        lines(Verdict.UNSURE, phrase="能不能.{0,6}等|等会儿"),
        lines(Verdict.UNSURE, phrase="能不能让我少等会儿" * 3),
        lines(Verdict.UNSURE, phrase=""),
    ):
        assert "找的是" not in none and "“能不能让我小等会啊”" in none
    assert "\x1b" not in lines(Verdict.UNSURE, phrase="\x1b]0;owned")
    # what it is evidence of is said where that is more than such words
    assert "小等会啊”（针对这一处）" in lines(Verdict.FAIL, what="针对这一处", what_en="it is about this")
    assert "小等会啊” (it is about this)" in lines(Verdict.FAIL, "en", what="针对这一处", what_en="it is about this")
    assert "小等会啊”\n" in lines(Verdict.FAIL, what="说了这类话", what_en="said such words")


def test_clock_and_figures() -> None:
    assert [clock(ms) for ms in (0, 999, 61_000, 3_599_999, 3_600_000)] == ["0:00", "0:00", "1:01", "59:59", "1:00:00"]
    shown = {(75.0, "s"): "1:15", (3.26, "s"): "3.3 s", (241.4, "字/分钟"): "241 字/分钟", (-20.25, "dBFS"):
             "-20.2 dBFS", (12_000.0, "ms"): "12 s", (0.25, "1"): "0.25"}  # fmt: skip
    assert {given: figure(*given) for given in shown} == shown


def test_unknown_names_stay_readable() -> None:
    assert label("measure", "something_new") == "something new"
    assert set(labels("zh")) == set(labels("en"))
