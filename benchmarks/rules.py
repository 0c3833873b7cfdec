"""How long judging takes: 500 rules on 10-minute calls, everything included but hearing them.

    python benchmarks/rules.py [--quick] [--json FILE]

The standard is the shipped one, its language rules repeated with other phrase families until there are 500 rules (the
phrases are the shipped families' own, cut and joined anew, so that none repeats). A call is 10 minutes of calls of
`fixtures/breadth`, one after the other: as written, and as if recognised, with one character in ten wrong and the
probabilities that go with it (`perturb.py`). Each call is judged once, as a batch does: what is judged a second time
takes less, since the patterns' automata know its words.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from bisect import bisect_left
from dataclasses import replace
from pathlib import Path

import breadth
import msgspec
from perturb import perturbed

from analyzer.rules.asked import patterns_asked, phrases_asked
from analyzer.rules.checks.words import Said
from analyzer.rules.evaluate import judge
from analyzer.rules.notation import ExampleCall, parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.score import score
from analyzer.rules.standard import Standard

GOAL_MS = 100.0
RULES = 500
MINUTES = 10
WRONG = 0.1
LINES = 300  # that take longer


def big_standard(seed: int = 7) -> Standard:
    """The shipped standard grown to 500 rules with phrase families of their own."""
    base = load_standard("base")
    rng = random.Random(seed)
    forms = [f for family in base.families.values() for f in family.forms if "…" not in f and len(f) >= 5]
    families, rules = dict(base.families), list(base.rules)
    model = next(r for r in base.rules if r.id == "P7")
    while len(rules) < RULES:
        name = f"made_{len(rules)}"
        cut = [a[: len(a) // 2 + 1] + b[len(b) // 2 :] for a, b in (rng.sample(forms, 2) for _ in range(6))]
        families[name] = msgspec.structs.replace(
            families["how_would_i_know"], id=name, forms=tuple(cut), exclusions=(), frames=()
        )
        rules.append(msgspec.structs.replace(model, id=f"M{len(rules)}", forbid=Said(any=(name,))))
    grown = replace(base, families=families, rules=tuple(rules))
    return replace(grown, phrases=phrases_asked(grown), patterns=patterns_asked(grown))


def long_call(seed: int) -> ExampleCall:
    """Ten minutes of what agents and customers of other authors say."""
    texts = [call["call"] for name in ("a", "b", "c", "d") for call in breadth.calls_of(f"clean_{name}")]
    random.Random(seed).shuffle(texts)
    said = [line for text in texts for line in text.split("\n") if not line.startswith(("end", "measure"))]
    measured = ["measure agent.articulation_rate=240", "measure agent.active_level=-24", "end customer"]

    def cut(lines: int) -> ExampleCall:
        return parse_call("\n".join([*said[:lines], *measured]))

    return cut(bisect_left(range(LINES), MINUTES * 60_000, key=lambda lines: cut(lines).conversation.duration_ms))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    standard = big_standard()

    def judged(call: ExampleCall) -> float:
        start = time.process_time()  # on one thread; other work may share the machine
        found = judge(standard, call.conversation, call.measures, call.hangup, call.metadata)
        score(standard, found.findings)
        return (time.process_time() - start) * 1000

    written = [long_call(seed) for seed in range(5 if options.quick else 20)]
    heard = [perturbed(call, WRONG, seed) for seed, call in enumerate(written)]
    calls = [call.conversation for call in written]
    print(f"{len(standard.rules)} rules, {len(standard.phrases)} phrases, {len(standard.patterns)} patterns")
    minutes, turns, characters = (
        statistics.mean(each)
        for each in (
            [call.duration_ms / 60_000 for call in calls],
            [len(call.turns) for call in calls],
            [sum(len(turn.text) for turn in call.turns) for call in calls],
        )
    )
    print(f"{len(calls)} calls of {minutes:.1f} min, {turns:.0f} turns, {characters:.0f} characters")
    rows = []
    for name, kind, some in (("", "as written", written), ("_heard", f"with {WRONG:.0%} wrong", heard)):
        first, *others = map(judged, some)
        middle = statistics.median(others)
        goes = "holds" if middle <= GOAL_MS else "missed"
        print(f"{kind}: the first {first:.0f} ms, then {middle:.1f} ms of processor time, from {min(others):.0f} "
              f"to {max(others):.0f}; goal {GOAL_MS:.0f} ms: {goes}")  # fmt: skip
        rows.append({"name": f"rules.judge{name}_ms", "value": round(middle, 1), "goal": f"<= {GOAL_MS:.0f}",
                     "holds": middle <= GOAL_MS})  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
