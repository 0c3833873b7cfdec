"""What msgspec and libyaml say of a pack, in our own words: these texts alone are known by pattern, being not ours."""

from __future__ import annotations

import re

from analyzer.rules.told import LONGEST, Told, tell

_TYPES = {"array": "type_array", "str": "type_str", "int": "type_int", "float": "type_float", "bool": "type_bool",
          "object": "type_object", "null": "type_null"}  # fmt: skip
# Of msgspec's decoder: the text, as a pattern of the whole -> our key of the same words
_DECODING = {
    r"object contains unknown field `(?P<field>.*)`": "unknown_field",
    r"object missing required field `(?P<field>.*)`": "missing_field",
    r"invalid enum value '(?P<value>.*)'": "no_such_value",
    r"expected (?P<wanted>`[^`]*`) of length (?P<sign>\S+) (?P<length>\d+), got (?P<given>.*)": "wrong_length",
    r"expected (?P<wanted>`[^`]*`) of length (?P<sign>>=) (?P<length>\d+)": "too_short",
    r"expected (?P<wanted>`[^`]*`) of length (?P<sign><=) (?P<length>\d+)": "too_many",
    r"expected (?P<wanted>`[^`]*`), got (?P<given>`[^`]*`)": "wrong_type",
    r"expected (?P<wanted>`[^`]*`) (?P<sign>\S+) (?P<bound>\S+), got (?P<given>.*)": "out_of_bounds",
}
# Of libyaml's parser: the text, as a pattern of the whole -> its Chinese
_PARSING = {
    r"mapping values are not allowed in this context": "这里不该有“字段: 值”",
    r"did not find expected '-' indicator": "列表里的这一行没有对齐",
    r"did not find expected key": "这一行没有对齐，或前面没有写完",
    r"could not find expected ':'": "缺少半角冒号",
    r"found unexpected end.*": "到文件末尾也没有写完",
    r"did not find expected ('.*)": "缺少 {0}",
    r"found unknown escape character": "双引号里的 \\ 写法不对",
    r"found a tab character.*|found character that cannot start any token": "行首或值的开头有不能用的字符",
}
_NO_YAML = "写法不合 YAML"


def decoding(text: str, value: object = None) -> Told:
    """What msgspec says of a value.

    Args:
        text: its message, without the path.
        value: what was given, where that is to be named and the message doesn't.
    """
    text = text[:1].lower() + text[1:]
    whole = text if value is None else f"{text}, got {value}"
    for pattern, key in _DECODING.items() if len(whole) <= LONGEST else ():
        if (found := re.fullmatch(pattern, whole, re.S)) is not None:
            return tell(key, **{name: _type(part) for name, part in found.groupdict().items()})
    return tell("as_told", text=whole)


def parsing(text: str) -> Told:
    """What libyaml says of a line."""
    for pattern, words in _PARSING.items():
        if (found := re.fullmatch(pattern, text, re.S)) is not None:
            return Told(words.format(*found.groups()), text)
    return Told(_NO_YAML, text)


def _type(text: str) -> Told | str:
    """The name of a type, or of several of which it may be one: `float | null`."""
    if (names := re.fullmatch(r"`([a-z| ]+)`", text)) is None:
        return text
    told = [tell(_TYPES[one]) if one in _TYPES else Told(one, one) for one in names[1].split(" | ")]
    return Told("或".join(one.zh for one in told), text)
