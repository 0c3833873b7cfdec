"""Whisper cut down to the tokens that Mandarin needs.

Every token of the vocabulary costs time at every step of decoding, and most of Whisper's spell other languages. A token
stays if it has no letters but Chinese characters, or at most three basic Latin letters, or a basic Latin word that in
some case, with or without a space, is among the first 10,000 tokens; and so do the pieces of characters as long as
Chinese ones (a character without a token is written with them), and whatever one that stays is merged from. All single
bytes are among them, so any text can still be written: with the tokens it always had where these stay, else with
smaller ones. Tokens keep their order and their rows of the token table; only the shares of those that are gone fall to
the others.
"""

from __future__ import annotations

import json
import re
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from analyzer.settings import fingerprint

LEAST_SHARE = 0.1  # of model.bin that the token table makes up; of medium and larger models cutting it saves little
MULTILINGUAL = 51_865  # tokens from which a Whisper knows more than English
BINARY_VERSION = 6  # of CTranslate2's model.bin
_CHINESE = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_NO_LATIN = re.compile(rf"(?:[\W\d_]|[{_CHINESE}])+")
_LATIN = re.compile(r"[\W\d_]*([A-Za-z]+)[\W\d_]*")
_PIECE = re.compile(rb" ?[\x80-\xbf]{0,2}(?:[\xe2-\xe9\xef][\x80-\xbf]{2})*(?:[\xe2-\xe9\xef][\x80-\xbf]?)?")
_TIME = re.compile(r"<\|\d+\.\d\d\|>")
BESIDE = ("config.json", "tokenizer.json", "vocabulary.json", "vocabulary.txt", "preprocessor_config.json")
_TABLES = ("decoder/embeddings/", "decoder/projection/")
_ID_LISTS = ("suppress_ids", "suppress_ids_begin", "lang_ids")
_SHOWN = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))  # bytes that a vocabulary shows as themselves
_BYTES = {chr(b): b for b in _SHOWN} | {chr(0x100 + i): b for i, b in enumerate(sorted({*range(0x100)} - {*_SHOWN}))}


@dataclass(frozen=True, slots=True)
class VocabularySettings:
    """Which tokens of basic Latin letters stay.

    Args:
        latin_letters: with up to so many, all.
        frequent: longer ones if their word is among so many first tokens; they are numbered by frequency. A word right
            after a Chinese character has no space and is rarer so, and rarer in capitals.
    """

    latin_letters: int = 3
    frequent: int = 10_000


class WholeError(Exception):
    """Why a model stays whole."""


class _Plan(NamedTuple):
    """The tokens that stay, in order, of how many, and the files that name them."""

    kept: npt.NDArray[np.intp]
    before: int
    files: dict[str, Any]


class _Table(NamedTuple):
    """Where in model.bin an array with one row a token says how many rows and bytes it has, and its bytes."""

    rows_at: int
    size_at: int
    end: int


def cut(folder: Path, target: Path, settings: VocabularySettings) -> str:
    """Writes the model without the tokens Mandarin doesn't need; says how many stay, and which by their hash.

    Args:
        folder: with model.bin and what of `BESIDE` the model has.
        target: a folder for the same files.
        settings: which tokens stay.

    Raises:
        WholeError: they are not what CTranslate2 makes of a multilingual Whisper, or cutting saves little.
        OSError: a file could not be written.
    """
    try:
        plan = _plan(folder, settings)
        binary = np.memmap(folder / "model.bin", np.uint8, "r")
        tables = list(_tables(binary, plan.before))
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, struct.error) as error:
        raise WholeError("its files are of an unknown form") from error
    if sum(t.end - t.size_at for t in tables) < LEAST_SHARE * len(binary):
        raise WholeError("too few to be worth it")
    for name, content in plan.files.items():
        (target / name).write_text(json.dumps(content), "utf-8")
    if (folder / "preprocessor_config.json").is_file():
        shutil.copyfile(folder / "preprocessor_config.json", target / "preprocessor_config.json")
    _write(target / "model.bin", binary, tables, plan)
    return f"{len(plan.kept)} of {plan.before} tokens {fingerprint(plan.files['vocabulary.json'])}"


def _plan(folder: Path, settings: VocabularySettings) -> _Plan:
    tokenizer = json.loads((folder / "tokenizer.json").read_bytes())
    vocabulary = _vocabulary(folder)
    text = tokenizer["model"]["vocab"]
    special = sorted(tokenizer["added_tokens"], key=lambda t: t["id"])
    named = {i: t for t, i in text.items()} | {t["id"]: t["content"] for t in special}
    last = next(t["id"] for t in special if t["content"] == "<|notimestamps|>")
    special = [t for t in special if t["id"] <= last]
    if (
        len(vocabulary) < MULTILINGUAL
        or tokenizer["model"]["type"] != "BPE"
        or tokenizer["decoder"]["type"] != "ByteLevel"
        or min(t["id"] for t in special) != len(text)
        or [named.get(i) for i in range(last + 1)] != vocabulary[: last + 1]
        or not all(_TIME.fullmatch(t) for t in vocabulary[last + 1 :])
    ):
        raise WholeError("its files are of an unknown form")
    stays, merges = _wanted(text, tokenizer["model"]["merges"], settings)
    kept = [*(i for i in range(len(text)) if named[i] in stays), *(t["id"] for t in special)]
    new = {old: i for i, old in enumerate(kept)}
    tokenizer["model"] |= {"vocab": {t: new[i] for t, i in text.items() if i in new}, "merges": merges}
    tokenizer |= {"added_tokens": [t | {"id": new[t["id"]]} for t in special], "post_processor": None}
    config = json.loads((folder / "config.json").read_bytes())
    config |= {k: [new[i] for i in config[k] if i in new] for k in _ID_LISTS if k in config}
    names = [vocabulary[i] for i in kept]
    files = {"tokenizer.json": tokenizer, "config.json": config, "vocabulary.json": names}
    return _Plan(np.array(kept), len(vocabulary), files)


def _vocabulary(folder: Path) -> list[str]:
    if (folder / "vocabulary.json").is_file():
        return list(json.loads((folder / "vocabulary.json").read_bytes()))
    return (folder / "vocabulary.txt").read_text("utf-8").removesuffix("\n").split("\n")


def _wanted(text: dict[str, int], merges: list[Any], settings: VocabularySettings) -> tuple[set[str], list[list[str]]]:
    """The text tokens that stay, and their merges, in order.

    A text whose tokens all stay is cut into the same ones as before: the merges that made them stay, too.
    """
    spelled = {t: bytes(_BYTES[c] for c in t) for t in text if t}
    words = {t: _latin(spelling) for t, spelling in spelled.items()}
    frequent = {word for t, word in words.items() if text[t] < settings.frequent} - {""}
    stays = set(_BYTES) | {t for t in spelled if words[t] in frequent or 0 < len(words[t]) <= settings.latin_letters}
    stays |= {t for t, spelling in spelled.items() if _is_without_latin(spelling)}
    made = []
    for left, right in reversed([m.split(" ") if isinstance(m, str) else m for m in merges]):
        if left + right in stays:
            stays |= {left, right}
            made.append([left, right])
    return stays, made[::-1]


def _is_without_latin(token: bytes) -> bool:
    """Chinese characters, marks and figures, or a piece of such."""
    try:
        return _NO_LATIN.fullmatch(token.decode()) is not None
    except UnicodeDecodeError:
        return _PIECE.fullmatch(token) is not None


def _latin(token: bytes) -> str:
    """The only letters of a token, in lower case, where they are basic Latin ones; else nothing."""
    found = _LATIN.fullmatch(token.decode(errors="replace"))
    return found[1].lower() if found else ""


def _tables(binary: npt.NDArray[np.uint8], count: int) -> Iterator[_Table]:
    """The arrays of model.bin with one row a token, in order; its form is in `ctranslate2/specs/model_spec.py`."""
    at = 0

    def number(form: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from("<" + form, binary.data, at)
        at += struct.calcsize(form)
        return int(value)

    def string() -> str:
        nonlocal at
        length = number("H")
        at += length
        return binary[at - length : at - 1].tobytes().decode()

    if (number("I"), string()) != (BINARY_VERSION, "WhisperSpec"):
        raise WholeError("its files are of an unknown form")
    number("I")  # revision
    for _ in range(number("I")):
        name, rank, rows_at = string(), number("B"), at
        shape = [number("I") for _ in range(rank)]
        number("B")  # type of its numbers
        size_at, size = at, number("I")
        at += size
        if rank and name.startswith(_TABLES):
            if shape[0] != count or size % count or at > len(binary):
                raise WholeError("its files are of an unknown form")
            yield _Table(rows_at, size_at, at)


def _write(path: Path, binary: npt.NDArray[np.uint8], tables: list[_Table], plan: _Plan) -> None:
    with path.open("wb") as out:
        done = 0
        for rows_at, size_at, end in tables:
            rows = binary[size_at + 4 : end].reshape(plan.before, -1)[plan.kept]
            out.write(binary[done:rows_at].data)
            out.write(struct.pack("<I", len(plan.kept)))
            out.write(binary[rows_at + 4 : size_at].data)
            out.write(struct.pack("<I", rows.nbytes))
            out.write(rows.data)
            done = end
        out.write(binary[done:].data)
