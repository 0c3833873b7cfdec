"""Hostile bytes against every reader of foreign files: recordings, sidecars, manifests, rule packs.

    python benchmarks/fuzz.py [--seconds 60] [--only wav,sidecar,manifest,pack] [--json FILE]

Guided by coverage where atheris is installed (`pip install atheris`), byte flips of the seeds otherwise. Whatever comes
out must be a result or one of our coded errors, within a second of processor time. Inputs that do anything else are
left in `--keep`, to become test cases.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "call"), str(Path(__file__).resolve().parent)]

MOST_S = 5.0  # of processor time; a pack that extends ours takes half a second, on a busy machine one
MOST_BYTES = 1 << 14
TARGETS = ("wav", "sidecar", "manifest", "pack")


SPLIT = b"\n====\n"
ALONE = """\
sections:
  - {id: language, name: 用语, name_en: Language, weight: 25, cap: 100}
profiles: {strict: {name: 严格, parameters: {interruption_s: 1}}}
scoring: {deduction: {info: 0, minor: 5, major: 15, critical: 30}, fatal_cap: 0}
quoting: {before: [您是说], after: [这句话], reach: 2}"""


class WrongError(Exception):
    """Something that must not happen."""


def reader(target: str, folder: Path) -> Callable[[bytes], object]:
    """What reads one input of that kind; it raises nothing but our own errors."""
    from analyzer.call.metadata import Manifest, read_sidecar
    from analyzer.call.wav import read_call
    from analyzer.rules.pack import load_standard

    if target == "wav":
        return lambda data: read_call(put(folder / "call.wav", data))
    if target == "sidecar":
        (folder / "call.wav").touch()
        return lambda data: (put(folder / "call.json", data), read_sidecar(folder / "call.wav"))
    if target == "manifest":
        kinds = ("m.csv", "m.jsonl")

        def manifest(data: bytes) -> object:
            listed = Manifest.load(put(folder / kinds[data[:1] == b"{"], data))
            return [listed.for_call(path) for path in listed.paths()]

        return manifest

    (folder / "rules").mkdir()
    (folder / "families").mkdir()
    names = ("pack.yaml", "clauses.yaml", "families/house.yaml", "rules/house.yaml")

    def pack(data: bytes) -> object:
        for name, part in zip(names, [*data.split(SPLIT), b"", b"", b"", b""], strict=False):
            put(folder / name, part)
        return load_standard(folder)

    return pack


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def seeds(target: str) -> list[bytes]:
    """Inputs to begin with."""
    import wav_files

    from analyzer.rules.scaffold import scaffold

    if target == "wav":
        made = [broken.data for broken in wav_files.broken_files()]
        kinds = ("PCM_U8", "PCM_24", "FLOAT", "ALAW", "ULAW", "IMA_ADPCM", "MS_ADPCM", "GSM610")
        return [b for b in [*made, *(wav_files.encoded(k, 1, frames=1000) for k in kinds)] if len(b) <= MOST_BYTES]
    if target == "sidecar":
        return [
            b'{"call_id": "1", "agent_id": "8027", "roles": ["agent", "customer"], "released_by": "agent"}',
            '{"工号": "8027", "start_time": "2024-01-02T03:04:05+08:00", "挂机方": "客户"}'.encode(),
            '{"工号": "一二三"}'.encode("gb18030"),
        ]
    if target == "manifest":
        return [
            b"path,call_id,agent_id,roles,released_by\ncall.wav,1,8027,agent customer,agent\nb.wav,2,,,\n",
            "录音,工号\n一.wav,8027\n".encode("gb18030"),
            b'{"path": "call.wav", "agent_id": "8027"}\n{"path": "b.wav", "roles": ["agent", "customer"]}\n',
        ]
    with tempfile.TemporaryDirectory() as folder:
        head, *parts = [path.read_bytes() for path in scaffold(Path(folder) / "house")]
    alone = head.replace(b"extends: base", ALONE.encode())  # a pack by itself loads in a tenth of the time
    rules = parts[-1].partition(b"# Changing a rule")[0]
    return [SPLIT.join([alone, *parts[:-1], rules]), SPLIT.join([head, *parts]), alone]


def check(read: Callable[[bytes], object], data: bytes) -> None:
    """One input.

    Raises:
        WrongError: it took too long.
        Exception: whatever is none of our errors.
    """
    from analyzer.errors import AnalyzerError

    started = time.process_time()
    with contextlib.suppress(AnalyzerError):
        read(data)
    if time.process_time() - started > MOST_S:
        raise WrongError("too slow")


def fuzz(target: str, seconds: float, keep: Path, corpus: Path) -> None:
    """Runs one target in this process, until time is over or something is wrong."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    if importlib.util.find_spec("atheris") is None:
        begun = [path.read_bytes() for path in sorted(corpus.iterdir())]
        runs = flip(reader(target, folder), begun, seconds, keep / f"{target}-flip")
        print(f"Done {runs} runs", file=sys.stderr)
        return
    import atheris

    with atheris.instrument_imports(include=["analyzer.call", "analyzer.rules"]):
        read = reader(target, folder)
    limits = [f"-max_total_time={int(seconds)}", f"-max_len={MOST_BYTES}", "-timeout=60", "-rss_limit_mb=3000"]
    arguments = [target, *limits, "-seed=1", f"-artifact_prefix={keep}/{target}-", str(corpus)]
    atheris.Setup(arguments, lambda data: check(read, data))
    atheris.Fuzz()


def flip(read: Callable[[bytes], object], begun: list[bytes], seconds: float, keep: Path) -> int:
    """Byte flips, cuts and joins of the seeds; how many were read. One that goes wrong is left at `keep`."""
    import random

    rng, until, runs = random.Random(1), time.monotonic() + seconds, 0
    while time.monotonic() < until:
        data = bytearray(rng.choice(begun))
        for _ in range(rng.randint(1, 8)):
            at = rng.randrange(min(len(data), 200 if rng.random() < 0.7 else len(data)) or 1)
            data[at : at + rng.choice((0, 1, 1, 1, 4))] = rng.randbytes(rng.choice((0, 1, 1, 4)))
        runs += 1
        try:
            check(read, bytes(data))
        except Exception:
            put(keep, bytes(data))
            raise
    return runs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="for each target")
    parser.add_argument("--only", default=",".join(TARGETS))
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--target", help=argparse.SUPPRESS)  # in a process of its own
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.target:
        fuzz(options.target, options.seconds, options.keep, options.corpus)
        return 0
    from results import Figure, show, write

    options.keep.mkdir(parents=True, exist_ok=True)
    how = "guided by atheris" if importlib.util.find_spec("atheris") else "byte flips: atheris is not installed"
    figures = []
    for target in options.only.split(","):
        with tempfile.TemporaryDirectory(prefix="corpus-") as corpus:
            for number, seed in enumerate(seeds(target)):  # here, so that nothing is imported there but under guidance
                put(Path(corpus) / f"{number:03}", seed)
            asked = ["--target", target, "--seconds", str(options.seconds), "--keep", str(options.keep)]
            ran = subprocess.run([sys.executable, __file__, *asked, "--corpus", corpus], capture_output=True, text=True)
        runs = [int(a or b) for a, b in re.findall(r"Done (\d+) runs|^#(\d+)\s", ran.stderr, re.MULTILINE)]
        reached = [int(c) for c in re.findall(r" cov: (\d+) ", ran.stderr)]
        name = f"{target}, {how}: inputs, and places in the code reached"
        figures.append(
            Figure(name, f"{max(runs, default=0)} / {max(reached, default=0)}", "none wrong", ran.returncode == 0)
        )
        if ran.returncode:
            print(ran.stderr[-3000:], file=sys.stderr)
    show(figures)
    write(figures, options.json)
    return int(not all(f.holds for f in figures))


if __name__ == "__main__":
    sys.exit(main())
