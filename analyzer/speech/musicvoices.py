"""Music and voices told apart where they meet, by a network started afresh: its memory of the one hides the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from analyzer.call.sound import stretches
from analyzer.call.types import Samples
from analyzer.spans import Span, Timeline, runs
from analyzer.speech import silero
from analyzer.speech.activitysettings import ActivitySettings
from analyzer.speech.music import Music

BEFORE_CHUNKS = 4  # which a network started afresh is given before what is asked
Blocks = Callable[[], Iterator[Samples]]


def voices_in_music(
    wide: Blocks, voice: npt.NDArray[np.float32], music: Sequence[Music], settings: ActivitySettings
) -> tuple[npt.NDArray[np.float32], Timeline]:
    """Music that may be a voice, heard by a network started afresh.

    After a silence the network can doubt a whole sentence; vowels have standing peaks, so that it would be music. Where
    a melody begins it hears a voice, as it does in the last words before it.

    Args:
        wide: makes the leg's sound at 16 kHz, block by block.
        voice: a value each 32 ms, from one run over the leg.
        music: as found with it.
        settings: from where it is a voice, and how long a breath and a word last.

    Returns:
        The probability, and the music that is left.
    """
    out = voice.copy()
    left: list[tuple[int, int]] = []
    asked: list[tuple[Music, Span]] = []
    before_ms = 0  # what lies before other music is asked for with that
    for one in music:
        first = max(one.sound.start_ms, one.calm.start_ms - settings.notes_ms, before_ms)
        before_ms = one.calm.end_ms
        head = Span(min(first, one.calm.start_ms), one.calm.start_ms)
        if one.span.duration_ms <= settings.breath_ms:
            asked.append((one, Span(min(head.start_ms, one.span.start_ms), one.span.end_ms)))
        elif head.duration_ms >= settings.word_ms:
            asked.append((one, head))
        else:
            left.append((one.span.start_ms, one.span.end_ms))
    chunks = [(max(0, part.start_ms // 32 - BEFORE_CHUNKS), part.end_ms // 32 + 1) for _, part in asked]
    for (one, part), (place, again) in zip(asked, anew(wide, voice.size, chunks), strict=True):
        afresh = np.zeros_like(voice)
        afresh[place] = again
        start, calm = one.span.start_ms, one.calm.start_ms
        whole, words, notes = _chunks(start, one.span.end_ms), _chunks(start, calm), _chunks(part.start_ms, calm)
        if one.span.duration_ms <= settings.breath_ms and np.median(afresh[whole]) > settings.doubted:
            np.maximum(out[whole], afresh[whole], out=out[whole])
            continue
        if part.start_ms < start and 32 * np.count_nonzero(afresh[notes] > settings.spoken) < settings.word_ms:
            start = part.start_ms
        elif calm - start >= settings.word_ms and np.median(afresh[words]) > settings.spoken:
            np.maximum(out[words], afresh[words], out=out[words])
            last = words.start + int(np.flatnonzero(afresh[words] > settings.voice_on)[-1])
            start = min(calm, 32 * (last + 1))
        left.append((start, one.span.end_ms))
    return _voices_at_ends(wide, out, left, settings)


def _voices_at_ends(
    wide: Blocks, voice: npt.NDArray[np.float32], music: Sequence[tuple[int, int]], settings: ActivitySettings
) -> tuple[npt.NDArray[np.float32], Timeline]:
    """Music without the voice into which it leads where something else sounds between both: a room's noise.

    Args:
        wide: as above, and so the others.
        voice: a value each 32 ms.
        music: start and end in ms.
        settings: from where it is a voice, and how late in the music it may begin.
    """
    out = voice.copy()
    left: list[tuple[int, int]] = []
    long = [one for one in music if one[1] - one[0] > settings.end_ms]
    chunks = [((end - settings.end_ms) // 32, end // 32 + 1) for _, end in long]
    for (start, end), (place, again) in zip(long, anew(wide, voice.size, chunks), strict=True):
        rest = settings.gap_ms // 32
        said = Timeline.of(runs(again > settings.spoken)).close_gaps(rest + 1).spans[-1:]
        if said and said[0].start_ms > BEFORE_CHUNKS and said[0].end_ms >= again.size - rest:
            first = said[0].start_ms
            out[place][first:] = np.maximum(out[place][first:], again[first:])
            end = min(end, 32 * (place.start + first))
        left.append((start, end))
    return out, Timeline.of([*(one for one in music if one not in long), *left])


def _chunks(start_ms: int, end_ms: int) -> slice:
    """The network's values of a time, a value each 32 ms."""
    return slice(start_ms // 32, end_ms // 32 + 1)


def anew(
    wide: Blocks, count: int, chunks: Sequence[tuple[int, int]]
) -> Iterator[tuple[slice, npt.NDArray[np.float32]]]:
    """Stretches of 32 ms chunks, each heard by a network started afresh: where they lie, and the probability.

    Args:
        wide: makes the leg's sound at 16 kHz, block by block.
        count: chunks of the leg.
        chunks: first of each stretch and the one after its last.
    """
    cuts = [(first * silero.CHUNK, end * silero.CHUNK) for first, end in chunks]
    for (first, _), sound in zip(chunks, stretches(wide(), cuts), strict=True):
        again = silero.voice_probability([sound])[: count - first]
        yield slice(first, first + again.size), again
