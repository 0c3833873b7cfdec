"""What trials on the sound cost, and what they say of phrases that were nearly said.

python benchmarks/trials.py [--quick] [--json FILE] [--cache FOLDER]

Cost: processor seconds of all trials with the base standard's phrases, on a human call of 5 minutes and the documents'
sample calls, beside the whole hearing. Nearly said: phrases of the tuned half of the readers, one word changed, tried
wherever they resemble the words by 0.6 and more, on clean telephone speech and with white noise at 12 dB; how many fit
well enough to be sure. The phrases themselves are tried beside them.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import results
from phrase_material import Stream, legs_of
from phrases import AGENT, LENGTHS, content, cut, human_sets, listen
from speed import calls, sample_calls

from analyzer import pipeline
from analyzer.rules.checks.tried import bounds, fit
from analyzer.rules.pack import load_standard
from analyzer.speech.activity import find_speech
from analyzer.speech.candidates import CandidateSettings
from analyzer.speech.confusable import PARTICLES
from analyzer.speech.difference import CLEAR, unlike
from analyzer.speech.mandarin import char_count
from analyzer.speech.model import resolve
from analyzer.speech.recognizer import WhisperRecognizer
from analyzer.speech.sound import MAX_SYLLABLES, canon
from analyzer.speech.trials import TrialSettings, try_phrases, words_of
from analyzer.speech.types import Trial

EVERY = CandidateSettings(floors=((MAX_SYLLABLES, 0.6),), clear=1.01, doubtful=1.01, most_behind=1.0, a_place=99)
ALL = TrialSettings(EVERY, a_window=99)
OTHER = "我你他有没在来去说看好给查问要会能这那请帮等听知道明白清楚时间东西电话号码订单快退款情况处理马上今天谁怎因以"
NOISE_DB = 12.0


def cost(recognizer: WhisperRecognizer) -> list[results.Figure]:
    """Seconds and number of trials a call."""
    standard = load_standard("base")
    spent: list[tuple[float, int]] = []
    real = pipeline.try_phrases

    def timed(*args: Any) -> tuple[Trial, ...]:
        begun = time.process_time()
        found = real(*args)
        spent.append((time.process_time() - begun, len(found)))
        return found

    pipeline.try_phrases = timed
    out = []
    with tempfile.TemporaryDirectory() as folder:
        made = [*calls(Path(folder), quick=True), *sample_calls()]
        analyzer = pipeline.Analyzer(recognizer)
        analyzer.hear(made[-1].path, phrases=standard.tried)  # warm
        for call in made:
            begun = time.process_time()
            analyzer.hear(call.path, phrases=standard.tried)
            whole = time.process_time() - begun
            seconds, count = spent[-1]
            name = f"trials.{call.path.stem}"
            out += [
                results.Figure(f"{name}.trials", count),
                results.Figure(f"{name}.processor_seconds", round(seconds, 2)),
                results.Figure(f"{name}.share_of_hearing", round(seconds / whole, 3)),
            ]
    pipeline.try_phrases = real
    return out


def with_noise(stream: Stream) -> Stream:
    """White noise under the speech's own level."""
    rng = np.random.default_rng(len(stream.samples))
    loud = stream.samples[np.abs(stream.samples) > np.quantile(np.abs(stream.samples), 0.6)]
    level = float(np.sqrt(np.mean(loud**2))) * 10 ** (-NOISE_DB / 20)
    noise = rng.standard_normal(len(stream.samples)).astype(np.float32) * np.float32(level)
    return replace(stream, name=f"{stream.name}+noise", samples=stream.samples + noise)


def changed(phrase: str, rng: random.Random) -> str:
    """The phrase with one word that carries meaning replaced by one that sounds different."""
    at = rng.choice([i for i, c in enumerate(phrase) if canon(c) not in PARTICLES])
    others = [c for c in OTHER if unlike(canon(phrase[at]), canon(c)) >= CLEAR]
    return phrase[:at] + rng.choice(others) + phrase[at + 1 :]


def nearly_said(
    name: str, streams: Sequence[Stream], recognizer: WhisperRecognizer, cache: Path | None
) -> list[results.Figure]:
    """How many of the changed phrases are sure, and of the true ones that words alone leave open."""
    out = []
    heard = listen(streams, recognizer, cache)
    everything = content("/".join(h.truth for h in heard))
    rng = random.Random(3)
    for length, (low, high) in LENGTHS.items():
        said = cut([s for h in heard for s in h.stream.sentences], low, min(high, 9), 1)
        other = [w for w in (changed(p, rng) for p in said for _ in range(2)) if content(w) not in everything]
        tried: list[tuple[Trial, bool]] = []
        for one in heard:
            legs = legs_of(one.stream)
            voices = find_speech(legs)
            phrases = (*other, *(p for p in said if p in one.truth))
            found = try_phrases(legs, voices, words_of(one.call.turns), (), (), AGENT, recognizer, phrases, ALL)
            tried += [(t, t.phrase in said) for t in found]
        for label, true in (("one_word_changed", False), ("said_below_0.82", True)):
            mine = [t for t, is_said in tried if is_said is true and (not true or t.score < CandidateSettings().clear)]
            limits = [bounds(char_count(t.phrase)) for t in mine]
            certain = sum(fit(t) >= b.certain for t, b in zip(mine, limits, strict=True))
            sure = sum(fit(t) >= b.likely and t.score >= b.alike for t, b in zip(mine, limits, strict=True))
            head = f"trials.{name}.{length}.{label}"
            out += [
                results.Figure(head, len(mine)),
                results.Figure(f"{head}.certain", certain),
                results.Figure(f"{head}.likely", sure),
            ]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="every fourth stream")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, help="keep transcripts here")
    options = parser.parse_args()
    recognizer = WhisperRecognizer(resolve(None), threads=1)
    found = cost(recognizer)
    tuned = human_sets(options.quick).get("human, tuned", [])
    found += nearly_said("clean", tuned, recognizer, options.cache)
    found += nearly_said("noise_12_db", [with_noise(s) for s in tuned], recognizer, options.cache)
    results.show(found)
    results.write(found, options.json)


if __name__ == "__main__":
    main()
