from __future__ import annotations

import base64
import itertools
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from analyzer.errors import UsageError
from analyzer.outputs.export import export
from analyzer.outputs.team_page import render_team_page
from analyzer.rules.types import Verdict
from analyzer.testing.big_tables import make_tables
from analyzer.testing.browser import Watched
from analyzer.testing.scorecards import HOSTILE, make_scorecard

pytest.importorskip("pyarrow", reason="pyarrow is missing: pip install -e '.[export]'")


def card(i: int) -> Any:
    return make_scorecard(
        i, 25_000, agent_id=f"A{i % 4}", team=f"组{i % 2}", start_time=f"2026-03-{i % 9 + 1:02d}T09:00:00"
    )


CARDS = [(f"t{i % 2}/通话 {i}", card(i)) for i in range(40)]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tables")
    export(CARDS, out, "parquet")
    return out


def data_of(page: bytes) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.decode(), re.S)
    assert found
    return json.loads(found[1])


def unpack(text: str, kind: Any) -> Any:
    return np.frombuffer(base64.b64decode(text), kind)


def test_calls_of_which_no_finding_is_scored_have_a_page(tmp_path: Path) -> None:
    cards = [
        (place, replace(one, findings=tuple(msgspec.structs.replace(f, scored=False) for f in one.findings)))
        for place, one in CARDS[:3]
    ]
    export(cards, tmp_path, "parquet")
    data = data_of(render_team_page(tmp_path))
    assert data["rules"] == [] and len(data["places"].split("\n")) == 3
    assert not unpack(data["failing"]["offsets"], np.uint32).any()


def test_every_call_is_a_row_with_its_score_and_failing_rules(tables: Path) -> None:
    data = data_of(render_team_page(tables))
    places = data["places"].split("\n")
    scores = unpack(data["columns"]["score"], np.uint16)
    at, rules = unpack(data["failing"]["offsets"], np.uint32), unpack(data["failing"]["rules"], np.uint16)
    assert places == sorted(place for place, _ in CARDS)
    for place, scorecard in CARDS:
        i = places.index(place)
        total = scorecard.score.total
        assert scores[i] == (65535 if total is None else round(total * 10))
        told = {data["rules"][r]["id"] for r in rules[at[i] : at[i + 1]]}
        assert told == {f.rule for f in scorecard.findings if f.verdict is Verdict.FAIL and f.scored}


def test_which_rules_applied_to_a_call_is_known(tables: Path) -> None:
    data = data_of(render_team_page(tables))
    places, bits = data["places"].split("\n"), unpack(data["applies"], np.uint8).reshape(len(CARDS), -1)
    for place, scorecard in CARDS:
        applied = {f.rule for f in scorecard.findings if f.verdict is not Verdict.NOT_APPLICABLE and f.scored}
        set_bits = np.unpackbits(bits[places.index(place)], bitorder="little")
        assert {r["id"] for i, r in enumerate(data["rules"]) if set_bits[i]} == applied


@pytest.mark.browser
def test_shares_are_of_the_calls_a_rule_applied_to_and_nobody_is_no_agent(browser: Any, tmp_path: Path) -> None:
    nameless = make_scorecard(41, 25_000, agent_id="")
    nameless = replace(nameless, call=replace(nameless.call, metadata=replace(nameless.call.metadata, agent_id=None)))
    cards = [*CARDS, ("nobody's", nameless)]
    export(cards, tmp_path, "parquet")
    (tmp_path / "team.html").write_bytes(render_team_page(tmp_path))
    watched = Watched(browser)
    watched.open((tmp_path / "team.html").as_uri())
    assert watched.page.locator("#kpis b").last.inner_text() == "4"
    assert "占适用的通话" in watched.page.locator("#rules tr").first.inner_text()
    for line in watched.page.locator("#rules tr").all()[1:]:
        name, _, failed, share, _ = line.locator("td").all_inner_texts()
        verdicts = [f.verdict for _, s in cards for f in s.findings if f.rule == name.split()[0]]
        applied = sum(v is not Verdict.NOT_APPLICABLE for v in verdicts)
        assert int(failed) == sum(v is Verdict.FAIL for v in verdicts)
        assert share == f"{100 * int(failed) / applied:.1f} %" and applied < len(cards)
    assert watched.complaints == []


def test_by_which_standard_the_calls_were_scored_is_said(tables: Path, tmp_path: Path) -> None:
    assert data_of(render_team_page(tables))["standards"] == [["general 1.0 (abababababab)", "默认", 40]]
    strict = [(p, replace(s, provenance=replace(s.provenance, profile="strict"))) for p, s in CARDS[:3]]
    export([*strict, *CARDS[3:]], tmp_path, "parquet")
    for language, names in (("zh", ("默认", "严格")), ("en", ("default", "strict"))):
        shown = data_of(render_team_page(tmp_path, language=language))["standards"]
        assert [row[1:] for row in shown] == [[names[0], 37], [names[1], 3]]


def test_tables_of_an_older_version_are_refused(tables: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as parquet

    for name in ("calls", "findings"):
        table = parquet.read_table(tables / f"{name}.parquet")
        parquet.write_table(table.drop_columns(["day"]), tmp_path / f"{name}.parquet")
    with pytest.raises(UsageError, match=r"usage\.old_tables"):
        render_team_page(tmp_path)


def test_the_order_of_the_export_does_not_matter(tables: Path, tmp_path: Path) -> None:
    export(CARDS[::-1], tmp_path, "parquet")
    one, two = data_of(render_team_page(tables)), data_of(render_team_page(tmp_path))
    for name in ("places", "columns", "measures"):
        assert one[name] == two[name]


def test_missing_tables_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        render_team_page(tmp_path)


@pytest.mark.browser
def test_a_link_to_a_page_of_an_earlier_scorecard_says_so(browser: Any, tables: Path, tmp_path: Path) -> None:
    pages = {CARDS[0][0]: False, CARDS[1][0]: True}
    for language, said in (("zh", "页面已过期"), ("en", "page is older than the scorecard")):
        (tmp_path / "team.html").write_bytes(render_team_page(tables, language=language, outdated=pages))
        watched = Watched(browser)
        watched.open((tmp_path / "team.html").as_uri())
        cells = watched.page.locator("#list tr:has(a) td:first-child").all_inner_texts()
        assert sorted(cells) == sorted([CARDS[0][0], f"{CARDS[1][0]} {said}"])
        assert watched.complaints == []


@pytest.mark.browser
def test_numbers_open_their_calls(browser: Any, tables: Path, tmp_path: Path) -> None:
    (tmp_path / "team.html").write_bytes(render_team_page(tables, links="pages"))
    watched = Watched(browser)
    watched.open((tmp_path / "team.html").as_uri())
    page = watched.page
    assert page.locator("#kpis b").first.inner_text() == "40"
    fatal = sum(bool(s.score.fatal) for _, s in CARDS)
    page.locator("#kpis button").nth(3).click()
    assert page.inner_text("#what").endswith(f"· {fatal}")
    page.select_option("#team", label="组1")
    assert page.locator("#kpis b").first.inner_text() == "20"
    rule = page.locator("#rules tr").nth(1)
    count = rule.locator("button").first.inner_text()
    rule.locator("button").first.click()
    assert page.inner_text("#what").endswith(f"· {count}")
    name = rule.locator("td").first.inner_text().split()[0]
    failing = [
        p
        for p, s in CARDS
        if p.startswith("t1/") and any(f.rule == name and f.verdict is Verdict.FAIL for f in s.findings)
    ]
    assert sorted(page.locator("#list td:first-child").all_inner_texts()) == sorted(failing)
    assert page.locator("#list a").first.get_attribute("href").startswith("pages/t1/%E9%80%9A")
    page.fill("#from", "2026-03-05")
    assert int(page.locator("#kpis b").first.inner_text()) < 20
    page.click("#reset")
    assert page.locator("#kpis b").first.inner_text() == "40"
    page.locator("#histogram [role=button]").last.press("Enter")
    page.locator("#agents td button").first.click()
    assert page.locator("#agents tr").count() == 2
    assert watched.complaints == []


@pytest.mark.browser
def test_a_recording_under_several_names_counts_once_in_every_number(browser: Any, tmp_path: Path) -> None:
    def call(seed: int, agent: str, total: float) -> Any:
        made = make_scorecard(seed, 25_000, agent_id=agent, team=agent, start_time="2026-03-01T09:00:00")
        return replace(made, score=replace(made.score, total=total))

    more = [(f"c{i}", call(2, "甲", 40.0)) for i in range(3)]
    cards = [("a", call(1, "甲", 90.0)), ("b", call(2, "甲", 40.0)), *more, ("d", call(2, "乙", 40.0))]
    export(cards, tmp_path, "parquet")
    html = render_team_page(tmp_path)
    assert data_of(html)["twins"] == [[1, 2, 3, 4, 5]]
    (tmp_path / "team.html").write_bytes(html)
    watched = Watched(browser)
    watched.open((tmp_path / "team.html").as_uri())
    page = watched.page
    shown = page.locator("#kpis b").all_inner_texts()
    assert shown[:2] == ["2", "65.0"]
    assert "4 通" in page.inner_text("#twins") and "同一个录音" in page.inner_text("#twins")
    page.locator("#twins button").click()
    assert sorted(page.locator("#list td:first-child").all_inner_texts()) == ["c0", "c1", "c2", "d"]
    lines = {line.locator("td").first.inner_text(): line.locator("td").all_inner_texts()[2:5]
             for line in page.locator("#agents tr").all()[1:]}  # fmt: skip
    assert {agent: (calls, mean.split()[0]) for agent, (calls, _, mean) in lines.items()} == {
        "甲": ("2", "65.0"), "乙": ("1", "40.0"),
    }  # fmt: skip
    page.select_option("#agent", label="乙")
    assert page.locator("#kpis b").all_inner_texts()[:2] == ["1", "40.0"] and not page.inner_text("#twins")
    assert watched.complaints == []


@pytest.mark.browser
def test_a_mean_says_of_how_many_scored_calls_it_is_and_has_no_interval_of_few(browser: Any, tmp_path: Path) -> None:
    numbers = itertools.count()

    def call(agent: str, day: int, total: float | None) -> Any:
        made = make_scorecard(day, 25_000, agent_id=agent, team=agent, start_time=f"2026-03-{day:02d}T09:00:00")
        facts = replace(made.call.facts, sha256=f"{next(numbers):064x}")  # every call another recording
        return replace(made, call=replace(made.call, facts=facts), score=replace(made.score, total=total))

    few = [("few/1", call("few", 1, 20.0)), ("few/2", call("few", 2, 90.0)), ("few/3", call("few", 2, None))]
    many = [(f"many/{i}", call("many", i + 3, 80.0 + i)) for i in range(10)]
    export([*few, *many], tmp_path, "parquet")
    (tmp_path / "team.html").write_bytes(render_team_page(tmp_path))
    watched = Watched(browser)
    watched.open((tmp_path / "team.html").as_uri())
    page = watched.page
    for table in ("#agents", "#teams"):
        rows = {row.locator("td").first.inner_text(): row for row in page.locator(f"{table} tr").all()[1:]}
        assert "55.0 —" in rows["few"].inner_text() and "±" not in rows["few"].inner_text()
        assert "2 / 3" in rows["few"].inner_text() and "10 / 10" in rows["many"].inner_text()
        # Student's t for 9 degrees of freedom: 2.262 * 3.0277 / sqrt(10)
        assert "84.5 ±2.2" in rows["many"].inner_text()
        assert "少于 10 通" in (rows["few"].locator(".ci").get_attribute("title") or "")
    assert "12 / 13 通有分" in page.inner_text("#kpis")
    said = page.inner_text("main")
    assert "t 分布" in said and "少于 10 通" in said and "≥ 10" not in said
    assert page.locator("#trend polygon").count() == 0  # no day has ten calls
    rows["few"].locator("button", has_text="2 / 3").click()
    assert page.inner_text("#what").endswith("· 1")
    assert watched.complaints == []


@pytest.mark.browser
def test_how_far_an_agent_is_from_the_rest_is_told_in_the_unit_that_is_named(browser: Any, tmp_path: Path) -> None:
    numbers = itertools.count()

    def call(agent: str, rate: float) -> Any:
        made = make_scorecard(1, 25_000, agent_id=agent, start_time="2026-03-01T09:00:00")
        facts = replace(made.call.facts, sha256=f"{next(numbers):064x}")
        told = [replace(m, value=rate) if m.name == "articulation_rate" else m for m in made.measures]
        return replace(made, call=replace(made.call, facts=facts), measures=tuple(told))

    rates = {"甲": 210.0} | {f"A{i}": 197.0 + i for i in range(6)}
    export([(f"{who}/{i}", call(who, rate)) for who, rate in rates.items() for i in range(5)], tmp_path, "parquet")
    html = render_team_page(tmp_path)
    (tmp_path / "team.html").write_bytes(html)
    watched = Watched(browser)
    watched.open((tmp_path / "team.html").as_uri())
    page = watched.page
    page.select_option("#which", index=[m["name"] for m in data_of(html)["measures"]].index("agent_articulation_rate"))
    head, *lines = page.locator("#outliers tr").all_inner_texts()
    # 10 over a median of 200, where the median deviation is 2: 5 of these, 3.4 robust standard deviations
    assert [line.split()[0] for line in lines] == ["甲"] and "+3.4" in lines[0]
    assert "标准差" in head and "MAD" not in head
    assert watched.complaints == []


@pytest.mark.browser
@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ({"甲": 100.0, "乙": 300.0}, "坐席不足 5 人，不作比较"),
        ({"甲": 300.0, **dict.fromkeys("乙丙丁戊", 100.0)}, "无从衡量偏离"),
        (dict.fromkeys("甲乙丙丁戊", 100.0), "没有偏离其他人的坐席"),
    ],
)
def test_agents_who_can_not_be_compared_are_not_said_to_be_alike(
    browser: Any, tmp_path: Path, rates: dict[str, float], said: str
) -> None:
    numbers = itertools.count()

    def call(agent: str, rate: float) -> Any:
        made = make_scorecard(1, 25_000, agent_id=agent)
        facts = replace(made.call.facts, sha256=f"{next(numbers):064x}")
        told = [replace(m, value=rate) if m.name == "articulation_rate" else m for m in made.measures]
        return replace(made, call=replace(made.call, facts=facts), measures=tuple(told))

    export([(f"{who}/{i}", call(who, rate)) for who, rate in rates.items() for i in range(5)], tmp_path, "parquet")
    html = render_team_page(tmp_path)
    (tmp_path / "team.html").write_bytes(html)
    watched = Watched(browser)
    watched.open((tmp_path / "team.html").as_uri())
    names = [m["name"] for m in data_of(html)["measures"]]
    watched.page.select_option("#which", index=names.index("agent_articulation_rate"))
    shown = watched.page.inner_text("#outliers")
    assert said in shown and (said.startswith("没有") or "没有偏离" not in shown)


@pytest.mark.browser
@pytest.mark.parametrize(("language", "folded", "open_"), [("zh", "另有 3 条", "收起"), ("en", "And 3 more", "Fewer")])
def test_broken_rules_beyond_those_shown_are_counted_and_unfold(
    browser: Any, tmp_path: Path, language: Any, folded: str, open_: str
) -> None:
    card = make_scorecard(3, 25_000)
    broken = tuple(
        msgspec.structs.replace(card.findings[0], rule=f"R{i}", verdict=Verdict.FAIL, scored=True) for i in range(15)
    )
    for count, fold in ((15, folded), (12, None)):
        export([("a", replace(card, findings=broken[:count]))], tmp_path, "parquet")
        (tmp_path / "team.html").write_bytes(render_team_page(tmp_path, language=language))
        watched = Watched(browser)
        watched.open((tmp_path / "team.html").as_uri())
        lines, button = watched.page.locator("#rules tr"), watched.page.locator("#more-rules")
        assert lines.count() == 1 + 12
        if fold is None:
            assert not button.is_visible()
            continue
        assert button.inner_text() == fold
        button.click()
        assert lines.count() == 1 + count and button.inner_text() == open_
        button.click()
        assert lines.count() == 1 + 12
        assert watched.complaints == []


@pytest.mark.browser
def test_calls_to_listen_to_first_each_have_a_reason(browser: Any, tmp_path: Path) -> None:
    def having(total: float | None, failed: int, reason: str | None = None) -> Any:
        scorecard = card(1)
        verdicts = itertools.chain([Verdict.FAIL] * failed, itertools.repeat(Verdict.PASS))
        score = replace(scorecard.score, total=total, reason=reason, fatal=(), failed=failed, unsure=0)
        findings = tuple(
            msgspec.structs.replace(f, verdict=v) for f, v in zip(scorecard.findings, verdicts, strict=False)
        )
        return replace(scorecard, score=score, findings=findings)

    facts = card(1).call.facts
    cards = [("bad", having(80.0, 1)), ("good", having(100.0, 0)), ("mute", having(None, 0, "nobody_speaks"))]
    cards = [
        (place, replace(one, call=replace(one.call, facts=replace(facts, sha256=f"{i}" * 64))))
        for i, (place, one) in enumerate(cards)
    ]
    export(cards, tmp_path, "parquet")
    (tmp_path / "team.html").write_bytes(render_team_page(tmp_path))
    watched = Watched(browser)
    watched.open((tmp_path / "team.html").as_uri())
    told = [line.locator("td").all_inner_texts() for line in watched.page.locator("#first tr").all()[1:]]
    assert {line[0]: line[-1] for line in told} == {"bad": "1 条不符合", "mute": "没有得分"}


@pytest.mark.browser
def test_lists_are_joined_in_the_pages_language(browser: Any, tables: Path, tmp_path: Path) -> None:
    watched = Watched(browser)
    for language, comma, other in (("zh", "，", ", "), ("en", ", ", "，")):
        (tmp_path / "team.html").write_bytes(render_team_page(tables, language=language))
        watched.open((tmp_path / "team.html").as_uri())
        why = watched.page.inner_text("#first")
        assert comma in why and other not in why


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 800, 1300])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_wider_than_the_window(
    browser: Any, tables: Path, tmp_path: Path, width: int, language: Any
) -> None:
    (tmp_path / "team.html").write_bytes(render_team_page(tables, language=language))
    watched = Watched(browser, width=width)
    watched.open((tmp_path / "team.html").as_uri())
    assert watched.page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.browser
def test_hostile_names_do_nothing(browser: Any, tmp_path: Path) -> None:
    export(
        [("../../x <b>", make_scorecard(1, 25_000, hostile=True)), ("b", make_scorecard(2, 25_000))],
        tmp_path,
        "parquet",
    )
    (tmp_path / "team.html").write_bytes(render_team_page(tmp_path))
    watched = Watched(browser)
    watched.open((tmp_path / "team.html").as_uri())
    assert HOSTILE in watched.page.inner_text("main")
    assert "owned" not in watched.page.title() and watched.page.locator("main img, main script").count() == 0
    assert watched.complaints == []


@pytest.mark.browser
def test_a_page_over_many_generated_calls_counts_them_all(browser: Any, tmp_path: Path) -> None:
    make_tables(tmp_path, 5_000)
    (tmp_path / "team.html").write_bytes(render_team_page(tmp_path))
    watched = Watched(browser)
    watched.open((tmp_path / "team.html").as_uri())
    assert watched.page.locator("#kpis b").first.inner_text() == "5000"
    watched.page.select_option("#which", "0")
    assert "A007" in watched.page.inner_text("#outliers")
    assert "R4 " in watched.page.locator("#rules tr").nth(1).inner_text()
