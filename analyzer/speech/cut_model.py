"""Where Whisper cut down to Mandarin's tokens lies: made once into the user's cache, and found there by every process.

Its folder is named by what it was made of and by the rule, so another model, setting or version makes another. It is
made beside its place and moved there whole, and every file is hashed before it is loaded; one that has gone bad is made
again. Where the cache can't be written, each process makes its own in the temporary folder, gone once it is loaded.
(Given in memory, the model would stay there beside what the engine makes of it.) A process killed meanwhile leaves a
temporary folder to a later one to sweep.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from analyzer.errors import ModelError
from analyzer.settings import code_print, fingerprint
from analyzer.speech.model import ModelFolder, cache_folder, sha256_of, sweep
from analyzer.speech.vocabulary import BESIDE, VocabularySettings, WholeError, cut

PREFIX = "analyzer-model-"
_LIST = "made.json"


@dataclass(frozen=True, slots=True)
class CutModel:
    """A model to load.

    Args:
        path: its folder: in the cache, temporary, or the one given.
        tokens: what became of its vocabulary, for the recogniser's identity.
        is_cut: false for a model left whole.
    """

    path: Path
    tokens: str
    is_cut: bool


@contextmanager
def cut_to_mandarin(folder: ModelFolder, settings: VocabularySettings | None) -> Iterator[CutModel]:
    """The model without the tokens Mandarin doesn't need, there as long as the context lasts.

    Args:
        folder: where its files are not what CTranslate2 makes of a multilingual Whisper, or cutting saves little, the
            model stays whole.
        settings: which tokens stay; None for all.

    Raises:
        ModelError: model.cache, neither the cache nor the temporary folder can hold it.
    """
    with ExitStack() as temporary:
        try:
            if settings is None:
                raise WholeError("as asked")
            model = _from_cache(folder, settings)
            if model is None:
                sweep(Path(gettempdir()), f"{PREFIX}*")
                own = Path(temporary.enter_context(TemporaryDirectory(prefix=PREFIX)))
                model = CutModel(own, cut(folder.path, own, settings), is_cut=True)
        except WholeError as reason:
            model = CutModel(folder.path, f"all tokens, {reason}", is_cut=False)
        except OSError as error:
            raise ModelError(
                "model.cache",
                f"neither the cache nor the temporary folder holds the cut model: {error.strerror or error}",
                "Free as much space as model.bin takes, or name other folders in ANALYZER_CACHE and TMPDIR",
            ) from error
        yield model


def kept() -> list[CutModel]:
    """Every cut model in the cache that is whole."""
    found = [_found(path) for path in sorted((cache_folder() / "models").glob("cut-*"))]
    return [model for model in found if model is not None]


def _from_cache(folder: ModelFolder, settings: VocabularySettings) -> CutModel | None:
    """The one in the cache, made if need be; None where the cache can't be written."""
    beside = {name: sha256_of(path) for name in BESIDE if (path := folder.path / name).is_file()}
    rule = code_print(("speech.cut_model", "speech.vocabulary"), ())
    place = cache_folder() / "models" / f"cut-{fingerprint(folder.sha256, beside, settings, rule)}"
    model = _found(place)
    if model is None:
        with suppress(OSError):
            _make(folder, settings, place)
        model = _found(place)
    return model


def _found(place: Path) -> CutModel | None:
    """The model in a folder; None when none is there, or it isn't what was written."""
    try:
        made = json.loads((place / _LIST).read_bytes())
        whole = all(sha256_of(place / name) == sha256 for name, sha256 in made["sha256"].items())
        return CutModel(place, made["tokens"], is_cut=True) if whole else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _make(folder: ModelFolder, settings: VocabularySettings, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    sweep(place.parent, f"{PREFIX}*")
    with TemporaryDirectory(prefix=PREFIX, dir=place.parent) as beside:
        made = Path(beside) / "model"
        made.mkdir()
        tokens = cut(folder.path, made, settings)
        hashes = {path.name: sha256_of(path) for path in made.iterdir()}
        (made / _LIST).write_text(json.dumps({"tokens": tokens, "sha256": hashes}, indent=1), "utf-8")
        try:
            made.rename(place)
        except OSError:  # something is there: another process was faster, or it is damaged
            if _found(place) is None:
                shutil.rmtree(place)
                made.rename(place)
