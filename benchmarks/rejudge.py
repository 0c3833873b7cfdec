"""Judging an archive again by a changed standard: calls a processor second, and where the time goes.

    python benchmarks/rejudge.py [--quick] [--calls 40] [--json FILE]

Calls are really heard once, by the packaged recogniser: the service documents' three sample calls, the same three
joined to one of 3 minutes, sample calls joined to one of 5 minutes, and (where the human recordings stand beside the
checkout) 5 minutes of human speech. Of each kind an archive of `--calls` hearings is made that differ in name, SHA-256
and one word of every turn, scored with the base standard. It is then judged again, in one process, with one threshold
changed, by the strict profile, and with 20 phrases more; each with the hits and rulings kept from the scoring (warm)
and without them (cold). A rate is calls a second of processor time, in everything that `analyzer rejudge` does but load
the standard, best of `TURNS` runs. Then the parts of one call, in ms.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import human_calls
import msgspec
import numpy as np
import soundfile
from results import Figure, show, write

from analyzer.archive.batch import BatchOptions, rejudge, run_batch
from analyzer.archive.cache import heard_name, keep_heard, load_heard
from analyzer.archive.known_hits import KnownHits, PhraseLists, hits_name
from analyzer.archive.ledger import STATE_FOLDER
from analyzer.archive.local import LocalFactory
from analyzer.archive.results import FolderResults
from analyzer.archive.terms import JudgedBy
from analyzer.archive.work import Identity
from analyzer.call.wav import read_facts
from analyzer.measure.types import Turn
from analyzer.outputs.encode import encode_scorecard
from analyzer.pipeline import Analyzer, Heard, printable_name
from analyzer.rules.checks.rawhits import RawHit
from analyzer.rules.phrases import SoundSearch
from analyzer.rules.rulings import Precedents
from analyzer.rules.scaffold import scaffold
from analyzer.settings import fingerprint
from analyzer.speech.mandarin import spoken
from analyzer.speech.model import resolve
from analyzer.speech.recognizer import WhisperRecognizer

AUDIO = Path(__file__).parent.parent / "fixtures" / "audio"
SAMPLES = ("d0-well-handled", "d2-kept-waiting", "d0-badly-handled")
SLIPS = "的一是了我不在有人这上个来他大中时要就出会可也你对能子那得"
GOAL = 200
TURNS = 3


@dataclass(frozen=True)
class Prepared:
    """A factory whose hearings were made before, so that making an archive costs nothing."""

    heard: Heard
    judging: LocalFactory

    def identify(self) -> Identity:
        return Identity(fingerprint("benchmark"), self.identify_judging())

    def identify_judging(self) -> str:
        return self.judging.identify_judging()

    def build_judge(self) -> Callable[..., Any]:
        return self.judging.build_judge()

    def build(self, threads: int) -> PreparedAnalyser:
        return PreparedAnalyser(self.heard, self.build_judge())


@dataclass(frozen=True)
class PreparedAnalyser:
    heard: Heard
    judge: Callable[..., Any]

    def hear(self, path: Path, metadata: object) -> Heard:
        facts = replace(self.heard.call.facts, sha256=read_facts(path).sha256)
        rng, conversation = random.Random(facts.sha256), self.heard.conversation
        turns = tuple(with_a_slip(turn, rng) for turn in conversation.turns)
        return replace(
            self.heard,
            call=replace(self.heard.call, name=printable_name(path), facts=facts),
            conversation=replace(conversation, turns=turns),
        )

    def has_tried(self, heard: Heard) -> bool:
        return True

    def try_again(self, path: Path, heard: Heard) -> Heard:
        return heard


def with_a_slip(turn: Turn, rng: random.Random) -> Turn:
    """The turn with one word misheard, so that no two calls of an archive hold the same texts."""
    if not turn.words:
        return turn
    words, at = list(turn.words), rng.randrange(len(turn.words))
    words[at] = msgspec.structs.replace(words[at], text=rng.choice(SLIPS))
    return replace(turn, words=tuple(words), text="".join(word.text for word in words))


def hear_all(folder: Path, quick: bool) -> dict[str, Heard]:
    """One hearing of each kind of call."""
    analyzer = Analyzer(WhisperRecognizer(resolve(), threads=1))
    stereo = [p.stem for p in sorted(AUDIO.glob("*.wav")) if soundfile.info(p).channels == 2]
    rest = [name for name in stereo if name not in SAMPLES]
    paths = [AUDIO / f"{name}.wav" for name in SAMPLES]
    paths.append(joined(folder / "sample calls joined.wav", SAMPLES))
    if not quick:
        paths.append(joined(folder / "stereo fixtures joined.wav", [*SAMPLES, *rest[:7]]))
        if human_calls.speech_folder().is_dir():
            agent, customer = human_calls.clips(("aishell1_S0150",)), human_calls.clips(("podcast_pair_zh", "misc_zh"))
            paths.append(human_calls.compose(folder, "human speech", [agent, customer], 300, 1).path)
    tried = LocalFactory().standard().tried
    return {path.stem: analyzer.hear(path, None, tried) for path in paths}


def joined(path: Path, names: Any) -> Path:
    sound = np.concatenate([soundfile.read(AUDIO / f"{name}.wav", dtype="float32")[0] for name in names])
    soundfile.write(path, sound, 8000, subtype="ULAW")
    return path


def make_recordings(folder: Path, count: int) -> Path:
    """Files that differ, to hang hearings on."""
    folder.mkdir()
    for number in range(count):
        noise = np.random.default_rng(number).normal(0, 0.1, 900)
        soundfile.write(folder / f"call{number:04}.wav", noise, 8000, subtype="PCM_16")
    return folder


def make_packs(folder: Path) -> dict[str, LocalFactory]:
    """The base standard with one threshold changed, with many, and with a family of 20 phrases more."""
    changed, grown = folder / "changed", folder / "grown"
    changed.mkdir()
    text = 'id: changed\nversion: "1"\nname: 一个阈值\nextends: base\nparameters: {interruption_s: {value: 2.5}}\n'
    (changed / "pack.yaml").write_text(text, "utf-8")
    scaffold(grown)
    forms = [f"{who}{what}" for who in ("这个我们", "那个他们") for what in PHRASES]
    family = grown / "families" / "house.yaml"
    forms_line = next(line for line in family.read_text("utf-8").splitlines() if "forms:" in line)
    family.write_text(family.read_text("utf-8").replace(forms_line, f"  forms: [{', '.join(forms)}]"), "utf-8")
    return {
        "one threshold changed": LocalFactory(judged_by=JudgedBy(str(changed))),
        "another profile": LocalFactory(judged_by=JudgedBy(profile="strict")),
        "20 phrases more": LocalFactory(judged_by=JudgedBy(str(grown))),
    }


PHRASES = ("部门不管", "柜台办不了", "系统没有记录", "经理不在", "这里查不到", "今天下班了", "没有这个权限",
           "不负责维修", "从来不退钱", "只管登记")  # fmt: skip


@dataclass
class Loading:
    """A factory that adds up what it takes to load the standard, which a run pays once."""

    factory: LocalFactory
    seconds: float = 0.0

    def identify_judging(self) -> str:
        return self._timed(self.factory.identify_judging)

    def build_judge(self) -> Callable[..., Any]:
        return self._timed(self.factory.build_judge)

    def _timed(self, work: Callable[[], Any]) -> Any:
        started = time.process_time()
        try:
            return work()
        finally:
            self.seconds += time.process_time() - started


def spent(out: Path, factory: LocalFactory) -> float:
    """Processor seconds of judging an archive again."""
    spoken.cache_clear()  # it would know the texts from the run before
    loading, started = Loading(factory), time.process_time()
    rejudge(out, loading, workers=0)  # type: ignore[arg-type]  a rejudging run asks nothing else of it
    return time.process_time() - started - loading.seconds


def rates(name: str, heard: Heard, count: int, folder: Path, packs: dict[str, LocalFactory]) -> Iterator[Figure]:
    """The figures of one kind of call."""
    chars = sum(len(turn.text) for turn in heard.conversation.turns)
    length = f"{heard.call.facts.duration_ms / 1000:.0f} s, {chars} characters"
    recordings, out = make_recordings(folder / "in", count), folder / "out"
    base = Prepared(heard, LocalFactory())
    run_batch(BatchOptions(sources=(recordings,), out=out, workers=0, threads=1), base)
    for what, factory in packs.items():
        best = {"warm": 1e9, "cold": 1e9}
        for turn in range(2 * TURNS):
            kind = ("warm", "cold")[turn % 2]
            again = folder / "again"
            shutil.copytree(out, again)
            if kind == "cold":
                shutil.rmtree(again / STATE_FOLDER / "hits", ignore_errors=True)
            best[kind] = min(best[kind], spent(again, factory))
            shutil.rmtree(again)
        for kind, seconds in best.items():
            rate, asked = count / seconds, kind == "warm"
            goal = f">= {GOAL}" if asked else ""
            yield Figure(f"{name} ({length}), {what}, {kind}", round(rate), goal, rate >= GOAL if asked else None)
    shutil.rmtree(folder)


def parts(name: str, heard: Heard, folder: Path, factory: LocalFactory) -> Iterator[Figure]:
    """Where the time of one call goes, in ms."""
    memory, judge, phrases = FolderResults(folder), factory.build_judge(), factory.standard().phrases
    kept = keep_heard(memory, "key", heard)
    lists = PhraseLists(memory)
    first = KnownHits("key", kept, lists)
    first.find(phrases)  # though no rule may ask
    judge(heard, first)
    first.keep()
    found = Found(KnownHits("key", kept, lists).find(phrases))
    card = judge(heard, found)
    data = encode_scorecard(card)
    minutes = heard.call.facts.duration_ms / 60_000
    kept_files = (memory.recall(heard_name("key")) or b"", memory.recall(hits_name("key")) or b"")
    text = " / ".join(f"{len(data) / 1000 / minutes:.1f}" for data in kept_files)
    yield Figure(f"{name}, hearing / hits kept, KB a minute", text)
    steps: dict[str, Callable[[], object]] = {
        "hearing read": lambda: load_heard(memory, "key"),
        "hits read": lambda: KnownHits("key", kept, lists).find(phrases),
        "hits searched instead": lambda: SoundSearch(heard.conversation).find(phrases),
        "checks and score": lambda: judge(heard, found),
        "rulings known": lambda: judge(heard, KnownHits("key", kept, lists)),
        "scorecard encoded": lambda: encode_scorecard(card),
        "scorecard written": lambda: memory.put("call.scorecard.json", data),
    }
    for step, work in steps.items():
        best = 1e9
        for _ in range(40):
            started = time.thread_time()
            work()
            best = min(best, time.thread_time() - started)
        yield Figure(f"{name}, {step}, ms", round(best * 1000, 2))


@dataclass(frozen=True)
class Found:
    """Knows where phrases are heard, and of no ruling."""

    hits: Mapping[str, Sequence[RawHit]]

    @property
    def precedents(self) -> Precedents:
        return Precedents()

    def find(self, phrases: Sequence[str]) -> Mapping[str, Sequence[RawHit]]:
        return self.hits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out the calls of 5 minutes")
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="rejudge-") as folder:
        packs = make_packs(Path(folder))
        for name, heard in hear_all(Path(folder), options.quick).items():
            (Path(folder) / name).mkdir()
            made = list(rates(name, heard, options.calls, Path(folder) / name, packs))
            made += parts(name, heard, Path(folder) / f"{name} parts", LocalFactory())
            show(made)
            figures += made
    write(figures, options.json)


if __name__ == "__main__":
    main()
