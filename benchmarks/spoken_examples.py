"""Do verdicts survive the whole way? The standard's example calls spoken over a telephone, and judged from the sound.

    python benchmarks/spoken_examples.py --write FOLDER [--every N --first I]    # what is to be spoken: lines.jsonl
    (speak them: fixtures/kokoro.py)
    python benchmarks/spoken_examples.py --clips FOLDER [--every N --first I] [--json FILE] [--cache FOLDER]

Every example made of turns, silences, holds and an ending alone is composed as a stereo call (8 kHz, 300 to 3400 Hz,
µ-law, 25 dB over the line's noise) in two of four voices, then heard and judged by the product. Metadata says who is on
which channel and who went. The truth is what the same standard says of the call as written. All rules count on every
call, not only the one it was written for; those of the voice don't, since nothing written says how it sounds.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import repeat
from pathlib import Path

import results
from spoken_calls import listen, ready

from analyzer.call.types import CallMetadata, Role
from analyzer.rules.evaluate import judge
from analyzer.rules.examples import examples_of
from analyzer.rules.notation import AGENT_NAMES, CUSTOMER_NAMES, END, HOLD, SILENCE, TURN, numbered_lines, parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.standard import Standard
from analyzer.testing import ClipBank, Conditions, Ending, Script, compose
from analyzer.testing.script import AnyStep, Backchannel, Hold, Say, Silence

PAIRS = (  # agent, customer: none of the agents' is one that phrases were tuned on
    ("zf_xiaoyi", "zm_yunyang"),
    ("zm_yunxia", "zf_xiaobei"),
    ("zm_yunyang", "zf_xiaoyi"),
    ("zf_xiaobei", "zm_yunxia"),
)
LINE = Conditions(codec="ulaw", snr_db=25.0, agent_level_db=-22.0, customer_level_db=-24.0)
WHO = dict.fromkeys(AGENT_NAMES, Role.AGENT) | dict.fromkeys(CUSTOMER_NAMES, Role.CUSTOMER)
PARTIES = ("agent", "customer", "system")
LONGEST_MS = 150_000  # a longer wait is as long a computation and shows nothing new
ROOM_FOR_BACKCHANNEL = 12  # characters of the turn it comes into
BACKCHANNEL_MS = 1000
MEASURED = ("voice",)  # sections nothing that is written says how it sounds


@dataclass(frozen=True)
class Example:
    """A call to be spoken: as written, and as the composer takes it."""

    rule: str
    expected: str
    text: str
    script: Script
    metadata: CallMetadata

    @property
    def name(self) -> str:
        return f"{self.rule} {self.expected}: {' / '.join(self.text.strip().splitlines())}"


def examples(standard: Standard, every: int, first: int) -> Iterator[Example]:
    """Every so many of the examples that can be spoken as they are written, from one on."""
    seen: set[str] = set()
    able = []
    for rule in standard.rules:
        for expected, _, text in examples_of(rule):
            if text not in seen and (made := scripted(text, PAIRS[len(seen) % len(PAIRS)])) is not None:
                seen.add(text)
                able.append(Example(rule.id, expected, text, *made))
    yield from able[first::every]


def scripted(
    text: str,
    voices: tuple[str, str],
    gaps_ms: Iterator[int] | None = None,
    wait: str = "dead",
    longest_ms: int = LONGEST_MS,
) -> tuple[Script, CallMetadata] | None:
    """A call in the notation for the composer; None where it holds what cannot be spoken (figures, overlaps, doubts).

    Args:
        text: the call.
        voices: the agent's and the customer's.
        gaps_ms: before each turn; 500 without.
        wait: what is heard in a hold without music.
        longest_ms: of all waits together.
    """
    steps: list[AnyStep] = []
    gaps_ms = gaps_ms or repeat(500)
    ending, released = Ending(after_ms=1000, tail_ms=500), None
    for _, line in numbered_lines(text):
        if (m := TURN.match(line)) and m["text"] and not m["start"] and m["mark"] in (None, "~"):
            who, said = WHO[m["who"]], m["text"].strip()
            if not m["mark"]:
                steps.append(Say(who=who, text=said, gap_ms=next(gaps_ms)))
            elif steps and isinstance(steps[-1], Say) and len(steps[-1].text) >= ROOM_FOR_BACKCHANNEL:
                steps.append(Backchannel(who=who, text=said, at_ms=BACKCHANNEL_MS))
            else:
                return None
        elif m := SILENCE.match(line):
            steps.append(Silence(duration_ms=round(float(m[1]) * 1000)))
        elif m := HOLD.match(line):
            steps.append(Hold(duration_ms=round(float(m[1]) * 1000), sound="music" if m[2] else wait, announced=True))
        elif (m := END.match(line)) and m[1] in PARTIES and not m[3]:
            ending = Ending(party=m[1], after_ms=round(float(m[2] or 1) * 1000), tail_ms=500, evidence=())
            released = m[1]
        else:
            return None
    waits = sum(s.duration_ms for s in steps if isinstance(s, (Silence, Hold)))
    if not any(isinstance(s, Say) for s in steps) or waits > longest_ms:
        return None
    script = Script(
        name=sha256(text.encode()).hexdigest()[:12], agent_voice=voices[0], customer_voice=voices[1],
        steps=tuple(steps), ending=ending, conditions=LINE,
    )  # fmt: skip
    return script, CallMetadata(roles=(Role.AGENT, Role.CUSTOMER), released_by=released)


def write_lines(scripts: Iterable[Script], folder: Path) -> None:
    """What has to be spoken, for `fixtures/kokoro.py say`, and the manifest that finds it again."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = {}
    for script in scripts:
        for step in script.steps:
            if isinstance(step, (Say, Backchannel)):
                voice = script.voice_of(step.who)
                rows[voice, step.text] = f"{voice}/{sha256(step.text.encode()).hexdigest()[:16]}.flac"
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(("file", "voice", "text"))
        writer.writerows((file, voice, text) for (voice, text), file in rows.items())
    lines = (json.dumps({"file": f, "voice": v, "text": t}, ensure_ascii=False) for (v, t), f in rows.items())
    (folder / "lines.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, help="write the lines to be spoken here, and do nothing else")
    parser.add_argument("--clips", type=Path, help="the folder with what was spoken")
    parser.add_argument("--every", type=int, default=1, help="of the examples, take one in so many")
    parser.add_argument("--first", type=int, default=0, help="which of them is the first")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, help="keep what was heard here, for a run with other rules")
    options = parser.parse_args()
    standard = load_standard("base")
    made = list(examples(standard, options.every, options.first))
    if options.write:
        write_lines((one.script for one in made), options.write)
        return
    analyzer = ready(standard)
    bank = ClipBank.from_folder(options.clips)
    turned: Counter[str] = Counter()
    own: Counter[str] = Counter()
    sections = {rule.id: rule.section for rule in standard.rules}
    for one in made:
        written = parse_call(one.text)
        said = judge(standard, written.conversation, written.measures, written.hangup, written.metadata)
        truth = {f.rule: str(f.verdict) for f in said.findings}
        card = listen(compose(one.script, bank, seed=1), analyzer, standard, options.cache, one.metadata)
        for f in card.findings:
            if sections[f.rule] in MEASURED:
                continue
            change = f"{truth[f.rule]} to {f.verdict}"
            turned[change] += 1
            own[change] += f.rule == one.rule
            if change in ("pass to fail", "fail to pass", "not_applicable to fail", "unsure to fail"):
                quotes = "; ".join(e.quote or e.what for e in f.evidence)
                print(f"{f.rule} {change} [{quotes}] in {one.name}", flush=True)
                print("    heard: " + " / ".join(f"{t.role}: {t.text}" for t in card.turns), flush=True)
    print(", ".join(f"{k} {n}" for k, n in sorted(turned.items())))
    print("of the rule written for: " + ", ".join(f"{k} {n}" for k, n in sorted(own.items())))
    judged = sum(n for change, n in turned.items() if change.startswith(("pass", "fail")))
    broken = sum(n for change, n in turned.items() if change.startswith("fail"))
    accused = sum(n for change, n in turned.items() if change.endswith("to fail")) - turned["fail to fail"]
    figures = [
        results.Figure("spoken.calls", str(len(made))),
        results.Figure("spoken.judgements", str(turned.total())),
        results.at_most("spoken.flips", (turned["pass to fail"] + turned["fail to pass"]) / max(1, judged), 0.02),
        results.Figure("spoken.accused", str(accused)),
        results.Figure("spoken.broken_and_failed", turned["fail to fail"] / max(1, broken)),
    ]
    results.show(figures)
    results.write(figures, options.json)


if __name__ == "__main__":
    main()
