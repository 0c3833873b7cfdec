"""Whisper itself, on the sample calls of the fixtures."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from analyzer.call.legs import look_at_legs
from analyzer.call.wav import read_call
from analyzer.errors import ModelError
from analyzer.spans import Timeline
from analyzer.speech.activity import find_speech
from analyzer.speech.mandarin import simplify, spoken_key
from analyzer.speech.model import ModelFolder
from analyzer.speech.recognizer import HeardWord, WhisperRecognizer, _characters, _token_starts
from analyzer.speech.transcribe import transcribe
from analyzer.testing.truth import CallTruth

AUDIO = Path(__file__).parents[2] / "fixtures" / "audio"


@pytest.mark.e2e
def test_the_same_sound_gives_the_same_words_with_any_number_of_threads(recognizer, model_folder, sound):
    first = recognizer.recognize(sound)
    assert "服务" in simplify(first.text)
    assert recognizer.recognize(sound) == first
    assert WhisperRecognizer(model_folder, threads=1).recognize(sound).text == first.text


@pytest.mark.e2e
def test_windows_heard_together_give_what_each_gives_alone(recognizer, sound):
    scrap, short = sound[:200], sound[: len(sound) // 3]
    sounds = [sound, short, scrap, sound[::-1].copy(), sound * 0.1, sound[1600:], sound[3200:]]
    together = recognizer.recognize_many(sounds)
    assert together == tuple(recognizer.recognize(s) for s in sounds)
    assert together[2].words == ()
    assert together[0].text and together[0] != together[1]


@pytest.mark.e2e
def test_words_are_in_order_and_inside_the_window(recognizer, sound):
    words = recognizer.recognize(sound).words
    assert all(0 <= w.start_ms <= w.end_ms <= len(sound) // 16 + 50 for w in words)
    assert all(a.end_ms <= b.end_ms for a, b in pairwise(words))
    assert all(0 <= w.probability <= 1 for w in words)


@pytest.mark.e2e
def test_the_sound_fits_its_own_text_best(recognizer, sound):
    texts = [
        "您好我是某服务中心三十二号竭诚为您服务我有什么可以帮助您",
        "您好我是某服务中心三十二号竭诚为您服务我没什么可以帮助您",
        "先生您的话费是按照每分钟三毛钱收取的请您放心使用没有问题",
    ]
    scored = recognizer.score(sound, texts)
    right, near, other = (sum(t.log_probability for t in tokens) for tokens in scored)
    assert right > near > other
    worst = min(scored[1], key=lambda t: t.log_probability)
    assert "没" in texts[1][worst.start : worst.end]
    assert recognizer.score(sound, [""]) == ((),)


@pytest.mark.e2e
def test_texts_scored_together_get_what_each_gets_alone_with_any_number_of_threads(recognizer, model_folder, sound):
    texts = ["您好我是某服务中心三十二号", "", "您好我是某服务中心", "你好我是服务中心三二号竭诚为您服务"]
    together = recognizer.score(sound, texts)
    assert together == tuple(recognizer.score(sound, [t])[0] for t in texts)
    assert together == WhisperRecognizer(model_folder, threads=1).score(sound, texts)
    for long, short in zip(together[0], together[2], strict=False):  # what follows changes nothing before it
        assert long[:2] == short[:2] and long.log_probability == pytest.approx(short.log_probability, abs=0.2)
    assert together[1] == () and all(texts[0][t.start : t.end] for t in together[0])


@pytest.mark.e2e
@pytest.mark.parametrize("frames", [0, 1, 399, 800, 16_000])
def test_silence_and_scraps_do_no_harm(recognizer, frames):
    heard = recognizer.recognize(np.zeros(frames, np.float32))
    assert len(heard.text) < 40


@pytest.mark.e2e
@pytest.mark.parametrize(("name", "most"), [("d0-well-handled", 0.15), ("d2-kept-waiting", 0.20)])
def test_a_sample_call_is_transcribed(recognizer, name, most):
    truth = CallTruth.from_json((AUDIO / f"{name}.truth.json").read_bytes())
    legs = look_at_legs(read_call(AUDIO / f"{name}.wav"))
    voices = find_speech(legs)
    transcript = transcribe(legs, voices, recognizer)
    errors = length = 0
    for channel, party in enumerate(truth.channels):
        said = spoken_key("".join(u.text for u in truth.utterances if u.party is party))
        heard = spoken_key("".join(u.text for u in transcript.utterances if u.speaker == channel))
        errors += edits(said, heard)
        length += len(said)
    assert errors / length <= most
    for utterance in transcript.utterances:
        speech: Timeline = voices.activities[utterance.speaker].speech
        assert all(speech.covered_ms(w.span) == w.span.duration_ms > 0 for w in utterance.words)
    if name == "d2-kept-waiting":  # the shorter one
        assert transcribe(legs, voices, recognizer) == transcript


def edits(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def test_a_folder_that_is_no_model(tmp_path):
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(ModelError) as error:
        WhisperRecognizer(ModelFolder(tmp_path, "broken", "0" * 64))
    assert error.value.code == "model.unusable"


def test_a_silence_before_a_token_is_not_part_of_its_characters():
    words = _characters(HeardWord("再见", 1000, 2600, 0.9), is_last=False)
    assert [(w.text, w.start_ms, w.end_ms) for w in words] == [("再", 2200, 2400), ("见", 2400, 2600)]
    (word,) = _characters(HeardWord("嗯", 1000, 4000, 0.9), is_last=True)
    assert (word.start_ms, word.end_ms) == (1000, 1200)


def test_latin_letters_stay_together_and_marks_follow_their_character():
    words = _characters(HeardWord("好,OK", 0, 600, 0.9), is_last=False)
    assert [w.text for w in words] == ["好,", "OK"]


def test_every_token_has_a_time_even_where_the_path_skips_it():
    starts = _token_starts([(0, 0), (0, 5), (2, 9), (2, 20)], 3)
    assert list(starts) == [0, 180, 180, 420]
