"""Is what a customer lets on noticed? Displeasure, complaints, threats, wishes and confusion in people's own words.

    python benchmarks/customers.py [--set held_a] [--details]

`fixtures/customers/NAME.jsonl` holds what customers say, a turn each, by authors who had not seen the standard's
phrases, with what it shows: `grumble`, `complaint`, `authority`, `leader`, `compensation`, `agitated`, `confused`, or
nothing, be it ever so near. `NAME_calls.jsonl` says the same of each customer's turn of calls in `fixtures/breadth`, as
a reader judged them; `held_calls` as two did. What two readers don't both say counts neither way. Text alone, no sound.

`learn_*` is what the wording's model has learnt from, `held_*` nobody has: neither the model nor a list.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from breadth import calls_of

from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.standard import Standard
from analyzer.rules.types import Observation

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "customers"
SHOWS = {
    "grumble": ("complaint_level", ("grumble", "complaint", "severe")),
    "complaint": ("complaint_level", ("complaint", "severe")),
    "authority": ("escalation", ("authority",)),
    "leader": ("escalation", ("leader",)),
    "compensation": ("escalation", ("compensation",)),
    "agitated": ("customer_type", ("agitated",)),
    "confused": ("customer_type", ("confused",)),
}  # what a turn shows, and the observations and values that say so


class Judged(NamedTuple):
    """One turn, or one call.

    Args:
        text: that was said, or the call's name.
        shows: what it shows, for sure,
        perhaps: or by one of two readers,
        sure: and what is observed surely,
        possible: or to be confirmed.
    """

    text: str
    shows: frozenset[str]
    perhaps: frozenset[str]
    sure: frozenset[str]
    possible: frozenset[str]


def sets() -> list[str]:
    """The names of all sets, those of calls last."""
    return sorted((path.stem for path in FOLDER.glob("*.jsonl")), key=lambda name: (name.endswith("_calls"), name))


def judged(standard: Standard, name: str) -> Iterator[Judged]:
    """All of one set, judged."""
    rows = [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    if name.endswith("_calls"):
        texts = {(of, call["name"]): call["call"] for of in {row["set"] for row in rows} for call in calls_of(of)}
    for row in rows:
        if name.endswith("_calls"):
            readers = [{shown for turn in reader.values() for shown in turn} for reader in row["shows"]]
            both, either = frozenset.intersection(*map(frozenset, readers)), frozenset().union(*readers)
            yield Judged(row["name"], both, either - both, *observed(standard, texts[row["set"], row["name"]]))
        else:
            found = observed(standard, f"客户: {row['said']}\n客服: 好的")
            yield Judged(row["said"], frozenset(row["shows"]), frozenset(), *found)


def observed(standard: Standard, call: str) -> tuple[frozenset[str], frozenset[str]]:
    """What is observed of a call's customer, surely and at least to be confirmed, in the words of `SHOWS`."""
    made = parse_call(call)
    found = judge(standard, made.conversation, made.measures, made.hangup, made.metadata).observations
    sure, possible = (_shown(found, suffixes) for suffixes in (("",), ("", "_possible")))
    return sure, possible


def _shown(found: Sequence[Observation], suffixes: Sequence[str]) -> frozenset[str]:
    seen = {(one.name, one.value) for one in found}
    return frozenset(
        shown
        for shown, (name, values) in SHOWS.items()
        if any((name + suffix, value) in seen for suffix in suffixes for value in values)
    )


def share(rows: Sequence[Judged], shown: str, what: str) -> str:
    """Of some rows the share of which something is observed."""
    held = [shown in getattr(row, what) for row in rows]
    return f"{sum(held) / len(held):.2f}" if held else "–"


def main() -> None:
    """Prints, of every set and kind, how often it is noticed, and how often seen where there is none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=sets(), help="one set (default: all)")
    parser.add_argument("--details", action="store_true", help="what is missed, and what is seen where there is none")
    asked = parser.parse_args()
    standard = load_standard()
    print("| set | shows | said | surely observed | or to be confirmed | shows nothing | observed there | confirm |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    wrong: list[str] = []
    for name in [asked.set] if asked.set else sets():
        rows = list(judged(standard, name))
        for shown in SHOWS:
            said = [row for row in rows if shown in row.shows]
            # a call shows many things: it is calm where it doesn't show this one; a turn where it shows nothing
            of_calls = name.endswith("_calls")
            none = [r for r in rows if shown not in r.shows | r.perhaps and (of_calls or not r.shows)]
            cells = [len(said), share(said, shown, "sure"), share(said, shown, "possible"),
                     len(none), share(none, shown, "sure"), share(none, shown, "possible")]  # fmt: skip
            print(f"| {name} | {shown} | {' | '.join(map(str, cells))} |")
            wrong += [f"{name} {shown} missed: {row.text}" for row in said if shown not in row.possible]
            wrong += [f"{name} {shown} seen: {row.text}" for row in none if shown in row.possible]
    if asked.details:
        print("\n".join(wrong))


if __name__ == "__main__":
    main()
