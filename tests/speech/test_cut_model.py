"""Where the model cut down to Mandarin's tokens lies: in the cache, or for a while in the temporary folder."""

import json
import os
import tempfile
import time
from pathlib import Path

import pytest
from processes import at_once
from whisper_files import few, make_whisper

from analyzer.errors import ModelError
from analyzer.speech import cut_model, vocabulary
from analyzer.speech.cut_model import cut_to_mandarin, kept
from analyzer.speech.model import ModelFolder, sha256_of
from analyzer.speech.vocabulary import VocabularySettings


def given(path: Path) -> ModelFolder:
    return ModelFolder(path, "little", sha256_of(path / "model.bin"))


@pytest.fixture
def whisper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(vocabulary, "MULTILINGUAL", 100)
    monkeypatch.setenv("ANALYZER_CACHE", str(tmp_path / "cache"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "whisper").mkdir()
    return make_whisper(tmp_path / "whisper")


def files(path: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in path.iterdir()}


def test_it_is_made_once_and_found_from_then_on(whisper: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept() == []
    with cut_to_mandarin(given(whisper), few(whisper)) as first:
        assert first.is_cut and first.path.parent == tmp_path / "cache" / "models"
    monkeypatch.setattr(cut_model, "cut", lambda *_: pytest.fail("made again"))
    with cut_to_mandarin(given(whisper), few(whisper)) as again:
        assert again == first
    assert kept() == [first]
    assert list((tmp_path / "cache" / "models").iterdir()) == [first.path]
    assert not list((tmp_path / "temporary").iterdir())


def test_another_model_setting_or_rule_makes_another(whisper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def path(settings: VocabularySettings) -> Path:
        with cut_to_mandarin(given(whisper), settings) as model:
            assert model.is_cut
            return model.path

    settings = few(whisper)
    seen = [path(settings), path(VocabularySettings(latin_letters=2, frequent=settings.frequent))]
    config = json.loads((whisper / "config.json").read_bytes())
    (whisper / "config.json").write_text(json.dumps(config | {"alignment_heads": []}))
    seen.append(path(settings))
    data = bytearray((whisper / "model.bin").read_bytes())
    data[-60] ^= 1
    (whisper / "model.bin").write_bytes(data)
    seen.append(path(settings))
    monkeypatch.setattr(cut_model, "code_print", lambda *_: "another")
    seen.append(path(settings))
    assert len(set(seen)) == 5


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json", "made.json"])
def test_what_has_gone_bad_is_made_again(whisper: Path, name: str) -> None:
    with cut_to_mandarin(given(whisper), few(whisper)) as model:
        good = files(model.path)
    (model.path / name).write_bytes(good[name][:-1] + b"?")
    assert kept() == []
    with cut_to_mandarin(given(whisper), few(whisper)) as again:
        assert again == model and files(model.path) == good


@pytest.mark.parametrize("spoil", ["no folder", "no room"])
def test_without_the_cache_it_lies_in_the_temporary_folder_until_it_is_loaded(
    whisper: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    with cut_to_mandarin(given(whisper), few(whisper)) as model:
        good = files(model.path)
    if spoil == "no folder":
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("ANALYZER_CACHE", str(tmp_path / "file"))
    else:
        monkeypatch.setenv("ANALYZER_CACHE", str(tmp_path / "other"))
        real = cut_model.cut

        def full(folder: Path, target: Path, settings: VocabularySettings) -> str:
            said = real(folder, target, settings)
            if (tmp_path / "other") in target.parents:
                raise OSError(28, "No space left on device")
            return said

        monkeypatch.setattr(cut_model, "cut", full)
    with cut_to_mandarin(given(whisper), few(whisper)) as own:
        assert own.is_cut and own.tokens == model.tokens and own.path.parent == tmp_path / "temporary"
        del good["made.json"]
        assert files(own.path) == good
    assert not own.path.exists() and kept() == []
    assert not list((tmp_path / "other").rglob("*.bin"))


def test_no_room_anywhere(whisper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cut_model, "cut", full)
    with (
        pytest.raises(ModelError, match="No space left") as error,
        cut_to_mandarin(given(whisper), few(whisper)),
    ):
        pass
    assert error.value.code == "model.cache"


def test_what_a_killed_process_left_is_swept_and_what_is_young_is_spared(whisper: Path, tmp_path: Path) -> None:
    place = tmp_path / "cache" / "models"
    old, young = place / "analyzer-model-a", place / "analyzer-model-b"
    for left in (old, young):
        left.mkdir(parents=True)
        (left / "model.bin").write_bytes(b"half")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    with cut_to_mandarin(given(whisper), few(whisper)) as model:
        assert {p.name for p in place.iterdir()} == {young.name, model.path.name}


def test_a_model_that_stays_whole_is_used_where_it_is(
    whisper: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cut_to_mandarin(given(whisper), None) as asked:
        assert (asked.path, asked.tokens, asked.is_cut) == (whisper, "all tokens, as asked", False)
    monkeypatch.setattr(vocabulary, "LEAST_SHARE", 0.99)
    with cut_to_mandarin(given(whisper), few(whisper)) as large:
        assert (large.path, large.tokens) == (whisper, "all tokens, too few to be worth it")
    assert not list((tmp_path / "cache" / "models").iterdir())


def _cut_in_a_process(folder: str, cache: str, gate, results) -> None:
    os.environ["ANALYZER_CACHE"] = cache
    vocabulary.MULTILINGUAL = 100
    gate.wait()
    with cut_to_mandarin(given(Path(folder)), few(Path(folder))) as model:
        results.put((str(model.path), sha256_of(model.path / "model.bin")))


def test_several_processes_at_once(whisper: Path, tmp_path: Path) -> None:
    got = set(at_once(4, _cut_in_a_process, str(whisper), str(tmp_path / "cache")))
    with cut_to_mandarin(given(whisper), few(whisper)) as model:
        assert got == {(str(model.path), sha256_of(model.path / "model.bin"))}
    assert list((tmp_path / "cache" / "models").iterdir()) == [model.path]
