"""A recogniser's answers, recorded and given again in order: what comes after it is the same on any processor."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from analyzer.call.types import Samples
from analyzer.speech.recognizer import HeardWindow, ScoredToken, SpeechRecognizer
from analyzer.speech.types import ReadSyllable, Recognizer


@dataclass
class Answers:
    """What was asked for, in order: windows, and scores of texts on sound."""

    identity: Recognizer
    windows: list[HeardWindow] = field(default_factory=list)
    scores: list[tuple[tuple[ScoredToken, ...], ...]] = field(default_factory=list)

    @classmethod
    def read(cls, data: bytes) -> "Answers":
        return msgspec.json.decode(data, type=cls)

    def write(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self), indent=0) + b"\n"


class Recording:
    """Passes everything on to a real recogniser and keeps its answers."""

    def __init__(self, real: SpeechRecognizer) -> None:
        self.real, self.identity, self.answers = real, real.identity, Answers(real.identity)

    def recognize(self, sound: Samples) -> HeardWindow:
        return self.recognize_many([sound])[0]

    def recognize_many(self, sounds: Sequence[Samples]) -> tuple[HeardWindow, ...]:
        heard = self.real.recognize_many(sounds)
        self.answers.windows += heard
        return heard

    def read(self, sound: Samples) -> tuple[ReadSyllable, ...]:
        return self.real.read(sound)

    def score(self, sound: Samples, texts: Sequence[str]) -> tuple[tuple[ScoredToken, ...], ...]:
        scores = self.real.score(sound, texts)
        self.answers.scores.append(scores)
        return scores


class Replaying:
    """Gives recorded answers; another number of questions than were recorded is an error."""

    def __init__(self, answers: Answers) -> None:
        self.identity = answers.identity
        self.windows, self.scores = list(answers.windows), list(answers.scores)

    def recognize(self, sound: Samples) -> HeardWindow:
        return self.recognize_many([sound])[0]

    def recognize_many(self, sounds: Sequence[Samples]) -> tuple[HeardWindow, ...]:
        assert len(self.windows) >= len(sounds), "more windows than were recorded"
        given, self.windows = self.windows[: len(sounds)], self.windows[len(sounds) :]
        return tuple(given)

    def score(self, sound: Samples, texts: Sequence[str]) -> tuple[tuple[ScoredToken, ...], ...]:
        scores = self.scores.pop(0)
        assert len(scores) == len(texts), "other phrases were tried than were recorded"
        return scores

    def is_done(self) -> bool:
        return not self.windows and not self.scores
