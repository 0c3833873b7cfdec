"""Does the standard know what people really say? Calls by authors who had not seen its phrases, judged.

    python benchmarks/breadth.py [--set NAME ...] [--details] [--json FILE]

`fixtures/breadth/NAME.jsonl` holds calls in the packs' notation, each with the one rule it is about and the verdict a
reader would give. Text alone: no recogniser, no sound. What is asked of a rule that forbids: how much of what breaks it
is found, and how often something harmless is accused; of one that requires: how often somebody who did it is accused,
and how much of what is missing is found. Set `a` was looked at while phrases were added, `b` was not.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from analyzer.rules.examples import judge_example
from analyzer.rules.pack import load_standard
from analyzer.rules.standard import Standard

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "breadth"
VERDICTS = ("fail", "unsure", "pass", "not_applicable")
# kind of rule, what a reader says: (what that is called, the verdict that accuses wrongly or misses)
ROWS = {
    ("forbids", "fail"): "forbidden, said otherwise",
    ("forbids", "pass"): "harmless, sounds alike",
    ("requires", "pass"): "required, done otherwise",
    ("requires", "fail"): "required, not done",
}


def judged(standard: Standard, name: str) -> list[dict[str, str]]:
    """Every call of one set with the verdict it got."""
    out = []
    for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        call = json.loads(line)
        rule = standard.rule(call["rule"])
        assert rule is not None, call["rule"]
        finding = judge_example(standard, rule, call["call"])
        kind = "forbids" if rule.forbid is not None else "requires"
        out.append({**call, "set": name, "kind": kind, "got": str(finding.verdict), "reason": finding.reason})
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", choices=sorted(p.stem for p in FOLDER.glob("*.jsonl")))
    parser.add_argument("--details", action="store_true", help="every call that came out otherwise")
    parser.add_argument("--json", type=Path, help="write all verdicts there")
    args = parser.parse_args()
    standard = load_standard("base")
    sets = args.set or sorted(p.stem for p in FOLDER.glob("*.jsonl"))
    calls = [call for name in sets for call in judged(standard, name)]
    if args.json:
        args.json.write_text(json.dumps(calls, ensure_ascii=False, indent=1), encoding="utf-8")
    print("| set | calls | number | fail | unsure | pass | not applicable |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in sets:
        for (kind, expect), title in ROWS.items():
            got = Counter(c["got"] for c in calls if (c["set"], c["kind"], c["expect"]) == (name, kind, expect))
            number = sum(got.values()) or 1
            shares = " | ".join(f"{got[verdict] / number:.3f}" for verdict in VERDICTS)
            print(f"| {name} | {title} | {sum(got.values())} | {shares} |")
    if args.details:
        for call in calls:
            if call["got"] != call["expect"]:
                said = call["call"].replace("\n", " / ")
                print(f"{call['set']} {call['rule']}: {call['expect']} → {call['got']}  {said}  [{call['reason']}]")


if __name__ == "__main__":
    main()
