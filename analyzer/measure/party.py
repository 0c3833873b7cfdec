"""One party of the call as the measures see it: its leg, its own speech, its turns."""

from __future__ import annotations

from dataclasses import dataclass, field

from analyzer.call.types import Legs, Samples, Sound
from analyzer.measure.types import Conversation, Turn
from analyzer.spans import Span, Timeline
from analyzer.speech.types import Doubt, Speaker, VoiceMap

# A turn whose words are this doubtful says nothing about rate or clarity.
BAD_TEXT = frozenset({"loop", "stock_line", "text_without_speech", "speech_without_text"})


@dataclass(frozen=True, slots=True)
class Party:
    """What can be measured of one speaker.

    Args:
        speaker: who.
        samples: of the leg the speaker is on.
        rate_hz: of the samples.
        speech: the speaker's own speech.
        alone: the part of it where nobody else is heard on the same channel: what voice measures look at.
        quiet: where this leg holds neither speech of anybody heard on it, nor tones, nor music.
        turns: of this speaker, in order.
        doubts: about this speaker's words.
        is_dead: the leg holds no sound.
    """

    speaker: Speaker
    samples: Sound
    rate_hz: int
    speech: Timeline
    alone: Timeline
    quiet: Timeline
    turns: tuple[Turn, ...]
    doubts: tuple[Doubt, ...]
    is_dead: bool
    _doubtful: Timeline = field(init=False, repr=False)

    def __post_init__(self) -> None:
        doubtful = Timeline(tuple(d.span for d in self.doubts if d.code in BAD_TEXT))
        object.__setattr__(self, "_doubtful", doubtful)  # asked of every word

    @property
    def whole(self) -> Span:
        """The whole leg."""
        return Span(0, len(self.samples) * 1000 // self.rate_hz)

    def slice(self, span: Span) -> Samples:
        """The leg's samples inside `span` (shorter at the recording's end)."""
        return self.samples[span.start_ms * self.rate_hz // 1000 : span.end_ms * self.rate_hz // 1000]

    def text_is_bad(self, span: Span) -> bool:
        """Whether doubtful words cover more than a fifth of `span`."""
        return self._doubtful.covered_ms(span) * 5 > span.duration_ms


def gather_parties(legs: Legs, voices: VoiceMap, conversation: Conversation) -> tuple[Party, ...]:
    """Every speaker of the call with the samples and speech that are theirs, in order of index.

    Args:
        legs: the recording's legs.
        voices: who speaks when.
        conversation: turns, speakers and doubts.
    """
    by_channel = {leg.channel: leg for leg in legs.legs}
    channel_of = {s.index: s.channel for s in conversation.speakers}
    leaky = {b.into_channel for b in legs.bleed}
    whole = Span(0, legs.duration_ms)
    parties: list[Party] = []
    for speaker in conversation.speakers:
        leg = by_channel.get(speaker.channel)
        if leg is None:
            continue
        own, others, other_sound = Timeline(), Timeline(), Timeline()
        for activity in voices.activities:
            same_channel = channel_of.get(activity.speaker, activity.speaker) == speaker.channel
            if activity.speaker == speaker.index:
                own = activity.speech
            elif same_channel:
                others = others | activity.speech
            elif speaker.channel in leaky:  # the other leg's voice is heard here too
                other_sound = other_sound | activity.speech
            if same_channel or speaker.channel in leaky:
                other_sound = other_sound | activity.tones | activity.music
        heard = Timeline(tuple(s.widen(100) for s in (own | others | other_sound)))
        parties.append(
            Party(
                speaker=speaker,
                samples=leg.samples,
                rate_hz=legs.rate_hz,
                speech=own.crop(whole),
                alone=(own - others).crop(whole),
                quiet=heard.gaps(whole),
                turns=tuple(t for t in conversation.turns if t.speaker == speaker.index),
                doubts=tuple(d for d in conversation.doubts if d.speaker == speaker.index),
                is_dead=leg.is_dead,
            )
        )
    return tuple(parties)
