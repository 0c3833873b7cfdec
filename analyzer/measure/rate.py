"""How fast a party speaks, in 字/分钟.

Definition: characters as spoken (Han characters, figures expanded, a foreign word by its syllables, punctuation never)
over time. Speaking rate: over the time of the party's turns, pauses included. Articulation rate: over the speech in
them, pauses of 200 ms and more left out. Turns of fewer than 4 字 and turns with doubtful words don't count.
The fastest 10 s: the highest articulation rate of any 10 s of clock time with at least 5 s of the party's speech.

Source: the usual two rates of phonetics; the 4 字 are Alibaba's default for its rate check. Times come from speech
activity, characters from the recogniser. The acoustic rate counts syllable nuclei, peaks of the energy in voiced
speech, after N. de Jong & T. Wempe, "Praat script to detect syllable nuclei and measure speech rate automatically",
Behavior Research Methods 41 (2009), with a band of 300 to 3400 Hz instead of the whole spectrum.

Departures: no vendor's rate is copied; the best known counts punctuation and spaces, and takes the recogniser's times.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.measure.catalogue import measure
from analyzer.measure.frames import HOP_MS, Frames
from analyzer.measure.party import Party
from analyzer.measure.types import Measure, Turn
from analyzer.spans import Span, Timeline
from analyzer.speech.mandarin import char_count, spoken_chars
from analyzer.speech.types import Word

FEWEST_CHARS = 4
PAUSE_MS = 200
PEAK_WINDOW_MS, PEAK_STEP_MS, PEAK_SPEECH_MS = 10_000, 500, 5000
FEW_SPEECH_MS = 5000
DIP_DB = 2.0  # a nucleus stands so far above the dips around it
NUCLEUS_BELOW_DB = 25.0  # fainter than this below the party's loud syllables is no nucleus
AGREEMENT = (0.65, 1.55)  # of text rate over acoustic rate; outside, one of them is wrong
FIGURE_CHARS = 3  # so many characters of a figure make a stretch one of figures

_FIGURE = re.compile(
    r"[零一二两三四五六七八九十百千万亿幺点半]{2,}|[零一二两三四五六七八九十百千万亿幺半]+(?=[元块毛角分折])"
)
_FEE = re.compile(r"[元块毛]|百分之|折扣|费|价格|合计|总共|一共|乘以|除以|每月|每分钟|扣除|余额|押金|退款|金额|单价")


@dataclass(frozen=True, slots=True)
class TurnRate:
    """Characters and times of one counted turn."""

    turn: Turn
    chars: int
    speech_ms: int

    @property
    def speaking(self) -> float:
        """字/分钟 over the turn's time."""
        return 60_000 * self.chars / max(1, self.turn.span.duration_ms)

    @property
    def articulation(self) -> float:
        """字/分钟 over its speech."""
        return 60_000 * self.chars / max(1, self.speech_ms)


@dataclass(frozen=True, slots=True)
class Rates:
    """What the other measures need of a party's rate.

    Args:
        turns: the turns that count.
        speaking: 字/分钟 over all of them; None when none counts.
        articulation: likewise.
        acoustic: syllables a minute of speech by sound alone; None with too little speech.
    """

    turns: tuple[TurnRate, ...]
    speaking: float | None
    articulation: float | None
    acoustic: float | None


def look_at_rate(party: Party, frames: Frames) -> Rates:
    """Rates of one party over the turns that count.

    Args:
        party: whose.
        frames: of its speech.
    """
    counted = tuple(
        TurnRate(turn, chars, speech)
        for turn in party.turns
        if (chars := char_count(turn.text)) >= FEWEST_CHARS
        and (speech := spoken_ms(party, turn.span)) > 0
        and not party.text_is_bad(turn.span)
    )
    chars = sum(t.chars for t in counted)
    speech = sum(t.speech_ms for t in counted)
    time = sum(t.turn.span.duration_ms for t in counted)
    spoken = party.speech.close_gaps(PAUSE_MS).duration_ms
    nuclei = syllable_nuclei(frames).size
    return Rates(
        turns=counted,
        speaking=60_000 * chars / time if time else None,
        articulation=60_000 * chars / speech if speech else None,
        acoustic=60_000 * nuclei / spoken if spoken >= 2000 and frames.times_ms.size else None,
    )


def spoken_ms(party: Party, span: Span) -> int:
    """Speech of the party inside `span`, pauses of 200 ms and more left out.

    Args:
        party: whose.
        span: usually a turn.
    """
    return party.speech.crop(span).close_gaps(PAUSE_MS).duration_ms


def begins_at(party: Party, rate: TurnRate, span: Span) -> float | None:
    """字/分钟 over the speech with which a counted turn begins; None where too little is said in it.

    Args:
        party: whose.
        rate: of the turn.
        span: from the turn's start.
    """
    if rate.turn.span in span:
        return rate.articulation
    chars, speech = int(np.sum(_char_times(party, rate) < span.end_ms)), spoken_ms(party, span)
    return 60_000 * chars / speech if chars >= FEWEST_CHARS and speech else None


def syllable_nuclei(frames: Frames) -> npt.NDArray[np.int64]:
    """Times (ms) of syllable nuclei: peaks of the energy in voiced speech.

    Args:
        frames: of a party's speech.
    """
    if frames.times_ms.size < 5:
        return np.zeros(0, np.int64)
    power = np.sum(10 ** (frames.bands_db[:, 1:] / 10), axis=1)
    smooth = np.convolve(power, np.array([1, 2, 3, 2, 1]) / 9, "same")
    level = 10 * np.log10(smooth + 1e-12)
    floor = float(np.percentile(level, 95)) - NUCLEUS_BELOW_DB
    breaks = np.flatnonzero(np.diff(frames.times_ms) > 2 * HOP_MS) + 1
    out: list[int] = []
    for piece in np.split(np.arange(level.size), breaks):
        out.extend(int(piece[i]) for i in _peaks(level[piece], floor))
    near_voice = np.convolve(frames.voiced.astype(float), np.ones(5), "same") > 0
    return np.array([frames.times_ms[i] for i in out if near_voice[i]], np.int64)


def _peaks(level: npt.NDArray[np.float64], floor: float) -> list[int]:
    """Maxima at least `DIP_DB` above the dips on both sides (a stretch's ends count as dips)."""
    peaks: list[int] = []
    top, top_at, dip = -np.inf, -1, -np.inf
    rising = True
    for i, value in enumerate(level.tolist()):
        if rising:
            if value > top:
                top, top_at = value, i
            elif value < top - DIP_DB:
                if top > floor:
                    peaks.append(top_at)
                rising, dip = False, value
        elif value < dip:
            dip = value
        elif value > dip + DIP_DB:
            rising, top, top_at = True, value, i
    if rising and top > floor and top_at >= 0:
        peaks.append(top_at)
    return peaks


def measure_rate(party: Party, rates: Rates, doubt: str | None) -> list[Measure]:
    """The rate measures of one party.

    Args:
        party: whose.
        rates: from `look_at_rate`.
        doubt: why the recording makes them weak.
    """
    who = party.speaker
    out: list[Measure] = []
    if rates.articulation is None or rates.speaking is None:
        why = "no_speech" if not party.speech else "no_countable_turn"
        names = (
            "speaking_rate",
            "articulation_rate",
            "rate_peak",
            "rate_agreement",
            "pause_share",
            "figures_rate_ratio",
        )
        out = [measure(name, None, who, reason=why) for name in names]
    else:
        speech = sum(t.speech_ms for t in rates.turns)
        time = sum(t.turn.span.duration_ms for t in rates.turns)
        agreement = rates.articulation / rates.acoustic if rates.acoustic else None
        in_vain = rates.acoustic == 0  # words, and no syllable in the sound
        if in_vain or (agreement is not None and not AGREEMENT[0] <= agreement <= AGREEMENT[1]):
            doubt = "text_and_sound_disagree"
        elif speech < FEW_SPEECH_MS:
            doubt = "too_little_speech"
        parts = {"chars": float(sum(t.chars for t in rates.turns)), "turns": float(len(rates.turns))}
        fastest = sorted(rates.turns, key=lambda t: (-t.articulation, t.turn.span))
        spans = [t.turn.span for t in fastest[:3]]
        out = [
            measure("speaking_rate", rates.speaking, who, doubt=doubt, components={**parts, "time_ms": time}),
            measure(
                "articulation_rate",
                rates.articulation,
                who,
                doubt=doubt,
                components={**parts, "speech_ms": speech, "fastest_turn": fastest[0].articulation},
                evidence=spans,
            ),
            _peak(party, rates, doubt),
            measure("rate_agreement", agreement, who, reason="no_syllable_heard" if in_vain else "too_little_speech"),
            measure("pause_share", 100 * (1 - min(1.0, speech / max(1, time))), who, doubt=doubt),
            _figures(party, rates, doubt),
        ]
    short = "too_little_speech" if party.speech.duration_ms < FEW_SPEECH_MS else None
    return [*out, measure("acoustic_rate", rates.acoustic, who, reason="too_little_speech", doubt=short)]


def _peak(party: Party, rates: Rates, doubt: str | None) -> Measure:
    """The fastest 10 s."""
    who = party.speaker
    times = np.sort(np.concatenate([_char_times(party, t) for t in rates.turns]))
    spans = Timeline(tuple(s for t in rates.turns for s in party.speech.crop(t.turn.span).close_gaps(PAUSE_MS)))
    last = max(t.turn.span.end_ms for t in rates.turns)
    # speech before each grid point, so that a window's speech is one subtraction
    grid = np.arange(0, last + PEAK_WINDOW_MS + PEAK_STEP_MS, PEAK_STEP_MS)
    begun = np.searchsorted([s.start_ms for s in spans], grid)
    ends = np.array([0, *(s.end_ms for s in spans)])
    spoken = np.cumsum([0, *(s.duration_ms for s in spans)])[begun] - np.maximum(0, ends[begun] - grid)
    ahead = PEAK_WINDOW_MS // PEAK_STEP_MS
    speech = spoken[ahead:] - spoken[:-ahead]
    chars = np.searchsorted(times, grid[ahead:]) - np.searchsorted(times, grid[:-ahead])
    enough = speech >= PEAK_SPEECH_MS
    if not enough.any():
        return measure("rate_peak", None, who, reason="no_10_s_with_enough_speech")
    rate = np.where(enough, 60_000 * chars / np.maximum(speech, 1), 0.0)
    at = int(rate.argmax())
    window = Timeline((Span(int(grid[at]), int(grid[at]) + PEAK_WINDOW_MS),)).crop(party.whole)
    return measure("rate_peak", float(rate[at]), who, doubt=doubt, evidence=window)


def _char_times(party: Party, rate: TurnRate) -> npt.NDArray[np.float64]:
    """When each character of a turn was said: by its words' times, else evenly over the turn's speech."""
    turn = rate.turn
    counts = [char_count(w.text) for w in turn.words]
    if sum(counts) == rate.chars:
        centres = [(w.span.start_ms + w.span.end_ms) / 2 for w in turn.words]
        times: npt.NDArray[np.float64] = np.repeat(np.array(centres), counts)
        return np.clip(times, turn.span.start_ms, turn.span.end_ms - 1)
    speech = party.speech.crop(turn.span).close_gaps(PAUSE_MS)
    ends = np.cumsum([s.duration_ms for s in speech])
    places = (np.arange(rate.chars) + 0.5) * ends[-1] / rate.chars
    which = np.searchsorted(ends, places, side="right")
    begins = np.array([s.start_ms for s in speech]) - np.concatenate(([0], ends[:-1]))
    return np.asarray(places + begins[np.minimum(which, len(ends) - 1)], dtype=np.float64)


def _figures(party: Party, rates: Rates, doubt: str | None) -> Measure:
    """Rate where figures and fees are said, over the party's own rate elsewhere; pauses count."""
    who = party.speaker
    on: list[tuple[Span, int]] = []
    off_chars = off_ms = 0
    for rate in rates.turns:
        for span, words in _clauses(party, rate.turn):
            text = "".join(w.text for w in words)
            chars = char_count(text)
            if chars < FEWEST_CHARS:
                continue
            if is_about_figures(text):
                on.append((span, chars))
            else:
                off_chars, off_ms = off_chars + chars, off_ms + span.duration_ms
    if not on:
        return measure("figures_rate_ratio", None, who, reason="no_figures")
    if off_ms < FEW_SPEECH_MS:
        return measure("figures_rate_ratio", None, who, reason="too_little_other_speech")
    on_chars, on_ms = sum(c for _, c in on), sum(s.duration_ms for s, _ in on)
    on_rate, off_rate = 60_000 * on_chars / on_ms, 60_000 * off_chars / off_ms
    by_rate = sorted(on, key=lambda o: (-o[1] / max(1, o[0].duration_ms), o[0]))
    return measure(
        "figures_rate_ratio",
        on_rate / off_rate,
        who,
        doubt=doubt or ("too_little_speech" if on_ms < 2000 else None),
        components={"figures_rate": on_rate, "other_rate": off_rate, "figures_ms": float(on_ms)},
        evidence=[s for s, _ in by_rate],
    )


def is_about_figures(text: str) -> bool:
    """Whether a stretch of speech tells an amount, a fee or its computation.

    Args:
        text: recognised words.
    """
    said = spoken_chars(text)
    figures = sum(len(m.group()) for m in _FIGURE.finditer(said))
    return figures >= FIGURE_CHARS or (figures > 0 and _FEE.search(said) is not None)


def _clauses(party: Party, turn: Turn) -> list[tuple[Span, Sequence[Word]]]:
    """The turn cut at pauses of 400 ms; each piece with the words whose centres lie nearest, pauses in it included."""
    pieces = list(party.speech.crop(turn.span).close_gaps(2 * PAUSE_MS))
    if not pieces or not turn.words:
        return []
    starts = np.array([p.start_ms for p in pieces])
    ends = np.array([p.end_ms for p in pieces])
    held: list[list[Word]] = [[] for _ in pieces]
    for word in turn.words:
        centre = (word.span.start_ms + word.span.end_ms) / 2
        away = np.maximum(0, np.maximum(starts - centre, centre - ends))
        held[int(away.argmin())].append(word)
    return [(piece, words) for piece, words in zip(pieces, held, strict=True) if words]
