"""What customers let on, in words of their own, by authors that neither a list nor the model has seen."""

import json
from functools import cache

import customers
import pytest
from breadth import calls_of

from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard

BASE = load_standard("base")


def noticed(rows: list[customers.Judged], shown: str, said: bool) -> float:
    """The share of turns that show it (or nothing at all) in which it is at least to be confirmed."""
    here = [shown in r.possible for r in rows if (shown in r.shows if said else not r.shows)]
    return sum(here) / len(here)


@pytest.mark.parametrize("name", ["held_a", "held_b"])
def test_most_of_what_customers_let_on_is_noticed_and_little_where_there_is_nothing(name: str) -> None:
    rows = list(customers.judged(BASE, name))
    most = {"grumble": 0.2}
    least = {"authority": 0.9, "leader": 0.9}
    for shown in customers.SHOWS:
        assert noticed(rows, shown, said=True) >= least.get(shown, 0.65), shown
        assert noticed(rows, shown, said=False) <= most.get(shown, 0.12), shown


def test_labels_are_of_turns_that_there_are() -> None:
    calls = cache(calls_of)  # many rows are of one set
    for name in customers.sets():
        for line in (customers.FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if name.endswith("_calls"):
                (call,) = [call for call in calls(row["set"]) if call["name"] == row["name"]]
                turns = sum(turn.role == "customer" for turn in parse_call(call["call"]).conversation.turns)
                assert all(int(at) < turns for reader in row["shows"] for at in reader), row["name"]
                shown = {shown for reader in row["shows"] for of_turn in reader.values() for shown in of_turn}
            else:
                shown = set(row["shows"])
            assert shown <= customers.SHOWS.keys()
