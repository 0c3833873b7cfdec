"""What the common switches call things: who released the call, which way it went, who is on which channel.

Every table says whose field it is. A value that can mean two things is not decided: the caller keeps it as unclear.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from analyzer.call.types import Role
from analyzer.call.width import narrow

AGENT, CUSTOMER, SYSTEM = "agent", "customer", "system"
CALLER, CALLEE = "caller", "callee"

_PARTY = {
    AGENT: "agent seat operator staff 坐席 座席 座席员 坐席员 客服 客服人员 员工 话务员 接线员 工号",
    CUSTOMER: "customer guest 客户 顾客 用户 来电人 来电客户 消费者",
    SYSTEM: "system platform ivr robot bot ai 系统 平台 机器人 智能客服",
    CALLER: "caller calling 主叫 主叫方",
    CALLEE: "callee called 被叫 被叫方",
}
_PARTY_OF = {word: party for party, words in _PARTY.items() for word in words.split()}
_ENDINGS = ("主动挂断", "主动挂机", "先挂断", "先挂机", "先挂", "挂断", "挂机", "释放", "侧", "端", "方")

# Amazon Connect `DisconnectReason`. A third party, a barged call or OTHER say nothing of the two parties.
_CONNECT = {
    "customerdisconnect": CUSTOMER, "agentdisconnect": AGENT, "agentnetworkdisconnect": SYSTEM,
    "contactflowdisconnect": SYSTEM, "idledisconnect": SYSTEM, "telecomproblem": SYSTEM, "expired": SYSTEM,
    "api": SYSTEM,
}  # fmt: skip
_HANGUP_TYPE = {"1": SYSTEM, "2": AGENT, "3": CUSTOMER}  # Alibaba outbound bot `HangupType`: 1 AI, 2 seat, 3 customer
_HANGUP_DIR = {"1": CALLER, "2": CALLEE, "3": SYSTEM}  # open Chinese CTI `hangup_dir`
_REL_DIRECTION = {"1": CALLER, "2": CALLEE}  # Huawei private numbers `callRelDirection`
_HUNG_UP_SIDE = {"seat": AGENT, "user": CUSTOMER, "system": SYSTEM}  # Tencent `HungUpSide`

# Field, normalised -> the values it documents beside the plain words for a party. In order of trust.
RELEASE_FIELDS: dict[str, Mapping[str, str]] = {
    "releasedby": {}, "releaseinitiator": {}, "hungupside": _HUNG_UP_SIDE, "disconsymbol": {}, "onhooksource": {},
    "hanguptype": _HANGUP_TYPE, "disconnectreason": _CONNECT, "hangupdir": _HANGUP_DIR,
    "callreldirection": _REL_DIRECTION, "disconnecttype": {}, "hangupparty": {}, "hangupby": {}, "hangupside": {},
    "releaseparty": {}, "releaseside": {}, "disconnectedby": {}, "endedby": {},
    "挂断方": {}, "先挂断方": {}, "挂机方": {}, "先挂机方": {}, "释放方": {},
    "挂断类型": {}, "挂机类型": {}, "挂断": {},
}  # fmt: skip
SIP_FIELD = "siphangupdisposition"

_INBOUND = frozenset(["in", "inbound", "incoming", "呼入", "来电", "呼入电话"])
_OUTBOUND = frozenset(["out", "outbound", "outgoing", "呼出", "外呼", "去电", "呼出电话"])


def plain(name: object) -> str:
    """A field name or value without case, width, spaces and joining marks."""
    text = unicodedata.normalize("NFKC", str(name)).casefold()
    return "".join(c for c in text if c.isalnum())


def party(value: object) -> str | None:
    """The party a word names: "agent", "customer", "system", "caller" or "callee"; None when it names none."""
    if not isinstance(value, str):
        return None
    word = plain(value)
    for ending in ("", *_ENDINGS):
        if ending and not word.endswith(ending):
            continue
        stem = word.removesuffix(ending)
        if stem in _PARTY_OF:
            return _PARTY_OF[stem]
    return None


def role(value: object) -> Role | None:
    """The role a word names; None when it names none of the three."""
    if isinstance(value, str) and plain(value) in ("unknown", "未知"):
        return Role.UNKNOWN
    named = party(value)
    return Role(named) if named in (AGENT, CUSTOMER) else None


def direction(value: object, tencent: bool = False) -> str | None:
    """Inbound or outbound; None when the value doesn't say. Numbers are read for Tencent only: 0 in, 1 out."""
    word = plain(value)
    if word in _INBOUND:
        return "inbound"
    if word in _OUTBOUND:
        return "outbound"
    if tencent:
        return {"0": "inbound", "1": "outbound"}.get(word)
    return None


def released_by(field: str, value: object, call_direction: str | None) -> str | None:
    """Who released the call, by a switch's field.

    Args:
        field: normalised name, a key of `RELEASE_FIELDS`.
        value: as it stands in the record.
        call_direction: "inbound", "outbound" or None; caller and callee are agent or customer only with it.

    Returns:
        "agent", "customer" or "system"; None when the field doesn't decide it.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    named = RELEASE_FIELDS[field].get(plain(value)) or party(value)
    return by_direction(named, call_direction)


def by_direction(named: str | None, call_direction: str | None) -> str | None:
    """Caller and callee as agent and customer: the customer calls in, the agent calls out."""
    if named in (CALLER, CALLEE):
        if call_direction is None:
            return None
        return CUSTOMER if (named == CALLER) == (call_direction == "inbound") else AGENT
    return named


def released_by_sip(legs: Mapping[str, str]) -> str | None:
    """Who released the call, by FreeSWITCH's `sip_hangup_disposition` of each leg.

    `recv_bye`: the endpoint of that leg hung up. `send_bye`: the switch hung up on that leg, because the other side did
    or because it decided so; one leg alone doesn't tell which.

    Args:
        legs: "agent" and/or "customer" to the leg's disposition.
    """
    received = [who for who, value in legs.items() if plain(value) == "recvbye"]
    if len(received) == 1:
        return received[0]
    if len(legs) == 2 and all(plain(value) == "sendbye" for value in legs.values()):
        return SYSTEM
    return None


def channel_roles(value: Any) -> tuple[Role, ...] | None:
    """Roles by channel from a list, a text "agent,customer", or a mapping of channels to roles or roles to channels.

    Returns:
        One role per channel; None when it doesn't say exactly.
    """
    if isinstance(value, str):
        value = narrow(value)
        for mark in "|/;、":
            value = value.replace(mark, ",")
        value = value.split(",")
    if isinstance(value, Mapping):
        return _mapped_roles(value)
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= 2:
        return None
    roles = tuple(r for item in value if (r := role(item)) is not None)
    return roles if len(roles) == len(value) and _distinct(roles) else None


def _mapped_roles(value: Mapping[Any, Any]) -> tuple[Role, ...] | None:
    if not 1 <= len(value) <= 2:
        return None
    pairs = [(channel, role(who)) for channel, who in value.items()]
    if any(who is None for _, who in pairs):
        pairs = [(channel, role(who)) for who, channel in value.items()]
    if any(who is None for _, who in pairs):
        return None
    return roles_on_channels([(channel, who) for channel, who in pairs if who is not None])


def roles_on_channels(pairs: list[tuple[Any, Role]]) -> tuple[Role, ...] | None:
    """Roles in channel order. Channels are words (left, right, 左, 右) or both numbers, from 0 or from 1.

    One number alone is decided only where both ways of counting agree: 0 is the left, 2 the right.
    """
    numbers = [_channel_number(channel) for channel, _ in pairs]
    if any(n is None for n in numbers) or not _distinct(tuple(r for _, r in pairs)):
        return None
    known = {n: who for n, (_, who) in zip(numbers, pairs, strict=True) if n is not None}
    if set(known) == {1, 2}:
        return known[1], known[2]
    if set(known) == {0, 1} or set(known) == {-1, -2}:
        return (known[0], known[1]) if 0 in known else (known[-1], known[-2])
    if len(known) == 1:
        number, who = next(iter(known.items()))
        return {0: (who, who.other), -1: (who, who.other), 2: (who.other, who), -2: (who.other, who)}.get(number)
    return None


def _channel_number(channel: object) -> int | None:
    """The channel's number as written; left is -1 and right -2."""
    word = plain(channel).removeprefix("channel").removeprefix("声道").removesuffix("channel").removesuffix("声道")
    if word in ("left", "l", "左"):
        return -1
    if word in ("right", "r", "右"):
        return -2
    return int(word) if word in ("0", "1", "2") else None


def _distinct(roles: tuple[Role, ...]) -> bool:
    """Two legs are two parties: the same known role twice is a mistake."""
    known = [r for r in roles if r is not Role.UNKNOWN]
    return len(known) == len(set(known))
