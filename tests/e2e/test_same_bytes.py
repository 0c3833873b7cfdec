"""The same input gives the same bytes: twice, with another number of threads, and with the network cut off."""

import socket
from typing import NoReturn

import pytest

from analyzer.errors import AudioError
from analyzer.outputs.encode import encode_scorecard
from analyzer.pipeline import Analyzer, HearingSettings, analyze_call
from analyzer.rules.pack import load_standard
from analyzer.rules.standard import Standard
from analyzer.rules.types import Scored
from analyzer.speech import model
from analyzer.speech.recognizer import WhisperRecognizer

from .conftest import AUDIO, Score

pytestmark = pytest.mark.e2e


def _refuse(*_: object, **__: object) -> NoReturn:
    raise AssertionError("something reached for the network")


@pytest.mark.parametrize("name", ["d2-kept-waiting", "mono"])
def test_a_second_run_without_network_on_one_thread_gives_the_same_bytes(
    scored: Score, standard: Standard, model_folder: model.ModelFolder, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    first = encode_scorecard(scored(name))
    monkeypatch.setattr(socket.socket, "connect", _refuse)
    monkeypatch.setattr(socket, "getaddrinfo", _refuse)
    again = Analyzer(
        WhisperRecognizer(model_folder, threads=1), HearingSettings(organisation=load_standard("base").organisation)
    )
    outcome = analyze_call(AUDIO / f"{name}.wav", again, standard)
    assert isinstance(outcome, Scored)
    assert encode_scorecard(outcome.scorecard) == first


def test_phrases_tried_later_give_the_same_hearing_as_phrases_tried_at_once(
    the_analyzer: Analyzer, standard: Standard
) -> None:
    recording = AUDIO / "d0-badly-handled.wav"
    at_once = the_analyzer.hear(recording, phrases=standard.tried)
    bare = the_analyzer.hear(recording)
    assert at_once.conversation.trials and not bare.conversation.trials
    assert the_analyzer.try_again(recording, bare, standard.tried) == at_once
    with pytest.raises(AudioError, match="not the one that was heard"):
        the_analyzer.try_again(AUDIO / "d2-kept-waiting.wav", bare, standard.tried)
