"""The real networks, where they are installed (`analyzer model install mono`)."""

from pathlib import Path

import numpy as np
import pytest

from analyzer.call.legs import look_at_legs
from analyzer.call.types import Layout, Role
from analyzer.speech.activity import find_speech
from analyzer.speech.mono.fbank import RATE_HZ, fbank
from analyzer.speech.mono.models import INSTALL, find
from analyzer.speech.mono.networks import Networks
from analyzer.speech.mono.separate import separate
from analyzer.testing import ClipBank, Conditions, Ending, Script, compose
from analyzer.testing.clips import at_rate
from analyzer.testing.script import Interrupt, Say

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def utterances() -> ClipBank:
    return ClipBank.from_folder(Path(__file__).parents[3] / "fixtures" / "utterances")


@pytest.fixture(scope="module")
def networks() -> Networks:
    models = find()
    if models is None:
        pytest.skip(f"the networks for mono calls are not installed: {INSTALL}")
    return Networks(models)


def test_the_segmentation_hears_nobody_in_silence(networks: Networks) -> None:
    quiet = np.random.default_rng(1).normal(size=160000).astype(np.float32) * 1e-4
    assert np.exp(networks.segment(quiet))[:, 0].mean() > 0.8


def test_the_first_layers_hear_every_frame_of_the_segmentation(networks: Networks) -> None:
    sound = np.random.default_rng(2).normal(size=160000).astype(np.float32) * 0.05
    inner = networks.inner(sound)
    assert inner.shape == (len(networks.segment(sound)), 512)
    assert np.all(np.abs(inner) <= 1) and inner.std(axis=0).max() > 0.01  # what an LSTM says, and not one thing always


def test_the_speaker_networks_first_block_hears_every_second_spectrum(networks: Networks) -> None:
    features = np.random.default_rng(3).normal(size=(998, 80)).astype(np.float32)
    inner = networks.voice_inner(features)
    assert inner.shape == (499, 256) and inner.std(axis=0).min() > 0
    assert np.array_equal(inner, networks.voice_inner(features))


def test_one_voice_sounds_like_itself_and_not_like_another(networks: Networks, utterances: ClipBank) -> None:
    def sounds(voice: str) -> list[np.ndarray]:
        clips = [c for c in utterances.of_voice(voice) if len(c.samples) > 2 * c.rate_hz][:3]
        return [networks.voice(fbank(at_rate(c, RATE_HZ))) for c in clips]

    a, b = sounds("zf_xiaoxiao"), sounds("zm_yunxi")
    assert min(float(x @ y) for x in a for y in a) > max(float(x @ y) for x in a for y in b)


def test_a_mono_call_is_told_apart(networks: Networks, utterances: ClipBank) -> None:
    script = Script(
        name="mono",
        agent_voice="zf_xiaoxiao",
        customer_voice="zm_yunxi",
        steps=(
            Say(who=Role.AGENT, text="您好,这里是客户服务中心,很高兴为您服务。"),
            Say(who=Role.CUSTOMER, text="喂,你好,我想问一下我的话费为什么比上个月多了这么多?", gap_ms=600),
            Interrupt(who=Role.AGENT, text="请问您的手机号码是多少?", at_ms=2000, yield_ms=400, succeeds=True),
            Say(who=Role.CUSTOMER, text="我的号码是幺三八零零幺三八零零零。"),
            Say(who=Role.AGENT, text="请稍等,我帮您查询一下。"),
            Say(who=Role.CUSTOMER, text="好的,谢谢,再见。"),
        ),
        ending=Ending(after_ms=800),
        conditions=Conditions(layout=Layout.MONO, codec="alaw", snr_db=25),
    )
    call = compose(script, utterances, 3)
    legs = look_at_legs(call.audio())
    found = separate(legs, find_speech(legs), networks)
    assert found.separated and found.separation_confidence >= 0.6
    for heard, party in zip(found.activities, (Role.AGENT, Role.CUSTOMER), strict=True):
        true = call.truth.speech(party)
        both = (true & heard.speech).duration_ms
        assert 2 * both / (true.duration_ms + heard.speech.duration_ms) > 0.93
