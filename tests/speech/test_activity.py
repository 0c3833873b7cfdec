"""Speech activity on composed calls with exact truth: the fixed part of what `benchmarks/accuracy.py` measures."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr

from analyzer.call.legs import look_at_legs
from analyzer.call.types import CallAudio, Layout, Role
from analyzer.call.wav import read_call
from analyzer.spans import Span, Timeline
from analyzer.speech.activity import find_speech
from analyzer.speech.activitysettings import ActivitySettings
from analyzer.speech.music import Music, find_music
from analyzer.speech.musicvoices import voices_in_music
from analyzer.speech.types import VoiceMap
from analyzer.testing import CallTruth, ClipBank, ComposedCall, Conditions, Script, compose
from analyzer.testing.script import Backchannel, Hold, Interrupt, Ringback, Say
from analyzer.testing.sounds import music

UTTERANCES = Path(__file__).parents[2] / "fixtures" / "utterances"
LOW_VOICE, OTHER = "zm_yunjian", "zf_xiaoxiao"


@pytest.fixture(scope="module")
def bank() -> ClipBank:
    return ClipBank.from_folder(UTTERANCES)


def longest(bank: ClipBank, voice: str, count: int) -> list[str]:
    clips = sorted(bank.of_voice(voice), key=lambda c: -len(c.samples))
    return [c.text for c in clips[:count]]


def make(bank: ClipBank, conditions: Conditions, hold: str = "line", ring: bool = False) -> ComposedCall:
    """A low man's voice as the agent, a woman; an interruption, a hold."""
    man, woman = longest(bank, LOW_VOICE, 4), longest(bank, OTHER, 4)
    steps = (
        *((Ringback(rings=1),) if ring else ()),
        Say(who=Role.AGENT, text=man[0]),
        Say(who=Role.CUSTOMER, text=woman[0], gap_ms=350),
        Interrupt(who=Role.AGENT, text=man[1], at_ms=1200, succeeds=True, yield_ms=800),
        Hold(duration_ms=6000, sound=hold),
        Say(who=Role.AGENT, text=man[2]),
        Say(who=Role.CUSTOMER, text=woman[1], gap_ms=-300),
    )
    return compose(_script(steps, conditions), bank, 3)


def _script(steps: tuple[object, ...], conditions: Conditions) -> Script:
    return Script(name="t", agent_voice=LOW_VOICE, customer_voice=OTHER, steps=steps, conditions=conditions)


def hear(audio: CallAudio) -> VoiceMap:
    return find_speech(look_at_legs(audio))


def f1(truth: CallTruth, voices: VoiceMap) -> float:
    hit = false = missed = 0
    for index, role in enumerate(truth.channels):
        true, heard = truth.speech(role), voices.activities[index].speech
        both = (true & heard).duration_ms
        hit, false, missed = hit + both, false + heard.duration_ms - both, missed + true.duration_ms - both
    return 2 * hit / (2 * hit + false + missed)


@pytest.mark.parametrize(
    ("conditions", "goal"),
    [
        (Conditions(), 0.985),
        (Conditions(codec="alaw", snr_db=None), 0.985),
        (Conditions(codec="gsm610"), 0.98),
        (Conditions(codec="ulaw", snr_db=20), 0.97),
        (Conditions(snr_db=10), 0.94),
        (Conditions(agent_level_db=-42, customer_level_db=-16, snr_db=30), 0.97),
        (Conditions(bleed_db=-20, bleed_delay_ms=0), 0.98),
        (Conditions(codec="alaw", bleed_db=-20, bleed_delay_ms=120), 0.98),
        (Conditions(codec="ulaw", bleed_db=-10, bleed_delay_ms=60), 0.97),
        (Conditions(bleed_db=-20, bleed_delay_ms=350), 0.98),  # an echo over the network and back
        (Conditions(bleed_db=-30, bleed_delay_ms=350, bleed_room_ms=200), 0.98),  # from a telephone on a table
        (Conditions(swapped=True), 0.985),
    ],
)
def test_activity(bank: ClipBank, conditions: Conditions, goal: float) -> None:
    call = make(bank, conditions)
    assert f1(call.truth, hear(call.audio())) >= goal


def test_boundaries_are_where_the_sound_is(bank: ClipBank) -> None:
    call = make(bank, Conditions())
    voices = hear(call.audio())
    errors = []
    for index, role in enumerate(call.truth.channels):
        for span in call.truth.speech(role):
            errors.append(min(abs(span.start_ms - s.start_ms) for s in voices.activities[index].speech))
            errors.append(min(abs(span.end_ms - s.end_ms) for s in voices.activities[index].speech))
    assert np.median(errors) <= 10


def test_bleed_alone_is_nobody_speaking(bank: ClipBank) -> None:
    text = longest(bank, OTHER, 3)
    steps = tuple(Say(who=Role.CUSTOMER, text=t) for t in text)
    call = compose(_script(steps, Conditions(bleed_db=-20, bleed_delay_ms=80)), bank, 1)
    voices = hear(call.audio())
    assert voices.activities[0].speech.duration_ms == 0
    assert voices.activities[1].speech.duration_ms > 5000


@pytest.mark.parametrize("snr_db", [40, 20, 10])
def test_hold_music_is_music_and_no_speech(bank: ClipBank, snr_db: int) -> None:
    call = make(bank, Conditions(snr_db=snr_db), hold="music")
    agent = hear(call.audio()).activities[0]
    (true,) = [s.span for s in call.truth.sounds if s.kind == "music"]
    assert agent.music.covered_ms(true) > 0.95 * true.duration_ms
    assert agent.speech.covered_ms(true) == 0


@pytest.mark.parametrize(
    ("number", "snr_db", "softer_db"), [(1, None, -16), (5, None, -16), (1, 40, -16), (6, 25, -16)]
)
def test_a_soft_first_word_behind_hold_music_is_heard(
    bank: ClipBank, number: int, snr_db: float | None, softer_db: float
) -> None:
    """Music is no noise over which it would have to rise, and no memory by which the network may judge it."""
    text = longest(bank, LOW_VOICE, 7)
    clip = bank.find(LOW_VOICE, text[number])
    louder = np.interp(np.arange(len(clip.samples)) / clip.rate_hz, [0.3, 0.32], [10 ** (softer_db / 20), 1.0])
    soft = replace(clip, samples=np.asarray(clip.samples * louder, np.float32))
    steps = (
        Say(who=Role.AGENT, text=text[0]),
        Hold(duration_ms=8000, sound="music"),
        Say(who=Role.AGENT, text=text[number]),
        Say(who=Role.CUSTOMER, text=longest(bank, OTHER, 1)[0]),
    )
    others = ClipBank([*(c for c in bank if c is not clip), soft])
    call = compose(_script(steps, Conditions(snr_db=snr_db)), others, 3)
    true = call.truth.utterances[1].span.start_ms
    assert min(abs(s.start_ms - true) for s in hear(call.audio()).activities[0].speech) <= 10


def test_short_music_is_asked_for_a_voice(bank: ClipBank) -> None:
    """What the network first doubted is heard afresh: a sentence is no music, a melody stays one."""
    sentence = next(c for c in bank.of_voice(LOW_VOICE) if c.text == longest(bank, LOW_VOICE, 1)[0])
    spoken = soxr.resample(np.asarray(sentence.samples, np.float32), sentence.rate_hz, 16_000)
    for length_s, melody_s in ((4, 6), (4, 12)):
        said = spoken[: length_s * 16_000]
        melody = music(melody_s * 1000, 16_000, np.random.default_rng(1)).astype(np.float32)
        silence = np.zeros(16_000, np.float32)
        sound = np.concatenate([silence, said, silence, melody])
        sentence_at, melody_at = Span(1000, 5000), Span(6000, 6000 + melody_s * 1000)
        doubting = np.zeros(len(sound) // 512, np.float32)
        wide, both = partial(iter, [sound]), (_music(sentence_at), _music(melody_at))
        voice, left = voices_in_music(wide, doubting, both, ActivitySettings())
        assert left == Timeline((melody_at,))
        assert voice[1000 // 32 : 5000 // 32].mean() > 0.6
        assert voice[6000 // 32 :].max() == 0.0


def said_and_melody(bank: ClipBank) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """3 s of a sentence and 12 s of music, at 16 kHz."""
    sentence = next(c for c in bank.of_voice(LOW_VOICE) if c.text == longest(bank, LOW_VOICE, 1)[0])
    said = soxr.resample(np.asarray(sentence.samples, np.float32), sentence.rate_hz, 16_000)[: 3 * 16_000]
    return said, music(12_000, 16_000, np.random.default_rng(1)).astype(np.float32)


def _music(span: Span, calm: Span | None = None, sound: Span | None = None) -> Music:
    return Music(span, calm or span, sound or span)


def test_notes_taken_for_a_voice_for_longer_are_music(bank: ClipBank) -> None:
    said, melody = said_and_melody(bank)
    wide = partial(iter, [np.concatenate([said, melody])])
    voice = np.full((15 * 16_000) // 512, 0.6, np.float32)
    limited, calm = Span(4500, 15_000), Span(6000, 15_000)
    for begins, found in ((3000, 3000), (2000, 4500)):
        music_ = _music(limited, calm, Span(begins, 15_000))
        _, left = voices_in_music(wide, voice, (music_,), ActivitySettings())
        assert [s.start_ms for s in left] == [found]


def test_words_right_before_a_melody_are_none_of_it(bank: ClipBank) -> None:
    """The network calms down late after words and after the first notes alike; started afresh it tells them apart."""
    said, melody = said_and_melody(bank)
    wide = partial(iter, [np.concatenate([said, melody])])
    doubting = np.zeros((15 * 16_000) // 512, np.float32)
    calm = Span(3700, 15_000)
    for start, late in ((2400, True), (3000, False)):
        _, left = voices_in_music(wide, doubting, (_music(Span(start, 15_000), calm),), ActivitySettings())
        (found,) = left
        assert (found.start_ms > start) is late
        assert found.start_ms <= 3200 and found.end_ms == 15_000


def test_words_that_a_melody_leads_into_are_none_of_it(bank: ClipBank) -> None:
    """Where a room sounds on between both, the melody has no end, and the network wakes late after it."""
    said, melody = said_and_melody(bank)
    wide = partial(iter, [np.concatenate([melody, said])])
    doubting = np.zeros((15 * 16_000) // 512, np.float32)
    for end_ms, ends_ms in ((12_500, 12_000), (12_000, 12_000)):
        voice, left = voices_in_music(wide, doubting, (_music(Span(0, end_ms)),), ActivitySettings())
        (found,) = left
        assert abs(found.end_ms - ends_ms) <= 200
        assert voice[: 11_900 // 32].max() == 0.0 and (voice.max() > 0.5) == (end_ms > ends_ms)


def test_a_melody_in_two_pieces_asks_only_once_for_the_words_before_it(bank: ClipBank) -> None:
    """What lies before the second is the first, and where that looks for words it must not cut them short."""
    sentence = next(c for c in bank.of_voice(LOW_VOICE) if c.text == longest(bank, LOW_VOICE, 1)[0])
    said = soxr.resample(np.asarray(sentence.samples, np.float32), sentence.rate_hz, 16_000)[: 3 * 16_000]
    melody = music(22_000, 16_000, np.random.default_rng(2)).astype(np.float32)
    wide = partial(iter, [np.concatenate([said, melody])])
    sound = Span(500, 25_000)
    first = _music(Span(2000, 25_000), Span(3200, 8700), sound)
    second = _music(Span(7400, 25_000), Span(8900, 25_000), sound)
    _, left = voices_in_music(wide, np.zeros(25 * 16_000 // 512, np.float32), (first, second), ActivitySettings())
    assert [s.start_ms >= 2950 for s in left] == [True]


def test_a_last_word_belongs_to_speech_however_softly_it_ends(bank: ClipBank) -> None:
    call = make(bank, Conditions(snr_db=45))
    said = call.truth.utterances[0]
    samples, leg = call.samples.copy(), list(call.truth.channels).index(said.party)
    last = slice((said.span.end_ms - 600) * 8, said.span.end_ms * 8)
    loud = np.percentile(samples[leg] ** 2, 99)
    samples[leg, last] *= np.sqrt(loud / np.mean(samples[leg, last] ** 2)) * 10 ** (-25 / 20)
    heard = hear(replace(call, samples=samples).audio()).activities[leg].speech
    assert min(abs(s.end_ms - said.span.end_ms) for s in heard) <= 40


@pytest.mark.parametrize("voice", [LOW_VOICE, "zm_yunyang"])
def test_a_first_sound_after_digital_silence_belongs_to_speech(bank: ClipBank, voice: str) -> None:
    said = next(c.text for c in bank.of_voice(voice) if c.text.startswith("非常抱歉给您"))
    (first,), (other,) = longest(bank, voice, 1), longest(bank, OTHER, 1)
    steps = (Say(who=Role.AGENT, text=first), Say(who=Role.CUSTOMER, text=other), Say(who=Role.AGENT, text=said))
    conditions = Conditions(snr_db=None)
    script = Script(name="t", agent_voice=voice, customer_voice=OTHER, steps=steps, conditions=conditions)
    call = compose(script, bank, 3)
    heard = hear(call.audio()).activities[list(call.truth.channels).index(Role.AGENT)].speech
    assert min(abs(s.start_ms - call.truth.utterances[-1].span.start_ms) for s in heard) <= 20


@pytest.mark.speech
def test_no_human_sentence_is_music(speech_dir: Path, tmp_path: Path) -> None:
    """One reader over a telephone band, as on a leg that is silent while the other party speaks."""
    files = sorted((speech_dir / "aishell1_S0150").glob("*.wav"))[1::4]
    rng = np.random.default_rng(1)
    parts: list[np.ndarray] = []
    for file in files:
        samples, rate = soundfile.read(file, dtype="float32")
        sound = soxr.resample(samples, rate, 8000)
        spectrum, hz = np.fft.rfft(sound), np.fft.rfftfreq(len(sound), 1 / 8000)
        spectrum[(hz < 280) | (hz > 3450)] = 0
        sound = np.fft.irfft(spectrum, len(sound))
        parts += [np.zeros(24_000), sound * 10 ** (-24 / 20) / np.sqrt((sound**2).mean())]
    leg = np.concatenate(parts) + rng.normal(0, 3e-4, sum(len(p) for p in parts))
    path = tmp_path / "reader.wav"
    soundfile.write(path, np.stack([leg, rng.normal(0, 3e-4, len(leg))], axis=1), 8000, subtype="ULAW")
    voices = hear(read_call(path))
    assert not voices.activities[0].music


def test_ringback_is_a_tone_and_no_speech(bank: ClipBank) -> None:
    call = make(bank, Conditions(codec="alaw"), ring=True)
    (true,) = [s.span for s in call.truth.sounds if s.kind == "ringback"]
    customer = hear(call.audio()).activities[1]
    assert customer.speech.covered_ms(true) == 0
    assert any(t & true for t in customer.tones)


def test_a_quiet_listener_is_heard_through_bleed(bank: ClipBank) -> None:
    token = min(bank.of_voice(OTHER), key=lambda c: len(c.samples)).text
    steps = (
        Say(who=Role.CUSTOMER, text=longest(bank, OTHER, 1)[0]),
        Say(who=Role.AGENT, text=longest(bank, LOW_VOICE, 1)[0]),
        Backchannel(who=Role.CUSTOMER, text=token, at_ms=1000, level_db=-9),
    )
    call = compose(_script(steps, Conditions(bleed_db=-20, bleed_delay_ms=40)), bank, 1)
    (said,) = [u.span for u in call.truth.utterances if u.kind == "backchannel"]
    assert hear(call.audio()).activities[1].speech.covered_ms(said) > 0.8 * said.duration_ms


def test_one_channel_with_everybody_is_one_activity(bank: ClipBank) -> None:
    call = make(bank, Conditions(layout=Layout.DUAL_MONO))
    voices = hear(call.audio())
    assert (voices.layout, voices.separated, len(voices.activities)) == (Layout.DUAL_MONO, False, 1)
    everybody = call.truth.speech(Role.AGENT) | call.truth.speech(Role.CUSTOMER)
    assert (voices.activities[0].speech & everybody).duration_ms > 0.95 * everybody.duration_ms


def test_the_noise_before_a_line_goes_dead_is_no_speech(bank: ClipBank) -> None:
    """The silence begins with the last word, not where one of two lines falls silent 0.3 s later."""
    call = make(bank, Conditions(layout=Layout.MONO, codec="alaw", snr_db=20), hold="dead")
    (hold,) = [p.span for p in call.truth.pauses if p.span.duration_ms >= 5000]
    speech = hear(call.audio()).activities[0].speech
    (heard,) = [g for g in speech.gaps(Span(0, call.truth.duration_ms)) if hold.middle_ms in g]
    assert abs(heard.start_ms - hold.start_ms) <= 40 and abs(heard.end_ms - hold.end_ms) <= 40


@pytest.mark.parametrize(("doubt_ms", "late_ms"), [(1000, 0), (1600, 0), (2200, 750)])
def test_music_keeps_a_first_note_no_longer_than_a_word(doubt_ms: int, late_ms: int) -> None:
    """Notes the network takes for a voice belong to it for 1.5 s, and what is left of their sound when it is short."""
    noise = 1e-4 * np.random.default_rng(2).standard_normal(9 * 8000)
    samples = (noise + np.concatenate([np.zeros(8000), music(8000, 8000, np.random.default_rng(1))])).astype(np.float32)
    voice = np.zeros(samples.size // 256, dtype=np.float32)
    voice[1000 // 32 : (1000 + doubt_ms) // 32] = 0.6
    (found,) = find_music(samples, voice, Timeline())
    assert abs(found.span.start_ms - 1000 - late_ms) <= 60


def test_the_same_sound_gives_the_same_speech(bank: ClipBank) -> None:
    audio = make(bank, Conditions(codec="ulaw", bleed_db=-20, bleed_delay_ms=40)).audio()
    assert hear(audio) == hear(audio)


@pytest.mark.parametrize("frames", [0, 1, 100, 1700])
def test_next_to_nothing_is_no_speech(bank: ClipBank, frames: int) -> None:
    template = make(bank, Conditions()).audio()
    audio = CallAudio(template.facts, tuple(np.full((2, frames), 0.01, dtype=np.float32)))
    assert all(not a.speech for a in hear(audio).activities)


def test_a_recording_of_any_length_is_heard(bank: ClipBank) -> None:
    whole = make(bank, Conditions(codec="ulaw")).audio()
    rate = whole.facts.rate_hz
    for length_ms in range(100, 420, 8):
        for start_ms in (0, 1500):
            part = slice(start_ms * rate // 1000, (start_ms + length_ms) * rate // 1000)
            hear(CallAudio(whole.facts, tuple(channel[part] for channel in whole.samples)))


def test_a_very_faint_leg_is_heard(bank: ClipBank) -> None:
    call = make(bank, Conditions(customer_level_db=-58, snr_db=25))
    assert f1(call.truth, hear(call.audio())) >= 0.96


def test_on_one_channel_the_fainter_party_is_heard_too(bank: ClipBank) -> None:
    call = make(bank, Conditions(layout=Layout.MONO, agent_level_db=-16, customer_level_db=-38, snr_db=45))
    customer = call.truth.speech(Role.CUSTOMER)
    heard = hear(call.audio()).activities[0].speech
    assert (heard & customer).duration_ms > 0.9 * customer.duration_ms


def test_an_echo_that_comes_and_goes_is_nobody_speaking(bank: ClipBank) -> None:
    steps = tuple(Say(who=Role.CUSTOMER, text=t) for t in longest(bank, OTHER, 4))
    call = compose(_script(steps, Conditions(bleed_db=-20, bleed_delay_ms=350)), bank, 1)
    alone = compose(_script(steps, Conditions()), bank, 1)
    echo = call.before_codec[0] - alone.before_codec[0]
    through = np.repeat(np.tile([1.0, 0.2], echo.size // 32_000 + 1), 16_000)[: echo.size]  # 2 s each
    samples = np.stack([alone.before_codec[0] + echo * through, alone.before_codec[1]]).astype(np.float32)
    voices = hear(replace(call, samples=samples).audio())
    spoken = voices.activities[1].speech.duration_ms
    assert spoken > 8000
    assert voices.activities[0].speech.duration_ms < 0.1 * spoken, "it comes and goes from one moment to the next"


@pytest.mark.parametrize(("first_ms", "then_ms"), [(300, None), (300, 340), (5, None)])
def test_an_echo_for_part_of_a_call_is_nobody_speaking(bank: ClipBank, first_ms: int, then_ms: int | None) -> None:
    """Until a canceller has learnt it, or later and later; what the other says into it is heard."""
    steps = [Say(who=Role.CUSTOMER if i % 3 else Role.AGENT, text=t) for i, t in enumerate(longest(bank, OTHER, 6))]
    alone = compose(_script(tuple(steps), Conditions()), bank, 1)
    assert alone.truth.channels == (Role.AGENT, Role.CUSTOMER)
    samples = np.array(alone.samples, np.float32)
    middle = samples.shape[1] // 2
    for delay_ms, part in ((first_ms, slice(0, middle)), (then_ms, slice(middle, None))):
        if delay_ms is not None:
            samples[0, part] += 0.2 * np.roll(alone.samples[1], delay_ms * 8)[part]
    with_echo, without = hear(replace(alone, samples=samples).audio()), hear(alone.audio())
    for one, other in zip(with_echo.activities, without.activities, strict=True):
        assert (one.speech - other.speech).duration_ms <= 300
        assert (other.speech - one.speech).duration_ms <= 150


@pytest.mark.parametrize("gain", [0.3, 1.0, 4.0])
def test_who_is_on_both_legs_at_once_is_not_taken_for_a_copy_of_himself(bank: ClipBank, gain: float) -> None:
    call = make(bank, Conditions())
    samples = np.array(call.samples, np.float32)
    samples[0] += gain * samples[1]
    heard, alone = hear(replace(call, samples=samples).audio()), hear(call.audio())
    lost = alone.activities[1].speech - heard.activities[1].speech
    assert lost.duration_ms < 0.02 * alone.activities[1].speech.duration_ms


def test_keys_pressed_are_nobody_speaking(bank: ClipBank) -> None:
    call = make(bank, Conditions())
    at = np.arange(960) / 8000  # 120 ms
    key = np.concatenate([0.1 * (np.sin(2 * np.pi * 770 * at) + np.sin(2 * np.pi * 1336 * at)), np.zeros(640)])
    turn = max(call.truth.utterances, key=lambda u: u.span.duration_ms)
    leg = 1 - list(call.truth.channels).index(turn.party)
    samples, first = call.samples.copy(), (turn.span.start_ms + 300) * 8
    samples[leg, first : first + 8000] += np.tile(key, 5).astype(np.float32)
    with_keys, without = hear(replace(call, samples=samples).audio()), hear(call.audio())
    for one, other in zip(with_keys.activities, without.activities, strict=True):
        assert (one.speech - other.speech).duration_ms <= 20
        assert (other.speech - one.speech).duration_ms <= 20
