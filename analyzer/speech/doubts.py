"""What is doubtful in recognised words: loops, stock lines, text without speech, speech without text.

Words are marked and never removed. A doubt names a stretch of one speaker; rules treat what lies in it as unsure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analyzer.spans import Span, Timeline
from analyzer.speech.stock_lines import ALONE, ANYWHERE
from analyzer.speech.types import Doubt, Utterance, Word

LONGEST_UNIT = 20  # characters that a loop may repeat
FIGURES = 12  # figures that a loop repeats: no number has one so often, 13888888888 has 9 eights
WORD_REACH_MS = 400  # a word's time is not exact: so much around it counts as its own
_DIGITS = frozenset("零一二三四五六七八九十百千万两幺点〇0123456789")
_SPOKEN = re.compile(r"[〇㐀-䶿一-鿿A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class DoubtSettings:
    """From where words are doubted.

    Args:
        fastest_cps: characters a second that nobody says; above it, text without speech.
        loop_cps: characters a second above which a repetition is no longer somebody repeating himself.
        loop_times: repetitions that make a loop by number alone.
        loop_chars: a repetition so long is heard again, whoever says so much so often.
        silent_ms: speech without any word for this long is doubted.
        low_probability: an utterance whose mean word probability lies under this is doubted.
    """

    fastest_cps: float = 10.0
    loop_cps: float = 7.5
    loop_times: int = 10
    loop_chars: int = 24
    silent_ms: int = 2_000
    low_probability: float = 0.35


@dataclass(frozen=True, slots=True)
class Loop:
    """A unit repeated without anything between: `unit`, how many `times`, from which character to which."""

    unit: str
    times: int
    first: int
    last: int


def spoken_only(text: str) -> str:
    """The text without punctuation and spaces."""
    return "".join(_SPOKEN.findall(text))


def loops(text: str) -> list[Loop]:
    """Every repetition that could be a loop, longest first come; a number read back is none.

    Args:
        text: without punctuation.
    """
    found: list[Loop] = []
    at = 0
    while at < len(text):
        best: Loop | None = None
        figures = True
        for size in range(1, min(LONGEST_UNIT, (len(text) - at) // 3) + 1):
            figures = figures and text[at + size - 1] in _DIGITS
            unit = text[at : at + size]
            times = 1
            while text.startswith(unit, at + times * size):
                times += 1
            least = FIGURES if figures else 6 if size == 1 else 4 if size < 5 else 3
            longer = best is None or times * size > best.last - best.first
            if times >= least and longer:
                best = Loop(unit, times, at, at + times * size)
        if best:
            found.append(best)
            at = best.last
        else:
            at += 1
    return found


def find_doubts(utterance: Utterance, speech: Timeline, settings: DoubtSettings | None = None) -> list[Doubt]:
    """The doubts of one utterance.

    Args:
        utterance: with its words.
        speech: of its speaker.
        settings: thresholds.
    """
    settings = settings or DoubtSettings()
    out = [*_loops(utterance, speech, settings), *_stock_lines(utterance)]
    chars = len(spoken_only(utterance.text))
    seconds = speech.covered_ms(utterance.span) / 1000
    if chars > 4 and chars > settings.fastest_cps * seconds:
        why, why_en = f"{seconds:.1f} 秒语音里有 {chars} 个字", f"{chars} characters in {seconds:.1f} s of speech"
        out.append(Doubt("text_without_speech", utterance.speaker, utterance.span, why, why_en))
    sure = [w.probability for w in utterance.words]
    if sure and (mean := sum(sure) / len(sure)) < settings.low_probability:
        why, why_en = f"平均把握 {mean:.2f}", f"mean word probability {mean:.2f}"
        out.append(Doubt("low_probability", utterance.speaker, utterance.span, why, why_en))
    return out


def wordless(
    speaker: int, speech: Timeline, words: Iterable[Word], settings: DoubtSettings | None = None
) -> list[Doubt]:
    """Stretches of speech in which nothing was recognised."""
    settings = settings or DoubtSettings()
    out = []
    for span in without_words(speech, words, settings.silent_ms):
        seconds = f"{span.duration_ms / 1000:.1f}"
        why, why_en = f"{seconds} 秒语音没有文字", f"{seconds} s of speech without a word"
        out.append(Doubt("speech_without_text", speaker, span, why, why_en))
    return out


def without_words(speech: Timeline, words: Iterable[Word], at_least_ms: int) -> list[Span]:
    """Stretches that hold at least `at_least_ms` of speech further than `WORD_REACH_MS` from any word.

    Args:
        speech: of one speaker.
        words: of the same speaker.
        at_least_ms: speech inside the stretch.
    """
    near = Timeline(tuple(w.span.widen(WORD_REACH_MS) for w in words))
    empty = speech - near if near else speech
    runs = [extent for group in _runs(empty, near) if (extent := Timeline(group).extent)]
    return [r for r in runs if empty.covered_ms(r) >= at_least_ms]


def _runs(empty: Timeline, near: Timeline) -> list[tuple[Span, ...]]:
    """Empty spans with no word between them, together."""
    groups: list[list[Span]] = []
    for span in empty:
        if groups and not near.covered_ms(Span(groups[-1][-1].end_ms, span.start_ms)):
            groups[-1].append(span)
        else:
            groups.append([span])
    return [tuple(g) for g in groups]


def _places(words: Sequence[Word]) -> list[int]:
    """For every spoken character of the joined words, which word it stands in."""
    return [i for i, w in enumerate(words) for _ in spoken_only(w.text)]


def _loops(utterance: Utterance, speech: Timeline, settings: DoubtSettings) -> list[Doubt]:
    places = _places(utterance.words)
    out = []
    for loop in loops(spoken_only(utterance.text)):
        span = utterance.words[places[loop.first]].span | utterance.words[places[loop.last - 1]].span
        seconds = max(speech.covered_ms(span) / 1000, 0.1)
        if (loop.last - loop.first) / seconds > settings.loop_cps or loop.times >= settings.loop_times:
            why = f"{seconds:.1f} 秒里“{loop.unit}”重复 {loop.times} 次"
            why_en = f"“{loop.unit}” {loop.times} times in {seconds:.1f} s"
            out.append(Doubt("loop", utterance.speaker, span, why, why_en))
    return out


def _stock_lines(utterance: Utterance) -> list[Doubt]:
    text = spoken_only(utterance.text)
    places = _places(utterance.words)
    out = []
    for line in ANYWHERE:
        at = text.find(spoken_only(line))
        if at >= 0:
            last = at + len(spoken_only(line)) - 1
            span = utterance.words[places[at]].span | utterance.words[places[last]].span
            out.append(Doubt("stock_line", utterance.speaker, span, line, line))
    if text in ALONE:
        out.append(Doubt("stock_line", utterance.speaker, utterance.span, text, text))
    return out
