"""Spoken calls, scored as the product does: the good call of `prohibited.py`, alone and with a sentence more in it."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from analyzer.call.types import CallMetadata, Role
from analyzer.pipeline import Analyzer, Heard, HearingSettings, judge_call
from analyzer.rules.standard import Standard
from analyzer.rules.types import Scorecard
from analyzer.speech.model import resolve
from analyzer.speech.recognizer import WhisperRecognizer
from analyzer.speech.trials import phrases_print
from analyzer.testing import ClipBank, ComposedCall, Conditions, Ending, Script, compose
from analyzer.testing.script import AnyStep, Hold, Say

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
PAIRS = {"zf_xiaoxiao": "zm_yunjian", "zm_yunxi": "zf_xiaoxiao", "zm_yunjian": "zf_xiaobei"}  # agent: customer
ENDING = Ending(party="customer", evidence=("leg_went_dead",), after_ms=600, tail_ms=1500)
LINE = Conditions(codec="ulaw", snr_db=30.0, agent_level_db=-22.0, customer_level_db=-24.0)
AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER
ASKS_TO_WAIT = Say(who=AGENT, text="很抱歉,我帮您查询一下,请您稍等片刻,谢谢!", gap_ms=700)
COMES_BACK = Say(who=AGENT, text="让您久等了,您的订单已经发出,预计明天下午送到您手上。")
HELD = (ASKS_TO_WAIT, Hold(duration_ms=4000, sound="music", announced=True), COMES_BACK)


@dataclass(frozen=True)
class Case:
    """A sentence for the good call: the rule it breaks ("" for none), who says it, its words, the agent's voice."""

    rule: str
    who: Role
    text: str
    voice: str

    @property
    def name(self) -> str:
        return f"{self.voice} {self.rule or 'near miss'} {self.who}: {self.text}"


def clips() -> ClipBank:
    """Every spoken sentence of the fixtures."""
    folders = (FIXTURES / name for name in ("phrases", "near_misses", "utterances", "announcements"))
    return ClipBank(c for folder in folders for c in ClipBank.from_folder(folder))


def cases(bank: ClipBank) -> Iterator[Case]:
    """Every phrase and near miss of `lines.tsv`, by every agent's voice that it is spoken for."""
    spoken = {(c.voice, c.text) for c in bank}
    with (FIXTURES / "near_misses" / "lines.tsv").open(encoding="utf-8", newline="") as handle:
        lines = [row for row in csv.DictReader(handle, delimiter="\t") if row["rule"] != "call"]
    for line in lines:
        who = Role(line["who"])
        rule = "" if line["rule"] == "near miss" else line["rule"]
        for agent, customer in PAIRS.items():
            if (agent if who is AGENT else customer, line["text"]) in spoken and (rule or agent != "zm_yunjian"):
                yield Case(rule, who, line["text"], agent)


def composed(
    case: Case | None,
    bank: ClipBank,
    agent: str = "zf_xiaoxiao",
    *,
    before: tuple[AnyStep, ...] = (),
    held: tuple[AnyStep, ...] = HELD,
    after: tuple[AnyStep, ...] = (),
    second: str | None = None,
    closing: str = "谢谢您的来电,以后有什么问题可以再给我们打电话。再见。",
    ending: Ending = ENDING,
) -> ComposedCall:
    """The good call with the sentence where the agent has understood the question; None: the good call alone.

    `before` and `after` are played before it and after it; `held` is the wait, with what the agent says before and
    after it; `closing` is what he says last, or the `second` voice on his leg.
    """
    agent = case.voice if case else agent
    steps = (
        *before,
        Say(who=AGENT, text="您好,齐派送客服中心,很高兴为您服务!"),
        Say(who=CUSTOMER, text="我上个星期买的东西到现在还没有收到,你们能不能帮我查一下到底是怎么回事?"),
        Say(who=AGENT, text="您好,请问您贵姓?"),
        Say(who=CUSTOMER, text="我姓王。"),
        Say(who=AGENT, text="请问您说的是上个星期的订单,对吗?"),
        Say(who=CUSTOMER, text="是的。"),
        *([Say(who=case.who, text=case.text, gap_ms=600)] if case else []),
        *held,
        Say(who=CUSTOMER, text="好的。"),
        Say(who=AGENT, text=closing, voice=second),
        Say(who=CUSTOMER, text="好的,谢谢,再见。"),
        *after,
    )
    script = Script(
        name="call",
        agent_voice=agent,
        customer_voice=PAIRS[agent],
        steps=steps,
        ending=ending,
        conditions=LINE,
    )
    return compose(script, bank, seed=1)


def ready(standard: Standard) -> Analyzer:
    """The product's analyser with its own model, on one thread."""
    return Analyzer(WhisperRecognizer(resolve(None), threads=1), HearingSettings(standard.organisation))


def listen(
    call: ComposedCall,
    analyzer: Analyzer,
    standard: Standard,
    cache: Path | None,
    metadata: CallMetadata | None = None,
) -> Scorecard:
    """Scores a call as the product does; keeps what was heard: other phrases are tried without transcribing again."""
    key = sha256(analyzer.fingerprint.encode() + call.samples.tobytes()).hexdigest()[:24]
    kept = cache / f"{key}.json" if cache else None
    heard = msgspec.json.decode(kept.read_bytes(), type=Heard) if kept and kept.exists() else None
    if heard is None or heard.phrases_tried != phrases_print(standard.tried):
        with tempfile.TemporaryDirectory() as folder:
            path = call.write(Path(folder))
            if heard is None:
                heard = analyzer.hear(path, metadata, standard.tried)
            else:
                heard = analyzer.try_again(path, heard, standard.tried)
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(msgspec.json.encode(heard))
    return judge_call(heard, standard)
