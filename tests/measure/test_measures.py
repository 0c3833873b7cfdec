"""All the measures of a call together: complete, stable, and honest about what they can't say."""

import math
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from made_sounds import RATE, call, hiss, party, syllables, turn, voice

from analyzer.call.types import Layout, Leg, Legs, Role
from analyzer.measure.catalogue import CATALOGUE, CURVES, measure
from analyzer.measure.frames import look_at_frames
from analyzer.measure.greeting import measure_greeting
from analyzer.measure.level import look_at_levels
from analyzer.measure.measures import measure_call
from analyzer.measure.nonspeech import _click_rows, measure_nonspeech
from analyzer.measure.pitch import look_at_pitch
from analyzer.measure.quality import measure_quality
from analyzer.measure.rate import look_at_rate
from analyzer.measure.talk import measure_talk
from analyzer.measure.types import Conversation, Measure, Measures, Overlap, OverlapKind, OverlapOutcome, Turn
from analyzer.measure.voice import look_at_shouting, measure_voice
from analyzer.spans import Span, Timeline
from analyzer.speech.types import Speaker, SpeechActivity, VoiceMap, Word

TURNS = tuple(
    turn(3000 * i, 3000 * i + 2500, "我帮您查一下这个问题", i, (Role.AGENT, Role.CUSTOMER)[i % 2], i % 2)
    for i in range(8)
)


def talk(turns: tuple[Turn, ...] = TURNS, noise_db: float = -60.0) -> list[np.ndarray]:
    total = max(t.span.end_ms for t in turns) + 1500
    made = [hiss(total, noise_db, i) for i in (1, 2)]
    for t in turns:
        made[t.speaker][t.span.start_ms * 8 :][: t.span.duration_ms * 8] += syllables(
            t.span.duration_ms // 250, t.span.duration_ms, 210.0 if t.speaker == 0 else 130.0, -24.0 - 6 * t.speaker
        )
    return made


def measured(**changes: object) -> Measures:
    recorded, voices, conversation = call(*talk(), TURNS, **changes)
    return measure_call(recorded, voices, conversation)


def voice_measures(
    samples: np.ndarray, turns: tuple[Turn, ...] = (), speech: Timeline | None = None
) -> dict[str, Measure]:
    p = party(samples, speech, turns)
    frames, levels = look_at_frames(p), look_at_levels(p)
    pitches, rates = look_at_pitch(frames), look_at_rate(p, frames)
    shouting = look_at_shouting(p, frames, pitches)
    made = measure_voice(p, frames, pitches, levels, rates, shouting, None)
    made += measure_greeting(p, frames, pitches, levels, rates, None, shouting.spans)
    return {m.name: m for m in [*made, *measure_nonspeech(p, frames, levels), *measure_quality(p, levels)]}


def test_every_measure_of_the_catalogue_is_made_once_a_party_or_once_a_call() -> None:
    counts: dict[str, int] = {}
    for m in measured().items:
        counts[m.name] = counts.get(m.name, 0) + 1
    assert counts == {name: 1 if kind.of_call else 2 for name, kind in CATALOGUE.items()}


def test_where_nobody_speaks_there_are_no_silences_and_overlaps_to_count() -> None:
    recorded, voices, conversation = call(np.zeros(80_000), np.zeros(80_000))
    for heard in (voices, replace(voices, separated=False)):
        for m in measure_call(recorded, heard, replace(conversation, separated=heard.separated)).items:
            if CATALOGUE[m.name].page in ("overlaps", "silence") and not m.name.startswith(("silence_", "response_")):
                assert (m.value, m.reason) == (None, "no_speech"), m
    one = tuple(t for t in TURNS if t.speaker == 0)
    recorded, voices, conversation = call(*talk(one), one)
    made = measure_call(recorded, voices, conversation)
    longest, interruptions = made.get("dead_air_longest", None), made.get("interruptions", Role.AGENT)
    assert longest is not None and longest.value == 0 and interruptions is not None and interruptions.value == 0


def test_nothing_is_said_of_both_parties_where_one_leg_is_dead() -> None:
    one = (turn(500, 3000), turn(18_000, 21_000, index=1))
    recorded, voices, conversation = call(hiss(25_000, -60), np.zeros(200_000), one)
    assert measure_call(recorded, voices, conversation).get("overlap_total").value == 0
    dead = replace(recorded, legs=(recorded.legs[0], replace(recorded.legs[1], is_dead=True)))
    made = measure_call(dead, voices, conversation).items
    both = [m for m in made if CATALOGUE[m.name].page == "overlaps" or m.name.startswith(("dead_air_", "silence_"))]
    both += [m for m in made if m.name in ("talk_share", "opening_delay", "closing_delay")]
    assert len(both) > 20
    assert {(m.value, m.reason) for m in both} == {(None, "dead_leg")}


def test_every_measure_has_a_value_or_a_reason_and_only_one_of_them() -> None:
    for m in measured().items:
        assert (m.value is None) == (m.reason is not None), m
        assert m.value is None or math.isfinite(m.value)
        assert m.unit == CATALOGUE[m.name].unit


def test_two_runs_give_the_same_bytes() -> None:
    assert msgspec.json.encode(measured()) == msgspec.json.encode(measured())


def test_values_of_a_known_call() -> None:
    found = measured()
    assert found.get("level_difference").value == pytest.approx(6, abs=0.3)
    assert found.get("pitch_median", Role.AGENT).value == pytest.approx(210, rel=0.01)
    assert found.get("pitch_median", Role.CUSTOMER).value == pytest.approx(130, rel=0.01)
    assert found.get("articulation_rate", Role.AGENT).value == 240
    assert found.get("talk_share", Role.AGENT).value == 50


@pytest.mark.parametrize("weak", [0, 1])
def test_what_compares_the_parties_is_as_weak_as_the_weaker_of_them(weak: int) -> None:
    assert {measured().get(name).doubt for name in ("level_difference", "rate_ratio")} == {None}
    noisy = talk()
    noisy[weak] = noisy[weak] + hiss(noisy[weak].size // 8, -40 - 6 * weak, 7)
    found = measure_call(*call(*noisy, TURNS))
    assert found.get("level_difference").doubt == "low_snr"
    few = tuple(t for t in TURNS if t.speaker != weak or t.index < 2)
    found = measure_call(*call(*talk(few), few))
    assert found.get("rate_ratio").doubt == "too_little_speech"


def test_swapping_the_legs_swaps_the_parties() -> None:
    recorded, voices, conversation = call(*talk(), TURNS, roles=(Role.CUSTOMER, Role.AGENT))
    swapped = measure_call(recorded, voices, conversation)
    assert swapped.get("pitch_median", Role.CUSTOMER).value == pytest.approx(210, rel=0.01)


def test_unknown_roles_are_named_by_speaker() -> None:
    found = measured(roles=(Role.UNKNOWN, Role.UNKNOWN))
    assert {m.speaker for m in found.items if m.name == "pitch_median"} == {0, 1}
    assert found.get("level_difference").reason == "no_roles"


def test_one_channel_with_everybody_says_nothing_that_needs_two_voices() -> None:
    sound = sum(talk())
    spoken = Timeline(tuple(t.span for t in TURNS))
    legs = Legs(Layout.MONO, (Leg(0, np.asarray(sound), False),), (), RATE, len(sound) // 8, ())
    voices = VoiceMap(Layout.MONO, False, 0.0, (SpeechActivity(0, spoken),))
    conversation = Conversation(legs.duration_ms, (Speaker(0, 0),), (), (), (), (), False, 0.0)
    found = measure_call(legs, voices, conversation)
    assert found.get("talk_share").reason == "voices_not_separated"
    assert found.get("interruptions").value is None
    assert found.get("active_level").value is not None


def test_separated_voices_on_one_channel_are_measured_where_they_speak_alone() -> None:
    a, b = voice(220, 6000, -26), voice(120, 6000, -20)
    sound = np.zeros(10 * RATE, np.float32)
    sound[: 6 * RATE] += a
    sound[4 * RATE :] += b
    legs = Legs(Layout.MONO, (Leg(0, sound, False),), (), RATE, 10_000, ())
    spoken = (Timeline((Span(0, 6000),)), Timeline((Span(4000, 10_000),)))
    voices = VoiceMap(Layout.MONO, True, 0.9, tuple(SpeechActivity(i, s) for i, s in enumerate(spoken)))
    people = (Speaker(0, 0, Role.AGENT, "speech", 0.9), Speaker(1, 0, Role.CUSTOMER, "speech", 0.9))
    found = measure_call(legs, voices, Conversation(10_000, people, (), (), (), (), True, 0.9))
    assert found.get("active_level", Role.AGENT).value == pytest.approx(-26, abs=0.5)
    assert found.get("talk_time", Role.AGENT).value == 6000


@pytest.mark.parametrize("size", [0, 1, 79, 400])
def test_a_recording_of_almost_nothing(size: int) -> None:
    recorded, voices, conversation = call(np.zeros(size), np.zeros(size))
    for m in measure_call(recorded, voices, conversation).items:
        assert m.value is None or math.isfinite(m.value)


@pytest.mark.parametrize("rate", [50, 1000, 4000, 22_050, 96_000])
def test_any_sampling_rate_is_survived(rate: int) -> None:
    turns = (turn(0, 2000, "你好我想问一下"), turn(2000, 4000, "好的请稍等一下", 1, Role.CUSTOMER, 1))
    for x in (hiss(4000, -20, rate=rate), np.zeros(4 * rate, np.float32), np.ones(4 * rate, np.float32)):
        recorded, voices, conversation = call(x, x, turns, rate=rate)
        assert len(measure_call(recorded, voices, conversation).items) > len(CATALOGUE)


def test_curves_have_one_value_a_time() -> None:
    for series in measured().series:
        assert len(series.times_ms) == len(series.values)
        assert list(series.times_ms) == sorted(series.times_ms)
    names = {(s.name, s.speaker) for s in measured().series}
    assert names == {(n, i) for n in CURVES for i in (0, 1)}


def test_a_raised_voice_is_shouting_and_a_loud_line_is_not() -> None:
    calm = np.concatenate([syllables(40, 10_000, 200 * 2 ** (d / 12), -28) for d in (-1, 0, 1)])
    bright = np.diff(syllables(12, 3000, 200 * 2 ** (6 / 12), -28), prepend=0)
    raised = bright * 10 ** (12 / 20) * np.sqrt(np.mean(calm**2) / np.mean(bright**2))
    found = voice_measures(np.concatenate([calm, raised, calm]))["shouting_time"]
    assert found.value == pytest.approx(3000, abs=1000)
    assert all(e.start_ms >= 29_000 and e.end_ms <= 34_000 for e in found.evidence)
    assert voice_measures(np.concatenate([calm, calm * 4, calm]))["shouting_time"].value == 0


def test_what_is_shared_of_an_overlap_leaves_the_pauses_in_it_out() -> None:
    own = Timeline.of([(1850, 2600), (3190, 3400)]), Timeline.of([(0, 2000), (2590, 4000)])
    parties = tuple(
        replace(party(hiss(5000, -60), own[i]), speaker=Speaker(i, i, role))
        for i, role in enumerate((Role.AGENT, Role.CUSTOMER))
    )
    found = Overlap(
        Span(1850, 3400),
        OverlapKind.INTERRUPTION,
        OverlapOutcome.ATTEMPTED,
        0,
        Role.AGENT,
        1,
        Role.CUSTOMER,
        8,
        "",
        0.9,
        150 + 10 + 210,
    )
    conversation = Conversation(5000, tuple(p.speaker for p in parties), (), (found,), (), (), True, 1.0)
    made = Measures(tuple(measure_talk(conversation, parties)), ())
    for name in ("interruption_longest", "overlap_total"):
        (item,) = [m for m in made.items if m.name == name and m.role is not Role.CUSTOMER]
        assert (item.value, item.evidence) == (150 + 10 + 210, (found.span,))
    for role, count, together in ((Role.AGENT, 1, 1550), (Role.CUSTOMER, 0, 0)):
        (item,) = [m for m in made.items if m.name == "interruptions" and m.role is role]
        assert (item.value, item.components) == (count, {"total_ms": together})


def test_a_lengthened_vowel_is_found_and_a_filler_is_left_out() -> None:
    def broken(ms: int) -> np.ndarray:
        """Syllables of ever another colour: nothing in it stays the same."""
        rng = np.random.default_rng(5)
        parts = []
        for _ in range(ms // 200):
            x = voice(float(rng.uniform(150, 250)), 200, -26)
            parts.append(np.convolve(x, rng.standard_normal(12) * 0.4, "same"))
        return np.concatenate(parts)

    x = np.concatenate([broken(6000), voice(190, 800, -26), broken(6000)]).astype(np.float32)
    held = voice_measures(x)["lengthened_syllables"]
    assert any(s & Span(6000, 6800) for s in held.evidence)
    filler = turn(6000, 6800, "嗯")
    left = voice_measures(x, (filler,))["lengthened_syllables"]
    assert not any(s & Span(6000, 6800) for s in left.evidence)
    assert left.components["fillers"] >= 1


def test_greeting_above_the_rest_and_rising() -> None:
    rising = voice(240 * 2 ** (np.linspace(-2, 4, 40) / 12), 3000, -22)
    rest = [voice(200 * 2 ** (np.sin(np.linspace(0, 20, 80)) / 6), 4000, -28) for _ in range(3)]
    gap = np.zeros(RATE // 2, np.float32)
    x = np.concatenate([rising, gap, *[np.concatenate([r, gap]) for r in rest]]) + hiss(17_000, -70)
    turns = (
        turn(0, 3000, "您好很高兴为您服务"),
        *(turn(3500 + 4500 * i, 7500 + 4500 * i, "好" * 16, i + 1) for i in range(3)),
    )
    found = voice_measures(x, turns, Timeline(tuple(t.span for t in turns)))
    assert found["greeting_pitch_lift"].value == pytest.approx(12 * math.log2(240 / 200) + 1, abs=0.6)
    assert found["greeting_level_lift"].value == pytest.approx(6, abs=0.5)
    assert found["greeting_slope"].value == pytest.approx(2.0, abs=0.2)
    assert found["greeting_end_rise"].value is not None and found["greeting_end_rise"].value > 1.5


def test_a_greetings_rate_is_that_of_its_first_six_seconds() -> None:
    long, later = turn(0, 30_000, "好" * 100), turn(31_000, 51_000, "好" * 60, 1)
    quick = tuple(
        Word("好", Span(100 * i, 100 * i + 100) if i < 60 else Span(600 * i - 30_000, 600 * i - 29_400), 0.9)
        for i in range(100)
    )
    turns = (replace(long, words=quick), later)
    ratio = voice_measures(hiss(52_000, -30), turns, Timeline(tuple(t.span for t in turns)))["greeting_rate_ratio"]
    assert ratio.evidence == (Span(0, 6000),)
    assert ratio.value == pytest.approx(600 / 180, abs=0.06)


def test_a_greeting_is_not_measured_by_what_was_shouted() -> None:
    def calm(ms: int, seed: float) -> np.ndarray:
        return voice(200 * 2 ** (np.sin(np.linspace(seed, 20 + seed, ms // 50)) / 12), ms, -28)

    shout = voice(300 * 2 ** (np.sin(np.linspace(0, 20, 80)) / 12), 4000, -12)
    gap = np.zeros(RATE // 2, np.float32)
    parts = [calm(3000, 0), calm(4000, 1), shout, shout]
    spans, at = [], 0
    for part in parts:
        spans.append(Span(at, at + part.size * 1000 // RATE))
        at += part.size * 1000 // RATE + 500
    x = np.concatenate([np.concatenate([part, gap]) for part in parts]) + hiss(at, -70)
    turns = tuple(turn(s.start_ms, s.end_ms, "好" * 14, i) for i, s in enumerate(spans))
    p = party(x, Timeline(tuple(spans)), turns)
    frames, levels = look_at_frames(p), look_at_levels(p)
    pitches, rates = look_at_pitch(frames), look_at_rate(p, frames)

    def lifts(*shouted: Span) -> tuple[float | None, float | None]:
        made = {m.name: m for m in measure_greeting(p, frames, pitches, levels, rates, None, Timeline(shouted))}
        return made["greeting_level_lift"].value, made["greeting_pitch_lift"].value

    level, pitch = lifts()
    assert level is not None and level < -10 and pitch is not None and pitch < -5
    level, pitch = lifts(Span(spans[2].start_ms + 500, spans[2].end_ms), Span(spans[3].start_ms, spans[3].end_ms))
    assert level == pytest.approx(0, abs=0.5) and pitch == pytest.approx(0, abs=0.5)
    made = measure_greeting(p, frames, pitches, levels, rates, None, Timeline(tuple(spans[1:])))
    by_name = {m.name: m for m in made}
    for name in ("greeting_level_lift", "greeting_pitch_lift", "greeting_span_ratio", "greeting_rate_ratio"):
        assert by_name[name].value is None and by_name[name].reason == "only_shouted_later", name


def test_all_that_was_shouted_is_left_out_of_the_greetings_comparison() -> None:
    def said(ms: int, pitch: float, db: float) -> np.ndarray:
        return voice(pitch * 2 ** (np.sin(np.linspace(0, ms / 200, ms // 50)) / 12), ms, db)

    lengths = [90_000, *([2400] * 20), *([1600] * 3)]  # the shortest come last among the places to listen to
    parts = [said(lengths[0], 200, -28), *(said(ms, 300, -12) for ms in lengths[1:])]
    begins = np.cumsum([0, *(ms + 600 for ms in lengths)]).tolist()
    x = hiss(begins[-1], -70)
    for at, part in zip(begins, parts, strict=False):
        x[at * 8 :][: part.size] += part
    spans = [Span(at, at + ms) for at, ms in zip(begins, lengths, strict=False)]
    turns = tuple(turn(s.start_ms, s.end_ms, "好" * 10, i) for i, s in enumerate(spans))
    recorded, voices, conversation = call(x, hiss(begins[-1], -70, 1), turns)
    found = measure_call(recorded, voices, conversation)
    assert len(found.get("shouting_time", Role.AGENT).evidence) == 20
    for name in ("greeting_level_lift", "greeting_pitch_lift"):
        greeting = found.get(name, Role.AGENT)
        assert greeting is not None and (greeting.value, greeting.reason) == (None, "only_shouted_later"), name


def test_sounds_that_are_no_speech_are_counted_outside_the_speech_only() -> None:
    x = hiss(20_000, -65)
    x[: 8 * RATE] += syllables(30, 8000, 200, -26)
    x[12 * RATE : 12 * RATE + 4000] += hiss(500, -35, 9)
    found = voice_measures(x, (), Timeline((Span(0, 8000),)))["nonspeech_sounds"]
    assert found.value == 1
    assert abs(found.evidence[0].start_ms - 12_000) <= 20
    assert found.doubt == "weak_by_nature"


def test_dropouts_are_counted() -> None:
    x = voice(200, 10_000, -26) + hiss(10_000, -60)
    for at in (2000, 5000, 8000):
        x[at * 8 : at * 8 + 480] = 0
    found = voice_measures(x)
    assert found["dropouts"].components["count"] == 3
    assert found["recording_quality"].value < voice_measures(voice(200, 10_000, -26))["recording_quality"].value


@pytest.mark.parametrize("rate", [8000, 11025])
@pytest.mark.parametrize(("ms", "counts"), [(15, 0), (20, 3), (30, 3), (60, 3), (400, 3), (415, 0)])
def test_a_lost_packet_is_as_long_as_it_is_wherever_it_begins(ms: int, counts: int, rate: int) -> None:
    x = hiss(10_000, -26, rate=rate)
    for at in (2.0046, 5.0012, 8.0079):
        x[round(at * rate) : round(at * rate) + -(-ms * rate // 1000)] = 0
    who = party(x, rate=rate)
    (found,) = [m for m in measure_quality(who, look_at_levels(who)) if m.name == "dropouts"]
    assert found.components["count"] == counts
    assert all(abs(s.duration_ms - ms) <= 1 for s in found.evidence)


def test_rows_of_clicks_are_counted() -> None:
    x = hiss(17_000, -65)
    x[: 8 * RATE] += syllables(30, 8000, 200, -26)
    for at in range(8200, 16_200, 400):
        x[at * 8 : at * 8 + 160] += hiss(20, -30, at)
    chewing = voice_measures(x, (), Timeline((Span(0, 8000),)))["chewing_candidates"]
    assert chewing.value == 2
    assert chewing.evidence[0].start_ms == pytest.approx(8200, abs=10)
    assert chewing.evidence[0].duration_ms == pytest.approx(3620, abs=10)


def test_a_long_crackle_is_gone_through_once() -> None:
    class Clicks(list[Span]):
        handed = 0

        def __getitem__(self, part: Any) -> Any:
            found = super().__getitem__(part)
            Clicks.handed += len(found) if isinstance(part, slice) else 1
            return found

    assert _click_rows(Clicks(Span(at, at + 20) for at in range(0, 130 * 500, 130))) == []
    assert Clicks.handed < 40 * 500


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100])
def test_a_dropout_is_where_it_is_at_any_rate(rate: int) -> None:
    x = hiss(100_000, -26, rate=rate)
    x[90 * rate : 90 * rate + rate // 20] = 0
    who = party(x, rate=rate)
    (found,) = [m for m in measure_quality(who, look_at_levels(who)) if m.name == "dropouts"]
    (dropout,) = found.evidence
    assert abs(dropout.start_ms - 90_000) <= 10
    assert abs(dropout.end_ms - 90_050) <= 10


def test_bandwidth() -> None:
    wide = hiss(4000, -30, rate=16000)
    assert voice_measures(hiss(4000, -30))["bandwidth"].value == pytest.approx(3960, abs=60)
    assert wide.size == 64_000


def test_a_measure_needs_a_value_or_a_reason() -> None:
    with pytest.raises(ValueError, match="neither"):
        measure("snr", None)
    with pytest.raises(KeyError):
        measure("no_such_measure", 1.0)
    assert measure("snr", float("nan")).reason == "not_finite"
    assert str(measure("greeting_slope", -0.0001).value) == "0.0"
