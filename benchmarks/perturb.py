"""Do verdicts survive a recogniser's errors? The packs' examples judged again with characters got wrong.

    python benchmarks/perturb.py [--quick] [--json FILE] [--calls SET ...]

Every example call that passes or fails is judged with 10 % and with 25 % of its characters wrong, as the packaged
recogniser gets them wrong (kinds, distances in sound and probabilities measured on human speech over a telephone band).
A verdict that turns from pass to fail or from fail to pass is a wrong flip; turning unsure is honest.

`--calls` judges whole calls instead, in which the agent does all right (`breadth.py`): how many are accused.
"""

from __future__ import annotations

import argparse
import json
import random
from bisect import bisect
from collections import Counter
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import accumulate
from pathlib import Path

import breadth

from analyzer.measure.types import Turn
from analyzer.rules.evaluate import judge
from analyzer.rules.examples import examples_of
from analyzer.rules.notation import ExampleCall, parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.standard import Standard
from analyzer.spans import Span
from analyzer.speech.types import Word
from analyzer.testing.corrupt import corrupt

# The recogniser's probabilities in tenths, for characters it got right and wrong (1,341 and 216 characters of human
# speech over a telephone band, packaged model).
RIGHT = (1, 4, 11, 16, 24, 28, 60, 77, 95, 685)
WRONG = (9, 45, 75, 83, 60, 171, 180, 134, 102, 141)
GOALS = {0.10: 0.02, 0.25: 0.05}


def perturbed(call: ExampleCall, rate: float, seed: int) -> ExampleCall:
    """The call with about `rate` of its characters wrong and the probabilities such characters have."""
    rng = random.Random(f"{seed}:{rate}:{[t.text for t in call.conversation.turns]}")
    turns = tuple(_perturbed(t, rate, seed, rng) for t in call.conversation.turns)
    return replace(call, conversation=replace(call.conversation, turns=turns))


def _perturbed(turn: Turn, rate: float, seed: int, rng: random.Random) -> Turn:
    if not turn.text:
        return turn
    before = "".join(w.text for w in turn.words)
    after = corrupt(before, rate, seed)
    kept = {
        b
        for tag, _, _, b1, b2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if tag == "equal"
        for b in range(b1, b2)
    }
    doubtful = turn.words and turn.words[0].probability < 0.5
    words = []
    for i, char in enumerate(after):
        start = turn.span.start_ms + turn.span.duration_ms * i // len(after)
        end = turn.span.start_ms + turn.span.duration_ms * (i + 1) // len(after)
        probability = 0.3 if doubtful else _draw(RIGHT if i in kept else WRONG, rng)
        words.append(Word(char, Span(start, end), probability))
    return replace(turn, text=after, words=tuple(words))


def _draw(tenths: tuple[int, ...], rng: random.Random) -> float:
    edges = list(accumulate(tenths))
    return round((bisect(edges, rng.random() * edges[-1]) + rng.random()) / 10, 3)


def judge_good_calls(standard: Standard, sets: list[str], draw: int, show: bool) -> None:
    """Prints at each rate how many good calls are accused, of what, and what is left to a human."""
    calls = [(name, i, call) for name in sets for i, call in enumerate(breadth.calls_of(f"clean_{name}"))]
    for rate in GOALS:
        failed: Counter[str] = Counter()
        accused = unsure = 0
        for name, i, call in calls:
            verdicts = breadth.by_rule(standard, perturbed(parse_call(call["call"]), rate, i + draw))
            fails = [rule for rule, verdict in verdicts.items() if verdict == "fail"]
            unsure += sum(verdict == "unsure" for verdict in verdicts.values())
            failed.update(fails)
            accused += bool(fails)
            if show and fails:
                print(name, call["name"], *fails)
        print(f"{rate:.0%} wrong characters: {accused} of {len(calls)} good calls accused, "
              f"{unsure / len(calls):.2f} unsure a call")  # fmt: skip
        print("  of " + (", ".join(f"{rule} {n}" for rule, n in failed.most_common()) or "nothing"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--show", action="store_true", help="list the examples that flip, or the calls accused")
    parser.add_argument("--calls", nargs="+", metavar="SET", help="good calls of these sets of fixtures/breadth")
    parser.add_argument("--draw", type=int, default=0, help="of --calls: other errors for another number")
    options = parser.parse_args()
    standard = load_standard("base")
    if options.calls:
        judge_good_calls(standard, options.calls, options.draw, options.show)
        return
    seeds = range(1 if options.quick else 5)
    rows = []
    for rate, goal in GOALS.items():
        turned: Counter[str] = Counter()
        for rule in standard.rules:
            for expected, _, text in examples_of(rule):
                if expected not in ("pass", "fail"):
                    continue
                call = parse_call(text)
                for seed in seeds:
                    made = perturbed(call, rate, seed)
                    found = judge(
                        standard, made.conversation, made.measures, made.hangup, made.metadata, only=(rule.id,)
                    ).findings[0]
                    turned[f"{expected} to {found.verdict}"] += 1
                    if options.show and {expected, str(found.verdict)} == {"pass", "fail"}:
                        said = " / ".join(t.text for t in made.conversation.turns)
                        print(rule.id, expected, "->", found.verdict, repr(text), said, found.evidence[:1])
        total = sum(turned.values())
        flips = turned["pass to fail"] + turned["fail to pass"]
        unsure = turned["pass to unsure"] + turned["fail to unsure"]
        share = flips / total
        print(f"{rate:.0%} wrong characters, {total} judgements:", end=" ")
        print(f"{share:.2%} flipped (goal {goal:.0%}), {unsure / total:.1%} unsure")
        print("  " + ", ".join(f"{k} {n}" for k, n in sorted(turned.items())))
        rows.append({"name": f"perturb.flips_{rate:.2f}", "value": share, "goal": f"<= {goal}", "holds": share <= goal})
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
