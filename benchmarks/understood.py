"""How much of what is said was understood: Mandarin over good and bad lines, and other languages.

python benchmarks/understood.py [--half tuned] [--folder FOLDER] [--json FILE]

`words_understood` of human Mandarin readers over a telephone band, in noise, and of the English recordings beside them;
with --folder, of recordings of one language a folder below it. Whole legs of up to a minute, and stretches of them that
hold five seconds of speech, the least that is judged. The floor was chosen on one half of the readers; the default is
the other. `under`: how many are below it, and would have no score.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr
from phrase_material import RATE_HZ, Stream, human_streams, in_one_leg, legs_of, over_the_line, speech_folder
from phrases import half_of

from analyzer.call.types import Role
from analyzer.measure.conversation import hear_conversation
from analyzer.measure.party import gather_parties
from analyzer.measure.understood import FEW_SPEECH_MS, around, measure_understood, trusted_words
from analyzer.rules.standard import Scoring
from analyzer.spans import Span, Timeline
from analyzer.speech.activity import find_speech
from analyzer.speech.model import resolve
from analyzer.speech.recognizer import SpeechRecognizer, WhisperRecognizer
from analyzer.speech.transcribe import transcribe
from analyzer.speech.types import Speaker

LINES = ("telephone", "12 dB", "6 dB")
SHORTEST_S = 15.0  # readers with less are put together in one leg
AGENT = (Speaker(0, 0, Role.AGENT),)
FLOOR = Scoring().min_words_understood


def mandarin(folder: Path, half: str, line: str) -> list[Stream]:
    """The legs of a half of the readers."""
    streams = human_streams(folder, line)
    voices = [s.voice for s in streams]
    own = [s for s in streams if half_of(s.voice, voices) == half]
    short = [s for s in own if s.seconds < SHORTEST_S]
    return [*(s for s in own if s not in short), *in_one_leg(short, half)]


def others(folder: Path, line: str) -> Iterator[Stream]:
    """Every channel of every recording below a folder."""
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".wav", ".flac")):
        clip, rate = soundfile.read(path, dtype="float32", always_2d=True)
        for channel, sound in enumerate(clip.T):
            leg = soxr.resample(sound, rate, RATE_HZ)
            leg = leg * (0.05 / max(1e-6, float(np.sqrt((leg**2).mean()))))
            yield over_the_line(f"{path.stem}.{channel}", path.parent.name, line, [leg], [""])


def shares(stream: Stream, recognizer: SpeechRecognizer) -> tuple[list[float], list[float]]:
    """Percent understood of the whole leg, and of stretches of it with the least speech that is judged."""
    legs = legs_of(stream)
    voices = find_speech(legs)
    transcript = transcribe(legs, voices, recognizer)
    party = gather_parties(legs, voices, hear_conversation(legs, voices, transcript, AGENT))[0]
    read = next((s.syllables for s in transcript.sounds), ())
    whole, understood = measure_understood(party, read), around(trusted_words(party, read))
    speech = party.speech & Timeline(tuple(t.span for t in party.turns))
    parts = [speech.crop(span) for span in stretches(speech)]
    return (
        [] if whole.value is None else [whole.value],
        [100 * (part & understood).duration_ms / part.duration_ms for part in parts],
    )


def stretches(speech: Timeline) -> Iterator[Span]:
    """From every stretch of speech on, as long as it takes to hold the least that is judged."""
    spans = list(speech)
    for first, span in enumerate(spans):
        total = 0
        for last in spans[first:]:
            total += last.duration_ms
            if total >= FEW_SPEECH_MS:
                yield Span(span.start_ms, last.end_ms)
                break


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--half", default="held out", choices=("tuned", "held out"))
    parser.add_argument("--folder", type=Path, help="a folder with one folder of recordings a language")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    recognizer, speech = WhisperRecognizer(resolve(None), threads=1), speech_folder()
    sets: list[tuple[str, list[Stream]]] = []
    for line in LINES:
        if speech is not None:
            sets.append((f"Mandarin, {options.half}, {line}", mandarin(speech, options.half, line)))
            english = [s for name in ("calls_en", "ami_rttm_en") for s in others(speech / name, line)]
            sets.append((f"English, {line}", english))
        for folder in sorted(options.folder.iterdir()) if options.folder else ():
            sets.append((f"{folder.name}, {line}", list(others(folder, line))))
    rows = []
    print(f"{'':34} {'legs':>5} {'least':>6} {'most':>6} {'under':>6} {'5 s':>6} {'least':>6} {'most':>6} {'under':>6}")
    for name, streams in sets:
        both = [shares(stream, recognizer) for stream in streams]
        row: dict[str, object] = {"set": name}
        for what, found in (("legs", [x for a, _ in both for x in a]), ("parts", [x for _, b in both for x in b])):
            under = sum(x < FLOOR for x in found)
            row |= {what: len(found), f"{what}_least": min(found), f"{what}_most": max(found), f"{what}_under": under}
        rows.append(row)
        print(
            "{set:34} {legs:>5} {legs_least:>6.1f} {legs_most:>6.1f} {legs_under:>6} "
            "{parts:>6} {parts_least:>6.1f} {parts_most:>6.1f} {parts_under:>6}".format_map(row),
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main()
