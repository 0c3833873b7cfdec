"""A standard of one rule, made in memory, to test checks with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from analyzer.rules.asked import patterns_asked, phrases_asked
from analyzer.rules.checks.families import Family, Quoting
from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.standard import Complaint, Rule, Scoring, Section, Standard
from analyzer.rules.types import Finding

FAMILIES = {
    "sorry": ["对不起", "很抱歉", "不好意思"],
    "hello": ["您好"],
    "greets": ["您好"],
    "wait": ["请稍等"],
    "back": ["让您久等了"],
    "thanks": ["谢谢您的来电"],
    "bye": ["再见"],
    "rude": ["我怎么知道", "你还想怎样"],
    "order": ["你赶紧"],
    "confirm": ["请问您说的是…对吗"],
    "complains": ["我要投诉"],
    "customer_wait": ["你等一下"],
    "careless": ["你太马虎了"],
    "careless_gap": ["你…太马虎了"],
    "leave": ["不想干就别干了"],
    "leave_gap": ["不想干…别干了"],
    "grumbles": ["又坏了"],
    "promises": ["一定能退"],
    "promises_anew": ["一定能退"],
}


def standard(*rules: dict[str, Any], **scoring: Any) -> Standard:
    """A standard with the families above and these rules."""
    families = {k: Family(id=k, name=k, forms=tuple(v)) for k, v in FAMILIES.items()}
    families["grumbles"] = msgspec.structs.replace(families["grumbles"], said_back=9)  # only a name excuses it
    families["promises"] = msgspec.structs.replace(families["promises"], said_back=0)  # it is as good as its own
    families["why"] = Family(
        id="why",
        name="为什么",
        forms=(),
        frames=("^[您你]?(干嘛|为啥)(要|就)?(取消|退)",),
        except_frames=("^为啥退.{0,3}我(查|看)",),
    )
    quoting = Quoting(naming=("叫", "应该是"), before=("您的意思是", "您是说"), frames=("您说师傅.{0,6}说.{1,30}",))
    judged = tuple(
        msgspec.convert(
            {
                "id": f"R{i}", "name": "规则", "name_en": "Rule", "clauses": [], "section": "s",
                "severity": "major", "advice": "建议", "reason": "违反了", "deduction": 20,
            } | rule,
            Rule,
        )
        for i, rule in enumerate(rules)
    )  # fmt: skip
    made = Standard(
        id="small", version="1", name="小", name_en="Small", sha256="0" * 64, profile="default", profile_name="默认",
        profiles=("default",), organisation="", greeting="",
        sections=tuple(Section(id=i, name=i, name_en=i, weight=w) for i, w in (("s", 3), ("z", 1))),
        scoring=msgspec.structs.replace(Scoring(), **scoring), parameters={},
        complaint=Complaint(families=("complains",), mild=("grumbles",)), quoting=quoting, clauses=(),
        families=families, phrases=(), patterns=(), tried=(), rules=judged, observations=(),
        excuses={}, anchors={}, situations={}, disabled=(), packs=(),
        places={},
    )  # fmt: skip
    return replace(made, phrases=phrases_asked(made), patterns=patterns_asked(made))


def find(call: str, **rule: Any) -> Finding:
    """One rule's finding on a call in the compact notation."""
    made = parse_call(call)
    heard = (made.conversation, made.measures, made.hangup, made.metadata)
    return judge(standard(rule), *heard, cut_short=made.cut_short).findings[0]


def verdict(call: str, **rule: Any) -> str:
    """One rule's verdict."""
    return str(find(call, **rule).verdict)
