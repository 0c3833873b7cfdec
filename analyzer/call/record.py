"""One record of a switch, understood: only what it says without doubt."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from analyzer.call import switches
from analyzer.call.switches import plain
from analyzer.call.types import CallMetadata, Role
from analyzer.call.width import narrow

CHINA = timezone(timedelta(hours=8))
MAX_FIELDS = 500
MAX_DEPTH = 4
MAX_VALUE_CHARS = 300

# What each field is called, the best name first: an id before a name.
_NAMES = {
    "call_id": "callid contactid sessionid uuid uniqueid ucid acid conversationid recordid "
    "通话id 通话编号 会话id 流水号 录音编号",
    "agent_id": "agentid agentno agentnum agentcode staffid staffno workno jobnumber seatid seatno cno "
    "seatuseruserid 坐席工号 座席工号 工号 客服工号 坐席编号 座席编号 客服编号 坐席id 座席id agentusername agent "
    "坐席 座席 客服 agentname",
    "team": "team agentteam teamname agentgroup department 班组 团队 小组 部门 坐席组 座席组",
    "direction": "direction calldirection initiationmethod calltype 呼叫方向 通话方向 呼叫类型 方向",
    "start_time": "starttime startedat startat starttimestamp startstamp callstarttime begintime "
    "initiationtimestamp 通话开始时间 开始时间 通话时间 呼叫时间 来电时间",
    "is_callback": "iscallback callback callbackflag 回拨 是否回拨 断线回拨",
    "roles": "roles channelroles 声道角色 声道",
}
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names.split()}
_AGENT_CHANNEL = frozenset(["agentchannel", "seatchannel", "坐席声道", "座席声道", "客服声道"])
_CUSTOMER_CHANNEL = frozenset(["customerchannel", "客户声道", "用户声道"])
_CHANNEL_ROLE = {
    "leftchannel": "left", "rightchannel": "right", "leftrole": "left", "rightrole": "right",
    "左声道": "left", "右声道": "right", "channel0": "0", "channel1": "1", "channel2": "2",
}  # fmt: skip
_SIP_LEG = frozenset(["siphangupdispositionleg", "leg", "legrole", "legside"])
# Wrappers whose name says nothing: {"Data": {"CallId": ...}} reads as {"CallId": ...}.
_WRAPPERS = frozenset(["data", "call", "cdr", "metadata", "record", "contact", "result", "body", "telcdr", "通话"])
_TRUE = frozenset(["true", "1", "yes", "y", "t", "是"])
_FALSE = frozenset(["false", "0", "no", "n", "f", "否", "不是"])
_SHORT_DATE = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?!\d)(.*)", re.DOTALL)
_SINCE_1970 = re.compile(r"(?:(\d{10})|\d{13})(?:\.\d+)?", re.ASCII)  # seconds or milliseconds
_TO_THE_HOUR = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])(?!\d)")  # or of 2033 on
_DIGITS = re.compile(r"(\d{8})(\d{4}(?:\d{2})?)?(?!\d)(.*)", re.DOTALL)  # a date, to the minute, to the second
_SHORT_HOUR = re.compile(r"^([ T])(?=\d:)")
_EMPTY = frozenset(["", "null", "none", "nan", "na", "-", "无", "空", "\\n"])


def understand(fields: Mapping[str, Any], source: str) -> CallMetadata:
    """Metadata from a record in any of the known switches' words.

    Args:
        fields: a decoded JSON object, or a manifest row.
        source: "sidecar", "manifest" or "options".
    """
    return _Record(fields).understand(source)


class _Record:
    """One record while it is being understood."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.unclear: dict[str, str] = {}
        self.ignored = 0
        self.fields: dict[str, tuple[str, Any]] = {}  # normalised name -> (name as written, value)
        self._flatten(fields, "", MAX_DEPTH)

    def _flatten(self, fields: Mapping[str, Any], prefix: str, depth: int) -> None:
        for name, value in fields.items():
            if len(self.fields) >= MAX_FIELDS:
                self.ignored += 1
                continue
            key = prefix + plain(name)
            if isinstance(value, Mapping) and _FIELD_OF.get(key) != "roles":
                if depth > 1:
                    self._flatten(value, "" if plain(name) in _WRAPPERS else key, depth - 1)
                else:
                    self.ignored += 1
            elif _is_empty(self._value(key)):  # the first that says something holds
                self.fields[key] = (str(name), value)

    def understand(self, source: str) -> CallMetadata:
        values: dict[str, Any] = {}
        for key, field in _FIELD_OF.items():
            if key not in self.fields or _is_empty(self.fields[key][1]) or field in values:
                continue
            name, value = self.fields[key]
            taken = self._take(field, value)
            if taken is None:
                self._note(name, value)
            else:
                values[field] = taken
        self.ignored += sum(key not in _FIELD_OF and not self._is_special(key) for key in self.fields)
        if "roles" not in values and (roles := self._roles_from_channels()) is not None:
            values["roles"] = roles
        if "is_callback" not in values and plain(self._value("initiationmethod")) == "callback":
            values["is_callback"] = True
            values.setdefault("direction", "outbound")
            self.unclear.pop(self.fields["initiationmethod"][0], None)
        released, by_field = self._released_by(values.get("direction"))
        extra: dict[str, Any] = {}
        if self.unclear:
            extra["unclear"] = dict(sorted(self.unclear.items()))
        if self.ignored:
            extra["ignored_fields"] = self.ignored
        return CallMetadata(**values, released_by=released, released_by_field=by_field, source=source, extra=extra)

    def _value(self, key: str) -> Any:
        return self.fields[key][1] if key in self.fields else ""

    def _is_special(self, key: str) -> bool:
        return (
            key in switches.RELEASE_FIELDS
            or switches.SIP_FIELD in key
            or key in _AGENT_CHANNEL | _CUSTOMER_CHANNEL | _SIP_LEG
            or key in _CHANNEL_ROLE
        )

    def _note(self, name: str, value: Any) -> None:
        self.unclear[name[:MAX_VALUE_CHARS]] = short(value)

    def _take(self, field: str, value: Any) -> Any:
        if field == "roles":
            return switches.channel_roles(value)
        if field == "direction":
            return switches.direction(value, tencent="hungupside" in self.fields or "sdkappid" in self.fields)
        if field == "start_time":
            return _time(value)
        if field == "is_callback":
            return value if isinstance(value, bool) else _yes_or_no(value)
        if isinstance(value, bool) or not isinstance(value, str | int) or len(str(value)) > MAX_VALUE_CHARS:
            return None
        return _clean(value)

    def _roles_from_channels(self) -> tuple[Role, ...] | None:
        pairs: list[tuple[Any, Role]] = []
        names: list[tuple[str, Any]] = []
        for key, (name, value) in self.fields.items():
            if _is_empty(value):
                continue
            if key in _AGENT_CHANNEL or key in _CUSTOMER_CHANNEL:
                pairs.append((value, Role.AGENT if key in _AGENT_CHANNEL else Role.CUSTOMER))
                names.append((name, value))
            elif key in _CHANNEL_ROLE:
                who = switches.role(value)
                if who is None:
                    self._note(name, value)
                    return None
                pairs.append((_CHANNEL_ROLE[key], who))
                names.append((name, value))
        if not pairs:
            return None
        roles = switches.roles_on_channels(pairs) if len(pairs) <= 2 else None
        if roles is None:
            for name, value in names:
                self._note(name, value)
        return roles

    def _released_by(self, direction: str | None) -> tuple[str | None, str | None]:
        said: list[tuple[str, str, Any]] = []
        for key in switches.RELEASE_FIELDS:
            if key not in self.fields or _is_empty(self.fields[key][1]):
                continue
            name, value = self.fields[key]
            who = switches.released_by(key, value, direction)
            if who is None:
                self._note(name, value)
            else:
                said.append((who, name, value))
        said += self._released_by_sip(direction)
        if len({who for who, _, _ in said}) > 1:  # two fields, two parties: nobody is accused
            for _, name, value in said:
                self._note(name, value)
            return None, None
        return said[0][:2] if said else (None, None)

    def _released_by_sip(self, direction: str | None) -> list[tuple[str, str, Any]]:
        legs: dict[str, str] = {}
        names: list[tuple[str, Any]] = []
        for key, (name, value) in self.fields.items():
            if switches.SIP_FIELD not in key or key in _SIP_LEG or _is_empty(value):
                continue
            names.append((name, value))
            of = switches.party(key.replace(switches.SIP_FIELD, "").removesuffix("leg"))
            if of is None:
                of = next((switches.party(self._value(k)) for k in sorted(_SIP_LEG) if k in self.fields), None)
            of = switches.by_direction(of, direction)
            if of in (switches.AGENT, switches.CUSTOMER):
                legs[of] = str(value)
        who = switches.released_by_sip(legs)
        if who is None:
            for name, value in names:
                self._note(name, value)
            return []
        return [(who, *names[0])]


def _time(value: Any) -> str | None:
    """ISO 8601 of a date and time, or of seconds or milliseconds since 1970; None when it is neither, or could be both.

    What a machine counts in UTC is told as China's clocks show it, so that its day is the day of the call.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if not isinstance(value, str) and not 0 <= value < 1e15:
        return None
    text = narrow(str(value)).strip()
    if (since_1970 := _SINCE_1970.fullmatch(text)) is not None:
        if _TO_THE_HOUR.match(text):
            return None
        return datetime.fromtimestamp(float(text) / (1 if since_1970[1] else 1000), CHINA).isoformat()
    short_date, digits = _SHORT_DATE.match(text), _DIGITS.match(text)
    if short_date is not None:
        year, month, day, rest = short_date.groups()
        text = f"{year}-{month:0>2}-{day:0>2}" + _SHORT_HOUR.sub(r"\g<1>0", rest)
    elif digits is not None:
        day, time, rest = digits.groups()
        text = day + (f"T{time}" if time else "") + rest
    elif text[:9].isdigit():  # as many as no date has; `fromisoformat` would take one of them for the T
        return None
    try:
        taken = datetime.fromisoformat(text)
        return (taken.astimezone(CHINA) if taken.utcoffset() == timedelta() else taken).isoformat()
    except (ValueError, OverflowError):
        return None


def _yes_or_no(value: Any) -> bool | None:
    word = plain(value) if isinstance(value, str | int) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def _clean(value: Any) -> str:
    return "".join(c for c in unicodedata.normalize("NFC", str(value)).strip() if c.isprintable())


def _is_empty(value: Any) -> bool:
    if isinstance(value, str):
        return narrow(value).strip().casefold() in _EMPTY
    return value is None or value == [] or value == {}


def short(value: Any) -> str:
    """A value as one short printable line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)
    return _clean(text)[:MAX_VALUE_CHARS]
