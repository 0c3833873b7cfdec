"""Results whose recording is not there any more: found, noted in the ledger, removed only when that is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from analyzer.archive.cache import heard_name
from analyzer.archive.known_hits import hits_name
from analyzer.archive.ledger import SCORED, Ledger
from analyzer.archive.names import path_of_name
from analyzer.archive.remote import is_remote
from analyzer.archive.results import Destination
from analyzer.archive.sources import Listing
from analyzer.outputs.files import scorecard_name


def find_gone(ledger: Ledger, listing: Listing) -> tuple[str, ...]:
    """Names of what ended in these sources and is neither listed nor at its place; of a store nobody can say.

    What came from other sources is not gone. Where a folder can't be listed, nothing is.
    """
    if listing.unreadable or not listing.root or is_remote(listing.root):
        return ()
    there = {recording.name for recording in listing.recordings}
    # A folder of recordings that was moved has another root: theirs is the root of those that are done and there.
    roots = {"", listing.root_print, *(entry.root for name, entry in ledger.entries.items() if name in there)}

    def is_gone(name: str) -> bool:
        place = Path(listing.root, path_of_name(name))
        return name not in there and ledger.entries[name].root in roots and not os.path.lexists(place)

    return tuple(sorted(filter(is_gone, ledger.entries)))


def note_gone(ledger: Ledger, gone: Iterable[str], there: Iterable[str]) -> tuple[str, ...]:
    """Notes which results have no recording and which have one again; returns the names of the former.

    Args:
        ledger: of a run that holds the place.
        gone: as `find_gone` has them.
        there: names of the recordings that are listed.
    """
    for name in there:
        if (entry := ledger.entries.get(name)) is not None and entry.gone:
            ledger.append(replace(entry, gone=False))
    for name in gone:
        if not ledger.entries[name].gone:
            ledger.append(replace(ledger.entries[name], gone=True))
    return scored_of(ledger, gone)


def remove_gone(ledger: Ledger, gone: Iterable[str], results: Destination) -> tuple[str, ...]:
    """Removes results, what was heard, and their lines; returns the names of those that had a scorecard.

    Files first: what a killed run leaves of it, the next one takes.
    """
    gone = tuple(gone)
    had = scored_of(ledger, gone)
    for name in gone:
        entry = ledger.entries[name]
        results.drop(scorecard_name(path_of_name(name)))
        if entry.heard is not None:
            results.forget(heard_name(entry.heard))
            results.forget(hits_name(entry.heard))
    ledger.forget(gone)
    return had


def count_gone(folder: Path) -> int:
    """How many results of a folder have had no recording when a batch last looked; 0 where none ran."""
    return sum(entry.gone and entry.outcome == SCORED for entry in Ledger(folder).entries.values())


def scored_of(ledger: Ledger, names: Iterable[str]) -> tuple[str, ...]:
    """Those of some recordings that have a scorecard."""
    return tuple(name for name in names if ledger.entries[name].outcome == SCORED)
