"""Our whole analysis against plain faster-whisper, its batched pipeline, and the floor: one run, model and recordings.

Every system runs in a process of its own, model loaded and warm before the clock starts, the systems in turn as often
as `--repeat` says; the best time of each counts. One call at a time is measured in processor seconds, which other
work on the machine disturbs least; the folder on two cores in seconds of the
clock. Character error rates are over figures as spoken, one script.

- ours: `Analyzer.hear` and `judge_call` with the base standard, from the file to the scorecard.
- plain: `WhisperModel.transcribe` as it comes, language given, each leg in turn.
- filtered: the same with its own speech detection, which leaves out much of what telephone voices say.
- batched: `BatchedInferencePipeline`, batch of 8, its own speech detection.
- floor: encoder (30 s) and greedy decoder for the least number of windows that holds the speech, nothing else.
- rest: ours with the recogniser's answers replayed, so everything but recognition.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from human_calls import Call, clips, compose, speech_folder
from results import Figure, at_most, show, write

from analyzer.speech.mandarin import simplify, spoken_key
from analyzer.speech.model import resolve

ROOT = Path(__file__).parent.parent
AGENT, CUSTOMERS = ("aishell1_S0150",), ("podcast_pair_zh", "misc_zh", "aishell3_30spk")


def calls(folder: Path, quick: bool) -> list[Call]:
    """One human call of 5 minutes; else 20 minutes: human ones, and the sample calls of the fixtures."""
    agent, customers = clips(AGENT), clips(CUSTOMERS)
    made = [compose(folder, "human-1", [agent, customers], 300 if quick else 270, 1)]
    if quick:
        return made
    rest = agent[len(agent) // 2 :], agent[: len(agent) // 2]
    made.append(compose(folder, "human-2", [rest[0], rest[1]], 330, 2))
    total = sum(c.duration_s for c in made)
    for path in sorted((ROOT / "fixtures" / "audio").glob("*.wav")):
        info = soundfile.info(path)
        if info.channels == 2 and total + info.duration <= 1230:
            made.append(Call(path, (), info.duration, info.duration, is_human=False))
            total += info.duration
    return made


def sample_calls() -> list[Call]:
    """The documents' three sample calls: the plain one hears these voices nearly whole, so both do the same work."""
    made = []
    for name in ("d0-well-handled", "d0-badly-handled", "d2-kept-waiting"):
        path = ROOT / "fixtures" / "audio" / f"{name}.wav"
        truth = json.loads(path.with_name(f"{name}.truth.json").read_text("utf-8"))
        texts = tuple(
            "".join(u["text"] for u in truth["utterances"] if u["party"] == party) for party in ("agent", "customer")
        )
        speech = sum(u["span"]["end_ms"] - u["span"]["start_ms"] for u in truth["utterances"]) / 1000
        made.append(Call(path, texts, soundfile.info(path).duration, speech, is_human=False))
    return made


def legs_of(path: Path) -> list[Any]:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return [soxr.resample(samples[:, c], rate, 16_000, quality="HQ") for c in range(samples.shape[1])]


def run_ours(threads: int) -> Callable[[Path], list[str]]:
    from analyzer.pipeline import Analyzer, judge_call
    from analyzer.rules.pack import load_standard
    from analyzer.speech.recognizer import WhisperRecognizer

    analyzer = Analyzer(WhisperRecognizer(resolve(), threads=threads))
    standard = load_standard("base", organisation=None, profile="default")

    def run(path: Path) -> list[str]:
        card = judge_call(analyzer.hear(path, phrases=standard.tried), standard)
        texts = ["", ""]
        for turn in card.turns:
            texts[turn.speaker] += turn.text
        return texts

    return run


class Replay:
    """Answers as the real recogniser did the first time it heard the same window."""

    def __init__(self, real: Any) -> None:
        self.real, self.identity, self.known = real, real.identity, {}

    def recognize(self, sound: Any) -> Any:
        key = hash(sound.tobytes())
        if key not in self.known:
            self.known[key] = self.real.recognize(sound)
        return self.known[key]

    def recognize_many(self, sounds: Sequence[Any]) -> tuple[Any, ...]:
        new = [s for s in sounds if hash(s.tobytes()) not in self.known]
        self.known |= {hash(s.tobytes()): h for s, h in zip(new, self.real.recognize_many(new), strict=True)}
        return tuple(self.known[hash(s.tobytes())] for s in sounds)

    def read(self, sound: Any) -> Any:
        return self.recognize(sound).syllables

    def score(self, sound: Any, texts: Sequence[str]) -> tuple[Any, ...]:
        key = hash((sound.tobytes(), tuple(texts)))
        if key not in self.known:
            self.known[key] = self.real.score(sound, texts)
        return self.known[key]


def run_rest(threads: int) -> Callable[[Path], list[str]]:
    import analyzer.speech.recognizer as recognizer

    real = recognizer.WhisperRecognizer
    recognizer.WhisperRecognizer = lambda *a, **k: Replay(real(*a, **k))  # type: ignore[assignment, misc]
    return run_ours(threads)


def whisper(threads: int) -> Any:
    import faster_whisper

    return faster_whisper.WhisperModel(
        str(resolve().path), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
    )


def run_plain(threads: int, vad_filter: bool = False) -> Callable[[Path], list[str]]:
    model = whisper(threads)

    def leg(sound: Any) -> str:
        segments, _ = model.transcribe(sound, language="zh", vad_filter=vad_filter)
        return "".join(s.text for s in segments)

    return lambda path: [leg(sound) for sound in legs_of(path)]


def run_filtered(threads: int) -> Callable[[Path], list[str]]:
    return run_plain(threads, vad_filter=True)


def run_batched(threads: int) -> Callable[[Path], list[str]]:
    import faster_whisper

    model = faster_whisper.BatchedInferencePipeline(whisper(threads))

    def leg(sound: Any) -> str:
        segments, _ = model.transcribe(sound, language="zh", beam_size=5, batch_size=8, vad_filter=True)
        return "".join(s.text for s in segments)

    return lambda path: [leg(sound) for sound in legs_of(path)]


def run_floor(threads: int) -> Callable[[Path], list[str]]:
    """The windows are cut before the clock starts: speech closed up without pads or joints, 30 s each."""
    import ctranslate2

    from analyzer.call.legs import look_at_legs
    from analyzer.call.wav import read_call
    from analyzer.speech.activity import find_speech

    model = whisper(threads)
    start = [
        model.hf_tokenizer.token_to_id(f"<|{t}|>") for t in ("startoftranscript", "zh", "transcribe", "notimestamps")
    ]
    ready: dict[Path, list[list[Any]]] = {}

    def windows(path: Path) -> list[list[Any]]:
        legs = look_at_legs(read_call(path))
        out = []
        for leg, voice in zip(legs.legs, find_speech(legs).activities, strict=True):
            rate = legs.rate_hz
            parts = [leg.samples[s.start_ms * rate // 1000 : s.end_ms * rate // 1000] for s in voice.speech]
            speech = soxr.resample(np.concatenate([*parts, np.zeros(16, np.float32)]), rate, 16_000, quality="HQ")
            cut = [speech[at : at + 480_000] for at in range(0, len(speech), 480_000)]
            out.append([np.pad(model.feature_extractor(c, padding=0), ((0, 0), (0, 3000)))[:, :3000] for c in cut])
        return out

    def run(path: Path) -> list[str]:
        texts = []
        for leg in ready[path]:
            text = ""
            for features in leg:
                view = ctranslate2.StorageView.from_array(np.ascontiguousarray(features[np.newaxis], np.float32))
                result = model.model.generate(model.model.encode(view), [start], beam_size=1)[0]
                text += model.hf_tokenizer.decode(result.sequences_ids[0])
            texts.append(text)
        return texts

    def prepare_first(path: Path) -> list[str]:
        if path not in ready:
            ready[path] = windows(path)
            return []
        return run(path)

    return prepare_first


SYSTEMS = {
    "ours": run_ours, "plain": run_plain, "filtered": run_filtered, "batched": run_batched, "floor": run_floor,
    "rest": run_rest,
}  # fmt: skip


def worker(name: str, threads: int, paths: list[Path], warm: Path, pipe: Any) -> None:
    """Serves one system: each `go` runs all files; answers seconds a file, texts, and this process's peak memory."""
    run = SYSTEMS[name](threads)
    for path in [warm, *paths] if name in ("floor", "rest") else [warm]:
        run(path)
    pipe.send("ready")
    while pipe.recv() == "go":
        seconds, texts = [], []
        for path in paths:
            started = time.process_time()
            texts.append(run(path))
            seconds.append(time.process_time() - started)
        pipe.send((seconds, texts, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


class Runner:
    """A system in its own process."""

    def __init__(self, name: str, threads: int, paths: list[Path], warm: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=worker, args=(name, threads, paths, warm, other), daemon=True)
        self.process.start()
        other.close()
        self.seconds: list[float] = []
        self.texts: list[list[str]] = []
        self.memory_mb = 0.0
        self.pipe.recv()

    def go(self) -> None:
        """Runs all files once."""
        self.pipe.send("go")
        seconds, self.texts, self.memory_mb = self.pipe.recv()
        self.seconds.append(sum(seconds))

    def stop(self) -> None:
        """Ends the process."""
        self.pipe.send("stop")
        self.process.join()


def error_rate(calls_: list[Call], texts: list[list[str]]) -> float:
    """Character error rate over the human calls, leg by leg, summed."""
    errors = length = 0
    for call, heard in zip(calls_, texts, strict=True):
        for said, text in zip(call.texts, heard, strict=False):
            a, b = spoken_key(simplify(said)), spoken_key(simplify(text))
            errors += distance(a, b)
            length += len(a)
    return errors / max(length, 1)


def distance(a: str, b: str) -> int:
    """Edits between two texts."""
    row = np.arange(len(b) + 1)
    codes = np.array([ord(c) for c in b])
    steps = np.arange(len(b) + 1)
    for i, char in enumerate(a, 1):
        best = np.minimum(row[:-1] + (codes != ord(char)), row[1:] + 1)
        row = np.minimum.accumulate(np.concatenate([[i], best]) - steps) + steps
    return int(row[-1])


def compare(made: list[Call], threads: int, repeat: int, warm: Path) -> tuple[dict[str, Runner], list[Figure]]:
    """All systems in turn."""
    paths = [c.path for c in made]
    runners = {name: Runner(name, threads, paths, warm) for name in SYSTEMS}
    for _ in range(repeat):
        for runner in runners.values():
            runner.go()
    audio = sum(c.duration_s for c in made)
    best = {name: min(r.seconds) for name, r in runners.items()}
    figures = [Figure("recordings: minutes", round(audio / 60, 1)), Figure("threads", threads)]
    for name, runner in runners.items():
        figures.append(Figure(f"{name}: processor seconds", round(best[name], 2)))
        figures.append(Figure(f"{name}: share of the recordings' length", round(best[name] / audio, 4)))
        if len(runner.seconds) > 1:
            spread = statistics.pstdev(runner.seconds) / statistics.mean(runner.seconds)
            figures.append(Figure(f"{name}: spread between runs", round(spread, 3)))
        figures.append(Figure(f"{name}: peak memory MB", round(runner.memory_mb)))
    rates = {n: error_rate(made, runners[n].texts) for n in ("ours", "plain", "filtered", "batched", "floor")}
    figures += [Figure(f"{n}: character error rate", round(r, 4)) for n, r in rates.items() if n != "ours"]
    figures += [
        at_most("ours: character error rate", rates["ours"], round(rates["plain"], 4)),
        at_most("ours / plain", best["ours"] / best["plain"], 0.75),
        at_most("ours / filtered", best["ours"] / best["filtered"], 0.75),
        Figure("ours / batched", round(best["ours"] / best["batched"], 3)),
        at_most("ours / floor", best["ours"] / best["floor"], 1.3),
        Figure("everything but recognition / ours", round(best["rest"] / best["ours"], 3)),
    ]
    for runner in runners.values():
        runner.stop()
    return runners, figures


def folder_on_two_cores(made: list[Call], warm: Path) -> list[Figure]:
    """The folder: two of our workers with a thread each, one alone, and a plain loop with two threads."""
    ordered = sorted(made, key=lambda c: -c.duration_s)
    shares: list[list[Path]] = [[], []]
    loads = [0.0, 0.0]
    for call in ordered:
        least = loads.index(min(loads))
        shares[least].append(call.path)
        loads[least] += call.speech_s
    pair = [Runner("ours", 1, share, warm) for share in shares]
    started = time.perf_counter()
    for runner in pair:
        runner.pipe.send("go")
    for runner in pair:
        runner.pipe.recv()
    two = time.perf_counter() - started
    for runner in pair:
        runner.stop()
    paths = [c.path for c in made]
    plain, filtered = (_by_the_clock(name, 2, paths, warm) for name in ("plain", "filtered"))
    one, floor = (_by_the_clock(name, 1, paths, warm) for name in ("ours", "floor"))
    return [
        Figure("folder, ours, 2 workers of 1 thread: seconds", round(two, 2)),
        at_most("folder: ours (2 workers) / plain loop (2 threads)", two / plain, 0.5),
        at_most("folder: ours (2 workers) / filtered loop (2 threads)", two / filtered, 0.5),
        at_most("folder: ours (2 workers) / half the floor", two / (floor / 2), 1.3),
        Figure("folder: two workers against one", round(one / two, 3), ">= 1.7", one / two >= 1.7),
    ]


def _by_the_clock(name: str, threads: int, paths: list[Path], warm: Path) -> float:
    """Seconds of the clock that a system alone takes for all files."""
    runner = Runner(name, threads, paths, warm)
    started = time.perf_counter()
    runner.go()
    spent = time.perf_counter() - started
    runner.stop()
    return spent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one human call of 5 minutes and the sample calls")
    parser.add_argument("--only", choices=("calls", "folder"), help="one call at a time, or the folder on two cores")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=2)
    options = parser.parse_args()
    if not (speech_folder() / "manifest.csv").is_file():
        print("no human recordings: set ANALYZER_SPEECH_DIR to their folder", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        made = calls(Path(folder), options.quick)
        warm = compose(Path(folder), "warm", [clips(CUSTOMERS)[:3], clips(CUSTOMERS)[3:6]], 30, 9).path
        human = sum(c.duration_s for c in made if c.is_human) / sum(c.duration_s for c in made)
        figures = [Figure("share of human speech", round(human, 2))]
        if options.only != "folder":
            figures += compare(made, options.threads, options.repeat, warm)[1]
            spoken = compare(sample_calls(), options.threads, options.repeat, warm)[1]
            figures += [replace(f, name=f"sample calls, {f.name}") for f in spoken]
        if options.only == "folder" or not (options.only or options.quick):
            figures += folder_on_two_cores(made, warm)
    show(figures)
    write(figures, options.json)
    return 0 if all(f.holds is not False for f in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
