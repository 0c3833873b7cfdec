"""Hold music and what plays in a room, told apart by how loud a leg is when nobody waits."""

import numpy as np
import pytest

from analyzer.call.types import Layout, Leg, Legs
from analyzer.measure.waitmusic import played_into
from analyzer.spans import Span, Timeline
from analyzer.speech.types import SpeechActivity, VoiceMap

RATE = 8000
SPEECH, WAIT = Timeline.of([(1000, 4000), (5000, 9000), (19_000, 24_000)]), Timeline.of([(9000, 19_000)])


@pytest.mark.parametrize(
    ("room_db", "hold_db", "music", "is_played"),
    [
        (-60, -25, (9300, 18_700), True),
        (-45, -25, (4000, 18_700), True),  # a radio sounds before it, too
        (-45, -45, (9000, 19_000), False),  # nothing but the radio, noticed only where it is heard for long
        (-45, -42, (4000, 19_000), False),
        (-35, -29, (9300, 18_700), True),  # on a noisy line
    ],
)
def test_what_is_no_louder_in_a_wait_is_a_rooms(
    room_db: float, hold_db: float, music: tuple[int, int], is_played: bool
) -> None:
    level = np.full(25 * RATE, 10 ** (room_db / 20))
    level[9300 * RATE // 1000 : 18_700 * RATE // 1000] = 10 ** (hold_db / 20)
    for said in SPEECH:
        level[said.start_ms * RATE // 1000 : said.end_ms * RATE // 1000] = 0.1
    sound = (np.random.default_rng(1).standard_normal(level.size) * level).astype(np.float32)
    legs = Legs(Layout.MONO, (Leg(0, sound, False),), (), RATE, 25_000, ())
    voices = VoiceMap(Layout.MONO, False, 0.0, (SpeechActivity(0, SPEECH, music=Timeline.of([music])),))
    played = played_into(WAIT, legs, voices, Span(1000, 24_000))[0]
    assert played == (Timeline.of([music]).crop(WAIT.spans[0]) if is_played else Timeline())


def test_where_nothing_else_is_heard_music_is_the_waits() -> None:
    sound = np.full(10 * RATE, 0.01, np.float32)
    legs = Legs(Layout.MONO, (Leg(0, sound, False),), (), RATE, 10_000, ())
    music = Timeline.of([(2500, 9000)])
    voices = VoiceMap(Layout.MONO, False, 0.0, (SpeechActivity(0, Timeline.of([(0, 2500)]), music=music),))
    assert played_into(music, legs, voices, Span(0, 9000))[0] == music
