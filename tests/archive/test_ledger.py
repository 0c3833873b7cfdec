from pathlib import Path

from analyzer.archive.ledger import Entry, Ledger


def test_a_ledger_that_was_closed_goes_on_where_it_ends(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for entry in (Entry("b", "scored"), Entry("a", "scored"), Entry("b", "failed", seen="x" * 50)):
        ledger.append(entry)
    ledger.close()
    ledger.append(Entry("c", "scored"))
    ledger.abandon()
    assert b"\0" not in ledger.path.read_bytes()
    assert {path: entry.outcome for path, entry in Ledger(tmp_path).entries.items()} == {
        "a": "scored", "b": "failed", "c": "scored",
    }  # fmt: skip
