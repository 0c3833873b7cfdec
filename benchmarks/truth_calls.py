"""The calls the accuracy is measured on: conditions, casts of voices, endings."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np
import soundfile

from analyzer.call.types import Layout, Role
from analyzer.testing import Clip, ClipBank, Conditions, Ending, Script
from analyzer.testing.draw import TOKEN_MS, Plan, draw_call, with_tokens
from analyzer.testing.placing import ready
from analyzer.testing.script import Hold, Say

SYNTHESISED, HUMAN = "synthesised", "human"
_HUMAN_TOKENS = 8  # for each voice
PLAN = Plan(turns=4, backchannels=3, interruptions=3, terminals=2, together=1, silences=1, holds=1)
# where the recogniser's own words decide: 2 % needs more tokens than 3 a call
WORDS_PLAN = Plan(turns=1, backchannels=20, interruptions=10, terminals=2, together=1, silences=0, holds=0)


@dataclass(frozen=True)
class Condition:
    """A line, at a rate, with what is said over it."""

    name: str
    line: Conditions
    rate_hz: int = 8000
    plan: Plan = PLAN

    @property
    def is_bleed(self) -> bool:
        """The condition the goal on false interruptions is for."""
        return self.line.bleed_db == -20.0

    @property
    def layout(self) -> str:
        """The column of the table it counts in."""
        return "stereo" if self.line.layout is Layout.STEREO else "mono"


def _bleed(delay_ms: int, level_db: float = -20.0, room_ms: int = 0) -> Condition:
    line = Conditions(bleed_db=level_db, bleed_delay_ms=delay_ms, bleed_room_ms=room_ms, snr_db=45)
    return Condition(f"bleed {level_db:g} dB, {delay_ms} ms" + (f", room {room_ms} ms" if room_ms else ""), line)


_ROOMS = {"keys": -14.0, "breath": -15.0, "buzz": -10.0, "street": -20.0, "fan": -20.0, "radio": -20.0}

CONDITIONS = (
    Condition("clean", Conditions()),
    Condition("A-law", Conditions(codec="alaw")),
    Condition("µ-law", Conditions(codec="ulaw", customer_level_db=-30)),
    Condition("GSM", Conditions(codec="gsm610")),
    Condition("IMA ADPCM", Conditions(codec="ima_adpcm")),
    Condition("16 kHz whole band", Conditions(band_hz=None), 16000),
    Condition("noise at 20 dB", Conditions(snr_db=20)),
    Condition("noise at 10 dB", Conditions(snr_db=10)),
    Condition("digital silence between words", Conditions(snr_db=None)),
    _bleed(0),
    _bleed(20),
    _bleed(60),
    _bleed(120),
    _bleed(60, -30.0),
    Condition("uneven levels", Conditions(agent_level_db=-36, customer_level_db=-16)),
    Condition("swapped legs", Conditions(swapped=True)),
    Condition("people talking behind", Conditions(), plan=replace(PLAN, background=3)),
    Condition("ring-back first", Conditions(codec="alaw"), plan=replace(PLAN, ringback=True)),
    Condition("dual mono", Conditions(layout=Layout.DUAL_MONO)),
    Condition("mono", Conditions(layout=Layout.MONO)),
    Condition("mono, A-law, noise at 20 dB", Conditions(layout=Layout.MONO, codec="alaw", snr_db=20)),
    _bleed(400, -25.0),  # behind the others: a condition's place decides what its calls are
    _bleed(350, -25.0, 200),
    *(Condition(kind, Conditions(room=kind, room_db=level)) for kind, level in _ROOMS.items()),
)


@dataclass(frozen=True)
class Cast:
    """Sentences, and who may speak with whom; of some voices nobody wrote down what they say."""

    name: str
    bank: ClipBank
    pairs: tuple[tuple[str, str], ...]
    mono_pairs: tuple[tuple[str, str], ...]
    unwritten: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Case:
    """One call to compose and measure."""

    script: Script
    cast: Cast
    condition: Condition
    seed: int
    tags: frozenset[str] = field(default_factory=frozenset)


def synthesised(folder: Path) -> Cast:
    """Voices of a folder, in pairs that differ."""
    bank = ClipBank.from_folder(folder)
    voices = bank.voices()
    pairs = tuple((a, b) for a in voices for b in voices if a != b)
    return Cast(SYNTHESISED, bank, pairs, pairs)


def human(folder: Path, part: int) -> Cast:
    """Half of the human recordings: what is tuned on one half is reported on the other.

    One reader has a hundred sentences; thirty have one each and make two parties of many voices, which is fair where
    each party has its own leg. On a mixed channel each party is one person. A short unit of read speech stands for a
    listener's token.

    Args:
        folder: of recordings with their manifest.
        part: 0 or 1.
    """
    rows = list(csv.DictReader((folder / "manifest.csv").open(encoding="utf-8-sig")))
    clips: list[Clip] = []
    counts: dict[str, int] = {}
    for row in rows:
        source = row["file"].split("/")[0]
        if source not in ("aishell1_S0150", "aishell3_30spk", "zh_4persons"):
            continue
        index = counts[source] = counts.get(source, -1) + 1
        if source == "zh_4persons":
            if (row["speaker"] in "ab") is (part == 1):
                continue
            voice = row["speaker"]
        elif index % 2 != part:
            continue
        elif source == "aishell3_30spk":
            voice = f"readers-{index // 2 % 2}"
        else:
            voice = "S0150"
        samples, rate = soundfile.read(folder / row["file"], dtype="float32")
        clip = Clip(row["transcript"].strip(), voice, samples, rate, row["file"])
        if not clip.text:  # of people without a transcript: their words are never compared, but a token must be one
            short = ready(clip, 8000, (300, 3400)).length_ms <= TOKEN_MS
            clip = replace(clip, text="嗯。" if short else f"第{index}句没有文字的话")
        clips.append(clip)
    bank = with_tokens(ClipBank(clips), count=_HUMAN_TOKENS)
    people = [v for v in bank.voices() if len(v) == 1]
    pairs = (("S0150", "readers-0"), ("readers-1", "S0150"), ("readers-0", "readers-1"))
    return Cast(HUMAN, bank, pairs, tuple(("S0150", p) for p in people), frozenset(people))


def conversations(
    cast: Cast, seed: int, each: int, only: frozenset[str] = frozenset(), plan: Plan | None = None
) -> Iterator[Case]:
    """`each` calls a condition.

    Args:
        cast: who speaks.
        seed: of the whole set.
        each: calls a condition.
        only: names of conditions; empty for all.
        plan: of every call, in place of the condition's.
    """
    for number, condition in enumerate(CONDITIONS):
        if only and condition.name not in only:
            continue
        for index in range(each):
            own = seed * 10_000 + number * 100 + index
            pairs = cast.pairs if condition.layout == "stereo" else cast.mono_pairs
            pair = pairs[int(np.random.default_rng([own, 5]).integers(len(pairs)))]
            name = f"{cast.name}-{condition.name}-{index}"
            ending = Ending(after_ms=1200)
            script = draw_call(
                name, cast.bank, own, plan or condition.plan, condition.line, ending, pair, condition.rate_hz
            )
            yield Case(script, cast, condition, own)


_EVIDENCE: tuple[tuple[str, ...], ...] = (
    ("leg_went_dead",),
    ("busy_tone",),
    ("congestion_tone",),
    ("hook_click", "leg_went_dead"),
    ("leg_went_dead", "busy_tone"),
    ("hook_click",),
    ("cut_off",),
    (),
    (),
)
_ENDINGS = (
    *((party, evidence) for party in ("customer", "agent") for evidence in _EVIDENCE),
    ("system", ()),
    ("system", ("congestion_tone",)),
    ("system", ("leg_went_dead",)),
)
TALK = Plan(turns=3, backchannels=0, interruptions=0, terminals=0, together=0, silences=0, holds=0)
_LINES = (
    "clean",
    "A-law",
    "GSM",
    "noise at 20 dB",
    "bleed -20 dB, 60 ms",
    "digital silence between words",
    "swapped legs",
)


def endings(cast: Cast, seed: int, count: int) -> Iterator[Case]:
    """Short calls on two legs that end in every way, over several lines, with and without goodbyes."""
    by_name = {c.name: c for c in CONDITIONS}
    for index in range(count):
        own = seed * 10_000 + 5000 + index
        rng = np.random.default_rng([own, 6])
        party, evidence = _ENDINGS[index % len(_ENDINGS)]
        condition = by_name[_LINES[index // len(_ENDINGS) % len(_LINES)]]
        pair = cast.pairs[int(rng.integers(len(cast.pairs)))]
        # a leg that is silent between words anyway, or whose party has just stopped, shows it by staying silent long
        ending = Ending(
            party=party,
            evidence=evidence,
            after_ms=int(rng.integers(200, 3500)),
            tail_ms=int(rng.integers(1500, 5000)),
            cycles=int(rng.integers(4, 9)),
            cut_ms=int(rng.integers(200, 500)),
            both_dead_ms=0 if evidence else int(rng.choice([0, 0, 800, 3000])),
        )
        script = draw_call(
            f"ending-stereo-{index}", cast.bank, own, TALK, condition.line, ending, pair, condition.rate_hz
        )
        if rng.random() < 0.3:  # somebody goes without a goodbye
            script = _without_goodbyes(script)
        yield Case(script, cast, condition, own, frozenset({"ending"}))


@dataclass(frozen=True)
class MonoEnding:
    """A way to end, with what may tell the parties apart on one channel."""

    party: str
    evidence: tuple[str, ...]
    on: bool = False  # the other talks on
    hold: bool = False  # the agent's leg was silent in a hold before
    muted: bool = False  # the other's microphone is, and the party talks on


_SPOKEN_AFTER = (
    ("busy_tone",),
    ("congestion_tone",),
    ("leg_went_dead",),
    ("hook_click", "leg_went_dead"),
    ("leg_went_dead", "busy_tone"),
    ("hook_click",),
)
_MONO_ENDINGS = (
    *(MonoEnding(*e) for e in _ENDINGS),
    *(MonoEnding(p, e, on=True) for p in ("customer", "agent") for e in _SPOKEN_AFTER),
    *(MonoEnding(p, e, hold=True) for p in ("customer", "agent") for e in (_EVIDENCE[0], _EVIDENCE[4])),
    *(MonoEnding(p, (), on=True, muted=True) for p in ("customer", "agent")),
)
_STRIDE = 16  # through the 39 ways, so that few calls hold many of them
_NARROW, _WIDE, _LOW, _HIGH = (300, 3400), (80, 3800), (80, 3400), (300, 3800)
_BANDS = ((_WIDE, _NARROW), (_NARROW, _WIDE), (_LOW, _NARROW), (_NARROW, _HIGH))


def mono_endings(cast: Cast, seed: int, count: int) -> Iterator[Case]:
    """The same on one channel, where it matters who speaks on, what was heard of each line before and which bands."""
    by_name = {c.name: c for c in CONDITIONS}
    bank = _with_stock_lines(cast.bank)
    cast = replace(cast, bank=bank)
    for index in range(count):
        own = seed * 10_000 + 7500 + index
        rng = np.random.default_rng([own, 6])
        way = _MONO_ENDINGS[index * _STRIDE % len(_MONO_ENDINGS)]
        condition = by_name[_LINES[int(rng.integers(len(_LINES)))]]
        agent_hz, customer_hz = (_NARROW, None) if rng.random() < 0.5 else _BANDS[int(rng.integers(len(_BANDS)))]
        line = replace(
            condition.line,
            layout=Layout.MONO,
            band_hz=agent_hz,
            customer_band_hz=customer_hz,
            agent_level_db=-22 + float(rng.uniform(-4, 4)),
            customer_level_db=-25 + float(rng.uniform(-4, 4)),
            agent_noise_db=float(rng.uniform(-9, 6)),
        )
        pair = cast.mono_pairs[int(rng.integers(len(cast.mono_pairs)))]
        gap = int(rng.integers(1200, 4000))
        ending = Ending(
            party=way.party,
            evidence=way.evidence,
            after_ms=int(rng.integers(200, gap - 700 if way.on else 3500)),
            tail_ms=int(rng.integers(500, 3000) if way.on else rng.integers(1500, 5000)),
            cycles=int(rng.integers(4, 9)),
            cut_ms=int(rng.integers(200, 500)),
            both_dead_ms=0 if way.evidence or way.muted else int(rng.choice([0, 0, 800, 3000])),
            from_own_last=way.on and not way.muted,
            other_muted=way.muted,
        )
        script = draw_call(f"ending-mono-{index}", bank, own, TALK, line, ending, pair, condition.rate_hz)
        if rng.random() < 0.3 or way.muted:  # who mutes has not taken leave
            script = _without_goodbyes(script)
        if way.hold:
            script = _with_hold(script, bank, rng)
        if way.on:
            went_silent = Role.CUSTOMER if (way.party == "customer") is not way.muted else Role.AGENT
            script = _spoken_on(script, bank, rng, went_silent, gap)
        yield Case(script, cast, replace(condition, line=line), own, frozenset({"ending"}))


def _without_goodbyes(script: Script) -> Script:
    """As it was when nothing would be left."""
    steps = tuple(s for s in script.steps if not (isinstance(s, Say) and "再见" in s.text))
    return msgspec.structs.replace(script, steps=steps) if steps else script


def _with_hold(script: Script, bank: ClipBank, rng: np.random.Generator) -> Script:
    """With a hold before the goodbyes that the agent announces, digitally silent on the agent's leg."""
    mine = bank.of_voice(script.agent_voice)
    wait = next(c for c in mine if "稍等" in c.text)
    hold = (
        Say(who=Role.AGENT, text=wait.text, gap_ms=600, clip=wait.name),
        Hold(duration_ms=int(rng.integers(4500, 9000)), sound="dead", announced=True),
        _any_line(Role.AGENT, mine, rng, 0),
    )
    at = next((i for i, s in enumerate(script.steps) if isinstance(s, Say) and "再见" in s.text), len(script.steps))
    return msgspec.structs.replace(script, steps=(*script.steps[:at], *hold, *script.steps[at:]))


def _spoken_on(script: Script, bank: ClipBank, rng: np.random.Generator, silent: Role, gap_ms: int) -> Script:
    """One party, whose own last words were the last before, falls silent; the other speaks once more."""
    steps = list(script.steps)
    last = next(i for i in reversed(range(len(steps))) if isinstance(steps[i], Say))
    if steps[last].who is not silent:  # the other one's goodbye comes first
        mine = [i for i, s in enumerate(steps) if isinstance(s, Say) and s.who is silent]
        steps.append(steps.pop(mine[-1]))
    other = Role.CUSTOMER if silent is Role.AGENT else Role.AGENT
    steps.append(_any_line(other, bank.of_voice(script.voice_of(other)), rng, gap_ms))
    return msgspec.structs.replace(script, steps=tuple(steps))


def _any_line(who: Role, mine: list[Clip], rng: np.random.Generator, gap_ms: int) -> Say:
    """Something of a second and more that is neither a goodbye nor a request to wait."""
    fit = [c for c in mine if len(c.samples) > c.rate_hz and not any(w in c.text for w in ("再见", "稍等", "久等"))]
    clip = fit[int(rng.integers(len(fit)))]
    return Say(who=who, text=clip.text, gap_ms=gap_ms, clip=clip.name)


def _with_stock_lines(bank: ClipBank) -> ClipBank:
    """A goodbye and a request to wait for every voice that has none: read sentences that stand for them."""
    made = ClipBank(bank)
    for voice in bank.voices():
        mine = bank.of_voice(voice)
        fit = sorted((c for c in mine if len(c.samples) > c.rate_hz), key=lambda c: len(c.samples))
        for number, text in enumerate(("好的,谢谢,再见。", "请您稍等。")):
            if not any(text[-3:-1] in c.text for c in mine):
                made.add(replace(fit[number], text=text, name=f"{voice}/stock{number}"))
    return made


PARTIES = (Role.AGENT, Role.CUSTOMER)
