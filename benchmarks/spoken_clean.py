"""How often is somebody accused who did everything right, when the call is really spoken and really heard?

    python benchmarks/spoken_clean.py --write FOLDER [--set a]          # what is to be spoken: lines.jsonl
    (speak them: fixtures/kokoro.py)
    python benchmarks/spoken_clean.py --clips FOLDER [--set a] [--details] [--json FILE] [--cache FOLDER]

The clean calls of `breadth.py` (10 to 26 turns, the agent does everything right in words of his own), composed as
stereo calls (8 kHz, 300 to 3400 Hz, µ-law, 25 dB over the line's noise or `--snr`) in two of eight voices, with 0.2 to
1.4 s between turns and music, line noise or silence in a hold, heard and judged by the product. Metadata says who is on
which channel and who went. Beside it the same calls judged as text. Every failure is a wrong accusation, but of the
voice section, counted apart: nothing written says how fast and loud a voice should have been.

What was looked at of `a`, `b` and `c`, and that of `d` nothing was: docs/accuracy-authors.md.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import msgspec
import results
from breadth import calls_of
from spoken_calls import listen, ready
from spoken_examples import MEASURED, PAIRS, scripted, write_lines

from analyzer.call.types import CallMetadata
from analyzer.pipeline import Analyzer
from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.standard import Standard
from analyzer.rules.types import Finding
from analyzer.testing import ClipBank, Script, compose

VOICES = (*PAIRS, ("zf_xiaoni", "zm_yunjian"), ("zf_xiaoxiao", "zm_yunxi"))  # agent, customer
TAKEN = {
    "a": slice(0, 21, 7),
    "b": slice(3, 24, 7),
    "c": slice(1, 37, 3),
    "d": slice(2, 38, 3),
    "e": slice(4, 90, 12),
    "f": slice(5, 80, 10),
    "g": slice(2, 90, 11),
    "i": slice(3, 60, 7),
    "s": slice(3, 96, 24),
    "v": slice(2, 72, 18),
    "w": slice(1, 24, 6),
    "x": slice(0, 24, 3),
}
WAITS = ("music", "line", "dead")
GAP_MS = (200, 1400)
ALL_WAITS_MS = 600_000
GRAVE = ("major", "critical")


@dataclass(frozen=True)
class Clean:
    """A call to be spoken."""

    set: str
    name: str
    text: str
    script: Script
    metadata: CallMetadata


def clean_calls(sets: list[str]) -> list[Clean]:
    """The calls that are spoken, those of all sets side by side."""
    placed = []
    for name in sets:
        taken = calls_of(f"clean_{name}")[TAKEN[name]]
        clean = ((i, _clean(name, i, call)) for i, call in enumerate(taken))
        placed += [(i / len(taken), name, one) for i, one in clean if one]
    return [one for _, _, one in sorted(placed, key=lambda p: p[:2])]


def _clean(set_name: str, number: int, call: dict[str, str]) -> Clean | None:
    """One call for the composer; None where it holds what cannot be spoken."""
    dice = Random(call["name"])
    gaps: Iterator[int] = iter(lambda: dice.randrange(*GAP_MS), None)
    other = number + 3 * (set_name == "b")  # other voices than the call of `a` beside it
    made = scripted(call["call"], VOICES[other % len(VOICES)], gaps, WAITS[number % len(WAITS)], ALL_WAITS_MS)
    if made is None:
        return None
    script, metadata = made
    return Clean(set_name, call["name"], call["call"], script, metadata)


@dataclass(frozen=True)
class Judged:
    """A call's findings as text and as heard, and what was heard."""

    call: Clean
    text: tuple[Finding, ...]
    spoken: tuple[Finding, ...]
    heard: str


def judged(
    call: Clean, bank: ClipBank, analyzer: Analyzer, standard: Standard, cache: Path | None, snr_db: float = 25.0
) -> Judged:
    """One call, judged both ways."""
    written = parse_call(call.text)
    text = judge(standard, written.conversation, written.measures, written.hangup, written.metadata).findings
    script = msgspec.structs.replace(call.script, conditions=replace(call.script.conditions, snr_db=snr_db))
    card = listen(compose(script, bank, seed=1), analyzer, standard, cache, call.metadata)
    heard = "\n".join(f"    {t.span.start_ms / 1000:6.1f} {t.role}: {t.text}" for t in card.turns)
    return Judged(call, tuple(text), tuple(card.findings), heard)


def show(one: Judged, sections: dict[str, str]) -> None:
    """What a call is accused of or doubted for, and what it was as text."""
    before = {f.rule: str(f.verdict) for f in one.text}
    print(f"{one.call.set} {one.call.name} {one.call.script.agent_voice}")
    for f in one.spoken:
        if f.verdict == "fail" or (f.verdict == "unsure" and before[f.rule] != "unsure"):
            said = " | ".join(e.quote or e.what for e in f.evidence)
            mark = " (voice)" if sections[f.rule] in MEASURED else ""
            print(f"  {f.rule} {f.severity}{mark}: {before[f.rule]} to {f.verdict} [{said}] {f.reason}", flush=True)


def table(judged_calls: list[Judged], sections: dict[str, str]) -> list[results.Figure]:
    """Prints a line for each set and way of judging; the same as figures."""
    heads = ("calls", "accused", "fails", "grave", "unsure", "voice_fails")
    titles = "calls", "accused of anything", "fails a call", "major and critical", "unsure a call", "voice fails a call"
    print(f"\n| set | judged as | {' | '.join(titles)} |\n|" + " --- |" * (2 + len(titles)))
    figures = []
    for name in sorted({j.call.set for j in judged_calls}):
        mine = [j for j in judged_calls if j.call.set == name]
        for way in ("text", "spoken"):
            words = [[f for f in getattr(j, way) if sections[f.rule] not in MEASURED] for j in mine]
            voice = [[f for f in getattr(j, way) if sections[f.rule] in MEASURED] for j in mine]
            fails = [f for found in words for f in found if f.verdict == "fail"]
            row = (
                len(mine),
                sum(any(f.verdict == "fail" for f in found) for found in words),
                len(fails) / len(mine),
                sum(f.severity in GRAVE for f in fails) / len(mine),
                sum(f.verdict == "unsure" for found in words for f in found) / len(mine),
                sum(f.verdict == "fail" for found in voice for f in found) / len(mine),
            )
            shown = " | ".join(f"{v:.2f}" if isinstance(v, float) else str(v) for v in row)
            print(f"| {name} | {way} | {shown} |")
            figures += [results.Figure(f"clean.{name}.{way}.{head}", v) for head, v in zip(heads, row, strict=True)]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", choices=tuple(TAKEN), help="all by default")
    parser.add_argument("--write", type=Path, help="write the lines to be spoken here, and do nothing else")
    parser.add_argument("--clips", type=Path, help="the folder with what was spoken")
    parser.add_argument("--details", action="store_true", help="every rule that fails, and what the sound made unsure")
    parser.add_argument("--heard", action="store_true", help="and what was heard")
    parser.add_argument("--snr", type=float, default=25.0, help="of the line, in dB")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, help="keep what was heard here, for a run with other rules")
    options = parser.parse_args()
    calls = clean_calls(options.set or list(TAKEN))
    if options.write:
        write_lines((call.script for call in calls), options.write)
        return
    standard = load_standard("base")
    sections = {rule.id: rule.section for rule in standard.rules}
    analyzer = ready(standard)
    bank = ClipBank.from_folder(options.clips)
    done = []
    for call in calls:
        done.append(judged(call, bank, analyzer, standard, options.cache, options.snr))
        if options.details or options.heard:
            show(done[-1], sections)
        if options.heard:
            print(done[-1].heard, flush=True)
    figures = table(done, sections)
    if options.json:
        rules = Counter((j.call.set, f.rule) for j in done for f in j.spoken if f.verdict == "fail")
        figures += [results.Figure(f"clean.{name}.spoken.fails.{rule}", n) for (name, rule), n in rules.items()]
        results.write(figures, options.json)


if __name__ == "__main__":
    main()
