"""Whisper cut down to Mandarin's tokens: files made up here, and the packaged model."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer
from whisper_files import BYTE, SIZE, SPECIAL, TIMES, binary, few, make_whisper, shown

from analyzer.speech import vocabulary
from analyzer.speech.recognizer import DecodingSettings, WhisperRecognizer
from analyzer.speech.vocabulary import VocabularySettings, WholeError, cut


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.setattr(vocabulary, "MULTILINGUAL", 100)
    return make_whisper(tmp_path)


@pytest.fixture
def target(tmp_path_factory):
    return tmp_path_factory.mktemp("cut")


@pytest.mark.parametrize("kind", [np.float16, np.int8])
def test_rows_names_and_ids_go_together(made, target, kind):
    before = json.loads((made / "vocabulary.json").read_bytes())
    (made / "model.bin").write_bytes(binary(len(before), kind))
    said = cut(made, target, few(made))
    kept = json.loads((target / "vocabulary.json").read_bytes())
    places = [before.index(t) for t in kept]
    assert places == sorted(places) and set(SPECIAL) <= set(kept) and not set(TIMES) & set(kept)
    assert {shown("话"), "Apps", "App", "Wor", *vocabulary._BYTES} <= set(kept)
    assert not {"Wort", shown("своё"), shown("сво")} & set(kept)
    assert said.startswith(f"{len(kept)} of {len(before)} tokens")

    data = (target / "model.bin").read_bytes()
    rows = np.repeat(places, SIZE).astype(kind).tobytes()
    expected = binary(len(before), kind)
    table = np.repeat(np.arange(len(before)), SIZE).astype(kind).tobytes()
    expected = expected.replace(struct.pack("<BIII", 2, len(before), SIZE, 0)[:5], b"\2" + struct.pack("<I", len(kept)))
    expected = expected.replace(struct.pack("<I", len(table)) + table, struct.pack("<I", len(rows)) + rows)
    if kind is np.int8:
        name, scale = b"weight_scale\0", np.arange(len(before), dtype=np.float32).tobytes()
        old = name + struct.pack("<BIBI", 1, len(before), 4, len(scale)) + scale
        new = np.array(places, np.float32).tobytes()
        expected = expected.replace(old, name + struct.pack("<BIBI", 1, len(kept), 4, len(new)) + new)
    assert data == expected

    config = json.loads((target / "config.json").read_bytes())
    assert [kept[i] for i in config["suppress_ids"]] == [before[5], "<|notimestamps|>"]
    assert config["alignment_heads"] == [[3, 1]]
    tokenizer = json.loads((target / "tokenizer.json").read_bytes())
    named = tokenizer["model"]["vocab"] | {t["content"]: t["id"] for t in tokenizer["added_tokens"]}
    assert sorted(named, key=named.__getitem__) == kept
    assert {a + b for a, b in tokenizer["model"]["merges"]} == set(tokenizer["model"]["vocab"]) - set(BYTE.values())
    assert (target / "preprocessor_config.json").read_text() == '{"feature_size": 128}'


def _shorter(folder: Path) -> None:
    (folder / "model.bin").write_bytes((folder / "model.bin").read_bytes()[:400])


def _other_form(folder: Path) -> None:
    (folder / "model.bin").write_bytes(
        binary(len(json.loads((folder / "vocabulary.json").read_bytes())), np.float16, 7)
    )


def _more_rows(folder: Path) -> None:
    (folder / "model.bin").write_bytes(
        binary(2 * len(json.loads((folder / "vocabulary.json").read_bytes())), np.float16)
    )


def _other_names(folder: Path) -> None:
    names = json.loads((folder / "vocabulary.json").read_bytes())
    (folder / "vocabulary.json").write_text(json.dumps([names[1], names[0], *names[2:]]))


def _no_times(folder: Path) -> None:
    (folder / "tokenizer.json").write_text((folder / "tokenizer.json").read_text().replace("<|notimestamps|>", "<|x|>"))


def _no_json(folder: Path) -> None:
    (folder / "tokenizer.json").write_bytes(b"\xff")


@pytest.mark.parametrize("spoil", [_shorter, _other_form, _more_rows, _other_names, _no_times, _no_json])
def test_other_files_than_expected_leave_the_model_whole(made, target, spoil):
    spoil(made)
    with pytest.raises(WholeError, match="its files are of an unknown form"):
        cut(made, target, few(made))


def test_english_models_and_those_whose_table_is_small_stay_whole(made, target, monkeypatch):
    monkeypatch.setattr(vocabulary, "LEAST_SHARE", 0.99)
    with pytest.raises(WholeError, match="too few to be worth it"):
        cut(made, target, few(made))
    monkeypatch.setattr(vocabulary, "LEAST_SHARE", 0.1)
    monkeypatch.setattr(vocabulary, "MULTILINGUAL", 51_865)
    with pytest.raises(WholeError):
        cut(made, target, few(made))


def test_a_vocabulary_in_text_is_read_as_well(made, target):
    names = json.loads((made / "vocabulary.json").read_bytes())
    settings = few(made)
    said = cut(made, target, settings)
    (made / "vocabulary.json").unlink()
    (made / "vocabulary.txt").write_text("\n".join(names) + "\n", "utf-8")
    assert cut(made, target, settings) == said


TEXTS = [
    "您好,我是某服务中心三十二号,竭诚为您服务!",
    "請問您的電話號碼是多少?《幸運符號》、…—“”",
    "我的App和VIP卡、Wi-Fi、SIM、iPhone 15、OK,GPS,Google,Hello",
    "鳕鼹鑫𠮷1397.5%￥",
]
OTHERS = ["disproportionately", "ありがとう", "안녕하세요", "Спасибо", "cuestión 🎵"]


def test_mandarin_is_written_with_the_same_tokens_and_everything_else_with_smaller_ones(model_folder, target):
    whole = Tokenizer.from_file(str(model_folder.path / "tokenizer.json"))
    cut(model_folder.path, target, VocabularySettings())
    smaller = Tokenizer.from_file(str(target / "tokenizer.json"))
    assert smaller.get_vocab_size() < 20_000
    for text in TEXTS + OTHERS:
        was, now = (t.encode(text, add_special_tokens=False) for t in (whole, smaller))
        assert smaller.decode(now.ids) == text
        assert (now.tokens == was.tokens) == (text in TEXTS)
        if text in TEXTS:
            assert now.offsets == was.offsets
    assert all(smaller.token_to_id(t) is not None for t in ("<|startoftranscript|>", "<|zh|>", "<|endoftext|>"))


@pytest.mark.e2e
def test_what_stays_is_as_likely_as_before_or_a_little_more(recognizer, model_folder, sound):
    whole = WhisperRecognizer(model_folder, settings=DecodingSettings(vocabulary=None))
    assert recognizer.identity.engine != whole.identity.engine
    assert recognizer.identity.settings != whole.identity.settings
    assert recognizer.recognize(sound).text == whole.recognize(sound).text
    right, wrong = "您好我是某服务中心三十二号竭诚为您服务", "您好我是某服务中心三十二号竭诚为你付钱"
    for was, now in zip(whole.score(sound, [right, wrong]), recognizer.score(sound, [right, wrong]), strict=True):
        assert [t[:2] for t in was] == [t[:2] for t in now]
        gained = [b.log_probability - a.log_probability for a, b in zip(was, now, strict=True)]
        assert min(gained) > -1e-3 and max(gained) < 0.2
    (other,) = recognizer.score(sound, ["disproportionately"])
    assert (other[0].start, other[-1].end) == (0, 18) and len(other) > 1
