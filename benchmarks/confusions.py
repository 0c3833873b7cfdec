"""Measures how the packaged recogniser errs on human speech over a telephone band.

usage: python benchmarks/confusions.py [--write] [--quick] [--cache FOLDER] [--json FILE]

The tuned half of the voices only (see phrases.py); --write puts the table into analyzer/testing/confusions.json.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import msgspec
from phrase_material import human_streams, speech_folder
from phrases import half_of, listen
from results import Figure, write

from analyzer.speech.mandarin import spoken_key
from analyzer.speech.model import resolve
from analyzer.speech.recognizer import WhisperRecognizer
from analyzer.speech.syllables import costs, readings
from analyzer.testing.corrupt import EDGES, Confusions, sound_class

TARGET = Path(__file__).resolve().parents[1] / "analyzer" / "testing" / "confusions.json"


def unlike(a: str, b: str) -> float:
    if a == b:
        return 0.0
    return 0.3 + 0.7 * min((float(costs()[x, y]) for x in readings(a) for y in readings(b)), default=1.0)


def aligned(spoken: str, written: str) -> list[tuple[str, str]]:
    """Pairs of spoken and written character; an empty one where there is nothing."""
    table = [[0.8 * j for j in range(len(written) + 1)]]
    for i, a in enumerate(spoken, 1):
        row = [0.8 * i]
        for j, b in enumerate(written, 1):
            row.append(min(table[-1][j - 1] + unlike(a, b), table[-1][j] + 0.8, row[-1] + 0.8))
        table.append(row)
    i, j, pairs = len(spoken), len(written), []
    while i or j:
        if i and j and abs(table[i][j] - table[i - 1][j - 1] - unlike(spoken[i - 1], written[j - 1])) < 1e-9:
            i, j = i - 1, j - 1
            pairs.append((spoken[i], written[j]))
        elif i and abs(table[i][j] - table[i - 1][j] - 0.8) < 1e-9:
            i -= 1
            pairs.append((spoken[i], ""))
        else:
            j -= 1
            pairs.append(("", written[j]))
    return pairs[::-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--quick", action="store_true", help="a few legs only; never written")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    folder = speech_folder()
    if folder is None:
        raise SystemExit("no human recordings: set ANALYZER_SPEECH_DIR")
    streams = human_streams(folder)
    voices = [s.voice for s in streams]
    tuned = [s for s in streams if half_of(s.voice, voices) == "tuned"]
    if options.quick:
        tuned = tuned[:3]
    pairs: Counter[tuple[str, str]] = Counter()
    believed = {True: [0] * 10, False: [0] * 10}
    for heard in listen(tuned, WhisperRecognizer(resolve(None), threads=1), options.cache):
        written = [(spoken_key(w.text) or "x", w.probability) for t in heard.call.turns for w in t.words]
        chars = [(w, p) for w, p in written if len(w) == 1 and w != "x"]
        at = 0
        for a, b in aligned(spoken_key("".join(heard.stream.sentences)), "".join(c for c, _ in chars)):
            if a != "x":
                pairs[a, b] += 1
            if b:
                believed[a == b][min(9, int(chars[at][1] * 10))] += 1
                at += 1
    wrong = {p: n for p, n in pairs.items() if p[0] and p[1] and p[0] != p[1]}
    classes = Counter(dict.fromkeys(range(len(EDGES)), 0))
    for (a, b), n in wrong.items():
        classes[sound_class(a, b)] += n
    lost = {a: n for (a, b), n in sorted(pairs.items()) if not b}
    added = {b: n for (a, b), n in sorted(pairs.items()) if not a}
    table = Confusions(
        "AISHELL-1 and AISHELL-3 readers over 300-3400 Hz and mu-law, packaged recogniser",
        sum(n for (a, _), n in pairs.items() if a),
        sum(wrong.values()), sum(lost.values()), sum(added.values()),
        tuple(classes[i] for i in range(len(EDGES))),
        {a + b: n for (a, b), n in sorted(wrong.items())},
        lost, added, tuple(believed[True]), tuple(believed[False]),
    )  # fmt: skip
    if options.write and not options.quick:
        TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(table), indent=0) + b"\n")
    errors = table.substituted + table.dropped + table.put_in
    print(f"right {table.right}; wrong {table.wrong}")
    print(f"{table.characters} characters, {errors} errors ({errors / table.characters:.3f})")
    print(f"{table.substituted} substituted, {table.dropped} dropped, {table.put_in} put in")
    print(f"substitutions by sound: {dict(zip(EDGES, table.by_sound, strict=True))}")
    alike = table.by_sound[0] / table.substituted if table.substituted else 0.0
    rate = Figure("characters wrong, human readers, telephone band", round(errors / table.characters, 4))
    write([rate, Figure("of them of the same sound", round(alike, 3))], options.json)


if __name__ == "__main__":
    main()
