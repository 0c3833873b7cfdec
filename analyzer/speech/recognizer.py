"""The recogniser behind one small protocol, and Whisper behind it.

Decoding is fixed where it decides whether the same sound gives the same words: language zh, temperature 0, no
conditioning on earlier text, no prompt, no hotwords, no speech detection of its own, one thread count for the model.
The encoder is given a window's own length and a short rest, not 30 s whatever the window holds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Samples
from analyzer.errors import ModelError
from analyzer.settings import fingerprint
from analyzer.speech.cut_model import cut_to_mandarin
from analyzer.speech.heap import blocks_from_heap, use_one_heap
from analyzer.speech.model import ModelFolder
from analyzer.speech.reader import reader_for
from analyzer.speech.steady_noise import NoiseSettings, quieter
from analyzer.speech.types import ReadSyllable, Recognizer
from analyzer.speech.vocabulary import VocabularySettings

RATE_HZ = 16_000
FRAME_MS = 10
MOST_FRAMES = 3000
MOST_TOKENS = 440
TOGETHER = 3  # windows decoded at once, to the bit the same result; 1 takes 1.4 times as long, 4 no less and 50 MB more
LENGTH_STEP = 200  # feature frames: input lengths are multiples of it, so that windows of one length meet
SCORED_REST = 30  # feature frames of silence after a sound that texts are scored on: nothing can go round in a loop
REPLACEMENT = "\ufffd"
SYLLABLE_MS = 200
LETTERS_IN_SYLLABLE = 3
LAST_SILENCE_MS = 1_200
_CHARACTER = re.compile(r"[^\w\s]*(?:[A-Za-z'’]+|\w)[^\w]*|.+")


@dataclass(frozen=True, slots=True)
class DecodingSettings:
    """How a window is decoded.

    Args:
        beam_size: hypotheses kept; 1 is greedy.
        compute_type: of the weights in memory.
        rest_ms: silence given to the encoder after the window's sound; with 1 or 2 s it now and then goes round in
            a loop, with 4 s it never did.
        least_ms: the encoder never gets less; short windows alone are heard a little better so, and meet in one length.
        tokens_per_s: a window's text is cut at this many tokens a second of sound; nobody speaks so fast.
        noise: how steady noise is taken down before the encoder; None leaves it.
        vocabulary: which tokens the model is cut down to; None leaves it whole.
    """

    beam_size: int = 5
    compute_type: str = "int8"
    rest_ms: int = 4_000
    least_ms: int = 16_000
    tokens_per_s: int = 12
    noise: NoiseSettings | None = field(default_factory=NoiseSettings)
    vocabulary: VocabularySettings | None = field(default_factory=VocabularySettings)


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A character or Latin word in a window.

    Args:
        text: with the punctuation that follows it.
        start_ms: in the window; a silence before the word belongs to it.
        end_ms: in the window.
        probability: mean over its tokens.
    """

    text: str
    start_ms: int
    end_ms: int
    probability: float


@dataclass(frozen=True, slots=True)
class HeardWindow:
    """What was recognised in one window.

    Args:
        words: in order.
        mean_log_probability: over the tokens of the text; 0 when there is none.
        was_cut: the text ran into the greatest length.
        syllables: read off the sound, in the window's time; empty for a model that has no reader.
    """

    words: tuple[HeardWord, ...]
    mean_log_probability: float = 0.0
    was_cut: bool = False
    syllables: tuple[ReadSyllable, ...] = ()

    @property
    def text(self) -> str:
        """All words joined."""
        return "".join(w.text for w in self.words)


class ScoredToken(NamedTuple):
    """How well a piece of a text fits the sound.

    Args:
        start, end: its characters in the text; a rare character is several tokens.
        log_probability: natural log, given the sound and the text before it.
    """

    start: int
    end: int
    log_probability: float


class SpeechRecognizer(Protocol):
    """Turns a window of one speaker's speech into words."""

    @property
    def identity(self) -> Recognizer:
        """Engine, model and settings, as they stand in a scorecard."""

    def recognize(self, sound: Samples) -> HeardWindow:
        """The words of a window: 16 kHz mono, at most 30 s, full scale 1.0."""

    def recognize_many(self, sounds: Sequence[Samples]) -> tuple[HeardWindow, ...]:
        """The same for several windows, each heard as it would be alone."""

    def read(self, sound: Samples) -> tuple[ReadSyllable, ...]:
        """The syllables read off a window's sound, as `recognize` gives them, without its words."""

    def score(self, sound: Samples, texts: Sequence[str]) -> tuple[tuple[ScoredToken, ...], ...]:
        """How well each text fits the sound, token by token."""


class WhisperRecognizer:
    """Whisper on faster-whisper's engine, cut down to Mandarin's tokens; one per process, never shared between threads.

    Args:
        folder: from `model.resolve`.
        threads: the engine's threads.
        settings: how windows are decoded.
        device: "cpu" or "cuda".

    Raises:
        ModelError: model.unusable, the folder can't be loaded or knows no Mandarin; model.cache, see `cut_model`.
    """

    def __init__(
        self, folder: ModelFolder, threads: int = 1, settings: DecodingSettings | None = None, device: str = "cpu"
    ) -> None:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when the hub's client is imported below
        import ctranslate2
        import faster_whisper

        self.settings = settings or DecodingSettings()
        use_one_heap()
        with cut_to_mandarin(folder, self.settings.vocabulary) as model:
            try:
                whisper = faster_whisper.WhisperModel(
                    str(model.path),
                    device=device,
                    compute_type=self.settings.compute_type,
                    cpu_threads=threads,
                    local_files_only=True,
                )
            except (RuntimeError, ValueError) as error:
                raise ModelError(
                    "model.unusable", f"the engine can't load {folder.name}: {error}", "Give another model folder"
                ) from error
        self._engine, self._text, self._features = whisper.model, whisper.hf_tokenizer, whisper.feature_extractor
        if not (model.is_cut or self._engine.is_multilingual) or self._text.token_to_id("<|zh|>") is None:
            raise ModelError("model.unusable", f"{folder.name} knows English only", "Give a multilingual model")
        if self._features.mel_filters.shape[0] != self._engine.n_mels:
            raise ModelError(
                "model.incomplete",
                f"{folder.name} wants {self._engine.n_mels} mel bands and has no preprocessor_config.json saying so",
                "Put preprocessor_config.json of the same model into its folder",
            )
        self._start = [self._id(t) for t in ("<|startoftranscript|>", "<|zh|>", "<|transcribe|>")]
        self._plain = [*self._start, self._id("<|notimestamps|>")]
        self._end = self._id("<|endoftext|>")
        self._reader = reader_for(folder.sha256)
        engine = f"faster-whisper {faster_whisper.__version__} / ctranslate2 {ctranslate2.__version__}"
        self._identity = Recognizer(
            name=folder.name,
            model_sha256=folder.sha256,
            engine=f"{engine} / {model.tokens}{f' / {self._reader.identity}' if self._reader else ''}",
            settings=fingerprint(self.settings, device, model.tokens, self._reader and self._reader.sha256),
        )

    @property
    def identity(self) -> Recognizer:
        """Engine, model and settings, as they stand in a scorecard."""
        return self._identity

    def recognize(self, sound: Samples) -> HeardWindow:
        """The words of a window.

        Args:
            sound: 16 kHz mono, at most 30 s, full scale 1.0, shape (frames,).
        """
        return self.recognize_many([sound])[0]

    def recognize_many(self, sounds: Sequence[Samples]) -> tuple[HeardWindow, ...]:
        """The words of several windows, each the same as it would be alone, in less time.

        Args:
            sounds: each as for `recognize`; memory grows with their number, so a long call comes in parts.
        """
        heard = [HeardWindow(())] * len(sounds)
        by_length: dict[int, list[int]] = {}
        for at, sound in enumerate(sounds):
            if len(sound) >= self._features.n_fft:
                by_length.setdefault(self._length(_frames(sound), self.settings.least_ms), []).append(at)
        with blocks_from_heap():
            for length, places in sorted(by_length.items(), reverse=True):  # shorter ones reuse the heap
                for first in range(0, len(places), TOGETHER):
                    group = places[first : first + TOGETHER]
                    for at, window in zip(group, self._together([sounds[i] for i in group], length), strict=True):
                        heard[at] = window
        return tuple(heard)

    def _together(self, sounds: Sequence[Samples], length: int) -> list[HeardWindow]:
        """Windows of one input length: encoded and aligned singly, which is no slower, decoded at once."""
        encoded = [self._encode(sound, length) for sound in sounds]
        longest_ms = max(0, length * FRAME_MS - self.settings.rest_ms)
        most = min(MOST_TOKENS, 16 + longest_ms * self.settings.tokens_per_s // 1000)
        results = self._engine.generate(
            _stacked(encoded),
            [self._plain] * len(sounds),
            beam_size=self.settings.beam_size,
            max_length=most + len(self._plain),
            return_scores=True,
        )
        out = []
        for sound, view, result in zip(sounds, encoded, results, strict=True):
            tokens = [t for t in result.sequences_ids[0] if t < self._end]
            read = self._read(view, _frames(sound))
            if tokens:
                aligned = self._engine.align(view, self._start, [tokens], _frames(sound))[0]
                words = self._words(tokens, aligned)
                out.append(HeardWindow(words, float(result.scores[0]), len(tokens) >= most, read))
            else:
                out.append(HeardWindow((), syllables=read))
        return out

    def read(self, sound: Samples) -> tuple[ReadSyllable, ...]:
        """The syllables read off a window's sound, as `recognize` gives them, without its words.

        Args:
            sound: as for `recognize`.
        """
        if self._reader is None or len(sound) < self._features.n_fft:
            return ()
        frames = _frames(sound)
        return self._read(self._encode(sound, self._length(frames, self.settings.least_ms)), frames)

    def score(self, sound: Samples, texts: Sequence[str]) -> tuple[tuple[ScoredToken, ...], ...]:
        """How well each text fits the sound, token by token; what follows in a text hardly changes what is before it.

        Args:
            sound: as for `recognize`.
            texts: candidates for what is said in it from its beginning on.
        """
        frames = _frames(sound)
        encoded = self._encode(sound, min(MOST_FRAMES, frames + SCORED_REST))
        out = []
        for text in texts:  # one after the other: no slower than together, and padding would change the last digits
            tokens = self._text.encode(text, add_special_tokens=False)
            if tokens.ids:
                found = self._engine.align(encoded, self._start, [tokens.ids], frames)[0].text_token_probs
                out.append(_scored(tokens.offsets, found))
            else:
                out.append(())
        return tuple(out)

    def _id(self, token: str) -> int:
        found = self._text.token_to_id(token)
        if found is None:
            raise ModelError("model.unusable", f"the tokenizer has no {token}", "Give a Whisper model's own tokenizer")
        return int(found)

    def _length(self, frames: int, least_ms: int) -> int:
        """Feature frames given to the encoder for a window of so many."""
        length = max(frames + self.settings.rest_ms // FRAME_MS, least_ms // FRAME_MS)
        return min(MOST_FRAMES, -(-length // LENGTH_STEP) * LENGTH_STEP)

    def _encode(self, sound: Samples, length: int) -> Any:
        """The encoder's output for a window and silence up to `length` frames."""
        import ctranslate2

        features = self._features(sound, padding=0)[:, :MOST_FRAMES]
        if self.settings.noise:
            features = quieter(features, self.settings.noise)
        padded = np.full((features.shape[0], length), features.min(), np.float32)  # as silence looked in training
        padded[:, : features.shape[1]] = features
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(padded[np.newaxis]))
        return self._engine.encode(view, to_cpu=True)

    def _read(self, encoded: Any, frames: int) -> tuple[ReadSyllable, ...]:
        """The syllables of a window of so many feature frames, from the encoder's output for it."""
        if self._reader is None:
            return ()
        return self._reader.read(np.asarray(encoded)[0, : (frames + 1) // 2].astype(np.float32))

    def _words(self, tokens: list[int], aligned: Any) -> tuple[HeardWord, ...]:
        """Characters and Latin words with their times, from the alignment of tokens to encoder frames."""
        starts = _token_starts(aligned.alignments, len(tokens))
        words: list[HeardWord] = []
        for text, first, last in self._cut(tokens):
            if not text.strip():
                continue
            probability = float(np.mean(aligned.text_token_probs[first:last]))
            start, end = int(starts[first]), int(starts[last])
            before = words[-1] if words else None
            if before is not None and not any(c.isalnum() for c in text):
                words[-1] = replace(before, text=before.text + text.strip())
            elif before is not None and _is_latin(before.text[-1]) and _is_latin(text[0]):
                probability = min(before.probability, probability)
                words[-1] = HeardWord(before.text + text, before.start_ms, end, probability)
            else:
                if before is not None and text[0] == " " and before.text[-1].isascii() and text.strip()[0].isascii():
                    words[-1] = replace(before, text=before.text + " ")
                words += _characters(HeardWord(text.strip(), start, end, probability), last == len(tokens))
        return tuple(words)

    def _cut(self, tokens: list[int]) -> list[tuple[str, int, int]]:
        """Runs of tokens that decode to whole characters: text, first token, token after the last."""
        out: list[tuple[str, int, int]] = []
        first = 0
        for at in range(len(tokens)):
            text = self._text.decode(tokens[first : at + 1])
            if REPLACEMENT not in text or at - first >= 3:
                out.append((text.replace(REPLACEMENT, ""), first, at + 1))
                first = at + 1
        return out


def _scored(offsets: Sequence[tuple[int, int]], probabilities: Sequence[float]) -> tuple[ScoredToken, ...]:
    logs = np.log(np.maximum(probabilities, 1e-12))
    return tuple(ScoredToken(a, b, float(log)) for (a, b), log in zip(offsets, logs, strict=True))


def _frames(sound: Samples) -> int:
    return min(MOST_FRAMES, len(sound) * 1000 // (RATE_HZ * FRAME_MS))


def _stacked(encoded: Sequence[Any]) -> Any:
    """Outputs of the encoder for windows of one length as one batch."""
    import ctranslate2

    if len(encoded) == 1:
        return encoded[0]
    return ctranslate2.StorageView.from_array(np.concatenate([np.asarray(view) for view in encoded]))


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _characters(word: HeardWord, is_last: bool) -> list[HeardWord]:
    """A token as one word a character, each about as long as a syllable; Latin letters stay together.

    Attention moves to the next token as soon as one is said, so a silence belongs to the token after it: a token's end
    is right and its start is not. After the last token comes whatever the recogniser left out: a last token of great
    length is taken at its start.
    """
    parts = _CHARACTER.findall(word.text)
    most = sum(SYLLABLE_MS * max(1, len(p) // LETTERS_IN_SYLLABLE) for p in parts)
    start, end = word.start_ms, word.end_ms
    if is_last and end - start > most + LAST_SILENCE_MS:
        end = start + most
    start = max(start, end - most)
    cuts = [start + (end - start) * i // len(parts) for i in range(len(parts) + 1)]
    return [HeardWord(t, a, b, word.probability) for t, a, b in zip(parts, cuts, cuts[1:], strict=False)]


def _token_starts(alignments: Sequence[tuple[int, int]], count: int) -> npt.NDArray[np.int64]:
    """When each token begins, and when the last one ends, in ms; shape (count + 1,).

    Args:
        alignments: pairs of token and encoder frame along the path.
        count: how many tokens.
    """
    starts = np.full(count + 1, -1, np.int64)
    for token, frame in alignments:
        if token <= count and starts[token] < 0:
            starts[token] = frame * 2 * FRAME_MS
    last = max((f for _, f in alignments), default=0) * 2 * FRAME_MS + 2 * FRAME_MS
    if starts[count] < 0:
        starts[count] = last
    for token in range(count - 1, -1, -1):
        if starts[token] < 0:
            starts[token] = starts[token + 1]
    return starts
