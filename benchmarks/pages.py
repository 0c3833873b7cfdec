"""How long the pages take: the team's page over 100,000 calls, and a half-hour call's page, in Debian's chromium.

usage: python benchmarks/pages.py [--quick] [--json FILE]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from results import Figure, at_most, show, write

from analyzer.outputs.call_page import render_call_page
from analyzer.outputs.sound import embed_sound
from analyzer.outputs.team_page import render_team_page
from analyzer.testing.big_tables import make_tables
from analyzer.testing.browser import Watched, open_browser
from analyzer.testing.scorecards import make_audio, make_scorecard

OPENED = 3  # times; the best counts, since other work may share the machine


def build_team_page(folder: Path) -> None:
    """Builds the team's page and prints seconds and peak memory in MB: run in a process of its own."""
    start = time.monotonic()
    page = render_team_page(folder)
    seconds = time.monotonic() - start
    (folder / "team.html").write_bytes(page)
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def team(calls: int, folder: Path, watched: Watched) -> list[Figure]:
    make_tables(folder, calls)
    command = [sys.executable, __file__, "--build", str(folder)]
    seconds, megabytes = map(float, subprocess.run(command, check=True, capture_output=True).stdout.split())
    opened = min(watched.open((folder / "team.html").as_uri()) for _ in range(OPENED))
    counted = int(watched.page.locator("#kpis b").first.inner_text())
    return [
        Figure("team page: calls", float(counted), f"= {calls}", counted == calls),
        at_most("team page: build, s", seconds, 60),
        at_most("team page: build, peak MB", megabytes, 1024),
        at_most("team page: opens, s", opened, 3),
    ]


def half_hour(folder: Path, watched: Watched) -> list[Figure]:
    scorecard = make_scorecard(5, 1_800_000)
    samples = make_audio(scorecard)
    minute = embed_sound(samples[:, : 8000 * 60], 8000)  # the page's size, without encoding half an hour
    page = folder / "call.html"
    page.write_bytes(render_call_page(scorecard, samples=samples, sound=replace(minute, data=minute.data * 30)))
    return [at_most("call page of 30 minutes: opens, s", min(watched.open(page.as_uri()) for _ in range(OPENED)), 2)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 calls instead of 100,000")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.build is not None:
        build_team_page(options.build)
        return
    with tempfile.TemporaryDirectory() as scratch:
        for browser in open_browser():
            watched = Watched(browser)
            figures = team(10_000 if options.quick else 100_000, Path(scratch), watched)
            figures += half_hour(Path(scratch), watched)
    show(figures)
    write(figures, options.json)


if __name__ == "__main__":
    main()
