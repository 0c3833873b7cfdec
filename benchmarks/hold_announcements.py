"""What a machine says while a customer waits is nobody's: it ends no wait, and changes no verdict.

python benchmarks/hold_announcements.py [--json FILE] [--cache FOLDER]

The good call of `prohibited.py` in three agents' voices with a longer wait or a transfer, into which a machine speaks:
a queue, an advertisement, over music, between music, on a silent line. Every verdict is compared with the same call
without the machine, every wait with the truth. In four others it is the agent who speaks into the wait.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import results
from announcements import of_agent, true_announcements
from spoken_calls import AGENT, ASKS_TO_WAIT, COMES_BACK, CUSTOMER, PAIRS, clips, composed, listen, ready
from truth_scores import WAITS, unmatched

from analyzer.rules.pack import load_standard
from analyzer.rules.types import Scorecard, Verdict
from analyzer.spans import Timeline
from analyzer.testing import ClipBank, ComposedCall
from analyzer.testing.script import Announcement, AnyStep, Hold, Say, Silence

MACHINES = ("zf_xiaoyi", "zf_xiaoni")
SECOND = {"zf_xiaoxiao": "zm_yunxi", "zm_yunxi": "zm_yunjian", "zm_yunjian": "zf_xiaoxiao"}  # who takes the call over
MEASURES = ("articulation_rate", "active_level", "pitch_median")

QUEUE = ("您的来电正在排队,请不要挂机。", "感谢您的耐心等待,您前面还有三位客户。", "我们的客服人员正忙,请您稍候。")
TRANSFER = "正在为您转接,请稍候。"
ADVERT = "下载齐派送客户端,下单立减五元,更多优惠等您来拿。"
OTHER_QUEUE = ("现在咨询的客户较多,请您继续等待,我们将尽快为您接通。", "当前排队人数较多,您排在第五位,预计等待两分钟。")
OTHER_TRANSFER, OTHER_ADVERT = "您的电话正在转接中,请稍等。", "关注齐派送公众号,寄件查件更方便。"
OTHER_BUSY = "所有客服代表都在忙,请勿挂机。"


@dataclass(frozen=True)
class Scene:
    """A call; the same without the machine, None where there is none in it."""

    name: str
    call: ComposedCall
    alone: ComposedCall | None


def played(*texts: str, first_ms: int = 4000, every_ms: int = 8000) -> tuple[Announcement, ...]:
    """Machines' sentences, so long after the beginning and after each other."""
    voices = {t: MACHINES[t in (*OTHER_QUEUE, OTHER_TRANSFER, OTHER_ADVERT, OTHER_BUSY)] for t in texts}
    return tuple(Announcement(voice=voices[t], text=t, gap_ms=every_ms if i else first_ms) for i, t in enumerate(texts))


def scenes(voice: str, bank: ClipBank) -> Iterator[Scene]:
    second = SECOND[voice]

    def waits(name: str, sound: str, ms: int, said: tuple[Announcement, ...], beneath_db: float | None = None) -> Scene:
        def call(some: tuple[Announcement, ...]) -> ComposedCall:
            hold = Hold(duration_ms=ms, sound=sound, announced=True, played=some, beneath_db=beneath_db)
            return composed(None, bank, voice, held=(ASKS_TO_WAIT, hold, COMES_BACK))

        return Scene(name, call(said), call(()))

    def transferred(name: str, ms: int, said: tuple[Announcement, ...]) -> Scene:
        def call(some: tuple[Announcement, ...]) -> ComposedCall:
            held = (
                Say(who=AGENT, text="好的,我现在为您转接到技术部门,请您不要挂机。", gap_ms=700),
                Hold(duration_ms=ms, sound="music", announced=True, played=some),
                Say(who=AGENT, text="您好,技术部门为您服务,请问有什么可以帮您?", voice=second),
                Say(who=CUSTOMER, text="我上个星期买的东西到现在还没有收到,你们能不能帮我查一下到底是怎么回事?"),
                Say(who=AGENT, text="让您久等了,您的订单已经发出,预计明天下午送到您手上。", voice=second),
            )
            return composed(None, bank, voice, held=held, second=second)

        return Scene(name, call(said), call(()))

    def live(name: str, *held: AnyStep) -> Scene:
        return Scene(name, composed(None, bank, voice, held=held), None)

    music = Hold(duration_ms=12_000, sound="music", announced=True)
    again = Say(who=AGENT, text="请您再稍等一下,正在为您查询。")
    twice = Say(who=AGENT, text=again.text, clip=f"{voice}/again.flac")
    if voice == "zf_xiaoxiao":
        yield waits("queue, music rests", "music", 40_000, played(QUEUE[0], QUEUE[0], QUEUE[1], every_ms=9000))
        yield waits("queue over music", "music", 40_000, played(QUEUE[2], QUEUE[2], every_ms=12_000), -12.0)
        yield transferred("transfer", 20_000, played(TRANSFER, QUEUE[1]))
        yield waits("other advert", "music", 40_000, played(OTHER_ADVERT, OTHER_ADVERT, every_ms=12_000))
        yield live("agent again and again", ASKS_TO_WAIT, music, again, music, twice, music, COMES_BACK)
    elif voice == "zm_yunxi":
        yield waits("queue, silent line", "line", 40_000, played(QUEUE[0], QUEUE[2], every_ms=14_000))
        yield waits("advert over music", "music", 45_000, played(ADVERT, ADVERT, ADVERT, every_ms=9000), -12.0)
        yield waits("other queue", "music", 40_000, played(OTHER_QUEUE[0], OTHER_QUEUE[1], OTHER_QUEUE[0]))
        yield transferred("other transfer", 20_000, played(OTHER_TRANSFER, OTHER_QUEUE[1]))
        busy = Say(who=AGENT, text="技术部门现在比较忙,前面还有三位客户,请您耐心等待。")
        yield live("agent tells the queue", ASKS_TO_WAIT, music, busy, music, COMES_BACK)
    else:
        yield waits("two minutes", "music", 130_000, played(*[QUEUE[0]] * 5, every_ms=20_000))
        yield waits("dead line", "dead", 35_000, played(OTHER_BUSY, OTHER_BUSY, every_ms=12_000))
        yield waits("once", "music", 30_000, played(QUEUE[1], first_ms=12_000))
        puts_through = Say(who=AGENT, text=TRANSFER)
        yield live("agent puts through", ASKS_TO_WAIT, Silence(duration_ms=6000), puts_through, music, COMES_BACK)
        thanks = Say(who=AGENT, text="感谢您的耐心等待。")
        yield live("agent thanks", ASKS_TO_WAIT, music, thanks, Silence(duration_ms=4000), COMES_BACK)


def wrong_waits(card: Scorecard, call: ComposedCall) -> int:
    """Holds and dead air that are missing or none, each edge within 200 ms and of the right kind."""
    wrong = 0
    for kind in WAITS:
        true, heard = ([p.span for p in pauses if p.kind is kind] for pauses in (call.truth.pauses, card.pauses))
        wrong += sum(map(len, unmatched(true, heard)))
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, help="keep what was heard here, for a run with other rules")
    options = parser.parse_args()
    standard = load_standard("base")
    analyzer = ready(standard)
    bank = clips()
    calls = accused = doubted = praised = waits = found_ms = true_ms = right_ms = taken_ms = live_ms = 0
    off: dict[str, float] = dict.fromkeys(MEASURES, 0.0)
    for voice in PAIRS:
        for scene in scenes(voice, bank):
            card = listen(scene.call, analyzer, standard, options.cache)
            calls += 1
            found, true = Timeline(tuple(a.span for a in card.announcements)), true_announcements(scene.call)
            heard = " / ".join(a.text for a in card.announcements)
            wrong = wrong_waits(card, scene.call)
            if scene.alone is None:
                live_ms += found.duration_ms
                print(f"{voice} {scene.name}: waits wrong {wrong}; set apart: {heard}", flush=True)
                continue
            alone = listen(scene.alone, analyzer, standard, options.cache)
            before = {f.rule: f.verdict for f in alone.findings}
            changed = [(f.rule, before[f.rule], f.verdict) for f in card.findings if f.verdict is not before[f.rule]]
            failed = [rule for rule, _, now in changed if now is Verdict.FAIL]
            unsure = [rule for rule, _, now in changed if now is Verdict.UNSURE]
            passed = [rule for rule, was, now in changed if now is Verdict.PASS]
            accused, doubted, praised = accused + len(failed), doubted + len(unsure), praised + len(passed)
            waits += wrong
            found_ms, true_ms = found_ms + found.duration_ms, true_ms + true.duration_ms
            right_ms += (found & true).duration_ms
            taken_ms += (Timeline(tuple(t.span for t in card.turns)) & true).duration_ms
            for name in MEASURES:
                a, b = of_agent(alone, name), of_agent(card, name)
                if a is not None and b is not None:
                    off[name] = max(off[name], abs(a - b))
            print(
                f"{voice} {scene.name}: fails {failed or 0}, unsure {unsure or 0}, passes {passed or 0}, waits wrong "
                f"{wrong} (without {wrong_waits(alone, scene.alone)}); set apart: {heard}",
                flush=True,
            )
    made = [
        results.Figure("calls", calls),
        results.at_most("rules failed by an announcement", accused, 0),
        results.Figure("rules made unsure by one", doubted),
        results.Figure("rules passed by one", praised),
        results.Figure("holds and dead air that are missing or none", waits),
        results.Figure("announcements set apart, share of their time", round(right_ms / true_ms, 3)),
        results.Figure("announcements in turns, share of their time", round(taken_ms / true_ms, 3)),
        results.Figure("found and none, seconds", round((found_ms - right_ms) / 1000, 2)),
        results.at_most("agents' speech set apart, seconds", round(live_ms / 1000, 2), 0),
        *(results.Figure(f"agent's {name}, most it is off", round(value, 2)) for name, value in off.items()),
    ]
    results.show(made)
    results.write(made, options.json)


if __name__ == "__main__":
    main()
