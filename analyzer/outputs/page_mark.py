"""Whose page a page is, and which scorecard a call's was made of: a mark in it, to compare with what there is now."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from analyzer.outputs.encode import encode_json, read_or_note
from analyzer.outputs.files import IS_A_FOLDER, SCORECARD_SUFFIX, remove
from analyzer.rules.types import Scorecard

TEAM_HEAD = '<meta name="analyzer-page" content="team">\n'
PAGE_OF_TEAM = "output.page_of_team"
TAKEN = frozenset([PAGE_OF_TEAM, IS_A_FOLDER])  # something else stands where one call's page would
_HEAD_BYTES = 2048  # of a page, in which its mark stands
_MARK = re.compile(rb'<meta name="analyzer-scorecard" content="([0-9a-f]{64})">')


def fingerprint(scorecard: Scorecard) -> str:
    """SHA-256 in hex over recording, standard, program, score, findings and measures; redacting leaves it."""
    findings = [
        (f.rule, f.verdict, f.confidence, f.deduction, f.counted_in, [e.span for e in f.evidence])
        for f in scorecard.findings
    ]
    said = (scorecard.call.facts.sha256, scorecard.provenance, scorecard.score, findings, scorecard.measures)
    return hashlib.sha256(encode_json(said)).hexdigest()


def page_head(mark: str) -> str:
    """The line of a page's head that holds a fingerprint; nothing for none."""
    return f'<meta name="analyzer-scorecard" content="{mark}">\n' if mark else ""


def read_mark(page: Path) -> str | None:
    """The fingerprint in a page; "" where it has none or can't be read, None where there is no page."""
    head = _head_of(page)
    found = _MARK.search(head or b"")
    return None if head is None else found[1].decode() if found else ""


def is_team_page(page: Path) -> bool:
    """Whether this is a page over all calls: a recording may have its name, and no call's page is written over it."""
    return TEAM_HEAD.encode() in (_head_of(page) or b"")


def page_beside(scorecard: Path) -> Path:
    """Where a call's page stands when nobody says: beside its scorecard, `call.html`."""
    return scorecard.with_name(scorecard.name.removesuffix(".json").removesuffix(".scorecard") + ".html")


def remove_with_page(scorecard: Path) -> None:
    """Removes a scorecard and the call's page beside it, as far as they are there; no other page.

    Raises:
        OutputError: one is there and can't be removed.
    """
    remove(scorecard)
    if read_mark(page_beside(scorecard)):
        remove(page_beside(scorecard))


def _head_of(page: Path) -> bytes | None:
    if not os.path.isfile(page):  # noqa: PTH113  whatever the name is: it raises nothing
        return None
    try:
        with page.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError:
        return b""


def count_outdated(folder: Path, made: Mapping[str, str] | None = None) -> int:
    """How many pages beside the scorecards below a folder are of an earlier scorecard.

    Only scorecards written after their page are looked at, and of these only those are read that `made` lacks.

    Args:
        folder: with the scorecards.
        made: fingerprints of scorecards by path below the folder, as far as they are known.
    """
    count, known = 0, made or {}
    for at, _, names in os.walk(folder):
        pages = {name for name in names if name.endswith(".html")}
        for name in names if pages else ():
            call = name.removesuffix(SCORECARD_SUFFIX)
            if call == name or f"{call}.html" not in pages:
                continue
            path, page = Path(at, name), Path(at, f"{call}.html")
            mark = read_mark(page)
            if mark is None or page.stat().st_mtime_ns >= path.stat().st_mtime_ns:
                continue
            now = known.get(path.relative_to(folder).as_posix())
            if now is None:
                scorecard = read_or_note(path, name, [])
                now = mark if scorecard is None else fingerprint(scorecard)
            count += now != mark
    return count
