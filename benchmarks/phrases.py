"""Phrases found and falsely found: by sound, against exact text and plain edit distance.

python benchmarks/phrases.py [--quick] [--json FILE] [--cache FOLDER] [--sweep]

Human readers over a telephone band (phrases cut from their texts; one half of the voices was used to choose the
thresholds, the other was not) and synthesised service phrases (clean, G.711 at 15 dB SNR, 1.3 times as fast). Recall
is the share of spoken phrases found; a false alarm is a phrase found in a stream that does not hold it, counted per
phrase and hour. Then the time that 500 rules take on a 10-minute call.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from phrase_material import Stream, hear, human_streams, in_one_leg, legs_of, speech_folder, spoken_streams

from analyzer.call.types import Role
from analyzer.measure.types import Conversation, Turn
from analyzer.rules.checks.rawhits import RawHit
from analyzer.rules.checks.tried import with_trials
from analyzer.rules.checks.turntexts import TurnText, TurnTexts
from analyzer.rules.phrases import SoundSearch, compile_phrases
from analyzer.spans import Span
from analyzer.speech.activity import find_speech
from analyzer.speech.confusable import PARTICLES
from analyzer.speech.mandarin import LATIN, spoken_key
from analyzer.speech.model import resolve
from analyzer.speech.recognizer import SpeechRecognizer, WhisperRecognizer
from analyzer.speech.second_hearing import hear_again
from analyzer.speech.sound import canon
from analyzer.speech.threshold import threshold
from analyzer.speech.trials import try_phrases, words_of
from analyzer.speech.types import SoundReading, Speaker, Word

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "phrases"
LENGTHS = {"3-4": (3, 4), "5+": (5, 28)}
GOALS = {"3-4": (0.92, 0.2), "5+": (0.99, 0.05)}
AGENT = (Speaker(0, 0, Role.AGENT),)  # who speaks in every stream
TUNED_VOICE = "S0150"  # the one reader with many sentences; its half was looked at


@dataclass(frozen=True)
class Heard:
    """A stream with what the recogniser made of it."""

    stream: Stream
    call: Conversation
    text: str  # recognised, as spoken
    truth: str  # what was said; sentences apart
    sounds: tuple[SoundReading, ...] = ()


@dataclass
class Count:
    """How one method did on one set."""

    spoken: int = 0
    found: int = 0
    unsure: int = 0
    false: int = 0
    false_unsure: int = 0
    hours: float = 0.0  # phrases times hours in which they were not said
    missed: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found / max(1, self.spoken)

    @property
    def rate(self) -> float:
        return self.false / max(1e-9, self.hours)


def as_call(said: Sequence[Sequence[Word]]) -> Conversation:
    """One party's utterances as turns."""
    turns = [
        Turn(i, 0, Role.AGENT, Span(u[0].span.start_ms, max(u[-1].span.end_ms, u[0].span.start_ms + 1)), 0,
             "".join(w.text for w in u), tuple(u))
        for i, u in enumerate(u for u in said if u)
    ]  # fmt: skip
    return Conversation(turns[-1].span.end_ms if turns else 0, (), tuple(turns), (), (), (), True, 1.0)


def listen(streams: Sequence[Stream], recognizer: SpeechRecognizer, cache: Path | None) -> list[Heard]:
    out = []
    for stream in streams:
        said, sounds = hear(stream, recognizer, cache)
        call = as_call(said)
        legs = legs_of(stream)
        again = hear_again(legs, find_speech(legs), words_of(call.turns), AGENT, recognizer)
        call = replace(call, readings=again)
        text = "".join(TurnText.of(turn).text for turn in call.turns)
        out.append(Heard(stream, call, spoken_key(text), "/".join(stream.sentences), sounds))
    return out


def tried(heard: Sequence[Heard], phrases: Sequence[str], recognizer: SpeechRecognizer) -> list[Heard]:
    """With every phrase of the set tried on the sound, as the product does with a standard's."""
    out = []
    for one in heard:
        legs = legs_of(one.stream)
        voices, words = find_speech(legs), words_of(one.call.turns)
        call = one.call
        trials = try_phrases(legs, voices, words, call.readings, one.sounds, AGENT, recognizer, tuple(phrases))
        out.append(replace(one, call=replace(one.call, trials=trials)))
    return out


def half_of(voice: str, voices: Sequence[str]) -> str:
    """The tuned half: the reader with many sentences and every other one of the rest."""
    rest = [v for v in sorted(set(voices)) if v != TUNED_VOICE]
    return "tuned" if voice == TUNED_VOICE or rest.index(voice) % 2 == 1 else "held out"


def cut(sentences: Sequence[str], low: int, high: int, seed: int) -> list[str]:
    """Phrases of `low` to `high` characters, one after the other, from every sentence."""
    rng = random.Random(seed)
    out: dict[str, None] = {}
    for sentence in sentences:
        at = 0
        while len(sentence) - at >= low:
            length = min(rng.randint(low, high), len(sentence) - at)
            phrase = sentence[at : at + length]
            if LATIN not in phrase and sum(canon(c) not in PARTICLES for c in phrase) >= 3:
                out[phrase] = None
            at += length
    return list(out)


def content(text: str) -> str:
    """Without what may be dropped: a stream that holds this holds the phrase."""
    return "".join(canon(c) for c in text if canon(c) not in PARTICLES)


Method = Callable[[Heard, Sequence[str]], dict[str, float]]  # phrase -> 1 sure, 0.5 unsure


def graded(found: Mapping[str, Sequence[RawHit]]) -> dict[str, float]:
    """What a rule would make of these hits: one on which a second look heard another phrase is none."""
    heard = {p: [h for h in hits if h.look != "other"] for p, hits in found.items()}
    return {p: 1.0 if any(h.is_sure for h in hits) else 0.5 for p, hits in heard.items() if hits}


def by_sound(heard: Heard, phrases: Sequence[str]) -> dict[str, float]:
    """The product's way: the words by sound, and where they leave it open a trial on the sound itself."""
    found = SoundSearch(heard.call).find(phrases)
    return graded(with_trials(found, heard.call, TurnTexts(heard.call.turns)))


def by_words(heard: Heard, phrases: Sequence[str]) -> dict[str, float]:
    """The words by sound, without trials."""
    return graded(SoundSearch(heard.call).find(phrases))


def by_text(heard: Heard, phrases: Sequence[str]) -> dict[str, float]:
    return {p: 1.0 for p in phrases if p in heard.text}


@lru_cache(maxsize=1 << 20)
def edit_similarity(phrase: str, text: str) -> float:
    """1 less the edits from the phrase to the nearest stretch of the text, over its length."""
    codes = np.array([ord(c) for c in text] or [0])
    cost = np.zeros(len(codes) + 1, np.int32)
    ramp = np.arange(len(codes) + 1, dtype=np.int32)
    for i, c in enumerate(phrase):
        new = cost + 1
        new[1:] = np.minimum(new[1:], cost[:-1] + (codes != ord(c)))
        new[0] = i + 1
        cost = np.minimum.accumulate(new - ramp) + ramp
    return 1 - float(cost.min()) / len(phrase)


def by_edits(least: float) -> Method:
    def method(heard: Heard, phrases: Sequence[str]) -> dict[str, float]:
        return {p: 1.0 for p in phrases if edit_similarity(p, heard.text) >= least}

    return method


def count(method: Method, heard: Sequence[Heard], phrases: Sequence[str]) -> Count:
    out = Count()
    for one in heard:
        found = method(one, phrases)
        truth, meaning = one.truth, content(one.truth)
        for phrase in phrases:
            got = found.get(phrase, 0.0)
            if phrase in truth:
                out.spoken += 1
                out.found += got == 1.0
                out.unsure += got == 0.5
                if got < 1:
                    out.missed.append(
                        f"{phrase} ({got}) in {one.text[:200]}"
                        if len(one.text) < 40
                        else f"{phrase} ({got}) {one.stream.name}"
                    )
            elif content(phrase) not in meaning:
                out.false += got == 1.0
                out.false_unsure += got == 0.5
                out.hours += one.stream.seconds / 3600
                if got == 1:
                    out.alarms.append(f"{phrase} {one.stream.name}")
    return out


def best_edits(heard: Sequence[Heard], phrases: Sequence[str], alarms: float) -> float:
    """The lowest similarity that keeps the goal of false alarms on the tuned half."""
    for least in (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9):
        if count(by_edits(least), heard, phrases).rate <= alarms:
            return least
    return 1.0


def measure_speed() -> dict[str, float]:
    """500 rules of 6 phrases on a call of 10 minutes (2,500 characters)."""
    rng = random.Random(1)
    common = (
        "的一是不了在人有我他这中大来上个国和也子时道要就下得可你年生会那后说能自过家学对看好"
        "么样问题请您帮查询电话服务处理稍等谢再见先女士公司订单快递退款"
    )
    text = "".join(rng.choice(common) for _ in range(2500))
    words = [Word(c, Span(i * 240, i * 240 + 240), 0.9) for i, c in enumerate(text)]
    call = as_call([words[i : i + 50] for i in range(0, 2500, 50)])
    phrases = tuple(
        "".join(rng.choice(common) for _ in range(rng.choice((2, 3, 4, 5, 6, 7, 8, 10)))) for _ in range(3000)
    )
    start = time.perf_counter()
    compile_phrases(phrases)
    ready = time.perf_counter()
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        SoundSearch(call).find(phrases)
        times.append(time.perf_counter() - begin)
    return {"compile_ms": round((ready - start) * 1000, 1), "search_ms": round(min(times) * 1000, 1)}


def sweep(heard: Sequence[Heard], phrases: Sequence[str]) -> list[dict[str, float]]:
    """Recall and false alarms for every threshold, on what may be looked at."""
    from analyzer.speech.sound import PhraseSounds

    index = PhraseSounds(phrases, [0.6] * len(phrases))
    best: list[dict[int, float]] = []
    for one in heard:
        top: dict[int, float] = {}
        for match in index.search(SoundSearch(one.call)._text):
            top[match.form] = max(top.get(match.form, 0.0), match.score)
        best.append(top)
    rows = []
    for least in np.arange(0.64, 0.96, 0.02):
        tops = [{phrases[f]: 1.0 for f, s in top.items() if s >= least} for top in best]
        lookup = {id(one): top for one, top in zip(heard, tops, strict=True)}
        c = count(lambda one, _, lookup=lookup: lookup[id(one)], heard, phrases)
        rows.append({"least": round(float(least), 2), "recall": round(c.recall, 4), "alarms": round(c.rate, 3)})
    return rows


def service_phrases() -> list[str]:
    """The prohibited and standard phrases that are spoken, by clause of a sentence and whole."""
    out: dict[str, None] = {}
    for line in (FOLDER / "phrases.txt").read_text(encoding="utf-8").split():
        out[spoken_key(line)] = None
    return list(out)


def human_sets(quick: bool) -> dict[str, list[Stream]]:
    """Each half of the readers: long readings, and those with one sentence joined to legs; held out also alone."""
    folder = speech_folder()
    if folder is None:
        print("no human recordings: set ANALYZER_SPEECH_DIR")
        return {}
    streams = human_streams(folder)[:: 4 if quick else 1]
    voices = [s.voice for s in streams]
    sets: dict[str, list[Stream]] = {}
    for half in ("tuned", "held out"):
        own = [s for s in streams if half_of(s.voice, voices) == half]
        long = [s for s in own if s.voice == TUNED_VOICE]
        sets[f"human, {half}"] = [*long, *in_one_leg([s for s in own if s not in long], half)]
    sets["human, held out, alone"] = [s for s in streams if half_of(s.voice, voices) == "held out"]
    return sets


def phrases_for(name: str, heard: Sequence[Heard], low: int, high: int) -> list[str]:
    """What is looked for in a set: its own text cut up, or the service phrases."""
    if name.startswith("human"):
        return cut([s for h in heard for s in h.stream.sentences], low, min(high, 9), 1)
    return [p for p in service_phrases() if low <= len(p) <= high]


def row(name: str, length: str, method: str, c: Count) -> dict[str, object]:
    """A line of the table."""
    return {
        "material": name,
        "length": length,
        "method": method,
        "spoken": c.spoken,
        "recall": round(c.recall, 4) if c.spoken else None,
        "with_unsure": round((c.found + c.unsure) / c.spoken, 4) if c.spoken else None,
        "alarms": c.false,
        "alarms_per_phrase_hour": round(c.rate, 4),
        "unsure_alarms_per_phrase_hour": round(c.false_unsure / max(1e-9, c.hours), 4),
        "phrase_hours": round(c.hours, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few streams of each kind")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, help="keep transcripts here")
    parser.add_argument("--sweep", action="store_true", help="all thresholds on the tuned half")
    parser.add_argument("--details", action="store_true", help="what was missed and falsely found")
    options = parser.parse_args()
    recognizer = WhisperRecognizer(resolve(None), threads=1)
    material = human_sets(options.quick)
    for condition in ("clean", "noise", "fast"):
        material[f"spoken, {condition}"] = spoken_streams(FOLDER, condition)[:: 3 if options.quick else 1]
    sets = {name: listen(streams, recognizer, options.cache) for name, streams in material.items()}
    readings = [h for name, heard in sets.items() if name in ("human, tuned", "human, held out") for h in heard]
    report: list[dict[str, object]] = []
    heads = ("material", "length", "method", "spoken", "recall", "with_unsure")
    heads += ("alarms_per_phrase_hour", "phrase_hours")
    line_of = "{:28} {:6} {:12} {:>7} {:>7} {:>7} {:>8} {:>8}"
    print(line_of.format(*heads[:5], "+unsure", "alarms/h", "hours"))
    for length, (low, high) in LENGTHS.items():
        tuned = sets.get("human, tuned", [])
        least = best_edits(tuned, phrases_for("human", tuned, low, high), GOALS[length][1]) if tuned else 0.8
        if options.sweep:
            print(*sweep(tuned, phrases_for("human", tuned, low, high)), sep="\n")
        todo = [(name, heard, phrases_for(name, heard, low, high)) for name, heard in sets.items()]
        todo.append(("service phrases, human", readings, phrases_for("spoken", readings, low, high)))
        methods = {
            "sound": by_sound,
            "words alone": by_words,
            "exact text": by_text,
            f"edits {least:.2f}": by_edits(least),
        }
        for name, listened, phrases in todo:
            heard = tried(listened, phrases, recognizer)
            for label, method in methods.items() if heard else ():
                c = count(method, heard, phrases)
                line = row(name, length, label, c)
                report.append(line)
                values = ["-" if line[h] is None else line[h] for h in heads]
                print(line_of.format(*values))
                if options.details and label == "sound":
                    print("   missed:", *c.missed, sep="\n     ")
                    print("   alarms:", *c.alarms, sep="\n     ")
    speed = measure_speed()
    print(
        "500 rules (3,000 phrases) on a 10-minute call: {search_ms} ms; prepared once in {compile_ms} ms".format(
            **speed
        )
    )
    if options.json:
        thresholds = {n: [threshold(n).unsure, threshold(n).sure] for n in (1, 2, 3, 5)}
        result = {"rows": report, "speed": speed, "thresholds": thresholds}
        options.json.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
