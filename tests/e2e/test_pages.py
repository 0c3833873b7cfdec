"""Both pages and the review, made from the sample calls by the real analyser, as a reader's browser shows them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from analyzer.outputs.encode import encode_scorecard
from analyzer.outputs.export import export
from analyzer.outputs.report import clause_texts, write_call_pages, write_team_page
from analyzer.outputs.team_page import render_team_page
from analyzer.review.desk import Desk
from analyzer.review.server import Review
from analyzer.review.store import Reviews
from analyzer.rules.standard import Standard
from analyzer.rules.types import Verdict
from analyzer.testing.browser import Watched
from analyzer.testing.scorecards import make_scorecard

from .conftest import AUDIO, Score

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
SAMPLES = ("d0-badly-handled", "d0-well-handled", "d2-kept-waiting")
PICTURES = Path(__file__).parents[2] / "docs" / "img"
MOST_BYTES = 300_000

Picture = Callable[[Watched, str], None]


@pytest.fixture(scope="module")
def results(scored: Score, standard: Standard, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample calls' scorecards with their pages and the team's beside them."""
    pytest.importorskip("pyarrow", reason="pyarrow is missing: pip install -e '.[export]'")
    folder = tmp_path_factory.mktemp("results")
    for name in SAMPLES:
        (folder / f"{name}.scorecard.json").write_bytes(encode_scorecard(scored(name)))
    made = write_call_pages(folder, folder, recordings=AUDIO, clauses=clause_texts(standard))
    assert (made.pages, made.silent) == (3, ())
    write_team_page(folder, folder / "team.html")
    return folder


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Picture:
    """Takes the picture of a page for the docs, when that is asked for; there is one already."""

    def take(watched: Watched, name: str) -> None:
        file = PICTURES / f"{name}.png"
        if request.config.getoption("--write-pictures"):
            watched.page.wait_for_timeout(400)
            file.parent.mkdir(exist_ok=True)
            watched.page.screenshot(path=str(file))
        assert 0 < file.stat().st_size < MOST_BYTES

    return take


@pytest.fixture
def review(results: Path, standard: Standard, tmp_path: Path) -> Iterator[Review]:
    desk = Desk(folder=results, database=Reviews(tmp_path / "r.db"), recordings=AUDIO, clauses=clause_texts(standard))
    server = Review(desk, port=0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
    desk.database.close()


def test_a_click_on_evidence_plays_it(browser: Any, results: Path, scored: Score, picture: Picture) -> None:
    watched = Watched(browser, 1400, 1120)
    watched.open((results / "d0-badly-handled.html").as_uri())
    page = watched.page
    failed = [f for f in scored("d0-badly-handled").findings if f.verdict is Verdict.FAIL and f.evidence]
    for finding in failed[:3]:
        page.locator(f'.finding[data-rule="{finding.rule}"] .time').first.click()
        start = finding.evidence[0].span.start_ms
        page.wait_for_function(f"() => !audio.paused && Math.abs(audio.currentTime * 1000 - {start}) < 1500")
    page.evaluate("() => { audio.pause(); window.scrollTo(0, 0); }")
    picture(watched, "call")
    shown = page.locator(".finding:visible").count()
    page.uncheck('[data-verdict="fail"]')
    assert page.locator(".finding:visible").count() < shown
    assert watched.complaints == []


def test_the_teams_page_leads_to_the_calls(browser: Any, results: Path) -> None:
    watched = Watched(browser)
    watched.open((results / "team.html").as_uri())
    watched.page.locator("#first a", has_text="d0-badly-handled").first.click()
    watched.page.wait_for_selector("body[data-ready]")
    assert watched.page.inner_text("#name") == "d0-badly-handled.wav"
    assert watched.complaints == []


def test_the_picture_of_the_teams_page(browser: Any, tmp_path: Path, picture: Picture) -> None:
    """Three calls make no picture: this one is of 400 generated ones."""

    def cards() -> Iterator[tuple[str, Any]]:
        for i in range(400):
            dice = Random(i)
            agent = dice.randrange(12)
            day = f"2026-03-{dice.randrange(28) + 1:02d}T09:00:00"
            yield (
                f"2026-03/{i:04d}",
                make_scorecard(
                    i, 25_000, agent_id=f"{1001 + agent}", team=f"客服{'一二三'[agent % 3]}组", start_time=day
                ),
            )

    export(cards(), tmp_path, "parquet")
    (tmp_path / "team.html").write_bytes(render_team_page(tmp_path))
    watched = Watched(browser, 1400, 1060)
    watched.open((tmp_path / "team.html").as_uri())
    assert watched.page.locator("#kpis b").first.inner_text() == "400"
    picture(watched, "team")


def test_a_correction_is_in_the_database(
    browser: Any, review: Review, scored: Score, tmp_path: Path, picture: Picture
) -> None:
    watched = Watched(browser, 1400, 900)
    watched.open(review.address)
    page = watched.page
    page.click("text=d0-badly-handled")
    page.wait_for_selector("body[data-ready]")
    rule = next(f.rule for f in scored("d0-badly-handled").findings if f.verdict is Verdict.FAIL)
    box = page.locator(f'.finding[data-rule="{rule}"]')
    page.fill("#reviewer", "王复核")
    box.locator("select").select_option("unsure")
    box.locator('input[type="text"]').first.fill("再听一遍再定")
    box.locator("button.correct").click()
    page.wait_for_selector('body[data-saved="1"]')
    said = sqlite3.connect(tmp_path / "r.db").execute("SELECT call, rule, machine, human, reviewer FROM judgements")
    assert said.fetchall() == [("d0-badly-handled", rule, "fail", "unsure", "王复核")]
    box.evaluate("el => el.scrollIntoView({block: 'center'})")
    picture(watched, "review")
    assert watched.complaints == []
