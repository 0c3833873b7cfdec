"""Composes a call with exactly known truth from single-speaker clips and a written script."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from analyzer.call.types import PARTIES, CallAudio, Layout, Role, Samples, WavFacts
from analyzer.measure.types import PauseKind
from analyzer.spans import Span, Timeline
from analyzer.testing import line, sounds
from analyzer.testing.clips import PAUSE_MS, ClipBank
from analyzer.testing.evident import GOODBYE, what_decides
from analyzer.testing.placing import Placing, ScriptError, ready
from analyzer.testing.refused import refuse_impossible
from analyzer.testing.rooms import room as sound_of_room
from analyzer.testing.script import Ending, Script
from analyzer.testing.truth import SCHEMA_VERSION, CallTruth, SoundKind, TrueEnding, TruePause, TrueSound, TrueUtterance

_TONES: tuple[SoundKind, ...] = ("busy_tone", "congestion_tone")
_CLICK_MS = 70
_TONE_AFTER_MS = 300


@dataclass(frozen=True, slots=True)
class ComposedCall:
    """A call and what it really holds.

    Args:
        samples: shape (channels, frames), float32, after the codec: what a reader of the file gets.
        before_codec: the same before it.
        clean: shape (2, frames): the agent's and the customer's speech alone, at their levels, without line.
        truth: what it holds.
    """

    samples: Samples
    before_codec: Samples
    clean: Samples
    truth: CallTruth

    def audio(self) -> CallAudio:
        """As if read from a file."""
        truth = self.truth
        frames = self.samples.shape[1]
        facts = WavFacts(
            sha256=hashlib.sha256(self.samples.tobytes()).hexdigest(),
            size_bytes=self.samples.size * 2 + 44,
            container="RIFF",
            codec=truth.conditions.codec,
            rate_hz=truth.rate_hz,
            channels=self.samples.shape[0],
            frames_claimed=frames,
            frames_present=frames,
            duration_ms=frames * 1000 // truth.rate_hz,
        )
        return CallAudio(facts, tuple(self.samples))

    def write(self, folder: Path | str) -> Path:
        """Writes NAME.wav in the call's codec, and NAME.truth.json; returns the first.

        GSM in two channels is not a WAV anybody can read: then the decoded sound is written as 16-bit PCM.
        """
        codec = self.truth.conditions.codec
        decoded = codec == "gsm610" and self.samples.shape[0] > 1
        sound = self.samples if decoded else self.before_codec
        subtype = "PCM_16" if decoded else line.SUBTYPES[codec]
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.truth.name}.wav"
        soundfile.write(path, sound.T, self.truth.rate_hz, subtype=subtype)
        (folder / f"{self.truth.name}.truth.json").write_bytes(self.truth.to_json())
        return path


def compose(script: Script, bank: ClipBank, seed: int = 0) -> ComposedCall:
    """Makes the call the script describes.

    Args:
        script: turns, overlaps, silences, ending and the line's conditions.
        bank: holds every line of it.
        seed: 0 or more; decides noise, clicks and melody; the same script, bank and seed give the same samples.

    Raises:
        ScriptError: when a step cannot come out as written, or a word or figure in it means nothing.
        NoClipError: when a line is not in the bank, naming the step and what comes nearest; a LookupError.
    """
    refuse_impossible(script)
    placing = Placing(script, bank)
    placing.run()
    rate, conditions = script.rate_hz, script.conditions
    ending = script.ending
    if "cut_off" in ending.evidence:
        last = max(placing.placed, key=lambda p: p.end_ms)
        last.cut(last.length_ms - ending.cut_ms, rate, fade_ms=0)
    plan = _plan_ending(ending, placing)
    frames = plan.duration_ms * rate // 1000

    clean = np.zeros((2, frames))
    party_db = {Role.AGENT: conditions.agent_level_db, Role.CUSTOMER: conditions.customer_level_db}
    for placed in placing.placed:
        start = placed.start_ms * rate // 1000
        gain = 10 ** ((party_db[placed.party] + placed.level_db) / 20)
        _add(clean[PARTIES.index(placed.party)], placed.samples * gain, start)

    others = np.zeros((2, frames))
    heard = _other_sounds(placing, bank, plan, others, seed, party_db)
    bands = [conditions.band_of(party) for party in PARTIES]
    others = np.stack([line.band_limit(x, rate, band) if band else x for x, band in zip(others, bands, strict=True)])
    legs = clean + others
    if conditions.room is not None:
        for index, (party, band) in enumerate(zip(PARTIES, bands, strict=True)):
            rng = np.random.default_rng([seed, 4, index])
            around = sound_of_room(conditions.room, frames, rate, rng, party_db[party] + conditions.room_db)
            legs[index] += line.band_limit(around, rate, band) if band else around
    if conditions.bleed_db is not None:
        legs = line.bleed(legs, conditions.bleed_db, conditions.bleed_delay_ms, rate, conditions.bleed_room_ms)
    for index, (party, band) in enumerate(zip(PARTIES, bands, strict=True)):
        noise_db = conditions.noise_db_of(party)
        if noise_db is not None:
            hiss = sounds.noise(frames, 0.0, np.random.default_rng([seed, 1, index]))
            legs[index] += sounds.at_level(line.band_limit(hiss, rate, band) if band else hiss, noise_db)
    dead = [s for s in heard if s.kind == "digital_silence"]
    for sound in dead:
        legs[PARTIES.index(sound.leg), _slice(sound.span, rate)] = 0
        clean[PARTIES.index(sound.leg), _slice(sound.span, rate)] = 0

    laid = line.lay_out(np.clip(legs, -1, 1).astype(np.float32), conditions.layout, conditions.swapped)
    before = np.ascontiguousarray(np.clip(laid, -1, 1))
    after = np.stack([line.through_codec(channel, rate, conditions.codec) for channel in before])
    truth = _truth(script, placing, plan, heard, seed)
    return ComposedCall(after, before, clean.astype(np.float32), truth)


@dataclass(frozen=True, slots=True)
class _EndingPlan:
    """When the party goes, and when the recording stops."""

    ending: Ending
    at_ms: int
    duration_ms: int
    dead_from_ms: int | None
    tone_from_ms: int | None

    def parties(self) -> tuple[Role, ...]:
        """On whose leg it is heard: both when the system ended it."""
        return PARTIES if self.ending.party == "system" else (Role(self.ending.party),)


def _plan_ending(ending: Ending, placing: Placing) -> _EndingPlan:
    evidence = ending.evidence
    last = placing.end_ms
    if ending.from_own_last:
        last = max((p.end_ms for p in placing.placed if p.party == ending.party), default=last)
    at = last if "cut_off" in evidence else last + ending.after_ms
    gone = at + _CLICK_MS if "hook_click" in evidence else at
    end = gone
    dead = tone = None
    if "leg_went_dead" in evidence:
        dead, end = gone, gone + ending.tail_ms
    elif "hook_click" in evidence:
        end = gone + min(ending.tail_ms, 250)
    for kind in _TONES:
        if kind in evidence:
            tone = gone + _TONE_AFTER_MS
            end = tone + sum(sounds.CADENCES[kind]) * ending.cycles
    if not evidence and ending.both_dead_ms:
        dead, end = gone, gone + ending.both_dead_ms
    if ending.from_own_last:
        end = max(end, placing.end_ms + ending.tail_ms)
    return _EndingPlan(ending, at, end, dead, tone)


def _other_sounds(
    placing: Placing,
    bank: ClipBank,
    plan: _EndingPlan,
    others: sounds.Sound,
    seed: int,
    party_db: dict[Role, float],
) -> tuple[TrueSound, ...]:
    """Mixes in all that is not the parties' speech, and says what was mixed in where."""
    script, rate = placing.script, placing.script.rate_hz
    heard: list[TrueSound] = []

    def mix(kind: SoundKind, leg: Role, sound: sounds.Sound, start_ms: int) -> None:
        _add(others[PARTIES.index(leg)], sound, start_ms * rate // 1000)
        end_ms = min(plan.duration_ms, start_ms + len(sound) * 1000 // rate)
        heard.append(TrueSound(kind, leg, Span(start_ms, max(start_ms, end_ms))))

    for start_ms, ring in placing.ringbacks:
        mix("ringback", ring.leg, sounds.tone("ringback", ring.rings, rate)[: -rate // 2], start_ms)
    for index, (span, hold) in enumerate(placing.holds):
        inner = Span(span.start_ms + 300, max(span.start_ms + 300, span.end_ms - 300))
        machines = Timeline(tuple(at for at, step in placing.announcements if step in hold.played and at in span))
        if hold.sound == "music":
            melody = sounds.music(inner.duration_ms, rate, np.random.default_rng([seed, 2, index]))
            beneath = 0.0 if hold.beneath_db is None else 10 ** (hold.beneath_db / 20)
            for at in machines:
                melody[_slice(at.shift(-inner.start_ms), rate)] *= beneath
            mix("music", Role.AGENT, melody, inner.start_ms)
        elif hold.sound == "dead":
            heard += [TrueSound("digital_silence", Role.AGENT, gap) for gap in machines.gaps(inner)]
    for span, played in placing.announcements:
        voice = ready(bank.find(played.voice, played.text), rate, script.conditions.band_of(played.leg)).samples
        level = 10 ** ((party_db[played.leg] + played.level_db) / 20)
        mix("announcement", played.leg, voice.astype(np.float64) * level, span.start_ms)
    for start_ms, talk in placing.background:
        samples = ready(bank.find(talk.voice, talk.text), rate, script.conditions.band_of(talk.leg)).samples
        mix(
            "background_talk",
            talk.leg,
            samples.astype(np.float64) * 10 ** ((party_db[talk.leg] + talk.level_db) / 20),
            start_ms,
        )
    ending = plan.ending
    for index, party in enumerate(plan.parties()):
        if "hook_click" in ending.evidence:
            mix("hook_click", party, sounds.hook_click(rate, np.random.default_rng([seed, 3, index])), plan.at_ms)
        for kind in _TONES:
            if kind in ending.evidence and plan.tone_from_ms is not None:
                mix(kind, party, sounds.tone(kind, ending.cycles, rate), plan.tone_from_ms)
    if plan.dead_from_ms is not None:
        # with a tone on the dead leg the silence is only the moment before it
        until = plan.tone_from_ms if plan.tone_from_ms is not None else plan.duration_ms
        legs = PARTIES if not ending.evidence else plan.parties()
        heard += [TrueSound("digital_silence", leg, Span(plan.dead_from_ms, until)) for leg in legs]
    if ending.other_muted:
        muted = Role.AGENT if ending.party == "customer" else Role.CUSTOMER
        spoken = [p.end_ms for p in placing.placed if p.party is muted]
        if not spoken:
            raise ScriptError(f"{script.name}: other_muted, but the {muted} never speaks before that")
        since = max(spoken) + ending.after_ms
        heard.append(TrueSound("digital_silence", muted, Span(since, max(since, plan.duration_ms))))
    return tuple(sorted(heard, key=lambda s: (s.span, s.kind, s.leg)))


def _truth(script: Script, placing: Placing, plan: _EndingPlan, heard: tuple[TrueSound, ...], seed: int) -> CallTruth:
    utterances = placing.utterances()
    layout = script.conditions.layout
    channels = (PARTIES[::-1] if script.conditions.swapped else PARTIES) if layout is Layout.STEREO else ()
    ending = plan.ending
    announced = any(h.announced and h.sound == "dead" for _, h in placing.holds)
    decided_by = what_decides(script, utterances, plan.dead_from_ms, plan.tone_from_ms, plan.duration_ms, announced)
    return CallTruth(
        schema_version=SCHEMA_VERSION,
        name=script.name,
        seed=seed,
        rate_hz=script.rate_hz,
        duration_ms=plan.duration_ms,
        channels=channels,
        voices={"agent": script.agent_voice, "customer": script.customer_voice},
        utterances=utterances,
        overlaps=placing.overlaps(),
        pauses=_pauses(placing, utterances, plan.duration_ms),
        sounds=heard,
        ending=TrueEnding(
            party=ending.party,
            evidence=tuple(sorted(ending.evidence)),
            decidable=bool(decided_by),
            at_ms=plan.at_ms,
            goodbye_agent_ms=_goodbye(utterances, Role.AGENT),
            goodbye_customer_ms=_goodbye(utterances, Role.CUSTOMER),
            decided_by=decided_by,
        ),
        conditions=replace(script.conditions),
    )


def _goodbye(utterances: tuple[TrueUtterance, ...], party: Role) -> int | None:
    ends = [u.span.end_ms for u in utterances if u.party is party and GOODBYE.search(u.text)]
    return max(ends, default=None)


def _pauses(placing: Placing, utterances: tuple[TrueUtterance, ...], duration_ms: int) -> tuple[TruePause, ...]:
    """Joint silences: at both ends, between parties, scripted dead air and holds. A speaker's own pauses are not."""
    speech = Timeline(tuple(s for u in utterances for s in u.speech))
    edges = [(s, u.party) for u in utterances for s in u.speech]
    ends = {u.span.end_ms for u in utterances}
    starts = {u.span.start_ms for u in utterances if u.kind in ("turn", "simultaneous_start")}
    pauses = []
    for gap in speech.gaps(Span(0, duration_ms)):
        after = max(((s.end_ms, p) for s, p in edges if s.end_ms <= gap.start_ms), default=(0, None))[1]
        before = min(((s.start_ms, p) for s, p in edges if s.start_ms >= gap.end_ms), default=(0, None))[1]
        hold = next((h for span, h in placing.holds if span & gap), None)
        silent = any(span & gap for span in placing.silences)
        if after is None:
            kind = PauseKind.OPENING
        elif before is None:
            kind = PauseKind.CLOSING
        elif hold and (hold.announced or hold.sound != "line" or hold.played):
            kind = PauseKind.HOLD
        elif hold or silent:  # an agent gone without a word or a sound cannot be told from dead air
            kind = PauseKind.DEAD_AIR
        elif gap.duration_ms >= PAUSE_MS and after is not before and (gap.start_ms in ends and gap.end_ms in starts):
            kind = PauseKind.RESPONSE
        else:
            continue
        pauses.append(
            TruePause(
                gap,
                kind,
                after,
                before,
                music=bool(hold and hold.sound == "music"),
                announced=bool(hold and hold.announced),
            )
        )
    return tuple(pauses)


def _slice(span: Span, rate_hz: int) -> slice:
    return slice(span.start_ms * rate_hz // 1000, span.end_ms * rate_hz // 1000)


def _add(leg: sounds.Sound, sound: sounds.Sound | Samples, start: int) -> None:
    part = sound[: max(0, len(leg) - start)]
    leg[start : start + len(part)] += part
