"""A little Whisper in files, as CTranslate2 writes one."""

import json
import struct
from pathlib import Path

import numpy as np

from analyzer.speech import vocabulary
from analyzer.speech.vocabulary import VocabularySettings

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


def make_whisper(folder: Path) -> Path:
    """A folder with 话, Apps, Wort and своё, whose last is suppressed; Apps alone is frequent."""
    tokens, merges = tokens_of("话", "Apps", "Wort", "своё")
    count = len(tokens) + len(SPECIAL) + len(TIMES)
    added = [{"id": len(tokens) + i, "content": t} for i, t in enumerate(SPECIAL)]
    tokenizer = {
        "added_tokens": added,
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "vocab": {t: i for i, t in enumerate(tokens)}, "merges": merges},
    }
    config = {"suppress_ids": [5, tokens.index(shown("своё")), count - len(TIMES) - 1], "alignment_heads": [[3, 1]]}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "vocabulary.json").write_text(json.dumps([*tokens, *SPECIAL, *TIMES]))
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.bin").write_bytes(binary(count, np.float16))
    (folder / "preprocessor_config.json").write_text('{"feature_size": 128}')
    return folder


def few(folder: Path) -> VocabularySettings:
    tokens = json.loads((folder / "vocabulary.json").read_bytes())
    return VocabularySettings(frequent=tokens.index("Apps") + 1)
