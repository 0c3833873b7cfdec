"""How speech is decided, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActivitySettings:
    """How speech is decided.

    Args:
        voice_on: a voice begins where Silero's probability reaches this (its usual 0.5 loses telephone voices),
        voice_off: and goes on until it falls below this.
        doubted: short music is a voice where a network started afresh gives a higher median: 84 made melodies of
            seven kinds gave at most 0.015, human sentences taken for music 0.07 to 0.86.
        breath_ms: what sounds for longer without a rest is music unasked, but for its beginning:
        word_ms: that is a voice where it lasts so long before the network is calm, and the same one started afresh
        spoken: gives a higher median. Of two seeds' calls no first notes had over 0.16, words 0.2 and 0.5 to 0.8.
        notes_ms: in noise the network may take notes for a voice this long; they are none where it, started afresh,
            finds no word's length over `spoken`.
        end_ms: in noise music may lead into words this long; afresh from there the network hears them.
        reach_ms: how far outside Silero's stretch the energy may carry an edge.
        gap_ms: silence from which speech is broken into two inter-pausal units.
        shortest_ms: shorter sounds are not speech.
        over_floor_db: sound over 10 ms must be this far above the noise floor,
        over_noise_db: or this far over 25 ms.
        under_speech_db: sound this far under the loudness of its stretch is not counted, however quiet the floor.
        mixed_under_db: the same on a channel with everybody.
        own_db: the leg's loudness is that of what comes so near to its loudest.
        behind_db: where nothing within `near_ms` comes this near to the leg's loudness, somebody else speaks.
        soft_db: but what leads out of the party's own words and comes this near is a soft syllable of theirs.
        near_ms: the reach of both.
        noisy_db: with less than this between speech and floor the network counts beside the energy.
        clear_db: with less than this between speech and floor, noise begins to cover soft speech:
        covered_ms_per_db: so much longer a silence may look for each dB missing.
        bleed_margin_db: how far sound must rise over what is left of the other leg's copy.
    """

    voice_on: float = 0.2
    voice_off: float = 0.1
    doubted: float = 0.05
    breath_ms: int = 10_000
    word_ms: int = 300
    spoken: float = 0.35
    notes_ms: int = 6000
    end_ms: int = 1024
    reach_ms: int = 120
    gap_ms: int = 200
    shortest_ms: int = 60
    over_floor_db: float = 6.0
    over_noise_db: float = 1.0
    under_speech_db: float = 33.0
    mixed_under_db: float = 40.0
    own_db: float = 15.0
    behind_db: float = 17.5
    soft_db: float = 22.0
    near_ms: int = 250
    noisy_db: float = 18.0
    clear_db: float = 25.0
    covered_ms_per_db: float = 6.0
    bleed_margin_db: float = 8.0
