"""An analyser without models: it makes a score of the recording's facts. Everything it does is logged."""

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analyzer.archive.work import Identity, Judge
from analyzer.call.names import printable_name
from analyzer.call.types import CallMetadata, Layout, Role
from analyzer.call.wav import read_facts
from analyzer.errors import AudioError, ModelError
from analyzer.measure.types import Conversation, Hangup, Measures
from analyzer.pipeline import Heard
from analyzer.rules.checks.rawhits import PhraseSearch
from analyzer.rules.types import SCHEMA_VERSION, CallFacts, Provenance, Score, Scorecard
from analyzer.settings import fingerprint
from analyzer.speech.types import Speaker

PHRASES = ("您好", "再见")
BUCKET = "calls"  # of the S3 server on loopback
kept: list[bytearray] = []  # what a leaking analyser would hold


@dataclass(frozen=True)
class Scripted:
    """Makes analysers that obey the recordings' names.

    Args:
        log: every hearing and judgement is appended here, a line each.
        model, standard: what they stand for.
        phrases: of the standard, tried on the sound.
        delay_s: how long a hearing takes.
        padding: bytes added to every hearing, to fill disks.
        deadly: judging ends the process while this file is there.
    """

    log: str
    model: str = "m1"
    standard: str = "s1"
    phrases: str = "p1"
    delay_s: float = 0.0
    padding: int = 0
    deadly: str = ""
    broken_model: bool = False
    lost_model: bool = False

    def identify(self) -> Identity:
        if self.lost_model:
            raise ModelError("model.missing", "there is no model", "Get one")
        return Identity(fingerprint(self.model), self.identify_judging())

    def identify_judging(self) -> str:
        return fingerprint(self.standard, self.phrases)

    def build(self, threads: int) -> "ScriptedAnalyser":
        env = os.environ
        self.note(f"load threads={threads} omp={env.get('OMP_NUM_THREADS')} blas={env.get('OPENBLAS_NUM_THREADS')}")
        if self.broken_model:
            raise ModelError("model.missing", "there is no model", "Get one")
        return ScriptedAnalyser(self)

    def build_judge(self) -> Judge:
        return ScriptedAnalyser(self).judge

    def note(self, line: str) -> None:
        fd = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(fd, line.encode("utf-8", "surrogateescape") + b"\n")
        os.close(fd)


@dataclass
class ScriptedAnalyser:
    script: Scripted

    def hear(self, path: Path, metadata: CallMetadata | None) -> Heard:
        script, name = self.script, path.name
        script.note(f"hear {name}")
        if "poison" in name:
            os.abort()
        if "hang" in name:
            time.sleep(3600)
        if "bug" in name:
            raise RuntimeError("客户的话 must not be shown")
        if "memory" in name:
            raise MemoryError
        if "fat" in name:
            kept.append(bytearray(200 << 20))
        if "empty" in name:
            raise AudioError("audio.no_speech", "nobody speaks", "Check the recorder")
        if "grow" in name:
            with path.open("ab") as file:
                file.write(b"more")
        time.sleep(script.delay_s)
        facts = read_facts(path)
        hangup = Hangup("unknown", "none", 0.0, (), None, None, None, _noise(facts.sha256, script.padding))
        conversation = Conversation(facts.duration_ms, (), (), (), (), (), True, 1.0)
        call = CallFacts(printable_name(path.name), facts, Layout.MONO, (), metadata or CallMetadata())
        heard = Heard(call, conversation, Measures((), ()), hangup, None, "none", None, script.model, script.phrases)
        script.note(f"heard {name}")
        return heard

    def has_tried(self, heard: Heard) -> bool:
        return heard.phrases_tried == self.script.phrases

    def try_again(self, path: Path, heard: Heard) -> Heard:
        self.script.note(f"tried {path.name}")
        return replace(heard, phrases_tried=self.script.phrases)

    def judge(self, heard: Heard, search: PhraseSearch | None = None) -> Scorecard:
        script = self.script
        if search is not None:
            search.find(PHRASES)  # nobody speaks: nothing is found, and that is kept
        script.note(f"judge {heard.call.name}")
        if script.deadly and Path(script.deadly).exists():
            os.abort()
        if "unjudgeable" in heard.call.name:
            raise ValueError("a defect in a rule")
        total = int(fingerprint(heard.call.facts.sha256, script.standard), 16) % 1000 / 10
        score = Score(total, None, (), ("P7",) if total < 5 else (), 1, 2, 3, 4)
        if "quiet" in heard.call.name:
            score = Score(None, "too_few_rules_apply", (), (), 0, 0, 0, 9)
        if "foreign" in heard.call.name:
            score = Score(None, "words_not_understood", (), (), 0, 0, 1, 9)
        doubt = "words_contradict" if "swapped" in heard.call.name else ""
        speakers = tuple(
            Speaker(i, i, r, "metadata", 1.0, "", (), doubt) for i, r in enumerate((Role.AGENT, Role.CUSTOMER))
        )
        provenance = Provenance(
            "0",
            heard.settings_fingerprint,
            script.standard,
            "1",
            "0" * 64,
            "default",
            None,
            "none",
            None,
            self.has_tried(heard),
        )
        return Scorecard(
            SCHEMA_VERSION,
            heard.call,
            provenance,
            speakers,
            score,
            (),
            (),
            (),
            (),
            (),
            (),
            replace(heard.hangup, reason=""),
            (),
            (),
        )


def _noise(seed: str, size: int) -> str:
    """Text that no compression shortens much."""
    return np.random.default_rng(int(seed[:15], 16)).bytes(size // 2).hex()


def wav(seed: int, frames: int = 900) -> bytes:
    """A short recording that differs by its seed."""
    import struct

    sound = np.random.default_rng(seed).integers(-3000, 3000, frames).astype("<i2").tobytes()
    head = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data" + struct.pack("<I", len(sound))
    return b"RIFF" + struct.pack("<I", 4 + len(head) + len(sound)) + b"WAVE" + head + sound


def make_archive(folder: Path, count: int, broken: bool = True) -> Path:
    """Recordings in a few folders: good ones, one refused, one with a sidecar, one in Chinese, one twice."""
    for number in range(count):
        path = folder / f"team{number % 3}" / f"call{number:04}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wav(number))
    (folder / "客服" / "投诉").mkdir(parents=True)
    (folder / "客服" / "投诉" / "录音 一.wav").write_bytes(wav(5000))
    (folder / "客服" / "twin.wav").write_bytes(wav(0))
    (folder / "team0" / "call0000.json").write_text('{"工号": "8027", "released_by": "agent"}', "utf-8")
    if broken:
        (folder / "team1" / "text.wav").write_bytes(b"not a recording")
        (folder / "team1" / "empty.wav").write_bytes(wav(5001))
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {
        os.fsencode(p.relative_to(folder)).decode("utf-8", "backslashreplace"): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def lines(log: Path | str, word: str = "") -> list[str]:
    """The log's lines that begin with a word."""
    try:
        text = Path(log).read_text("utf-8", "replace")
    except FileNotFoundError:
        return []
    return [line for line in text.splitlines() if line.startswith(word)]
