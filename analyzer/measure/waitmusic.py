"""Which music is a wait's: a room's sounds on when nobody waits, and is no louder in a wait than elsewhere.

Definition: music of a leg in a wait, where its median power over 20 ms lies 4 dB and more over that of the same leg
elsewhere while nobody speaks. Of 33 waits beside a radio in the room, composed, it was at most 3 dB louder; hold music
is 5 dB over noise that lies 10 dB under the speech, 15 dB and more over a radio, and 20 over anything else.

Departures: where there is no half second to compare with, what is music is the wait's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analyzer.call.grains import variances
from analyzer.call.types import Layout, Legs
from analyzer.spans import Span, Timeline
from analyzer.speech.types import VoiceMap

_STEP_MS = 20
_LOUDER = 10**0.4  # power
_PARTED_MS = 20_000  # by what a machine says into a wait
_FEWEST = 25  # steps


def played_into(waits: Timeline, legs: Legs, voices: VoiceMap, live: Span) -> dict[int, Timeline]:
    """The music that is played into waits, by speaker.

    Args:
        waits: long silences.
        legs: what was recorded.
        voices: speech, tones and music.
        live: when people are on the line.
    """
    busy = Timeline(tuple(s for a in voices.activities for s in (*a.speech, *a.tones))) | waits.close_gaps(_PARTED_MS)
    elsewhere = busy.gaps(live)
    out: dict[int, Timeline] = {}
    for activity in voices.activities:
        out[activity.speaker] = activity.music
        if not any(activity.music.crop(wait) for wait in waits):
            continue
        leg = legs.legs[activity.speaker if legs.layout is Layout.STEREO else 0]
        power = variances(leg.samples, legs.rate_hz, _STEP_MS)
        usual = _steps(power, elsewhere)
        if usual.size >= _FEWEST:
            least = _LOUDER * float(np.median(usual))
            loud = (m for m in map(activity.music.crop, waits) if m and np.median(_steps(power, m)) >= least)
            out[activity.speaker] = Timeline(tuple(s for music in loud for s in music))
    return out


def _steps(power: npt.NDArray[np.float64], times: Timeline) -> npt.NDArray[np.float64]:
    """The values of a leg that lie wholly in some times."""
    return np.concatenate([np.zeros(0), *(power[-(-s.start_ms // _STEP_MS) : s.end_ms // _STEP_MS] for s in times)])
