"""What the end of a recording sounds like, leg by leg: tones, silence, clicks, words cut short."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.call.grains import variances
from analyzer.call.types import Layout, Leg, Legs, Role, Sound
from analyzer.measure.backchannels import announces_wait, is_listener_token, sets_about
from analyzer.measure.farewell import is_goodbye, took_leave
from analyzer.measure.types import PARTY_NAMES, Conversation, HangupEvidence
from analyzer.spans import Span, Timeline, runs
from analyzer.speech.tones import Cadence, ToneRun, find_cadences
from analyzer.speech.types import VoiceMap

TONE_CYCLES = 3
TONE_EARLY_MS = 200  # speech activity may end this much late
MONO_TONE = 0.5  # at NAMES_A_PARTY or more, a tone on one shared channel would name the customer
TONE_AHEAD_DB = 12.0  # a tone this much louder on one leg belongs there; else it can't be placed
GRAIN_MS = 10
DEAD_MS = 300  # so much digital silence at the end is a leg gone dead
APART_MS = 150  # legs that stop closer together than this stopped together
AT_ONCE_MS = 1000  # parties that go within this go at once: a network takes as long to tell the other
HARDLY = 0.75  # names the party, and is under what a rule of ours fails on
STILL_DB = -84.0  # fainter than two steps of 16 bits: no line noise
STEP_DB = 12.0  # or so far below the leg's own noise before
MUTE_MS, AGENT_MUTE_MS = 8000, 5000  # who is silent longer than this without a goodbye is perhaps only muted
EARLIER_MS = 200  # digital silence of this length before the end: the leg does that anyway
CLICK_OVER_DB, CLICK_MS = 15.0, 40
CUT_MS, CUT_DB = 60, 15.0  # speech that stops this close to the leg's end, this little below its own level


@dataclass(frozen=True, slots=True)
class Side:
    """One party's leg.

    Args:
        leg: the sound.
        role: of the party.
        speaker: its index.
        power: shape (n,), variance of every 10 ms.
    """

    leg: Leg
    role: Role
    speaker: int
    power: npt.NDArray[np.float64]

    @property
    def party(self) -> str:
        """The party's name in data."""
        return "unknown" if self.role is Role.UNKNOWN else str(self.role)

    @property
    def name(self) -> str:
        """Its Chinese name."""
        return PARTY_NAMES[self.role][0]

    @property
    def name_en(self) -> str:
        """Its English name."""
        return PARTY_NAMES[self.role][1]


def sides_of(legs: Legs, conversation: Conversation) -> tuple[Side, ...]:
    """The two legs with who is on them; empty when the recording has no side for each party.

    Args:
        legs: the recording's legs.
        conversation: who is on which leg.
    """
    if legs.layout is not Layout.STEREO or len(legs.legs) != 2:
        return ()
    of = {s.channel: s for s in conversation.speakers}
    if any(leg.channel not in of for leg in legs.legs):
        return ()
    return tuple(
        Side(leg, of[leg.channel].role, of[leg.channel].index, variances(leg.samples, legs.rate_hz, GRAIN_MS))
        for leg in legs.legs
    )


def _other(sides: tuple[Side, ...], side: Side) -> Side:
    return sides[1] if side is sides[0] else sides[0]


def tones_at_end(
    sides: tuple[Side, ...], voices: VoiceMap, conversation: Conversation, rate_hz: int
) -> list[HangupEvidence]:
    """Busy or congestion tones after a leg's own last speech, placed on the leg that carries them.

    Args:
        sides: of the recording; none on one channel.
        voices: tones by leg.
        conversation: turns.
        rate_hz: of the samples.
    """
    first = min((t.span.start_ms for t in conversation.turns), default=0)
    out: list[HangupEvidence] = []
    for activity in voices.activities if sides else voices.activities[:1]:
        speakers = {activity.speaker} if sides else {a.speaker for a in voices.activities}
        spoken = [t.span.end_ms for t in conversation.turns if t.speaker in speakers]
        after = max([first, *(end - TONE_EARLY_MS for end in spoken)])
        late = Timeline(tuple(t for t in activity.tones if t.start_ms >= after))
        for run in find_cadences(late):
            if run.cadence in (Cadence.BUSY, Cadence.CONGESTION) and run.cycles >= TONE_CYCLES:
                side = next((s for s in sides if s.speaker == activity.speaker), None)
                out += _place(run, side, sides, rate_hz)
    return out


def _place(run: ToneRun, side: Side | None, sides: tuple[Side, ...], rate_hz: int) -> list[HangupEvidence]:
    """Whose leg a tone is on, as evidence."""
    busy = run.cadence is Cadence.BUSY
    name = "busy_tone" if busy else "congestion_tone"
    zh, en = ("忙音", "busy") if busy else ("拥塞音", "congestion")
    if side is None:
        detail = f"单声道末尾有{zh} {run.cycles} 次，无法判断在哪一方；录音在坐席侧时多半是客户先挂"
        detail_en = (
            f"{run.cycles} {en} tones at the end of the one channel, on whose side can't be told; "
            "recorded at the agent's, most likely the customer hung up"
        )
        return [HangupEvidence(name, "customer", MONO_TONE, run.span, detail, detail_en)]
    here = _level(side.leg.samples, run.tones, rate_hz)
    there = _level(_other(sides, side).leg.samples, run.tones, rate_hz)
    if here - there >= TONE_AHEAD_DB:
        detail = f"{side.name}声道在其最后一句话之后有{zh} {run.cycles} 次"
        detail_en = f"{run.cycles} {en} tones on the {side.name_en}'s channel after their last words"
        return [HangupEvidence(name, side.party, 0.95 if busy else 0.85, run.span, detail, detail_en)]
    if here >= there:  # said once, on the louder leg
        detail = f"两个声道都有{zh}，无法判断在哪一方"
        detail_en = f"{en} tones on both channels: on whose side can't be told"
        return [HangupEvidence(name, "unknown", 0.3, run.span, detail, detail_en)]
    return []


def _level(samples: Sound, tones: tuple[Span, ...], rate_hz: int) -> float:
    """Level of what lies between 425 and 475 Hz in the tones, dBFS: speech on the leg does not hide a tone there."""
    power = []
    for tone in tones:
        x = samples[tone.start_ms * rate_hz // 1000 : tone.end_ms * rate_hz // 1000].astype(np.float64)
        if x.size < rate_hz // 20:
            continue
        spectrum = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
        hz = np.fft.rfftfreq(x.size, 1 / rate_hz)
        power.append(spectrum[(hz >= 425) & (hz <= 475)].sum() / x.size**2)
    return 10 * float(np.log10(np.median(power) + 1e-12)) if power else -120.0


def _dead_since(power: npt.NDArray[np.float64]) -> int | None:
    """First grain of the silence that lasts to the leg's end; None when there is none worth the name.

    Silence is no line noise at all, or a fall of 12 dB and more below the quietest the line was before.
    """
    if power.size < 100:
        return None
    faint = 10 ** (STILL_DB / 10)
    sounding = power[power > faint]
    floor = float(np.percentile(sounding, 5)) if sounding.size >= 50 else 0.0
    still = power <= max(faint, floor / 10 ** (STEP_DB / 10))
    if not still[-1]:
        return None
    alive = np.flatnonzero(~still)
    return int(alive[-1]) + 1 if alive.size else 0


def _falls_silent_anyway(power: npt.NDArray[np.float64], since: int, holds: Timeline) -> bool:
    """Whether the leg was digitally silent before, outside holds (no line noise, a gate, a muted microphone)."""
    still = power[:since] <= 10 ** (STILL_DB / 10)
    for hold in holds:
        still[hold.start_ms // GRAIN_MS : hold.end_ms // GRAIN_MS] = False
    longest = max((b - a for a, b in runs(still)), default=0)
    return longest * GRAIN_MS >= EARLIER_MS


def legs_gone_dead(sides: tuple[Side, ...], conversation: Conversation) -> list[HangupEvidence]:
    """One leg digitally silent to the end while the other's line noise, tone or speech runs on.

    Args:
        sides: of the recording; none on one channel.
        conversation: turns and holds.
    """
    if not sides or any(s.leg.is_dead for s in sides):
        return []
    power = [s.power for s in sides]
    size = min(p.size for p in power)
    since = [_dead_since(p[:size]) for p in power]
    ends = [size if s is None else s for s in since]
    first = 0 if ends[0] <= ends[1] else 1
    apart = (ends[1 - first] - ends[first]) * GRAIN_MS
    start = since[first]
    if start is None or apart < APART_MS or (size - start) * GRAIN_MS < DEAD_MS:
        return []
    side = sides[first]
    span = Span(start * GRAIN_MS, ends[1 - first] * GRAIN_MS)
    holds = Timeline(tuple(p.span.widen(500) for p in conversation.pauses if p.is_wait))
    if _falls_silent_anyway(power[first][:size], start, holds):
        detail = f"{side.name}声道末尾无声，但此前也常有数字静音"
        detail_en = f"the {side.name_en}'s channel is silent at the end, but often was so before"
        return [HangupEvidence("leg_went_dead", side.party, 0.2, span, detail, detail_en)]
    detail = f"{side.name}声道先归于静音，另一方线路声继续 {apart / 1000:.1f} 秒"
    detail_en = f"the {side.name_en}'s channel fell silent first, the other's line runs on for {apart / 1000:.1f} s"
    both_end = since[1 - first] is not None
    waits = side.role is Role.AGENT and span.duration_ms > AGENT_MUTE_MS  # muted, for the other to go first
    weight = HARDLY if apart < AT_ONCE_MS or waits else 0.9
    if apart < DEAD_MS or _perhaps_muted(side, span, both_end, conversation):
        weight = 0.5
    return [HangupEvidence("leg_went_dead", side.party, weight, span, detail, detail_en)]


def _perhaps_muted(side: Side, dead: Span, both_end: bool, conversation: Conversation) -> bool:
    """Whether the silent party may still have been there when the other went.

    It asked to wait, handed over or set about something, and said no more than a token since; or nobody took leave
    and the silence is long; or, for the agent, who has a mute and a hold key, nobody took leave and the other leg fell
    silent too: then the customer may have given up waiting.
    """
    before = [t for t in conversation.turns if t.span.start_ms < dead.start_ms]
    said = [t.text for t in before if t.speaker == side.speaker and t.text and not is_listener_token(t.text)]
    if said and (announces_wait(said[-1]) or sets_about(said[-1])) and not is_goodbye(said[-1]):
        return True
    if took_leave(conversation, dead.start_ms):
        return False
    if side.role is Role.CUSTOMER:
        return dead.duration_ms > MUTE_MS
    return both_end or dead.duration_ms > AGENT_MUTE_MS


def cut_off(sides: tuple[Side, ...], conversation: Conversation) -> list[HangupEvidence]:
    """The last speaker stopped mid-word at the end of the leg: the other side, or the line, went. Weak.

    Args:
        sides: of the recording; none on one channel.
        conversation: turns.
    """
    if not sides or not conversation.turns:
        return []
    last = max(conversation.turns, key=lambda t: (t.span.end_ms, t.index))
    side = next((s for s in sides if s.speaker == last.speaker), None)
    if side is None:
        return []
    power = side.power
    dead = _dead_since(power)
    end = (power.size if dead is None else dead) * GRAIN_MS
    if abs(end - last.span.end_ms) > CUT_MS:
        return []
    a, b = last.span.start_ms // GRAIN_MS, end // GRAIN_MS
    if b - a < 20:
        return []
    usual, tail = float(np.mean(power[a:b])), float(np.mean(power[max(a, b - 4) : b]))
    if usual <= 0 or 10 * np.log10(max(tail, 1e-12) / usual) < -CUT_DB:
        return []
    party = {"agent": "customer", "customer": "agent"}.get(side.party, "unknown")
    detail, detail_en = f"{side.name}说话中途断开", f"the {side.name_en} is cut off in mid-speech"
    return [HangupEvidence("cut_off", party, 0.2, Span(max(0, end - 500), end), detail, detail_en)]


def hook_clicks(sides: tuple[Side, ...], voices: VoiceMap, conversation: Conversation) -> list[HangupEvidence]:
    """One short click after the last speech on one leg alone. Weak.

    Args:
        sides: of the recording; none on one channel.
        voices: tones by leg.
        conversation: turns.
    """
    last = max((t.span.end_ms for t in conversation.turns), default=None)
    if not sides or last is None:
        return []
    out: list[HangupEvidence] = []
    for side in sides:
        own, others = side.power, _other(sides, side).power
        tones = next((a.tones for a in voices.activities if a.speaker == side.speaker), Timeline())
        dead = _dead_since(own)
        a, b = last // GRAIN_MS + 10, (own.size if dead is None else dead)
        tail = own[a:b]
        if tail.size < 10:
            continue
        floor = float(np.median(tail)) + 1e-12
        loud = tail > max(floor * 10 ** (CLICK_OVER_DB / 10), 10 ** (-6.0))
        spans = [Span((a + x) * GRAIN_MS, (a + y) * GRAIN_MS) for x, y in runs(loud)]
        clicks = [s for s in spans if s.duration_ms <= CLICK_MS and not tones.crop(s.widen(50))]
        clicks = [
            s
            for s in clicks
            if others[s.start_ms // GRAIN_MS : s.end_ms // GRAIN_MS].max(initial=0.0)
            < own[s.start_ms // GRAIN_MS : s.end_ms // GRAIN_MS].max() / 10
        ]
        if len(clicks) in (1, 2):
            detail = f"{side.name}声道在最后一句话之后有一声咔嗒"
            detail_en = f"a click on the {side.name_en}'s channel after the last words"
            out.append(HangupEvidence("hook_click", side.party, 0.15, clicks[-1], detail, detail_en))
    return out
