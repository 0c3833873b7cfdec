"""What a machine says on the agent's leg is nobody's: it changes no verdict, and takes no word from the agent.

python benchmarks/announcements.py [--json FILE] [--cache FOLDER]

The good call of `prohibited.py` in three agents' voices with a menu, a queue, a number read by a machine before it, a
survey after it, all of these, or an agent who invites to one or tells of keys himself. Every verdict is compared with
the one on the call alone; the agent's rate, level and pitch, too. In the calls with a survey the switch says that the
agent went, as it does where agents put customers through to it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import results
from spoken_calls import AGENT, ENDING, PAIRS, Case, clips, composed, listen, ready

from analyzer.call.types import CallMetadata, Role
from analyzer.rules.pack import load_standard
from analyzer.rules.types import Scorecard, Verdict
from analyzer.spans import Timeline
from analyzer.speech.announcements import AnnouncementSettings
from analyzer.testing import ClipBank, ComposedCall, Ending
from analyzer.testing.script import Announcement

MACHINE = "zf_xiaoyi"
MEASURES = ("articulation_rate", "active_level", "pitch_median", "opening_delay")
AGENT_WENT = CallMetadata(released_by=AGENT)


def played(text: str, gap_ms: int = 800) -> Announcement:
    return Announcement(voice=MACHINE, text=text, gap_ms=gap_ms)


MENU = (
    played("您好,欢迎致电齐派送客服中心,为了保证服务质量,您的通话可能会被录音。"),
    played("业务咨询请按一,投诉建议请按二,人工服务请按零。", 400),
)
QUEUE = (*MENU, played("坐席正忙,请您耐心等待。", 3000), played("正在为您转接人工服务,请稍候。", 8000))
SURVEY = (
    played("请您对本次服务进行评价,非常满意请按一,满意请按二,不满意请按三。"),
    played("感谢您的评价,再见。", 4000),
)
SILENT = Ending(party="agent", after_ms=600)


@dataclass(frozen=True)
class Scene:
    """A call and what is known of it."""

    name: str
    call: ComposedCall
    metadata: CallMetadata | None = None


def scenes(voice: str, bank: ClipBank) -> Iterator[Scene]:
    number, other = played("工号幺零二三为您服务。"), played("幺零二三号客服代表为您服务。")
    invites = "稍后请您对我的服务做出评价,谢谢您的来电,再见。"
    keys = Case("", AGENT, "您听到语音提示以后先按一,再输入身份证号就可以了。", voice)
    yield Scene("menu", composed(None, bank, voice, before=MENU))
    yield Scene("queue", composed(None, bank, voice, before=QUEUE))
    yield Scene("number", composed(None, bank, voice, before=(number,)))
    yield Scene("other number", composed(None, bank, voice, before=(*QUEUE, other)))
    yield Scene("survey", composed(None, bank, voice, after=SURVEY, ending=SILENT), AGENT_WENT)
    yield Scene("invited", composed(None, bank, voice, closing=invites, ending=SILENT), AGENT_WENT)
    yield Scene("both", composed(None, bank, voice, after=SURVEY, closing=invites, ending=SILENT), AGENT_WENT)
    yield Scene("all", composed(None, bank, voice, before=(*QUEUE, number), after=SURVEY, ending=SILENT), AGENT_WENT)
    yield Scene("keys", composed(keys, bank, voice, ending=ENDING))


def true_announcements(call: ComposedCall) -> Timeline:
    spoken = Timeline(tuple(s.span for s in call.truth.sounds if s.kind == "announcement"))
    return spoken.close_gaps(AnnouncementSettings().join_ms)  # as they are set apart


def of_agent(card: Scorecard, name: str) -> float | None:
    return next((m.value for m in card.measures if m.name == name and m.role in (Role.AGENT, None)), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, help="keep what was heard here, for a run with other rules")
    options = parser.parse_args()
    standard = load_standard("base")
    analyzer = ready(standard)
    bank = clips()
    accused = doubted = calls = 0
    found_ms = true_ms = right_ms = 0
    off: dict[str, float] = dict.fromkeys(MEASURES, 0.0)
    for voice in PAIRS:
        alone = listen(composed(None, bank, voice), analyzer, standard, options.cache)
        verdicts = {f.rule: f.verdict for f in alone.findings}
        for scene in scenes(voice, bank):
            card = listen(scene.call, analyzer, standard, options.cache, scene.metadata)
            calls += 1
            failed = [f.rule for f in card.findings if f.verdict is Verdict.FAIL and verdicts[f.rule] is not f.verdict]
            unsure = [f.rule for f in card.findings if f.verdict is Verdict.UNSURE and verdicts[f.rule] is Verdict.PASS]
            accused, doubted = accused + len(failed), doubted + len(unsure)
            found, true = Timeline(tuple(a.span for a in card.announcements)), true_announcements(scene.call)
            found_ms, true_ms = found_ms + found.duration_ms, true_ms + true.duration_ms
            right_ms += (found & true).duration_ms
            for name in MEASURES:
                a, b = of_agent(alone, name), of_agent(card, name)
                if a is not None and b is not None and scene.name != "keys":
                    off[name] = max(off[name], abs(a - b))
            heard = " / ".join(a.text for a in card.announcements)
            print(f"{voice} {scene.name}: fails {failed or 0}, unsure {unsure or 0}; set apart: {heard}", flush=True)
    made = [
        results.Figure("calls", calls),
        results.at_most("rules failed by an announcement", accused, 0),
        results.Figure("rules made unsure by one", doubted),
        results.Figure("announcements found, share of their time", round(right_ms / true_ms, 3)),
        results.Figure("found and none, seconds", round((found_ms - right_ms) / 1000, 2)),
        *(results.Figure(f"agent's {name}, most it is off", round(value, 2)) for name, value in off.items()),
    ]
    results.show(made)
    results.write(made, options.json)


if __name__ == "__main__":
    main()
