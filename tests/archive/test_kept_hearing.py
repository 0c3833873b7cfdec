"""Hearings that are kept: what a scorecard takes over from one is not written a second time, and is the same bytes."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from importing import imported_from

from analyzer.archive import cache
from analyzer.archive.cache import KeptHearing, keep_heard, load_heard
from analyzer.archive.results import FolderResults
from analyzer.measure.types import Conversation, Measures
from analyzer.outputs.encode import Written, encode_scorecard
from analyzer.outputs.redact import redact
from analyzer.pipeline import Heard
from analyzer.rules.types import Scorecard
from analyzer.testing.scorecards import make_scorecard


def heard_of(card: Scorecard) -> Heard:
    conversation = Conversation(600_000, card.speakers, card.turns, card.overlaps, card.pauses, card.doubts, True, 1.0)
    measures = Measures(card.measures, card.series)
    return Heard(card.call, conversation, measures, card.hangup, None, "none", None, "told", "")


def kept_and_judged(folder: Path, seed: int) -> tuple[KeptHearing, Scorecard]:
    """A hearing as it is read again, and a scorecard that takes its parts over."""
    memory, card = FolderResults(folder), make_scorecard(seed)
    keep_heard(memory, "key", heard_of(card))
    kept = load_heard(memory, "key")
    assert kept is not None
    conversation, measures = kept.heard.conversation, kept.heard.measures
    return kept, replace(
        card, turns=conversation.turns, pauses=conversation.pauses, measures=measures.items, series=measures.series
    )


@pytest.mark.parametrize("seed", range(5))
def test_what_is_taken_over_is_what_would_be_written(seed: int, tmp_path: Path) -> None:
    kept, card = kept_and_judged(tmp_path, seed)
    assert set(kept.written) == {"turns", "pauses", "measures", "series"}
    assert all(getattr(card, field) is one.value for field, one in kept.written.items())
    assert (
        encode_scorecard(card, written=kept.written) == encode_scorecard(card) == encode_scorecard(make_scorecard(seed))
    )


def test_text_is_taken_for_the_very_value_it_was_written_of(tmp_path: Path) -> None:
    kept, card = kept_and_judged(tmp_path, 0)
    marked = {"turns": Written(kept.written["turns"].value, msgspec.Raw(b'"the text"'))}
    assert b'"turns":"the text"' in encode_scorecard(card, written=marked)
    for other in (replace(card, turns=card.turns[1:]), redact(card)):
        assert encode_scorecard(other, written=marked) == encode_scorecard(other)


def test_nothing_is_taken_from_a_hearing_that_other_code_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, _ = kept_and_judged(tmp_path, 0)
    monkeypatch.setattr(cache, "_writer", lambda: "another")
    again = load_heard(FolderResults(tmp_path), "key")
    assert again is not None and again.written == {} and again.heard == kept.heard


def test_every_module_that_can_decide_how_a_part_is_written_is_named() -> None:
    types = imported_from("measure.types") - {"call", "speech"}
    assert types | {"archive.cache", "outputs.encode"} == set(cache._WRITING)
