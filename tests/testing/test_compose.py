"""The composer's truth is exact: that is what every measure rests on."""

import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import msgspec
import numpy as np
import pytest
import soundfile
from burst_calls import BYE, LONG, SHORT, YES, A, C, bank, burst, script
from scipy.signal import correlate

from analyzer.call.types import Layout, Role
from analyzer.errors import UsageError
from analyzer.measure.types import OverlapKind, OverlapOutcome, PauseKind
from analyzer.spans import Span
from analyzer.testing import CallTruth, Conditions, Ending, Script, ScriptError, compose, truth_schema
from analyzer.testing.rooms import ROOMS
from analyzer.testing.script import (
    Announcement,
    AnyStep,
    Backchannel,
    BackgroundTalk,
    Hold,
    Interrupt,
    Ringback,
    Say,
    Silence,
    StartTogether,
)

CLEAN = Conditions(snr_db=None)


def level(samples: np.ndarray, span: Span, rate: int = 8000) -> float:
    part = samples[span.start_ms * rate // 1000 : span.end_ms * rate // 1000].astype(float)
    return float(10 * np.log10(np.mean(part**2) + 1e-12)) if len(part) else -120.0


def test_a_layout_may_be_named_as_the_truth_file_names_it() -> None:
    assert Conditions(layout="stereo") == Conditions()
    assert Conditions(layout="mono").layout is Layout.MONO
    with pytest.raises(ValueError, match="stero"):
        Conditions(layout="stero")


def busy_call() -> Script:
    return script(
        Ringback(rings=1),
        Say(who=A, text=LONG),
        Backchannel(who=C, text=YES, at_ms=1000),
        Say(who=C, text=LONG, gap_ms=-300),
        Interrupt(who=A, text=LONG, at_ms=1500, yield_ms=400, succeeds=True),
        Say(who=C, text=LONG, gap_ms=700),
        Interrupt(who=A, text=SHORT, at_ms=500, give_up_ms=600, succeeds=False),
        BackgroundTalk(leg=C, voice="other", text=SHORT, at_ms=100),
        Silence(duration_ms=7000),
        StartTogether(first=A, first_text=LONG, second_text=SHORT),
        Hold(duration_ms=9000, sound="music", announced=True),
        Say(who=A, text=BYE),
        Say(who=C, text=BYE),
        ending=Ending(evidence=("hook_click", "leg_went_dead")),
        conditions=CLEAN,
    )


def test_the_same_seed_gives_the_same_bytes() -> None:
    noisy = msgspec.structs.replace(busy_call(), conditions=Conditions(codec="alaw", snr_db=20))
    first, second, other = compose(noisy, bank(), 3), compose(noisy, bank(), 3), compose(noisy, bank(), 4)
    assert first.samples.tobytes() == second.samples.tobytes()
    assert first.truth.to_json() == second.truth.to_json()
    assert first.samples.tobytes() != other.samples.tobytes()


def test_speech_is_where_the_truth_says_and_nowhere_else() -> None:
    call = compose(busy_call(), bank(), 1)
    truth = call.truth
    whole = Span(0, truth.duration_ms)
    for row, party in enumerate((Role.AGENT, Role.CUSTOMER)):
        speech = truth.speech(party)
        for span in speech:
            assert level(call.clean[row], span) > -30
            assert level(call.clean[row], Span(span.start_ms, span.start_ms + 20)) > -45, "speech begins late"
            assert level(call.clean[row], Span(span.end_ms - 20, span.end_ms)) > -45, "speech ends early"
        for gap in speech.gaps(whole):
            assert level(call.clean[row], gap) < -115


def test_the_channels_hold_silence_but_for_what_the_truth_names() -> None:
    call = compose(busy_call(), bank(), 1)
    truth = call.truth
    for row, party in enumerate(truth.channels):
        named = truth.speech(party).spans + tuple(s.span for s in truth.sounds if s.leg is party)
        occupied = np.zeros(call.samples.shape[1], bool)
        for span in named:
            # a filtered edge rings for some ms
            occupied[max(0, (span.start_ms - 40) * 8) : (span.end_ms + 40) * 8] = True
        assert np.abs(call.samples[row][~occupied]).max() < 1e-3


def test_known_bursts_come_out_at_known_times() -> None:
    truth = compose(script(conditions=CLEAN), bank(), 0).truth
    first, second = truth.utterances
    # the clip speaks for 2000 ms, is silent for 400, speaks for 1600; the lead is 800 ms and the gap 500
    assert [s.duration_ms for s in first.speech] == pytest.approx([2000, 1600], abs=12)
    assert first.span.start_ms == 800
    assert second.span.start_ms - first.span.end_ms == 500
    assert second.span.duration_ms == pytest.approx(1500, abs=12)


def test_levels_are_as_ordered() -> None:
    conditions = Conditions(snr_db=None, agent_level_db=-30, customer_level_db=-20)
    call = compose(script(conditions=conditions), bank(), 0)
    for row, party, wanted in ((0, A, -30), (1, C, -20)):
        parts = [call.clean[row][s.start_ms * 8 : s.end_ms * 8] for s in call.truth.speech(party)]
        got = 10 * np.log10(np.mean(np.concatenate(parts).astype(float) ** 2))
        assert got == pytest.approx(wanted, abs=0.15)


@pytest.mark.parametrize(("stop", "late_ms", "falls_db"), [("cut", 0, -1), ("syllable", 250, -1), ("trail", 160, 8)])
def test_who_yields_stops_as_the_script_says(stop: str, late_ms: int, falls_db: float) -> None:
    yields = msgspec.convert({"do": "interrupt", "who": "agent", "text": LONG, "at_ms": 500, "yield_ms": 400,
                              "succeeds": True, "stop": stop}, Interrupt)  # fmt: skip
    call = compose(script(Say(who=C, text=LONG), yields, conditions=CLEAN), bank(), 1)
    broken = call.truth.utterances[0]
    end = broken.span.end_ms
    assert not broken.complete
    assert 890 <= end - broken.span.start_ms <= 900 + late_ms
    assert level(call.clean[1], Span(end - 10, end)) > -60
    assert level(call.clean[1], Span(end + 2, end + 300)) < -115
    whole, tail = (level(call.clean[1], Span(end - a, end - b)) for a, b in ((500, 300), (60, 20)))
    assert whole - tail >= falls_db


def test_overlaps_are_what_the_script_makes() -> None:
    truth = compose(busy_call(), bank(), 1).truth
    seen = [(o.kind, o.by, o.outcome) for o in truth.overlaps]
    assert seen == [
        (OverlapKind.BACKCHANNEL, C, OverlapOutcome.NONE),
        (OverlapKind.TERMINAL, C, OverlapOutcome.NONE),
        (OverlapKind.INTERRUPTION, A, OverlapOutcome.SUCCESSFUL),
        (OverlapKind.INTERRUPTION, A, OverlapOutcome.ATTEMPTED),
        (OverlapKind.SIMULTANEOUS_START, C, OverlapOutcome.ATTEMPTED),
    ]
    assert truth.overlaps[2].span.duration_ms == pytest.approx(400, abs=12)
    assert truth.overlaps[3].span.duration_ms == pytest.approx(600, abs=12)
    for overlap in truth.overlaps:
        both = truth.speech(A) & truth.speech(C)
        assert both.covered_ms(overlap.span) > 0
    # nobody overlaps but in an event
    extents = [o.span for o in truth.overlaps]
    assert all(any(s in e for e in extents) for s in truth.speech(A) & truth.speech(C))


def test_the_interrupted_one_stops_in_its_sentence() -> None:
    truth = compose(busy_call(), bank(), 1).truth
    broken = [u for u in truth.utterances if not u.complete]
    assert len(broken) == 3
    assert all(0 < len(u.text) < len(u.script_text) for u in broken)


def test_silences_have_their_kind() -> None:
    truth = compose(busy_call(), bank(), 1).truth
    kinds = [p.kind for p in truth.pauses]
    assert kinds[0] is PauseKind.OPENING and kinds[-1] is PauseKind.CLOSING
    (dead,) = [p for p in truth.pauses if p.kind is PauseKind.DEAD_AIR]
    (hold,) = [p for p in truth.pauses if p.kind is PauseKind.HOLD]
    assert dead.span.duration_ms == 7000
    assert (hold.span.duration_ms, hold.music, hold.announced) == (9000, True, True)
    for pause in truth.pauses:
        assert not (truth.speech(A) | truth.speech(C)).covered_ms(pause.span)


@pytest.mark.parametrize("party", ["agent", "customer", "system"])
@pytest.mark.parametrize(
    "evidence",
    [
        (),
        ("leg_went_dead",),
        ("hook_click",),
        ("busy_tone",),
        ("congestion_tone",),
        ("hook_click", "leg_went_dead", "busy_tone"),
    ],
)
def test_an_ending_is_heard_where_the_truth_says(party: str, evidence: tuple[str, ...]) -> None:
    call = compose(script(ending=Ending(party=party, evidence=evidence)), bank(), 1)
    truth = call.truth
    assert truth.ending.evidence == tuple(sorted(evidence))
    strong = set(evidence) - {"hook_click"}
    assert truth.ending.decidable is (bool(strong) and party != "system")
    gone = {"agent": [0], "customer": [1], "system": [0, 1]}[party]
    for sound in truth.sounds:
        row = truth.channels.index(sound.leg)
        assert row in gone
        got = level(call.samples[row], sound.span)
        assert got == -120 if sound.kind == "digital_silence" else got > -35
    if evidence == ("leg_went_dead",) and party != "system":
        tail = Span(truth.ending.at_ms, truth.duration_ms)
        assert not call.samples[gone[0]][tail.start_ms * 8 :].any()
        assert level(call.samples[1 - gone[0]], tail) > -75


def test_tones_have_the_cadence_and_pitch_of_china() -> None:
    call = compose(script(ending=Ending(evidence=("busy_tone",), cycles=4), conditions=CLEAN), bank(), 1)
    (tone,) = [s for s in call.truth.sounds if s.kind == "busy_tone"]
    assert tone.span.duration_ms == 4 * 700
    sound = call.samples[1][tone.span.start_ms * 8 : tone.span.end_ms * 8]
    on, off = sound[: 350 * 8], sound[(350 + 30) * 8 : (700 - 30) * 8]
    spectrum = np.abs(np.fft.rfft(on))
    assert np.argmax(spectrum) * 8000 / len(on) == pytest.approx(450, abs=3)
    assert np.abs(off).max() < 1e-3


def test_a_party_can_go_while_the_other_talks_on() -> None:
    steps = (Say(who=A, text=BYE), Say(who=C, text=LONG, gap_ms=800))
    ending = Ending(party="agent", evidence=("leg_went_dead",), after_ms=300, from_own_last=True)
    call = compose(script(*steps, ending=ending), bank(), 1)
    agent, customer = call.truth.utterances
    assert call.truth.ending.at_ms == agent.span.end_ms + 300 < customer.span.start_ms
    assert not call.samples[0][call.truth.ending.at_ms * 8 :].any()
    assert call.truth.ending.goodbye_agent_ms == agent.span.end_ms


def test_a_call_cut_off_ends_in_speech() -> None:
    call = compose(script(ending=Ending(party="agent", evidence=("cut_off",), cut_ms=300)), bank(), 1)
    truth = call.truth
    assert truth.duration_ms == truth.speech(C).spans[-1].end_ms
    assert level(call.clean[1], Span(truth.duration_ms - 20, truth.duration_ms)) > -45
    assert not truth.ending.decidable


@pytest.mark.parametrize("codec", ["pcm_s16le", "alaw", "ulaw", "gsm610", "ima_adpcm", "float32"])
@pytest.mark.parametrize("layout", list(Layout))
def test_every_codec_keeps_time_and_length(codec: str, layout: Layout, tmp_path: Path) -> None:
    conditions = Conditions(codec=codec, layout=layout, snr_db=None)
    call = compose(script(conditions=conditions), bank(), 1)
    assert call.samples.shape[0] == (1 if layout is Layout.MONO else 2)
    after, before = (np.convolve(np.square(x[0], dtype=float), np.ones(40)) for x in (call.samples, call.before_codec))
    shift = int(np.argmax(correlate(after, before, "same", "fft"))) - len(after) // 2
    assert abs(shift) <= 8, "the codec delays the sound by a millisecond or more"
    path = call.write(tmp_path)
    read, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate == 8000
    frames = call.samples.shape[1]
    assert frames <= len(read) < frames + 1100  # block codecs fill their last block
    np.testing.assert_allclose(read[:frames].T, call.samples, atol=1 / 32768)
    assert CallTruth.load(tmp_path / "test.truth.json") == call.truth


def test_bleed_arrives_at_its_level_and_delay() -> None:
    conditions = Conditions(snr_db=None, bleed_db=-20, bleed_delay_ms=60)
    call = compose(script(Say(who=A, text=LONG), Say(who=C, text=SHORT, gap_ms=1500), conditions=conditions), bank(), 1)
    (span, *_) = call.truth.speech(A).spans
    copy = Span(span.start_ms + 60, span.end_ms + 60)
    assert level(call.samples[1], copy) - level(call.samples[0], span) == pytest.approx(-20, abs=0.2)
    np.testing.assert_allclose(
        call.samples[1][copy.start_ms * 8 : copy.end_ms * 8],
        0.1 * call.samples[0][span.start_ms * 8 : span.end_ms * 8],
        atol=1e-4,
    )


def test_bleed_from_a_room_is_as_loud_and_lasts() -> None:
    conditions = Conditions(snr_db=None, bleed_db=-20, bleed_delay_ms=60, bleed_room_ms=300)
    call = compose(script(Say(who=A, text=LONG), Say(who=C, text=SHORT, gap_ms=1500), conditions=conditions), bank(), 1)
    (span, *_) = call.truth.speech(A).spans
    copy, behind = Span(span.start_ms + 60, span.end_ms + 60), Span(span.end_ms + 70, span.end_ms + 130)
    assert level(call.samples[1], copy) - level(call.samples[0], span) == pytest.approx(-20, abs=3)
    assert -25 < level(call.samples[1], behind) - level(call.samples[1], copy) < 0
    assert level(call.samples[0], behind) < -90


@pytest.mark.parametrize("kind", sorted(ROOMS))
def test_a_room_sounds_at_its_level_and_is_nobody_speaking(kind: str) -> None:
    steps = (Say(who=A, text=LONG), Say(who=C, text=SHORT, gap_ms=1500))
    whole_band = replace(CLEAN, band_hz=None)
    quiet = compose(script(*steps, conditions=whole_band), bank(), 1)
    loud = compose(script(*steps, conditions=replace(whole_band, room=kind, room_db=-20.0)), bank(), 1)
    added = loud.samples - quiet.samples
    heard = np.abs(added[0]) > 1e-4
    assert heard.any()
    rms = 10 * np.log10(np.mean(added[0][heard] ** 2))
    assert CLEAN.agent_level_db - 21 < rms < CLEAN.agent_level_db - 20 + 12  # strokes are louder than their mean
    assert loud.truth.utterances == quiet.truth.utterances


def test_a_room_nobody_knows_is_refused() -> None:
    with pytest.raises(ScriptError, match="no such room: attic; there are keys"):
        compose(script(conditions=replace(CLEAN, room="attic")), bank(), 1)


def test_layouts() -> None:
    stereo = compose(script(conditions=CLEAN), bank(), 1)
    swapped = compose(script(conditions=Conditions(snr_db=None, swapped=True)), bank(), 1)
    np.testing.assert_array_equal(stereo.samples[::-1], swapped.samples)
    assert swapped.truth.channels == (C, A)
    dual = compose(script(conditions=Conditions(snr_db=None, layout=Layout.DUAL_MONO)), bank(), 1)
    np.testing.assert_array_equal(dual.samples[0], dual.samples[1])
    assert dual.truth.channels == ()


def test_noise_lies_under_speech_by_the_ratio() -> None:
    call = compose(script(conditions=Conditions(snr_db=15, agent_level_db=-22)), bank(), 1)
    assert level(call.samples[0], Span(0, 700)) == pytest.approx(-37, abs=0.5)


def test_a_dead_hold_is_digital_silence() -> None:
    call = compose(script(Say(who=A, text=LONG), Hold(duration_ms=8000, sound="dead"), Say(who=A, text=BYE)), bank(), 1)
    (dead,) = [s for s in call.truth.sounds if s.kind == "digital_silence"]
    assert not call.samples[0][dead.span.start_ms * 8 : dead.span.end_ms * 8].any()
    assert call.samples[1][dead.span.start_ms * 8 : dead.span.end_ms * 8].any()


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((Say(who=A, text=SHORT), Backchannel(who=C, text=YES, at_ms=1400)), "outlasts"),
        ((Say(who=A, text=SHORT), Interrupt(who=C, text=SHORT, at_ms=1300, succeeds=True)), "not an interruption"),
        ((Say(who=A, text=LONG), Interrupt(who=C, text=SHORT, at_ms=500, succeeds=True)), "succeeds"),
        ((Say(who=A, text=LONG), Interrupt(who=A, text=SHORT, at_ms=500, succeeds=True)), "no turn"),
        ((Backchannel(who=C, text=YES, at_ms=10),), "no turn"),
        ((Say(who=A, text=LONG), Say(who=C, text=SHORT, gap_ms=-900)), "interruption"),
        ((Say(who=A, text=LONG), Say(who=C, text=YES, gap_ms=-500)), "ends before"),
        ((Silence(duration_ms=100),), "nobody"),
    ],
)
def test_a_script_that_cannot_be_is_refused(steps: tuple, why: str) -> None:
    with pytest.raises(ScriptError, match=why):
        compose(script(*steps), bank(), 0)


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (Say(who=A, text="没有这句话"), "no clip in which a says '没有这句话'$"),
        (Say(who=A, text="一二三四六"), "no clip in which a says '一二三四六'; the nearest is '一二三四五'"),
        (Say(who=A, text=SHORT, voice="zz"), "no clip of voice 'zz'; the bank has a, c, other"),
        (Say(who=A, text=SHORT, clip="a/嗯"), "no clip is named 'a/嗯'; the nearest is 'a/嗯。'"),
        (BackgroundTalk(leg=A, voice="zz", text=SHORT), "no clip of voice 'zz'"),
        (Hold(duration_ms=9000, played=(Announcement(voice="zz", text=SHORT),)), "no clip of voice 'zz'"),
    ],
)
def test_a_line_that_nobody_says_is_refused_with_its_step_and_what_there_is(step: AnyStep, why: str) -> None:
    with pytest.raises(LookupError, match=f"^test, step 2: {why}"):
        compose(script(Say(who=C, text=LONG), step), bank(), 0)


def test_truth_fits_its_schema_and_reads_back() -> None:
    truth = compose(busy_call(), bank(), 1).truth
    jsonschema.validate(msgspec.json.decode(truth.to_json()), truth_schema())
    assert CallTruth.from_json(truth.to_json()) == truth


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((Say(who=C, text=SHORT, gap_ms=-900),), "give -500 or more, or `interrupt`"),
        ((Interrupt(who=C, text=SHORT, at_ms=9000, succeeds=True),), "9000 ms into a turn of 40.. ms.*of 35.. or less"),
        ((Say(who=C, text=YES), Interrupt(who=A, text=SHORT, at_ms=9, succeeds=True)), "none is possible"),
        ((Backchannel(who=A, text=YES, at_ms=10),), "the last is the agent's own"),
        ((Say(who=A, text=SHORT, gap_ms=-400),), f"'{SHORT}' begins 400 ms before '{LONG}' ends"),
        ((Hold(duration_ms=9000, sound="musik"),), "step 2: no such sound of a hold: musik; there are line, dead"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_says_what_can(steps: tuple[AnyStep, ...], why: str) -> None:
    with pytest.raises(ScriptError, match=why):
        compose(script(Say(who=A, text=LONG), *steps), bank(), 0)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"name": "../elsewhere"}, "'../elsewhere' is to be a file's, without a folder"),
        ({"name": ""}, "is to be a file's"),
        ({"ending": Ending(party="costumer")}, "no such party that ends a call: costumer; there are agent, customer"),
        ({"ending": Ending(evidence=("bang",))}, "no such evidence of an ending: bang; there are hook_click"),
        ({"ending": Ending(party="system", other_muted=True)}, "other_muted needs an ending by agent or customer"),
        ({"ending": Ending(party="customer", other_muted=True), "steps": (Say(who=C, text=LONG),)},
         "other_muted, but the agent never speaks"),
        ({"conditions": Conditions(codec="mp3")}, "no such codec: mp3; there are pcm_s16le"),
        ({"conditions": Conditions(band_hz=(3400, 300))}, r"band_hz is \[3400, 300\]: the lower edge stands first"),
        ({"conditions": Conditions(bleed_db=-20, bleed_delay_ms=-50)}, "bleed_delay_ms is -50"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_with_what_there_is(changed: dict[str, object], why: str) -> None:
    with pytest.raises(ScriptError, match=why):
        compose(msgspec.structs.replace(script(Say(who=A, text=LONG)), **changed), bank(), 0)


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("s.yaml", "name: [", "while parsing"),
        ("s.json", "{", "Input data was truncated"),
        ("s.yaml", "", "got `null`"),
        ("s.json", '{"name": "s", "agent_voice": "a", "customer_voice": "c", "steps": [], "conditions": {"snr": 3}}',
         "conditions hold unknown snr"),
        ("s.json", '{"name": "s", "agent_voice": "a", "customer_voice": "c", "steps": [], "ending": {"party": "x"}}',
         r"'x' - at `\$.ending.party`"),
        ("s.json", '{"name": "s", "agent_voice": "a", "customer_voice": "c", "steps": '
         '[{"do": "say", "who": "agent", "text": "一", "gap_ms": 3000000}]}', r"<= 600000 - at `\$.steps\[0\].gap_ms`"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_script_is_named_with_the_place(tmp_path: Path, file: str, text: str, why: str) -> None:
    (tmp_path / file).write_text(text, "utf-8")
    with pytest.raises(UsageError, match=f"{file}.*{why}"):
        Script.load(tmp_path / file)


def test_a_script_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml can't be read"):
        Script.load(str(tmp_path / "nowhere.yaml"))


@pytest.mark.parametrize(
    ("version", "without", "why"),
    [
        ("2.0", None, "schema version 2.0, this program reads 1.0"),
        ("2.0", "sounds", "schema version 2.0, this program reads 1.0"),
        ("0.9", "ending", "schema version 0.9"),
        ("1.0", "sounds", "missing required field `sounds`"),
    ],
)
def test_a_truth_of_another_version_or_none_is_named(
    tmp_path: Path, version: str, without: str | None, why: str
) -> None:
    held = msgspec.json.decode(compose(busy_call(), bank(), 1).truth.to_json()) | {"schema_version": version}
    held.pop(without, None)
    (tmp_path / "a.truth.json").write_bytes(msgspec.json.encode(held))
    with pytest.raises(UsageError, match=re.escape(why)) as refused:
        CallTruth.load(tmp_path / "a.truth.json")
    assert "a.truth.json" in refused.value.seen and refused.value.todo.startswith("Compose the call again")
    assert not jsonschema.Draft202012Validator(truth_schema()).is_valid(held)


@pytest.mark.parametrize("place", ["utterances/0/kind", "sounds/0/kind", "ending/party"])
def test_words_that_no_truth_has_are_refused_by_reader_and_schema(place: str) -> None:
    held = at = msgspec.json.decode(compose(busy_call(), bank(), 1).truth.to_json())
    *path, last = (int(step) if step.isdigit() else step for step in place.split("/"))
    for step in path:
        at = at[step]
    at[last] = "song"
    assert not jsonschema.Draft202012Validator(truth_schema()).is_valid(held)
    with pytest.raises(UsageError, match=f"song.*{last}"):
        CallTruth.from_json(msgspec.json.encode(held))


def test_a_truth_that_is_not_there_or_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "call.truth.json").write_bytes(b"RIFF")
    for name, why in (("call.truth.json", "no truth of a composed call"), ("nowhere", "No such file")):
        with pytest.raises(UsageError, match=f"{name}.*{why}"):
            CallTruth.load(tmp_path / name)


def test_a_script_reads_from_yaml_and_json(tmp_path: Path) -> None:
    whole = busy_call()
    (tmp_path / "s.json").write_bytes(msgspec.json.encode(whole))
    (tmp_path / "s.yaml").write_bytes(msgspec.yaml.encode(whole))
    assert Script.load(tmp_path / "s.json") == Script.load(tmp_path / "s.yaml") == whole
    (tmp_path / "bad.yaml").write_text("name: x\nagent_voice: a\ncustomer_voice: c\nsteps: [{do: sing}]\n")
    with pytest.raises(UsageError, match=r"bad\.yaml: .*'sing' - at `\$\.steps\[0\]"):
        Script.load(tmp_path / "bad.yaml")


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100])
def test_any_rate(rate: int) -> None:
    call = compose(script(conditions=CLEAN, rate_hz=rate), bank(), 0)
    assert call.samples.shape[1] == call.truth.duration_ms * rate // 1000
    assert call.truth.utterances[0].span.duration_ms == pytest.approx(4000, abs=14)


def test_a_clip_without_sound_is_refused() -> None:
    silent = burst([(0, 10)], "a", "无")
    lines = bank()
    lines.add(silent)
    with pytest.raises(ScriptError, match="no speech energy"):
        compose(script(Say(who=A, text="无")), lines, 0)


def test_a_machine_speaks_before_and_after_the_turns_and_is_nobody() -> None:
    played = Announcement(voice="other", text=SHORT, gap_ms=800)
    turns = (Say(who=A, text=LONG), Say(who=C, text=BYE))
    alone = compose(script(*turns), bank(), 1).truth
    call = compose(script(played, *turns, played), bank(), 1).truth
    first, last = (s.span for s in call.sounds if s.kind == "announcement")
    assert first.end_ms < call.utterances[0].span.start_ms
    assert call.utterances[-1].span.end_ms + 800 == last.start_ms
    assert call.ending.at_ms > last.end_ms
    later = call.utterances[0].span.start_ms - alone.utterances[0].span.start_ms
    assert [u.span for u in call.utterances] == [u.span.shift(later) for u in alone.utterances]


@pytest.mark.parametrize("sound", ["line", "dead", "music"])
@pytest.mark.parametrize("beneath_db", [None, -10.0])
def test_a_machine_speaks_in_a_hold_which_stays_one(sound: str, beneath_db: float | None) -> None:
    played = Announcement(voice="other", text=SHORT, gap_ms=3000)
    held = Hold(duration_ms=15_000, sound=sound, announced=True, played=(played, played), beneath_db=beneath_db)
    back = Say(who=A, text=BYE, voice="other")
    call = compose(script(Say(who=A, text=LONG), held, back, conditions=CLEAN), bank(), 1)
    truth = call.truth
    (hold,) = [p for p in truth.pauses if p.kind is PauseKind.HOLD]
    assert hold.span.duration_ms == 15_000
    first, second = (s.span for s in truth.sounds if s.kind == "announcement")
    assert (first.start_ms - hold.span.start_ms, second.start_ms - first.end_ms) == (3000, 3000)
    assert level(call.samples[0], first) == pytest.approx(Conditions().agent_level_db, abs=1)
    between = level(call.samples[0], Span(first.end_ms + 200, second.start_ms - 200))
    assert (between > -40) == (sound == "music")
    (last,) = [u for u in truth.utterances if u.text == BYE]
    assert (last.voice, last.party) == ("other", A)


def test_what_is_played_longer_than_the_hold_lasts_is_refused() -> None:
    held = Hold(duration_ms=4000, played=(Announcement(voice="other", text=SHORT, gap_ms=3000),))
    with pytest.raises(ScriptError, match="outlasts the hold"):
        compose(script(Say(who=A, text=LONG), held, Say(who=A, text=BYE)), bank(), 1)
