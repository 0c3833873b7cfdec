from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from analyzer.measure.catalogue import CATALOGUE, measure
from analyzer.measure.types import HangupEvidence, Turn
from analyzer.outputs.call_page import render_call_page, runs
from analyzer.outputs.page_shell import content_policy, json_block
from analyzer.outputs.sound import LinkedSound, embed_sound
from analyzer.outputs.summary import KEY_MEASURES
from analyzer.rules.types import Evidence, Scorecard, SectionScore, Verdict
from analyzer.spans import Span
from analyzer.speech.types import Word
from analyzer.testing.browser import Watched
from analyzer.testing.scorecards import HOSTILE, make_audio, make_scorecard


def data_of(page: bytes) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.decode(), re.S)
    assert found
    return json.loads(found[1])


def with_sound(scorecard: Scorecard, language: Any = "zh") -> bytes:
    samples = make_audio(scorecard)
    return render_call_page(scorecard, samples=samples, sound=embed_sound(samples, 8000), language=language)


def test_the_same_call_is_the_same_page() -> None:
    assert with_sound(make_scorecard(1, 30_000)) == with_sound(make_scorecard(1, 30_000))


def test_the_page_fetches_nothing_and_runs_only_its_own_script() -> None:
    page = render_call_page(make_scorecard(1)).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    rules = html.unescape(policy[1])
    assert rules.startswith("default-src 'none'")
    assert "unsafe" not in rules and "http" not in rules
    style, script = re.search(r"<style>(.*?)</style>", page, re.S), re.search(r"<script>(.*?)</script>", page, re.S)
    assert style and script
    assert content_policy(style[1], script[1]).split("; ")[1:3] == rules.split("; ")[1:3]
    assert not re.search(r"\son\w+=|\sstyle=|javascript:|https?://(?!www\.w3\.org/2000/svg)", page)


def test_a_section_says_where_its_cap_left_something_out() -> None:
    card = make_scorecard(3)
    failed = next(f for f in card.findings if f.verdict is Verdict.FAIL and f.scored)
    mine = [f.deduction for f in card.findings if f.scored and f.section == failed.section]
    for deducted, capped in ((sum(mine), False), (sum(mine) / 2, True)):
        sections = tuple(replace(s, deducted=deducted) if s.id == failed.section else s for s in card.score.sections)
        page = render_call_page(replace(card, score=replace(card.score, sections=sections)))
        shown = {s["id"]: s["capped"] for s in data_of(page)["score"]["sections"]}
        assert shown[failed.section] is capped


def test_hostile_text_stays_data() -> None:
    page = render_call_page(make_scorecard(2, hostile=True))
    markup = re.sub(rb'<script type="application/json".*?</script>', b"", page, flags=re.S)
    assert b"owned" not in markup.replace(b"../../etc/passwd", b"")
    assert page.count(b"<script") == 2
    assert HOSTILE in data_of(page)["turns"][1]["text"]


def test_json_blocks_cannot_end_their_element() -> None:
    value = {"</script>": "<!--<script>&\u2028"}
    assert not re.search("[<>&\u2028]", json_block(value))
    assert json.loads(json_block(value)) == value


def test_every_finding_has_its_clause_evidence_and_advice() -> None:
    scorecard = make_scorecard(3)
    data = data_of(render_call_page(scorecard, clauses={"D1-S1": "接听时说您好"}))
    assert [f["rule"] for f in data["findings"]] == [f.rule for f in scorecard.findings]
    for shown, finding in zip(data["findings"], scorecard.findings, strict=True):
        assert [(e["a"], e["b"]) for e in shown["evidence"]] == [
            (e.span.start_ms, e.span.end_ms) for e in finding.evidence
        ]
        assert shown["advice"] == finding.advice
    assert next(f for f in data["findings"] if f["rule"] == "S1")["clauses"] == [
        {"id": "D1-S1", "text": "接听时说您好"}
    ]


def test_a_turn_that_only_calls_for_something_is_not_marked_as_breaking_it() -> None:
    card = make_scorecard(1)
    asked = next(t for t in card.turns if t.span.duration_ms > 500)

    def marked(context: bool) -> list[list[int]]:
        place = Evidence(asked.span, asked.role, "针对这一处", "it is about this", asked.text, context=context)
        failed = msgspec.structs.replace(card.findings[0], verdict=Verdict.FAIL, evidence=(place,))
        data = data_of(render_call_page(replace(card, findings=(failed,))))
        return [t["marks"] for t in data["turns"] if t["marks"]]

    assert marked(context=False) == [[[0]]]
    assert marked(context=True) == []


def test_long_curves_are_thinned_and_keep_their_mean() -> None:
    scorecard = make_scorecard(1)
    values = tuple(float(i % 7) for i in range(36_000))
    long = replace(scorecard.series[0], times_ms=tuple(range(0, 360_000, 10)), values=values)
    shown = data_of(render_call_page(replace(scorecard, series=(long,))))["series"][0]
    assert len(shown["t"]) == len(shown["v"]) <= 4000
    assert abs(sum(shown["v"]) / len(shown["v"]) - sum(values) / len(values)) < 0.01


def turn(text: str, *words: str) -> Turn:
    made = tuple(Word(w, Span(i * 100, i * 100 + 90), 0.9) for i, w in enumerate(words))
    return Turn(0, 0, make_scorecard(0).turns[0].role, Span(0, 5000), 4000, text, made)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("您好,再见。", ("您", "好", "再", "见")),
        ("a", ()),
        ("", ("您",)),
        ("您好", ("没", "有")),
        ("一二三一二三", ("三", "三", "一")),
        ("wifi 很慢", (" wifi", "很", "慢")),
    ],
)
def test_the_text_of_a_turn_is_always_whole(text: str, words: tuple[str, ...]) -> None:
    assert "".join(run[0] for run in runs(turn(text, *words))) == text


def test_words_in_the_text_carry_their_times() -> None:
    assert [(r[0], r[1]) for r in runs(turn("您好,再见。", "您", "好", "再", "见"))] == [
        ("您", 0), ("好", 100), (",", -1), ("再", 200), ("见", 300), ("。", -1),
    ]  # fmt: skip


def test_a_call_with_nothing_in_it_has_a_page() -> None:
    scorecard = make_scorecard(0)
    score = replace(scorecard.score, total=None, reason="no_rule_applies", sections=())
    bare = replace(
        scorecard, score=score, speakers=(), findings=(), observations=(), measures=(), turns=(), overlaps=(),
        pauses=(), doubts=(), series=(),
    )  # fmt: skip
    assert data_of(render_call_page(bare))["score"]["reason"] == "没有适用的评分规则"


def test_a_call_without_a_score_says_so_and_why_at_the_head_once() -> None:
    card = make_scorecard(1)

    def heads(reason: str | None, language: Any = "zh") -> list[str]:
        score = replace(card.score, total=None if reason else 90.0, reason=reason)
        return [text for _, text in data_of(render_call_page(replace(card, score=score), language=language))["notices"]]

    assert heads("too_few_rules_apply")[0] == "没有得分：适用的规则太少，不足以评分"
    assert heads("too_few_rules_apply", "en")[0] == "no score: too few rules apply for a score"
    assert not any("没有得分" in text for text in heads(None))
    assert sum("得分" in text for text in heads("words_not_understood")) == 1  # the alarm says it


def test_a_section_without_a_score_says_what_is_true_of_it() -> None:
    card = make_scorecard(1)
    first = replace(card.score.sections[0], score=None, applicable=0, failed=0, unsure=0)
    doubtful = replace(first, applicable=3, unsure=3)
    passed = replace(first, applicable=3, unsure=1)

    def said(section: SectionScore, reason: str | None = None) -> Any:
        score = replace(card.score, sections=(section,), total=None if reason else 90.0, reason=reason)
        return data_of(render_call_page(replace(card, score=score)))["score"]["sections"][0]["why"]

    assert said(first) == "没有适用的评分规则"
    assert said(doubtful) == "适用的规则都待人工确认"
    assert said(passed, "roles_contradicted") == "坐席和客户可能弄反了"
    assert said(first, "roles_contradicted") == "没有适用的评分规则"
    assert said(replace(first, score=80.0)) == ""


def test_the_start_is_shown_as_people_write_it() -> None:
    card = make_scorecard(1, start_time="2026-11-27T13:00:00")
    facts = dict(data_of(render_call_page(card))["call"]["facts"])
    assert facts["开始时间"] == "2026-11-27 13:00"
    assert card.call.metadata.start_time == "2026-11-27T13:00:00"


@pytest.mark.browser
def test_the_events_of_a_call_without_any_are_none(browser: Any, tmp_path: Path) -> None:
    bare = replace(make_scorecard(1), observations=(), overlaps=(), pauses=(), announcements=())
    (tmp_path / "call.html").write_bytes(render_call_page(bare))
    watched = Watched(browser)
    watched.open((tmp_path / "call.html").as_uri())
    assert watched.page.locator("section:has(#events)").inner_text().split() == ["事件", "无"]
    assert watched.complaints == []


def test_a_customer_is_not_measured_by_what_is_asked_of_the_agents_voice() -> None:
    scorecard = make_scorecard(1)
    names = ("listless_index", "smile_index", "greeting_slope", "mouthpiece_pops", "shouting_time", "active_level")
    both = tuple(measure(name, 1.0, speaker) for speaker in scorecard.speakers for name in names)
    shown = data_of(render_call_page(replace(scorecard, measures=both)))["measures"]
    assert [m["label"] for m in shown if m["who"] == "坐席"] == [CATALOGUE[name].zh for name in names]
    assert [m["label"] for m in shown if m["who"] == "客户"] == ["大声喊叫时长", "有效语音电平"]


# ---- in a real browser


@pytest.fixture()
def opened(browser: Any, tmp_path: Path) -> Any:
    def show(page: bytes, **size: int) -> tuple[Watched, float]:
        file = tmp_path / "页面 call.html"
        file.write_bytes(page)
        watched = Watched(browser, **size)
        return watched, watched.open(file.as_uri())

    return show


@pytest.mark.browser
def test_clicking_a_finding_moves_the_playback_there(opened: Any) -> None:
    scorecard = make_scorecard(3)
    watched, _ = opened(with_sound(scorecard))
    page = watched.page
    failed = next(f for f in scorecard.findings if f.verdict is Verdict.FAIL and f.evidence)
    start = failed.evidence[0].span.start_ms
    page.click(f'.finding[data-rule="{failed.rule}"] .time')
    page.wait_for_function(f"() => !audio.paused && audio.currentTime * 1000 >= {start}")
    assert start <= page.evaluate("audio.currentTime * 1000") < start + 3000
    page.wait_for_function("() => document.querySelector('.turn.now')")
    page.keyboard.press("Escape")
    assert watched.complaints == []


@pytest.mark.browser
def test_filters_keys_and_words(opened: Any) -> None:
    scorecard = make_scorecard(3)
    watched, _ = opened(with_sound(scorecard))
    page = watched.page
    shown = page.locator(".finding:visible")
    bad = sum(f.verdict in (Verdict.FAIL, Verdict.UNSURE) for f in scorecard.findings)
    assert shown.count() == bad
    page.check('[data-verdict="pass"]')
    assert shown.count() == bad + scorecard.score.passed
    page.uncheck('[data-verdict="fail"]')
    assert page.locator(".finding.v-fail:visible").count() == 0
    page.check('[data-verdict="fail"]')
    page.click("h1")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator(".finding.sel").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_function("() => !audio.paused")
    page.keyboard.press(" ")
    page.wait_for_function("() => audio.paused")
    page.wait_for_timeout(200)  # the sound's clock runs on for a moment
    before = page.evaluate("Number(document.body.dataset.position)")
    page.keyboard.press("Shift+ArrowRight")
    assert abs(page.evaluate("Number(document.body.dataset.position)") - before - 1000) < 5
    word = scorecard.turns[2].words[3]
    page.locator(".turn").nth(2).locator(".w").nth(3).click()
    page.wait_for_function(f"() => Math.abs(audio.currentTime * 1000 - {word.span.start_ms}) < 800")
    page.select_option("#ears", "1")
    page.keyboard.press("?")
    assert watched.complaints == []


@pytest.mark.browser
def test_a_page_without_sound_still_moves_its_position(opened: Any) -> None:
    scorecard = make_scorecard(1)
    watched, _ = opened(render_call_page(scorecard, language="en"))
    watched.page.locator(".finding .time").first.click()
    assert watched.page.evaluate("Number(document.body.dataset.position)") > 0
    assert watched.page.locator("#play").is_disabled()
    assert "Findings" in watched.page.inner_text("main") and "检查结果" not in watched.page.inner_text("main")
    assert watched.complaints == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 800, 1060, 1300])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_wider_than_the_window(opened: Any, width: int, language: Any) -> None:
    scorecard = make_scorecard(3)
    end = Span(scorecard.turns[-1].span.end_ms, scorecard.call.facts.duration_ms)
    record = HangupEvidence("cdr_field", "customer", 1.0, end, "挂断方 = customer", "released_by = customer")
    dead = HangupEvidence("leg_went_dead", "agent", 0.9, end, "坐席一路没有声音", "the agent's leg falls silent")
    hangup = replace(scorecard.hangup, party="customer", method="metadata", evidence=(record, dead))
    watched, _ = opened(render_call_page(replace(scorecard, hangup=hangup), language=language), width=width)
    watched.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    assert watched.page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.browser
@pytest.mark.parametrize("width", [700, 1400])
def test_key_measures_stand_first_and_none_is_in_a_box_to_scroll(opened: Any, width: int) -> None:
    scorecard = make_scorecard(1)
    names = sorted(CATALOGUE)
    many = tuple(measure(name, 1.0, speaker) for name in names for speaker in scorecard.speakers)
    watched, _ = opened(render_call_page(replace(scorecard, measures=many)), width=width)
    page = watched.page
    shown = page.locator("#measures tr td:first-child").all_inner_texts()
    assert list(dict.fromkeys(shown)) == [CATALOGUE[name].zh for name in KEY_MEASURES]
    everything = page.locator("#all-measures table")
    assert not everything.is_visible()
    count = len(data_of(render_call_page(replace(scorecard, measures=many)))["measures"])
    assert count > 100
    page.click(f"text=全部指标 ({count})")
    assert everything.locator("tr").count() == count + 1 and everything.locator("tr").last.is_visible()
    inner = "t => { const b = t.parentElement; return b.scrollHeight > b.clientHeight + 1; }"
    assert not page.locator("#measures").evaluate(inner) and not everything.evaluate(inner)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "said", "alike", "record"),
    [
        ("zh", "找的是少等会儿，听到的是小等会啊", "音近", "挂机方 = 坐席"),
        ("en", "looked for 少等会儿, heard 小等会啊", "sounds alike", "who released the call = agent"),
    ],
)
def test_evidence_says_what_was_sought_and_what_the_record_holds(
    opened: Any, language: Any, said: str, alike: str, record: str
) -> None:
    scorecard = make_scorecard(3)
    heard = Evidence(Span(0, 900), None, "像是", "like", "小等会啊", "少等会儿", 0.91)
    pattern = msgspec.structs.replace(heard, phrase="小等.{1,2}|等会儿", score=None)
    told = Evidence(Span(0, 0), None, "released_by = agent", "released_by = agent")
    detail = HangupEvidence("cdr_field", "agent", 1.0, Span(0, 0), "released_by = agent", "released_by = agent")
    first = scorecard.findings[0]
    findings = [
        msgspec.structs.replace(first, rule=f"X{i}", verdict=Verdict.UNSURE, evidence=(one,))
        for i, one in enumerate((heard, msgspec.structs.replace(heard, score=None), pattern, told))
    ]
    hangup = replace(scorecard.hangup, evidence=(detail,))
    watched, _ = opened(
        render_call_page(replace(scorecard, findings=tuple(findings), hangup=hangup), language=language)
    )
    shown = [watched.page.inner_text(f'[data-rule="X{i}"] li') for i in range(4)]
    assert said in shown[0] and f"{alike} 0.91" in shown[0]
    assert said in shown[1] and alike not in shown[1]
    assert "小等会啊" in shown[2] and ".{1,2}" not in shown[2] and alike not in shown[2]
    assert record in shown[3] and record in watched.page.inner_text("#hangup")
    assert watched.complaints == []


@pytest.mark.browser
def test_a_clause_without_its_text_names_the_pack_that_judged(opened: Any) -> None:
    scorecard = make_scorecard(3)
    first = msgspec.structs.replace(scorecard.findings[0], rule="X1", verdict=Verdict.FAIL, clauses=("HOUSE1",))
    known = msgspec.structs.replace(first, rule="X2", clauses=("D1-S1",))
    made = replace(scorecard.provenance, standard_id="h2", standard_version="1.7")
    for language, said in (
        ("zh", "条款的文字在评分所用的标准包里：h2 1.7"),
        ("en", "in the pack that judged: h2 1.7"),
    ):
        card = replace(scorecard, findings=(first, known), provenance=made)
        watched, _ = opened(render_call_page(card, language=language, clauses={"D1-S1": "接听时说您好"}))
        assert said in watched.page.inner_text('[data-rule="X1"] .clause')
        assert watched.page.inner_text('[data-rule="X2"] .clause').endswith("D1-S1 接听时说您好")


@pytest.mark.browser
def test_many_clauses_are_folded(opened: Any) -> None:
    scorecard = make_scorecard(3)
    first = msgspec.structs.replace(
        scorecard.findings[0], rule="X1", verdict=Verdict.FAIL, clauses=("C1", "C2", "C3", "C4", "C5")
    )
    few = msgspec.structs.replace(first, rule="X2", clauses=first.clauses[:4])
    watched, _ = opened(render_call_page(replace(scorecard, findings=(first, few)), clauses={"C5": "先问清楚"}))
    page = watched.page
    assert page.inner_text('[data-rule="X1"] .clause summary').endswith("C1 C2 C3 C4 C5")
    assert "先问清楚" not in page.inner_text('[data-rule="X1"] .clause')
    page.click('[data-rule="X1"] .clause summary')
    assert "C5 先问清楚" in page.inner_text('[data-rule="X1"] .clause')
    assert page.query_selector('[data-rule="X2"] .clause summary') is None


@pytest.mark.browser
def test_a_linked_recording_plays(opened: Any, tmp_path: Path) -> None:
    import soundfile

    scorecard = make_scorecard(1, 30_000)
    soundfile.write(tmp_path / "a 录音#1.wav", make_audio(scorecard).T, 8000, subtype="PCM_16")
    watched, _ = opened(render_call_page(scorecard, sound=LinkedSound("a 录音#1.wav")))
    watched.page.locator(".finding .time").first.click()
    watched.page.wait_for_function("() => audio.currentTime > 0 && !audio.paused")
    assert watched.complaints == []


@pytest.mark.browser
def test_hostile_text_does_nothing_but_stand_there(opened: Any) -> None:
    watched, _ = opened(with_sound(make_scorecard(2, hostile=True)))
    for box in watched.page.locator("#filters input").all():
        box.check()
    watched.page.locator(".finding .time").first.click()
    watched.page.wait_for_timeout(300)
    assert "owned" not in watched.page.title()
    assert HOSTILE in watched.page.inner_text("#turns")
    assert watched.page.locator("main img, main script").count() == 0
    assert watched.complaints == []


@pytest.mark.browser
def test_a_script_slipped_into_the_file_is_refused(opened: Any) -> None:
    page = render_call_page(make_scorecard(1)).replace(
        b"</body>", b"<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"></body>"
    )
    watched, _ = opened(page)
    watched.page.wait_for_timeout(200)
    assert "owned" not in watched.page.title()
    assert any("Content Security Policy" in said for said in watched.complaints)


@pytest.mark.browser
def test_printing_leaves_the_words_and_drops_the_buttons(opened: Any) -> None:
    watched, _ = opened(render_call_page(make_scorecard(3), samples=make_audio(make_scorecard(3))))
    watched.page.emulate_media(media="print")
    assert not watched.page.locator("#player").is_visible()
    assert watched.page.locator(".turn").last.is_visible()
    height = watched.page.evaluate("getComputedStyle(document.getElementById('turns')).overflowY")
    assert height == "visible"


@pytest.mark.browser
def test_what_is_nowhere_paints_no_place(opened: Any) -> None:
    """Missing words and figures of the whole call are drawn only while their finding is selected; a long hold is."""
    scorecard = make_scorecard(3, 60_000)
    end = scorecard.call.facts.duration_ms
    first = msgspec.structs.replace(scorecard.findings[0], verdict=Verdict.FAIL, rule="X1")

    def lane_pixels(select: bool, **evidence: Any) -> int:
        finding = msgspec.structs.replace(first, evidence=(Evidence(**evidence),))
        watched, _ = opened(render_call_page(replace(scorecard, findings=(finding,))))
        if select:
            watched.page.focus(".finding")
        watched.page.wait_for_timeout(150)
        # the lane of the findings: pixels that are neither its ground nor the grid
        return int(
            watched.page.evaluate(
                """() => { const lane = LANES.find((l) => l.kind === "findings"), r = window.devicePixelRatio || 1;
                const d = line.getContext("2d").getImageData((LABEL + 4) * r, (lane.top + 2) * r, (px() - 8) * r,
                (lane.height - 3) * r).data; let n = 0;
                for (let i = 0; i < d.length; i += 4) if (d[i] - d[i + 2] > 30) n++; return n; }"""
            )
        )

    missing = {"span": Span(0, end * 6 // 10), "role": None, "what": "没有听到", "what_en": "没有听到"}
    whole = {"span": Span(0, end), "role": None, "what": "实测值", "what_en": "实测值", "value": 1.0, "unit": "1"}
    hold = {**missing, "value": 30_000.0, "unit": "ms"}
    assert lane_pixels(False, **missing) == 0 and lane_pixels(False, **whole) == 0
    assert lane_pixels(True, **missing) > 100 and lane_pixels(False, **hold) > 100
