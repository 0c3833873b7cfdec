"""Whisper cut down to Mandarin's tokens: files made up here, and the packaged model."""

import json
import os
import struct
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from analyzer.errors import ModelError
from analyzer.speech import vocabulary
from analyzer.speech.recognizer import DecodingSettings, WhisperRecognizer
from analyzer.speech.vocabulary import VocabularySettings, cut_to_mandarin

BYTE = {b: c for c, b in vocabulary._BYTES.items()}
SPECIAL = ["<|endoftext|>", "<|startoftranscript|>", "<|zh|>", "<|transcribe|>", "<|notimestamps|>"]
TIMES = ["<|0.00|>", "<|0.02|>"]
SIZE = 4  # numbers a token


def shown(text: str) -> str:
    return "".join(BYTE[b] for b in text.encode())


def tokens_of(*words: str) -> tuple[list[str], list[list[str]]]:
    """A vocabulary of all bytes and these words, and the merges that make them, from the left."""
    tokens, merges = list(vocabulary._BYTES), []
    for word in words:
        spelled = shown(word)
        for end in range(2, len(spelled) + 1):
            if spelled[:end] not in tokens:
                tokens.append(spelled[:end])
                merges.append([spelled[: end - 1], spelled[end - 1]])
    return tokens, merges


def binary(count: int, kind: type, version: int = 6) -> bytes:
    """A model.bin with a token table and two other arrays; row i of the table is full of i."""

    def string(text: str) -> bytes:
        return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"

    def array(name: str, values: np.ndarray) -> bytes:
        shape = struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)
        return string(name) + shape + struct.pack("<BI", 4, values.nbytes) + values.tobytes()

    table = np.repeat(np.arange(count), SIZE).reshape(count, SIZE).astype(kind)
    arrays = [("decoder/embeddings/weight", table)]
    if kind is np.int8:
        arrays.append(("decoder/embeddings/weight_scale", np.arange(count, dtype=np.float32)))
    arrays = [
        *arrays,
        ("decoder/layer_0/weight", np.arange(count, dtype=np.float32)),  # as long by chance
        ("encoder/num_heads", np.array(8, np.int16)),
    ]
    head = struct.pack("<I", version) + string("WhisperSpec") + struct.pack("<II", 3, len(arrays))
    alias = struct.pack("<I", 1) + string("decoder/projection/weight") + string("decoder/embeddings/weight")
    return head + b"".join(array(*a) for a in arrays) + alias


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A folder with 话, Apps, Wort and своё, whose last is suppressed; Apps alone is frequent."""
    monkeypatch.setattr(vocabulary, "MULTILINGUAL", 100)
    tokens, merges = tokens_of("话", "Apps", "Wort", "своё")
    count = len(tokens) + len(SPECIAL) + len(TIMES)
    added = [{"id": len(tokens) + i, "content": t} for i, t in enumerate(SPECIAL)]
    tokenizer = {
        "added_tokens": added,
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "vocab": {t: i for i, t in enumerate(tokens)}, "merges": merges},
    }
    config = {"suppress_ids": [5, tokens.index(shown("своё")), count - len(TIMES) - 1], "alignment_heads": [[3, 1]]}
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    (tmp_path / "vocabulary.json").write_text(json.dumps([*tokens, *SPECIAL, *TIMES]))
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.bin").write_bytes(binary(count, np.float16))
    (tmp_path / "preprocessor_config.json").write_text('{"feature_size": 128}')
    return tmp_path


def few(folder: Path) -> VocabularySettings:
    tokens = json.loads((folder / "vocabulary.json").read_bytes())
    return VocabularySettings(frequent=tokens.index("Apps") + 1)


@pytest.mark.parametrize("kind", [np.float16, np.int8])
def test_rows_names_and_ids_go_together(made, kind):
    before = json.loads((made / "vocabulary.json").read_bytes())
    (made / "model.bin").write_bytes(binary(len(before), kind))
    with cut_to_mandarin(made, few(made)) as model:
        assert model.is_cut and model.path != made
        kept = json.loads((model.path / "vocabulary.json").read_bytes())
        places = [before.index(t) for t in kept]
        assert places == sorted(places) and set(SPECIAL) <= set(kept) and not set(TIMES) & set(kept)
        assert {shown("话"), "Apps", "App", "Wor", *vocabulary._BYTES} <= set(kept)
        assert not {"Wort", shown("своё"), shown("сво")} & set(kept)
        assert model.tokens.startswith(f"{len(kept)} of {len(before)} tokens")

        data = (model.path / "model.bin").read_bytes()
        rows = np.repeat(places, SIZE).astype(kind).tobytes()
        expected = binary(len(before), kind)
        table = np.repeat(np.arange(len(before)), SIZE).astype(kind).tobytes()
        expected = expected.replace(
            struct.pack("<BIII", 2, len(before), SIZE, 0)[:5], b"\2" + struct.pack("<I", len(kept))
        )
        expected = expected.replace(struct.pack("<I", len(table)) + table, struct.pack("<I", len(rows)) + rows)
        if kind is np.int8:
            name, scale = b"weight_scale\0", np.arange(len(before), dtype=np.float32).tobytes()
            old = name + struct.pack("<BIBI", 1, len(before), 4, len(scale)) + scale
            new = np.array(places, np.float32).tobytes()
            expected = expected.replace(old, name + struct.pack("<BIBI", 1, len(kept), 4, len(new)) + new)
        assert data == expected

        config = json.loads((model.path / "config.json").read_bytes())
        assert [kept[i] for i in config["suppress_ids"]] == [before[5], "<|notimestamps|>"]
        assert config["alignment_heads"] == [[3, 1]]
        tokenizer = json.loads((model.path / "tokenizer.json").read_bytes())
        named = tokenizer["model"]["vocab"] | {t["content"]: t["id"] for t in tokenizer["added_tokens"]}
        assert sorted(named, key=named.__getitem__) == kept
        assert {a + b for a, b in tokenizer["model"]["merges"]} == set(tokenizer["model"]["vocab"]) - set(BYTE.values())
        assert (model.path / "preprocessor_config.json").read_text() == '{"feature_size": 128}'
    assert not model.path.exists()


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
def test_other_files_than_expected_leave_the_model_whole(made, spoil):
    spoil(made)
    with cut_to_mandarin(made, few(made)) as model:
        assert (model.path, model.is_cut) == (made, False)
        assert model.tokens == "all tokens, its files are of an unknown form"


def test_english_models_and_those_whose_table_is_small_stay_whole(made, monkeypatch):
    with cut_to_mandarin(made, None) as asked:
        assert (asked.path, asked.tokens) == (made, "all tokens, as asked")
    monkeypatch.setattr(vocabulary, "LEAST_SHARE", 0.99)
    with cut_to_mandarin(made, few(made)) as large:
        assert (large.path, large.tokens) == (made, "all tokens, too few to be worth it")
    monkeypatch.setattr(vocabulary, "LEAST_SHARE", 0.1)
    monkeypatch.setattr(vocabulary, "MULTILINGUAL", 51_865)
    with cut_to_mandarin(made, few(made)) as english:
        assert not english.is_cut


def test_a_vocabulary_in_text_is_read_as_well(made):
    names = json.loads((made / "vocabulary.json").read_bytes())
    settings = few(made)
    with cut_to_mandarin(made, settings) as json_model:
        pass
    (made / "vocabulary.json").unlink()
    (made / "vocabulary.txt").write_text("\n".join(names) + "\n", "utf-8")
    with cut_to_mandarin(made, settings) as text_model:
        assert text_model.tokens == json_model.tokens and text_model.is_cut


def test_what_a_killed_process_left_is_swept_and_what_is_young_is_spared(made, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, young = tmp_path / "analyzer-model-a", tmp_path / "analyzer-model-b"
    for left in (old, young):
        left.mkdir()
        (left / "model.bin").write_bytes(b"half")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    with cut_to_mandarin(made, few(made)) as model:
        assert model.path.parent == tmp_path
    assert [p.name for p in tmp_path.glob("analyzer-model-*")] == [young.name]


def test_no_room_in_the_temporary_folder(made, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vocabulary, "_write", full)
    with pytest.raises(ModelError, match="No space left") as error, cut_to_mandarin(made, few(made)):
        pass
    assert error.value.code == "model.cache"


TEXTS = [
    "您好,我是某服务中心三十二号,竭诚为您服务!",
    "請問您的電話號碼是多少?《幸運符號》、…—“”",
    "我的App和VIP卡、Wi-Fi、SIM、iPhone 15、OK,GPS,Google,Hello",
    "鳕鼹鑫𠮷1397.5%￥",
]
OTHERS = ["disproportionately", "ありがとう", "안녕하세요", "Спасибо", "cuestión 🎵"]


def test_mandarin_is_written_with_the_same_tokens_and_everything_else_with_smaller_ones(model_folder):
    whole = Tokenizer.from_file(str(model_folder.path / "tokenizer.json"))
    with cut_to_mandarin(model_folder.path, VocabularySettings()) as model:
        cut = Tokenizer.from_file(str(model.path / "tokenizer.json"))
    assert cut.get_vocab_size() < 20_000
    for text in TEXTS + OTHERS:
        was, now = (t.encode(text, add_special_tokens=False) for t in (whole, cut))
        assert cut.decode(now.ids) == text
        assert (now.tokens == was.tokens) == (text in TEXTS)
        if text in TEXTS:
            assert now.offsets == was.offsets
    assert all(cut.token_to_id(t) is not None for t in ("<|startoftranscript|>", "<|zh|>", "<|endoftext|>"))


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
