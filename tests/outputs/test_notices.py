"""What stands above a call's results, on the terminal and on the page."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

from rich.console import Console

from analyzer.call.types import Defect, Role
from analyzer.measure.types import Hangup, HangupEvidence
from analyzer.outputs.call_page import page_data
from analyzer.outputs.labels import Language
from analyzer.outputs.notices import Weight, ended_after, hangup_doubt, notices
from analyzer.outputs.summary import print_summary
from analyzer.rules.types import Scorecard
from analyzer.spans import Span
from analyzer.speech.types import Announcement, Speaker
from analyzer.testing.scorecards import make_scorecard

CARD = make_scorecard(1)


def on_the_terminal(card: Scorecard, language: Language = "zh") -> str:
    out = io.StringIO()
    print_summary(card, Console(file=out, width=400, color_system=None), language)
    return out.getvalue()


def on_the_page(card: Scorecard) -> list[tuple[bool, str]]:
    found: list[tuple[bool, str]] = page_data(card, None, "zh", {})["notices"]
    return found


def with_extra(**extra: Any) -> Scorecard:
    call = CARD.call
    return replace(CARD, call=replace(call, metadata=replace(call.metadata, extra=extra)))


def with_defects(*defects: Defect) -> Scorecard:
    call = CARD.call
    return replace(CARD, call=replace(call, facts=replace(call.facts, defects=defects)))


def test_roles_that_the_words_contradict_are_said_first_and_loudly() -> None:
    doubted = tuple(
        Speaker(i, i, role, "metadata", 1.0, "role_in_metadata", cues, "words_contradict")
        for i, role, cues in ((0, Role.CUSTOMER, ("很高兴为您服务",)), (1, Role.AGENT, ()))
    )
    card = replace(CARD, speakers=doubted, turns=())
    first = notices(card)[0]
    assert first.weight is Weight.ALARM
    assert "左声道标为客户，说的话却像坐席，如“很高兴为您服务”" in first.text
    assert "右声道标为坐席，说的话却像客户" in first.text
    assert on_the_page(card)[0] == (True, first.text)
    lines = on_the_terminal(card).splitlines()
    assert next(i for i, line in enumerate(lines) if first.text in line) <= 3
    assert "the left channel is given as the customer and speaks like the agent" in notices(card, "en")[0].text


def test_metadata_that_were_not_understood_are_shown() -> None:
    card = with_extra(unclear={"roles": "坐席,老板", "released_by": "foo\x1b"}, ignored_fields=3)
    text = on_the_terminal(card)
    assert "2 项没看懂" in text and "roles = 坐席,老板" in text and "released_by = foo·" in text
    assert any(bad and "roles = 坐席,老板" in said for bad, said in on_the_page(card))
    many = with_extra(unclear={f"f{i}": "x" for i in range(9)})
    assert "f3 = x 等 9 项" in on_the_terminal(many) and "f4" not in on_the_terminal(many)
    assert "没看懂" not in on_the_terminal(with_extra(ignored_fields=3))


def test_metadata_that_contradict_each_other_are_shown() -> None:
    card = with_extra(conflicts={"roles": [["agent", "customer"], ["customer", "agent"]], "released_by": ["a", "b"]})
    assert "清单和录音旁的文件说法不一，都没有采用：挂机方、声道角色" in on_the_terminal(card)


def test_defects_are_said_in_the_readers_language_with_the_channel_and_once() -> None:
    dead = "no sound but silence or line noise throughout"
    card = with_defects(
        Defect("riff_size_wrong", "the RIFF size claims 12 bytes, 40 are there"), Defect("dead_leg", dead, 0),
        Defect("dead_leg", dead, 1), Defect("chunk_unpadded", "a"), Defect("chunk_unpadded", "b"),
    )  # fmt: skip
    said = [n.text for n in notices(card) if n.text.startswith("录音缺陷")]
    assert said == [
        "录音缺陷：文件头写的大小不对", "录音缺陷：一路没有声音（左声道）", "录音缺陷：一路没有声音（右声道）",
        "录音缺陷：块没有补齐",
    ]  # fmt: skip
    assert not re.search("[a-zA-Z]{3}", "".join(said))
    assert "the RIFF size claims 12 bytes" in on_the_terminal(card, "en")


def test_a_call_record_that_the_sound_contradicts_is_shown() -> None:
    end = CARD.hangup.evidence[0].span if CARD.hangup.evidence else Span(0, 100)
    record = HangupEvidence("cdr_field", "customer", 1.0, end, "挂断方 = customer", "x = customer")
    dead = HangupEvidence("leg_went_dead", "agent", 0.9, end, "坐席一路没有声音", "the agent's leg is dead")
    hangup = replace(CARD.hangup, party="customer", method="metadata", evidence=(record, dead), reason="")
    said = "话单说是客户，录音里的痕迹（一方先断开）却指向坐席；以话单为准，请人工听一下结尾"
    assert hangup_doubt(hangup) == said
    card = replace(CARD, hangup=hangup)
    assert said in on_the_terminal(card) and page_data(card, None, "zh", {})["hangup"]["doubt"] == said
    agreed = replace(dead, points_to="customer"), replace(dead, weight=0.2), replace(dead, points_to="unknown")
    assert not any(hangup_doubt(replace(hangup, evidence=(record, one))) for one in agreed)
    assert hangup_doubt(replace(hangup, method="audio")) == ""


def test_what_the_wait_before_the_end_is_counted_from_is_said() -> None:
    """From a goodbye before the party named went; not from one that the other said into the dead line."""
    dead = HangupEvidence("leg_went_dead", "agent", 0.9, Span(20_000, 24_000), "坐席一路没有声音", "the leg is dead")

    def said(goodbye_ms: int | None, delay_ms: int | None, *evidence: HangupEvidence, party: str = "agent") -> str:
        hangup = Hangup(party, "audio", 0.9, evidence, None, goodbye_ms, delay_ms)
        card = replace(CARD, hangup=hangup, call=replace(CARD.call, facts=replace(CARD.call.facts, duration_ms=24_000)))
        shown = ended_after(hangup, 24_000)
        assert shown in on_the_terminal(card) and page_data(card, None, "zh", {})["hangup"]["after"] == shown
        return shown

    assert said(None, 1000, dead) == "末句后 1.0 s"
    assert said(19_000, 1000, dead) == "道别后 1.0 s"
    assert said(23_000, 1000, dead) == "末句后 1.0 s"  # said after the agent had gone
    assert said(23_000, 1000, dead, party="customer") == "道别后 1.0 s"  # whose going the sound does not show
    assert said(20_500, 0, dead) == "道别后 0.0 s"  # in the middle of it
    order = HangupEvidence("goodbye_order", "unknown", 0.1, Span(22_000, 23_500), "未知方最后道别", "said last")
    assert said(None, 500, order, party="unknown") == "道别后 0.5 s"
    assert said(None, None) == ""
    assert ended_after(Hangup("agent", "audio", 0.9, (dead,), None, None, 1000), 24_000, "en") == (
        "1.0 s after the last word"
    )


def test_announcements_are_a_note_and_stand_on_the_page() -> None:
    card = replace(CARD, announcements=(Announcement(0, Span(0, 900), "咨询请按1"),))
    found = [n for n in notices(card) if n.code == "announcements"]
    assert [n.weight for n in found] == [Weight.NOTE] and "1 段系统语音" in found[0].text
    assert page_data(card, None, "zh", {})["announcements"] == [
        {"a": 0, "b": 900, "kind": "announcement", "text": "咨询请按1"}
    ]
