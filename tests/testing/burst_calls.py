"""Clips made of noise with known speech, and scripts over them."""

import numpy as np

from analyzer.call.types import Role
from analyzer.testing import Clip, ClipBank, Conditions, Ending, Script
from analyzer.testing.script import AnyStep, Say

A, C = Role.AGENT, Role.CUSTOMER
RATE = 16000


def burst(parts: list[tuple[int, int]], voice: str, text: str, total_ms: int = 0) -> Clip:
    """Speech-band noise exactly in `parts` (ms), silence elsewhere."""
    rng = np.random.default_rng(sum(map(ord, voice + text)))
    total = max(total_ms, parts[-1][1] + 200)
    samples = np.zeros(total * RATE // 1000, np.float32)
    for start, end in parts:
        a, b = start * RATE // 1000, end * RATE // 1000
        at = np.arange(b - a) / RATE
        buzz = sum(np.sin(2 * np.pi * 140 * k * at + rng.uniform(0, 6)) for k in range(3, 22))
        samples[a:b] = 0.03 * buzz
    return Clip(text, voice, samples, RATE, f"{voice}/{text}")


def bank() -> ClipBank:
    clips = []
    for voice in ("a", "c", "other"):
        clips += [
            burst([(300, 2300), (2700, 4300)], voice, "一二三四五六七八九十"),
            burst([(150, 1650)], voice, "一二三四五"),
            burst([(100, 450)], voice, "嗯。"),
            burst([(100, 700)], voice, "再见。"),
        ]
    return ClipBank(clips)


LONG, SHORT, YES, BYE = "一二三四五六七八九十", "一二三四五", "嗯。", "再见。"


def script(*steps: AnyStep, ending: Ending | None = None, conditions: Conditions | None = None, **more: int) -> Script:
    return Script(
        name="test",
        agent_voice="a",
        customer_voice="c",
        steps=steps or (Say(who=A, text=LONG), Say(who=C, text=SHORT)),
        ending=ending or Ending(),
        conditions=conditions or Conditions(),
        **more,
    )
