"""Draws calls at random: scripts over a bank, every one of which can be composed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar, get_args

import numpy as np

from analyzer.call.types import PARTIES, Role, Samples
from analyzer.testing.clips import Clip, ClipBank
from analyzer.testing.placing import Placing, ScriptError, ready
from analyzer.testing.script import (
    AnyStep,
    Backchannel,
    BackgroundTalk,
    Ending,
    Hold,
    HoldSound,
    Interrupt,
    Ringback,
    Say,
    Script,
    Silence,
    StartTogether,
    Stop,
)
from analyzer.testing.truth import Conditions

TOKEN_MS = 900
_LONG_MS = 3000
_TRIES = 40
_WAIT = ("稍等", "稍候")
_BACK = ("久等",)
_BYE = ("再见", "拜拜")
_TOKEN_TEXTS = ("嗯。", "嗯嗯。", "对。", "好的。", "是的。", "哦。", "对对。", "明白。")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a drawn call holds.

    Args:
        turns: plain turns, before the goodbyes.
        backchannels: how many listener's tokens,
        interruptions: and interruptions of either outcome,
        terminals: and turns that start in the other's last word,
        together: and simultaneous starts,
        silences: and dead airs of 4 to 12 s,
        holds: and holds of 6 to 20 s,
        background: and people talking behind a party.
        ringback: whether it begins with ringing.
        gap_ms: between plain turns, from the first up to the second.
    """

    turns: int = 10
    backchannels: int = 3
    interruptions: int = 3
    terminals: int = 2
    together: int = 1
    silences: int = 1
    holds: int = 1
    background: int = 0
    ringback: bool = False
    gap_ms: tuple[int, int] = (200, 1400)


def draw_call(
    name: str,
    bank: ClipBank,
    seed: int,
    plan: Plan | None = None,
    conditions: Conditions | None = None,
    ending: Ending | None = None,
    voices: tuple[str, str] | None = None,
    rate_hz: int = 8000,
) -> Script:
    """A script with the planned events in random order and place.

    Args:
        name: of the call.
        bank: sentences; the voices need short tokens for backchannels and sentences of 3 s and more to come in on.
        seed: the same seed draws the same script.
        plan: how many of what. An event that fits nowhere in 40 tries is left out.
        conditions: of the line.
        ending: as given; by default both legs stop together.
        voices: agent's and customer's; drawn when None.
        rate_hz: of the recording.
    """
    drawing = _Drawing(
        name,
        bank,
        seed,
        plan or Plan(),
        conditions or Conditions(),
        ending or Ending(after_ms=1200),
        voices,
        rate_hz,
    )
    return drawing.script()


class _Drawing:
    def __init__(
        self,
        name: str,
        bank: ClipBank,
        seed: int,
        plan: Plan,
        conditions: Conditions,
        ending: Ending,
        voices: tuple[str, str] | None,
        rate_hz: int,
    ) -> None:
        self.rng = np.random.default_rng([seed, 77])
        self.stops = np.random.default_rng([seed, 78])
        self.bank, self.plan = bank, plan
        all_voices = bank.voices()
        if voices is None:
            first, second = (int(i) for i in self.rng.choice(len(all_voices), 2, replace=False))
            voices = (all_voices[first], all_voices[second])
        self.draft = Script(
            name=name,
            agent_voice=voices[0],
            customer_voice=voices[1],
            steps=(),
            ending=ending,
            conditions=conditions,
            rate_hz=rate_hz,
            lead_ms=int(self.rng.integers(500, 1500)),
        )
        self.steps: list[AnyStep] = []
        self.used: set[str] = set()

    def script(self) -> Script:
        plan = self.plan
        if plan.ringback:
            self.steps.append(Ringback(rings=int(self.rng.integers(1, 3))))
        who = Role.AGENT if self.rng.random() < 0.8 else Role.CUSTOMER
        events = (
            ["turn"] * plan.turns
            + ["backchannel"] * plan.backchannels
            + ["interrupt"] * plan.interruptions
            + ["terminal"] * plan.terminals
            + ["together"] * plan.together
            + ["silence"] * plan.silences
            + ["hold"] * plan.holds
            + ["background"] * plan.background
        )
        self._add([Say(who=who, text=self._line(who).text)])
        for index in self.rng.permutation(len(events)):
            self._event(events[int(index)])
        for party in PARTIES:
            bye = self._with_words(party, _BYE)
            if bye:
                self._add([Say(who=party, text=bye.text, gap_ms=self._gap())])
        return self._with(self.steps)

    def _event(self, event: str) -> None:
        for _ in range(_TRIES):
            try:
                steps = self._steps(event)
            except LookupError:
                return
            if self._add(steps):
                return

    def _steps(self, event: str) -> list[AnyStep]:
        rng, last = self.rng, self._speaking()
        other = last.other
        match event:
            case "backchannel":
                token = self._pick(self._tokens(last))
                return [*self._long(other), Backchannel(who=last, text=token.text, at_ms=self._at(1200, 5000))]
            case "interrupt":
                return [*self._long(other), self._interrupt(last)]
            case "terminal":
                gap = -int(rng.integers(100, 450))
                return [Say(who=other, text=self._line(other).text, gap_ms=gap)]
            case "together":
                return [
                    StartTogether(
                        first=other,
                        first_text=self._line(other, _LONG_MS).text,
                        second_text=self._line(last, 1500).text,
                        gap_ms=int(rng.integers(300, 1000)),
                        offset_ms=int(rng.integers(20, 250)),
                        yield_ms=int(rng.integers(500, 1200)),
                    )
                ]
            case "silence":
                return [
                    Silence(duration_ms=int(rng.integers(4000, 12000))),
                    Say(who=other, text=self._line(other).text),
                ]
            case "hold":
                return self._hold()
            case "background":
                voice = self._pick([v for v in self.bank.voices() if v not in self._both()])
                text = self._pick([c for c in self.bank.of_voice(voice) if self._ms(c) > 1500]).text
                leg = Role.AGENT if rng.random() < 0.6 else Role.CUSTOMER
                at = -int(rng.integers(0, 2000))
                return [BackgroundTalk(leg=leg, voice=voice, text=text, at_ms=at, level_db=-float(rng.uniform(22, 30)))]
            case _:
                return [Say(who=other, text=self._line(other).text, gap_ms=self._gap())]

    def _hold(self) -> list[AnyStep]:
        duration = int(self.rng.integers(6000, 20000))
        wait, back = self._with_words(Role.AGENT, _WAIT), self._with_words(Role.AGENT, _BACK)
        sounds: list[HoldSound] = ["music", "music", "line"]
        sound = self._pick([*sounds, "dead"] if self.draft.conditions.snr_db is not None else sounds)
        steps: list[AnyStep] = []
        announced = bool(wait and back) and (sound == "line" or self.rng.random() < 0.7)
        if wait and announced:
            steps.append(Say(who=Role.AGENT, text=wait.text, gap_ms=self._gap()))
        elif sound == "line":
            sound = "music"
        steps.append(Hold(duration_ms=duration, sound=sound, announced=announced))
        text = back.text if back and announced else self._line(Role.AGENT).text
        return [*steps, Say(who=Role.AGENT, text=text)]

    def _interrupt(self, who: Role) -> AnyStep:
        rng = self.rng
        at = self._at(900, 4000)
        if rng.random() < 0.6:
            text = self._line(who, 1500).text
            yields = int(rng.integers(350, 1100))
            return Interrupt(who=who, text=text, at_ms=at, succeeds=True, yield_ms=yields, stop=self._stop())
        if rng.random() < 0.5:
            text = self._line(who, 1500).text
            gives_up = int(rng.integers(500, 1300))
            return Interrupt(who=who, text=text, at_ms=at, succeeds=False, give_up_ms=gives_up, stop=self._stop())
        return Interrupt(who=who, text=self._line(who, 1000, 2600).text, at_ms=at, succeeds=False)

    def _stop(self) -> Stop:
        """How somebody who yields falls silent: each way as often. No source counts them."""
        return self._pick(list(get_args(Stop)), self.stops)

    def _long(self, who: Role) -> list[AnyStep]:
        """A turn long enough to come in on."""
        return [Say(who=who, text=self._line(who, _LONG_MS).text, gap_ms=self._gap())]

    def _add(self, steps: list[AnyStep]) -> bool:
        """Takes the steps in when the script still comes out as it says."""
        try:
            Placing(self._with(self.steps + steps), self.bank).run()
        except ScriptError:
            return False
        self.steps += steps
        self.used |= {str(getattr(s, "text", "")) for s in steps}
        return True

    def _with(self, steps: list[AnyStep]) -> Script:
        draft = self.draft
        return Script(
            name=draft.name,
            agent_voice=draft.agent_voice,
            customer_voice=draft.customer_voice,
            steps=tuple(steps),
            ending=draft.ending,
            conditions=replace(draft.conditions),
            lead_ms=draft.lead_ms,
            rate_hz=draft.rate_hz,
        )

    def _speaking(self) -> Role:
        """Who has the floor after the steps so far."""
        placing = Placing(self._with(self.steps), self.bank)
        placing.run()
        return max((p for p in placing.placed if p.kind != "backchannel"), key=lambda p: p.end_ms).party

    def _both(self) -> tuple[str, str]:
        return self.draft.agent_voice, self.draft.customer_voice

    def _ms(self, clip: Clip) -> int:
        return ready(clip, self.draft.rate_hz, self.draft.conditions.band_hz).length_ms

    def _tokens(self, who: Role) -> list[Clip]:
        mine = self.bank.of_voice(self.draft.voice_of(who))
        return [c for c in mine if 120 <= self._ms(c) <= TOKEN_MS and not _says(c, _BYE)]

    def _line(self, who: Role, at_least_ms: int = TOKEN_MS + 1, at_most_ms: int = 60_000) -> Clip:
        """A sentence not yet said in the call, where there is one left."""
        mine = [
            c
            for c in self.bank.of_voice(self.draft.voice_of(who))
            if at_least_ms <= self._ms(c) <= at_most_ms and not _says(c, _WAIT + _BACK + _BYE)
        ]
        return self._pick([c for c in mine if c.text not in self.used] or mine)

    def _with_words(self, who: Role, words: tuple[str, ...]) -> Clip | None:
        found = [c for c in self.bank.of_voice(self.draft.voice_of(who)) if _says(c, words)]
        return self._pick(found) if found else None

    def _pick(self, choices: list[_T], rng: np.random.Generator | None = None) -> _T:
        if not choices:
            raise LookupError("the bank has no such line")
        return choices[int((rng or self.rng).integers(len(choices)))]

    def _gap(self) -> int:
        return int(self.rng.integers(*self.plan.gap_ms))

    def _at(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high))


def _says(clip: Clip, words: tuple[str, ...]) -> bool:
    return any(w in clip.text for w in words)


def with_tokens(bank: ClipBank, rate_hz: int = 16000, count: int = 2) -> ClipBank:
    """The bank with some listener's tokens for every voice that has none: 250 to 550 ms of its speech.

    For banks of read sentences. A token sounds like the voice; its text is a token's, whatever is said in it.

    Args:
        bank: of sentences.
        rate_hz: of the tokens.
        count: for each voice, at most 8.
    """
    made = ClipBank(bank)
    pad = np.zeros(rate_hz // 10, np.float32)
    for voice in bank.voices():
        mine = bank.of_voice(voice)
        if any(ready(c, 8000, (300, 3400)).length_ms <= TOKEN_MS for c in mine):
            continue
        for number, (text, clip) in enumerate(zip(_TOKEN_TEXTS[:count], mine, strict=False)):
            samples = ready(clip, rate_hz, None).samples
            end = _first_dip(samples, rate_hz)
            sound = np.concatenate([pad, samples[:end] * np.float32(0.1), pad])
            made.add(Clip(text, voice, sound, rate_hz, f"{voice}/token{number}"))
    return made


def _first_dip(samples: Samples, rate_hz: int) -> int:
    """The quietest place between 250 and 550 ms: where a syllable is likely to end."""
    width = rate_hz // 50
    loudness = np.convolve(np.square(samples[: rate_hz * 6 // 10]), np.ones(width), "same")
    low, high = rate_hz // 4, rate_hz * 55 // 100
    return low + int(np.argmin(loudness[low:high])) if len(loudness) > high else len(samples)
