"""Does the standard know what people really say? Calls by authors who had not seen its phrases, judged.

    python benchmarks/breadth.py [--set a] [--details] [--json FILE]

`fixtures/breadth/NAME.jsonl` holds calls in the packs' notation, each with the one rule it is about and the verdict a
reader would give. Text alone: no recogniser, no sound. What is asked of a rule that forbids: how much of what breaks it
is found, and how often something harmless is accused; of one that requires: how often somebody who did it is accused,
and how much of what is missing is found. `clean_NAME.jsonl` holds whole calls in which the agent does everything right
in words of his own: every failure there is a wrong accusation; `breach_NAME.jsonl` whole calls with one fault, and what
it is; `steps_NAME.jsonl` such in which polite agents leave out two or three steps, or do them half. What passes by its
rule may still be worded like what is forbidden (`T7_wording`), which is for a human to hear.
The wording's model was made with none of `q`, `r`, `s` and `v` to `ae`, nor phrases with what breaks a rule in `k` to
`v`; all others were looked at.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from analyzer.rules.evaluate import judge
from analyzer.rules.examples import judge_example
from analyzer.rules.notation import ExampleCall, parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.phrases import SoundSearch
from analyzer.rules.standard import Standard

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "breadth"
SETS = (*"abcdefghijklmnopqrstuvwxyz", "aa", "ab", "ac", "ad", "ae", "af", "ag")
VERDICTS = ("fail", "unsure", "pass", "not_applicable")
WORDING = "T7_wording"
Verdicts = list[dict[str, str]]
ROWS = {
    ("forbids", "fail"): "forbidden, said otherwise",
    ("forbids", "pass"): "harmless, sounds alike",
    ("requires", "pass"): "required, done otherwise",
    ("requires", "fail"): "required, not done",
}


def calls_of(name: str) -> list[dict[str, Any]]:
    """The calls of one file."""
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def has(name: str) -> bool:
    """Whether there is a file of that name."""
    return (FOLDER / f"{name}.jsonl").is_file()


def judged(standard: Standard, name: str) -> Verdicts:
    """Every call of one set with the verdict it got."""
    out = []
    wording = standard.rule(WORDING)
    assert wording is not None
    for call in calls_of(name):
        rule = standard.rule(call["rule"])
        assert rule is not None, call["rule"]
        finding = judge_example(standard, rule, call["call"])
        kind = "forbids" if rule.forbid is not None else "requires"
        worded = str(judge_example(standard, wording, call["call"]).verdict)
        out.append({**call, "set": name, "kind": kind, "got": str(finding.verdict), "worded": worded,
                    "reason": finding.reason})  # fmt: skip
    return out


def to_be_heard(verdicts: Verdicts) -> float:
    """Of what passes by its rule, the share that is worded like what is forbidden."""
    passed = [v["worded"] == "unsure" for v in verdicts if v["got"] == "pass"]
    return sum(passed) / len(passed) if passed else 0.0


def judged_clean(standard: Standard, name: str) -> Verdicts:
    """Every verdict on the clean calls of one set."""
    out = []
    for call in calls_of(f"clean_{name}"):
        made = parse_call(call["call"])
        search = SoundSearch(made.conversation)
        found = judge(standard, made.conversation, made.measures, made.hangup, made.metadata, search)
        for one in found.findings:
            quotes = " | ".join(e.quote for e in one.evidence if e.quote)
            out.append({"set": name, "call": call["name"], "rule": one.rule, "severity": one.severity,
                        "got": str(one.verdict), "reason": one.reason, "quotes": quotes})  # fmt: skip
    return out


def by_rule(standard: Standard, call: ExampleCall) -> dict[str, str]:
    """What each rule says of a call."""
    found = judge(standard, call.conversation, call.measures, call.hangup, call.metadata).findings
    return {one.rule: str(one.verdict) for one in found}


def judged_breaches(standard: Standard, name: str) -> Verdicts:
    """Every call with one fault: what is said of that, and what else fails."""
    out = []
    for call in calls_of(f"breach_{name}"):
        verdicts = by_rule(standard, parse_call(call["call"]))
        beside = [rule for rule, verdict in verdicts.items() if verdict == "fail" and rule != call["rule"]]
        out.append({**call, "set": name, "got": verdicts[call["rule"]], "worded": verdicts[WORDING],
                    "beside": " ".join(beside)})  # fmt: skip
    return out


def judged_steps(standard: Standard, name: str) -> Verdicts:
    """Every step that was left out or half done, with what its rule says."""
    out = []
    for call in calls_of(f"steps_{name}"):
        verdicts = by_rule(standard, parse_call(call["call"]))
        out.extend(
            {"set": name, "call": call["name"], **fault, "got": verdicts[fault["rule"]]} for fault in call["faults"]
        )
    return out


def print_steps(steps: Verdicts, details: bool) -> None:
    """How often a step that is left out or half done is found, by rule."""
    if not steps:
        return
    print("\n| rule | steps left out or half done | fail | unsure | pass | not applicable |")
    print("| --- | --- | --- | --- | --- | --- |")
    for rule in (*dict.fromkeys(step["rule"] for step in steps), "all"):
        got = Counter(step["got"] for step in steps if rule in (step["rule"], "all"))
        print(f"| {rule} | {got.total()} | {' | '.join(str(got[verdict]) for verdict in VERDICTS)} |")
    for step in steps if details else ():
        if step["got"] != "fail":
            print(f"{step['set']} {step['call']} {step['rule']}: {step['got']}  {step['what']}")


def print_breaches(breaches: Verdicts, details: bool) -> None:
    """How often one fault in a call is found."""
    print("\n| set | calls with one fault | fail | unsure | pass | (worded alike) | not applicable | failures beside |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in dict.fromkeys(call["set"] for call in breaches):
        here = [call for call in breaches if call["set"] == name]
        got = Counter(call["got"] for call in here)
        beside = sum(len(call["beside"].split()) for call in here)
        each = [str(got[verdict]) for verdict in VERDICTS]
        each.insert(3, f"({sum(c['got'] == 'pass' and c['worded'] == 'unsure' for c in here)})")
        print(f"| {name} | {len(here)} | {' | '.join(each)} | {beside} |")
    for call in breaches if details else ():
        if call["got"] != "fail" or call["beside"]:
            beside = call["beside"] or "-"
            print(f"{call['set']} {call['name']} {call['rule']}: {call['got']}, beside {beside}  {call['what']}")


def print_clean(clean: Verdicts, sets: list[str], details: bool) -> None:
    """How often somebody who did everything right is accused."""
    print(
        "\n| set | clean calls | accused of anything | fails a call | major and critical fails a call | unsure a call |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for name in sets:
        here = [v for v in clean if v["set"] == name]
        calls = len({v["call"] for v in here}) or 1
        fails = [v for v in here if v["got"] == "fail"]
        grave = sum(v["severity"] in ("major", "critical") for v in fails)
        unsure = sum(v["got"] == "unsure" for v in here)
        accused = len({v["call"] for v in fails})
        print(
            f"| {name} | {calls} | {accused} | {len(fails) / calls:.2f} | {grave / calls:.2f} | {unsure / calls:.2f} |"
        )
    if details:
        for v in clean:
            if v["got"] in ("fail", "unsure"):
                print(f"{v['set']} {v['call']} {v['rule']}: {v['got']}  {v['quotes']}  [{v['reason']}]")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", choices=SETS, help="all by default")
    parser.add_argument("--details", action="store_true", help="every call that came out otherwise")
    parser.add_argument("--json", type=Path, help="write all verdicts there")
    args = parser.parse_args()
    standard = load_standard("base")
    asked = args.set or list(SETS)
    sets, whole = [name for name in asked if has(name)], [name for name in asked if has(f"clean_{name}")]
    calls = [call for name in sets for call in judged(standard, name)]
    clean = [verdict for name in whole for verdict in judged_clean(standard, name)]
    breaches = [call for name in asked if has(f"breach_{name}") for call in judged_breaches(standard, name)]
    steps = [step for name in asked if has(f"steps_{name}") for step in judged_steps(standard, name)]
    if args.json:
        args.json.write_text(
            json.dumps([*calls, *clean, *breaches, *steps], ensure_ascii=False, indent=1), encoding="utf-8"
        )
    print("| set | calls | number | fail | unsure | pass | (of these worded alike) | not applicable |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in sets:
        for (kind, expect), title in ROWS.items():
            here = [c for c in calls if (c["set"], c["kind"], c["expect"]) == (name, kind, expect)]
            if here:
                got = Counter(c["got"] for c in here)
                shares = [f"{got[verdict] / len(here):.3f}" for verdict in VERDICTS]
                shares.insert(3, f"({to_be_heard(here):.3f})")
                print(f"| {name} | {title} | {len(here)} | {' | '.join(shares)} |")
    if args.details:
        for call in calls:
            if call["got"] != call["expect"]:
                said = call["call"].replace("\n", " / ")
                print(f"{call['set']} {call['rule']}: {call['expect']} → {call['got']}  {said}  [{call['reason']}]")
    print_clean(clean, whole, args.details)
    print_breaches(breaches, args.details)
    print_steps(steps, args.details)


if __name__ == "__main__":
    main()
