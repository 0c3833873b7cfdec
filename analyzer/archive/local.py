"""The product's analyser, as the archive's workers make it: one loaded model a process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from analyzer import __version__
from analyzer.archive.terms import JudgedBy
from analyzer.archive.work import Identity, Judge
from analyzer.call.types import CallMetadata
from analyzer.pipeline import Analyzer, Heard, HearingSettings, judge_call
from analyzer.rules.pack import load_standard
from analyzer.rules.rulings import KnownCall
from analyzer.rules.standard import Standard
from analyzer.rules.types import Scorecard
from analyzer.settings import code_print, fingerprint
from analyzer.speech import silero
from analyzer.speech.model import resolve
from analyzer.speech.mono import models as mono_models
from analyzer.speech.mono.separate import installed_separator
from analyzer.speech.recognizer import DecodingSettings, WhisperRecognizer
from analyzer.speech.trials import phrases_print

# What decides how a call is heard besides its settings and models.
_HEARING = ("call.*", "errors", "measure.*", "pipeline", "settings", "spans", "speech.*")
_HEARING_LIBRARIES = (
    "ctranslate2", "faster-whisper", "numpy", "onnxruntime", "opencc-python-reimplemented", "pypinyin", "scipy",
    "soundfile", "soxr",
)  # fmt: skip
# What decides its scorecard besides what was heard and the standard: all that rulings and phrase hits rest on, too.
_JUDGING = (
    *_HEARING, "outputs.encode", "outputs.labels", "outputs.notices", "outputs.privacy", "outputs.redact", "rules.*",
    "versions",
)  # fmt: skip
_JUDGING_LIBRARIES = ("google-re2", "msgspec", "numpy", "opencc-python-reimplemented", "pypinyin")
_BASE = JudgedBy()


def decoding_on(device: str) -> DecodingSettings:
    """How windows are decoded on a device: float16 is what a GPU is fast at."""
    return DecodingSettings() if device == "cpu" else DecodingSettings(compute_type="float16")


def load_analyzer(model: str | None, threads: int, organisation: str, device: str = "cpu") -> Analyzer:
    """An analyser with its recogniser loaded, and with what separates mono calls where that is installed.

    Args:
        model: as `speech.model.resolve` takes it.
        threads: of the recogniser.
        organisation: its name as agents say it.
        device: "cpu" or "cuda".
    """
    recognizer = WhisperRecognizer(resolve(model), threads=threads, settings=decoding_on(device), device=device)
    return Analyzer(recognizer, HearingSettings(organisation=organisation), *installed_separator())


@dataclass(frozen=True, slots=True)
class LocalFactory:
    """Makes analysers from names alone, so that it passes to other processes.

    Args:
        model: as `speech.model.resolve` takes it.
        judged_by: the standard.
        device: "cpu" or "cuda".
    """

    model: str | None = None
    judged_by: JudgedBy = _BASE
    device: str = "cpu"

    def standard(self) -> Standard:
        """The standard that the names stand for."""
        by = self.judged_by
        return load_standard(by.standard, organisation=by.organisation, profile=by.profile)

    def identify(self) -> Identity:
        """What decides the results, without loading a model."""
        standard = self.standard()
        code = code_print(_HEARING, _HEARING_LIBRARIES)
        settings = HearingSettings(organisation=standard.organisation)
        folder, mono = resolve(self.model), mono_models.find()
        hearing = fingerprint(
            __version__, code, settings, decoding_on(self.device), self.device, folder.name, folder.sha256,
            silero.identity(), mono.identity if mono else None,
        )  # fmt: skip
        return Identity(hearing, _judging(standard))

    def identify_judging(self) -> str:
        """The standard's and the judging code's part of it; needs no model to be there."""
        return _judging(self.standard())

    def build(self, threads: int) -> LocalAnalyser:
        """An analyser with its model loaded."""
        standard = self.standard()
        return LocalAnalyser(load_analyzer(self.model, threads, standard.organisation, self.device), standard)

    def build_judge(self) -> Judge:
        """Judges what was heard; needs no model."""
        standard = self.standard()
        return lambda heard, known=None: judge_call(heard, standard, known)


def _judging(standard: Standard) -> str:
    return fingerprint(standard.sha256, code_print(_JUDGING, _JUDGING_LIBRARIES))


class LocalAnalyser:
    """An `Analyzer` and the standard it judges by.

    Args:
        analyzer: with its recogniser loaded.
        standard: loaded.
    """

    def __init__(self, analyzer: Analyzer, standard: Standard) -> None:
        self._analyzer, self._standard = analyzer, standard

    def hear(self, path: Path, metadata: CallMetadata | None) -> Heard:
        """Everything up to the measures."""
        return self._analyzer.hear(path, metadata, self._standard.tried)

    def has_tried(self, heard: Heard) -> bool:
        """Whether the standard's phrases, and no others, were tried on the call's sound."""
        return heard.phrases_tried == phrases_print(self._standard.tried)

    def try_again(self, path: Path, heard: Heard) -> Heard:
        """The same hearing with the standard's phrases tried on the sound."""
        return self._analyzer.try_again(path, heard, self._standard.tried)

    def judge(self, heard: Heard, known: KnownCall | None = None) -> Scorecard:
        """The scorecard by the standard."""
        return judge_call(heard, self._standard, known)
