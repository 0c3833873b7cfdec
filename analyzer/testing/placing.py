"""Where every utterance of a script lands in time: turns, overlaps and silences, before any sound is mixed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from analyzer.call.types import PARTIES, Role, Samples
from analyzer.measure.types import OverlapKind, OverlapOutcome
from analyzer.spans import Span, Timeline
from analyzer.testing.clips import PAUSE_MS, Clip, ClipBank, NoClipError, at_rate, speech_by_energy
from analyzer.testing.line import band_limit
from analyzer.testing.script import (
    Announcement,
    AnyStep,
    Backchannel,
    BackgroundTalk,
    Hold,
    Interrupt,
    Ringback,
    Say,
    Script,
    Silence,
    StartTogether,
    Stop,
)
from analyzer.testing.truth import TrueOverlap, TrueUtterance, UtteranceKind

_FADE_MS = 15  # how fast somebody cut off in mid-syllable falls silent
_SYLLABLE_FADE_MS = 30  # one who ends the syllable,
_SYLLABLE_REACH_MS = 250  # which is over within this,
_TRAIL_MS = 160  # and one who trails off
_INAUDIBLE = 10 ** (-30 / 20)  # of the RMS of speech
_LONGEST_TERMINAL_MS = 500
_AFTER_A_MACHINE_MS = 600  # until somebody speaks
_CLEAR_WIN_MS = 300  # the floor's new holder is heard this much longer
_NOT_SPOKEN = re.compile(r"[^\w]|_")


class ScriptError(ValueError):
    """A script whose steps cannot come out as it says."""


@dataclass(slots=True)
class Placed:
    """One utterance on the timeline; `speech` counts from its own start."""

    party: Role
    clip: Clip
    kind: UtteranceKind
    start_ms: int
    samples: Samples  # shape (frames,), from the first to the last speech energy, silent in its pauses
    speech: Timeline
    level_db: float
    complete: bool = True

    @property
    def end_ms(self) -> int:
        """When it falls silent."""
        return self.start_ms + self.length_ms

    @property
    def length_ms(self) -> int:
        """From first to last speech."""
        extent = self.speech.extent
        return extent.end_ms if extent else 0

    @property
    def timeline(self) -> Timeline:
        """Its speech in the call."""
        return Timeline(tuple(s.shift(self.start_ms) for s in self.speech))

    def stop(self, at_ms: int, rate_hz: int, how: Stop) -> None:
        """Falls silent from `at_ms` after its start on, as people do: cut off, after the syllable, trailing off."""
        match how:
            case "cut":
                self.cut(at_ms, rate_hz)
            case "syllable":
                end_ms = _syllable_end(self.samples, at_ms, rate_hz)
                self.cut(end_ms, rate_hz, _SYLLABLE_FADE_MS)
            case "trail":
                self.cut(at_ms + _TRAIL_MS, rate_hz, _TRAIL_MS)

    def cut(self, at_ms: int, rate_hz: int, fade_ms: int = _FADE_MS) -> None:
        """Breaks off `at_ms` after its start; no sooner than its first 100 ms. Its truth ends where it can be heard."""
        if at_ms >= self.length_ms:
            return
        samples = self.samples[: max(at_ms, 100) * rate_hz // 1000].copy()
        fade = min(len(samples), fade_ms * rate_hz // 1000)
        if fade:
            samples[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
        kept = self.speech.crop(Span(0, _heard_until(samples, rate_hz)))
        extent = kept.extent
        assert extent is not None
        self.samples, self.speech, self.complete = samples[: extent.end_ms * rate_hz // 1000], kept, False

    def truth(self, whole_ms: int) -> TrueUtterance:
        """What it is, when; `whole_ms` is the speech it would have had unbroken."""
        text = self.clip.text
        if not self.complete:
            spoken = [i for i, c in enumerate(text) if not _NOT_SPOKEN.match(c)]
            keep = round(len(spoken) * self.speech.duration_ms / max(1, whole_ms))
            text = text[: spoken[keep - 1] + 1] if keep else ""
        spans = self.timeline.spans
        span = Span(spans[0].start_ms, spans[-1].end_ms)
        return TrueUtterance(self.party, self.clip.voice, text, self.clip.text, span, spans, self.kind, self.complete)


@dataclass(slots=True)
class Placing:
    """The script's steps laid out in time.

    Args:
        script: what to lay out.
        bank: where the lines are.
    """

    script: Script
    bank: ClipBank
    placed: list[Placed] = field(default_factory=list)
    holds: list[tuple[Span, Hold]] = field(default_factory=list)
    silences: list[Span] = field(default_factory=list)
    ringbacks: list[tuple[int, Ringback]] = field(default_factory=list)
    announcements: list[tuple[Span, Announcement]] = field(default_factory=list)
    background: list[tuple[int, BackgroundTalk]] = field(default_factory=list)
    _events: list[tuple[OverlapKind, Placed, Placed]] = field(default_factory=list)
    _whole_ms: dict[int, int] = field(default_factory=dict)
    _floor: Placed | None = None
    _wait_ms: int = 0  # scripted silence so far, which replaces the next turn's gap
    _lead_ms: int = 0

    def run(self) -> None:
        """Lays out every step.

        Raises:
            ScriptError: when a step cannot come out as written, naming it.
            NoClipError: when a line is not in the bank, naming the step and what comes nearest; a LookupError.
        """
        self._lead_ms = self.script.lead_ms
        for number, step in enumerate(self.script.steps):
            try:
                self._step(step)
            except (ScriptError, NoClipError) as error:
                raise type(error)(f"{self.script.name}, step {number + 1}: {error}") from None
        if not self.placed:
            raise ScriptError(f"{self.script.name}: nobody speaks")
        for party in PARTIES:
            mine = sorted((p for p in self.placed if p.party is party), key=lambda p: p.start_ms)
            for before, after in pairwise(mine):
                if after.start_ms < before.end_ms:
                    early = f"{after.clip.text!r} begins {before.end_ms - after.start_ms} ms before"
                    raise ScriptError(
                        f"{self.script.name}: {party} speaks over itself at {after.start_ms} ms: "
                        f"{early} {before.clip.text!r} ends"
                    )

    @property
    def end_ms(self) -> int:
        """When the last speech or announcement ends."""
        return max([*(p.end_ms for p in self.placed), *(span.end_ms for span, _ in self.announcements)])

    def utterances(self) -> tuple[TrueUtterance, ...]:
        """All of them in order of start."""
        ordered = sorted(self.placed, key=lambda p: (p.start_ms, p.party))
        return tuple(p.truth(self._whole_ms[id(p)]) for p in ordered)

    def overlaps(self) -> tuple[TrueOverlap, ...]:
        """What came of every step that makes two people speak at once; those that missed each other are left out."""
        found = []
        for kind, incoming, over in self._events:
            both = (incoming.timeline & over.timeline).extent
            if both is None:
                continue
            outcome = OverlapOutcome.NONE
            if kind in (OverlapKind.INTERRUPTION, OverlapKind.SIMULTANEOUS_START):
                won = incoming.end_ms > over.end_ms
                outcome = OverlapOutcome.SUCCESSFUL if won else OverlapOutcome.ATTEMPTED
            found.append(TrueOverlap(both, kind, outcome, incoming.party, over.party))
        return tuple(sorted(found, key=lambda o: (o.span, o.by)))

    def _step(self, step: AnyStep) -> None:
        match step:
            case Say():
                self._say(step)
            case Backchannel():
                over = self._need_floor(step.who)
                mine = self._place(
                    step.who, step.text, "backchannel", over.start_ms + step.at_ms, step.level_db, step.clip
                )
                if mine.end_ms > over.end_ms - 100:
                    raise ScriptError(f"the backchannel outlasts the turn by {mine.end_ms - over.end_ms} ms")
                self._events.append((OverlapKind.BACKCHANNEL, mine, over))
            case Interrupt():
                self._interrupt(step)
            case StartTogether():
                start = self._next_start(step.gap_ms)
                first = self._place(step.first, step.first_text, "simultaneous_start", start, 0.0, None)
                second = self._place(
                    step.first.other, step.second_text, "simultaneous_start", start + step.offset_ms, 0.0, None
                )
                second.cut(step.yield_ms, self.script.rate_hz)
                self._events.append((OverlapKind.SIMULTANEOUS_START, second, first))
                self._floor = first if first.end_ms >= second.end_ms else second
            case Silence():
                self._pause(step.duration_ms, None)
            case Hold():
                self._pause(step.duration_ms, step)
            case Ringback():
                self.ringbacks.append((self._lead_ms, step))
                self._lead_ms += step.rings * 5000
            case Announcement():
                self._announce(step)
            case BackgroundTalk():
                self.bank.find(step.voice, step.text)
                self.background.append((max(0, (self._floor.end_ms if self._floor else 0) + step.at_ms), step))

    def _say(self, step: Say) -> None:
        if step.gap_ms < -_LONGEST_TERMINAL_MS:
            todo = f"give {-_LONGEST_TERMINAL_MS} or more, or `interrupt`"
            raise ScriptError(f"a gap of {step.gap_ms} ms is an interruption, not a turn: {todo}")
        over = self._floor
        start = self._next_start(step.gap_ms)
        mine = self._place(step.who, step.text, "turn", start, step.level_db, step.clip, step.voice)
        if over and over.party is not step.who and start < over.end_ms:
            if mine.end_ms < over.end_ms:
                raise ScriptError("a terminal overlap whose turn ends before the other's")
            self._events.append((OverlapKind.TERMINAL, mine, over))
        self._floor = mine

    def _interrupt(self, step: Interrupt) -> None:
        over = self._need_floor(step.who)
        start = over.start_ms + step.at_ms
        if start > over.end_ms - _LONGEST_TERMINAL_MS:
            latest = over.length_ms - _LONGEST_TERMINAL_MS
            can = f"give at_ms of {latest} or less" if latest >= 0 else "none is possible"
            raise ScriptError(
                f"comes in {step.at_ms} ms into a turn of {over.length_ms} ms: not an interruption, which leaves "
                f"{_LONGEST_TERMINAL_MS} ms and more; {can}"
            )
        mine = self._place(step.who, step.text, "interruption", start, step.level_db, step.clip)
        if step.give_up_ms is not None:
            mine.stop(step.give_up_ms, self.script.rate_hz, step.stop)
        if step.yield_ms is not None:
            over.stop(step.at_ms + step.yield_ms, self.script.rate_hz, step.stop)
        ahead = mine.end_ms - over.end_ms
        if (ahead if step.succeeds else -ahead) < _CLEAR_WIN_MS:
            raise ScriptError(
                f"the one who came in ends {ahead} ms after the other, which is not succeeds={step.succeeds}"
            )
        self._events.append((OverlapKind.INTERRUPTION, mine, over))
        if step.succeeds:
            self._floor = mine

    def _pause(self, duration_ms: int, hold: Hold | None) -> None:
        start = self._next_start(0)
        span = Span(start, start + duration_ms)
        if hold:
            self.holds.append((span, hold))
            at = start
            for step in hold.played:
                at += step.gap_ms
                self.announcements.append((Span(at, at + self._length(step)), step))
                at = self.announcements[-1][0].end_ms
            if at > span.end_ms:
                raise ScriptError(f"what is played outlasts the hold by {at - span.end_ms} ms")
        else:
            self.silences.append(span)
        self._wait_ms += duration_ms

    def _announce(self, step: Announcement) -> None:
        length = self._length(step)
        start = self._next_start(0) + (step.gap_ms if self._floor or self._wait_ms else 0)
        self.announcements.append((Span(start, start + length), step))
        self._wait_ms += start + length - self._next_start(0) + _AFTER_A_MACHINE_MS

    def _length(self, step: Announcement) -> int:
        clip = self.bank.find(step.voice, step.text)
        return ready(clip, self.script.rate_hz, self.script.conditions.band_of(step.leg)).length_ms

    def _next_start(self, gap_ms: int) -> int:
        if self._floor is None:
            return self._lead_ms + self._wait_ms
        return max(0, self._floor.end_ms + (self._wait_ms or gap_ms))

    def _need_floor(self, who: Role) -> Placed:
        if self._floor is None:
            raise ScriptError("the other party has no turn going on: nobody has spoken yet")
        if self._floor.party is who:
            raise ScriptError(f"the other party has no turn going on: the last is the {who}'s own")
        return self._floor

    def _place(
        self,
        who: Role,
        text: str,
        kind: UtteranceKind,
        start_ms: int,
        level_db: float,
        name: str | None,
        voice: str | None = None,
    ) -> Placed:
        self._wait_ms = 0
        voice = voice or self.script.voice_of(who)
        clip = self.bank.find(voice, text, name)
        made = ready(clip, self.script.rate_hz, self.script.conditions.band_of(who))
        if not made.speech:
            raise ScriptError(f"no speech energy in {voice} {text!r}")
        placed = Placed(who, clip, kind, start_ms, made.samples, made.speech, level_db)
        self._whole_ms[id(placed)] = made.speech.duration_ms
        self.placed.append(placed)
        return placed


def _power(samples: Samples, rate_hz: int, width_ms: int) -> npt.NDArray[np.float64]:
    """Power around every millisecond, over `width_ms`."""
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    at = np.arange(len(samples) * 1000 // rate_hz)
    low = np.clip((at - width_ms // 2) * rate_hz // 1000, 0, len(samples))
    high = np.clip((at + width_ms // 2) * rate_hz // 1000, 0, len(samples))
    return np.asarray((energy[high] - energy[low]) / np.maximum(high - low, 1))


def _heard_until(samples: Samples, rate_hz: int) -> int:
    """The last millisecond that can be heard, of samples whose RMS is 1."""
    heard = np.flatnonzero(_power(samples, rate_hz, 10) > _INAUDIBLE**2)
    return int(heard[-1]) + 1 if len(heard) else len(samples) * 1000 // rate_hz


def _syllable_end(samples: Samples, at_ms: int, rate_hz: int) -> int:
    """The quietest moment within reach: where the syllable going on ends, or nearly."""
    power = _power(samples, rate_hz, 20)[at_ms : at_ms + _SYLLABLE_REACH_MS]
    return at_ms + (int(np.argmin(power)) if len(power) else 0)


@dataclass(frozen=True, slots=True)
class ReadyClip:
    """A clip as it is mixed in.

    Args:
        samples: shape (frames,), from the first to the last speech energy, RMS of speech = 1.
        speech: counted from the first of them.
        offset_ms: where they begin in the clip.
    """

    samples: Samples
    speech: Timeline
    offset_ms: int

    @property
    def length_ms(self) -> int:
        """From first to last speech."""
        extent = self.speech.extent
        return extent.end_ms if extent else 0


@lru_cache(maxsize=4096)
def ready(clip: Clip, rate_hz: int, band_hz: tuple[int, int] | None) -> ReadyClip:
    """The clip as the line will carry it, trimmed to its speech and silent in its pauses, RMS of speech = 1.

    The true span of an utterance is where it has energy in the band that is heard: an initial s lies mostly above
    a telephone's.
    """
    sound = at_rate(clip, rate_hz)
    if band_hz:
        sound = np.asarray(band_limit(sound.astype(np.float64), rate_hz, band_hz), dtype=np.float32)
    speech = speech_by_energy(sound, rate_hz)
    extent = speech.extent
    if extent is None:
        return ReadyClip(np.zeros(0, np.float32), speech, 0)
    mask = np.zeros(len(sound), np.float32)
    ramp = np.linspace(0, 1, max(2, 3 * rate_hz // 1000), dtype=np.float32)
    for span in speech:
        a, b = span.start_ms * rate_hz // 1000, span.end_ms * rate_hz // 1000
        mask[a:b] = 1
        mask[a : a + len(ramp)] = ramp[: b - a]
        mask[max(a, b - len(ramp)) : b] = ramp[::-1][-(b - a) :]
    first, last = extent.start_ms * rate_hz // 1000, extent.end_ms * rate_hz // 1000
    rms = float(np.sqrt(np.sum(np.square(sound[mask > 0], dtype=np.float64)) / max(1, np.count_nonzero(mask))))
    trimmed = (sound * mask)[first:last] / np.float32(rms)
    relative = Timeline(tuple(s.shift(-extent.start_ms) for s in speech))
    assert all(gap.duration_ms >= PAUSE_MS for gap in relative.gaps(Span(0, extent.duration_ms)))
    trimmed.flags.writeable = False  # shared between calls
    return ReadyClip(trimmed, relative, extent.start_ms)
