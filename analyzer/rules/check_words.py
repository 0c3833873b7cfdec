"""What can be wrong with checks, patterns and example calls, and what a pack lacks, in both languages, by key."""

from __future__ import annotations

_AS_SPOKEN = (
    "数字要写成念的字，外文写成小写字母，没有标点和繁体字",
    "figures stand as they are spoken, foreign words in small letters, nothing is traditional or punctuation",
)
CHECKS_SEEN: dict[str, tuple[str, str]] = {
    # parameters of checks
    "needs_one_of": ("{names} 里要写、也只能写一个，而且不能是空的", "needs exactly one of {names}"),
    "needs_either": ("{one} 和 {other} 至少要写一个", "needs {one} or {other}"),
    "lies_above": ("{low} 比 {high} 大", "{low} lies above {high}"),
    "goes_with": ("{name} 要和 {other} 一起用", "{name} goes with {other}"),
    "more_than_families": ("at_least 比列出的还多", "at_least is more than there are families"),
    "more_than_steps": ("at_least 比列出的还多", "at_least is more than there are steps"),
    "times_too_many": (
        "times 比 within_turns 能容纳的还多",
        "times is more than within_turns can hold",
    ),
    "all_optional": (
        "每一步都可省（optional），等于什么都不要求",
        "every step is optional, so nothing need be said",
    ),
    "phrase_needs_families": ("event: phrase 要写 families", "a phrase needs families"),
    "event_without": ("{event} 不能带 {field}", "{event} has no {field}"),
    "excuses_nothing": ("families 是空的，什么也排除不了", "without families it excuses nothing"),
    "same_and_last": (
        "same_turn 和 last_turn 不能同时用，把一个放进 also",
        "same_turn and last_turn are not both to be had; put one of them into also",
    ),
    "no_own_turn": (
        "{name} 里不能写 same_turn：停顿、重叠这类情形不在谁的话轮里",
        "{name} can't have same_turn: a pause or an overlap is in nobody's turn",
    ),
    "response_is_shorter": (
        "response 短于 {limit:g} 秒，从 {limit:g} 秒起是 dead_air，of 里两个都要写",
        "a response is shorter: from {limit:g} s it is dead_air, so name both in of",
    ),
    "dead_air_is_longer": (
        "dead_air 从 {limit:g} 秒起，更短的是 response",
        "dead_air is {limit:g} s or longer; what is shorter is a response",
    ),
    "before_opening": ("opening 之前、closing 之后没有人说话", "nobody speaks before an opening"),
    "behind_closing": ("opening 之前、closing 之后没有人说话", "nobody speaks behind a closing"),
    "jump_of_one": (
        "jump 只看一方的曲线，role 要写 agent 或 customer",
        "a jump is of one party's curve: role is agent or customer",
    ),
    "same_figure": ("同一个指标和自己相比", "compares a figure with the same"),
    "no_contest": ("只有 interruption 才有 outcome", "only an interruption is a contest with an outcome"),
    "asks_itself": ("asked_by 和 answered_by 是同一方", "asked_by and answered_by are the same"),
    "of_and_against": ("{names} 在 of 和 against 里都有", "{names} stands in of and in against"),
    "min_content": ("min_content 应在 2 和 min_chars 之间", "min_content lies between 2 and min_chars"),
    "one_group": (
        "given、taken 的每个模式要有且只有一个组（……）：{pattern}",
        "a pattern of given or taken has exactly one group (…): {pattern}",
    ),
    "callback_values": ("is_callback 只能是 true 或 false", "is_callback is true or false"),
    "direction_values": ("direction 只能是 inbound 或 outbound", "direction is inbound or outbound"),
    "team_is_a_name": ("team 应是名称（文字）", "team is a name"),
    "no_characters": ("有一条说法里没有字：{phrase}", "a phrase without spoken characters: {phrase}"),
    # patterns and words that are looked for as written
    "long_pattern": ("模式有 {count} 个字符，超过 {most} 个", "a pattern of {count} characters, more than {most}"),
    "no_pattern": ("不是可用的模式：{pattern}（{why}）", "not a pattern: {pattern} ({why})"),
    "empty_pattern": (
        "模式什么也没有也算符合：{pattern}",
        "a pattern that matches nothing at all: {pattern}",
    ),
    "fits_nothing": (
        f"没有一句话会符合这个模式：{{pattern}}（{_AS_SPOKEN[0]}）",
        f"a pattern that no spoken text fits: {{pattern}} ({_AS_SPOKEN[1]})",
    ),
    "nowhere": (f"没有一句话里会有 {{word}}（{_AS_SPOKEN[0]}）", f"no spoken text holds {{word}} ({_AS_SPOKEN[1]})"),
    "written_otherwise": (
        f"没有一句话里会有 {{word}}，应写成 {{said}}（{_AS_SPOKEN[0]}）",
        f"no spoken text holds {{word}}, it is written {{said}} ({_AS_SPOKEN[1]})",
    ),
    # figures
    "of_the_call": (
        "{measure} 是整通电话的指标，不分坐席、客户",
        "{measure} is of the whole call, not of one party",
    ),
    "of_a_party": (
        "{measure} 是一方的指标，不是整通电话的",
        "{measure} is of one party, not of the whole call",
    ),
    "other_units": (
        "{of} 的单位是 {unit}，{minus} 的单位是 {other}",
        "{of} is in {unit}, {minus} in {other}",
    ),
    # example calls
    "long_example": ("示例有 {count} 行", "an example of {count} lines"),
    "no_line": ("看不懂示例里的这一行：{line}", "can't read the example line: {line}"),
    "empty_example": ("示例是空的", "an example without a line"),
    "ends_before": ("结束时间早于开始时间：{line}", "a turn that ends before it begins: {line}"),
    "two_turns": ("一行里有两个人的话：{line}", "two turns on one line: {line}"),
    "nobody_yet": (
        "前面还没有人说话，不能插话：{line}",
        "nobody speaks yet whom this could come in on: {line}",
    ),
    "meta_value": ("{field} 不能是 {value}", "{field} is {value}"),
    "given_twice": ("{name} 写了两次", "{name} is given twice"),
    "over_a_day": ("{seconds} 秒超过一天", "{seconds} s is more than a day"),
    "no_confidence": ("{number} 不是把握的程度", "{number} is no confidence"),
    # what is odd, and what a pack lacks
    "one_character": (
        "“{phrase}”只有一个字，容易误命中",
        "{phrase}, of one character, is easily found where it was not said",
    ),
    "excludes_itself": (
        "排除的说法“{phrase}”就是要找的说法，不起作用：排除的说法要更长，或者把它从要找的说法里删掉",
        "the exclusion {phrase} is a phrase that is looked for, and does nothing: "
        "an exclusion is longer, or take the phrase out",
    ),
    "seconds_for_ms": (
        "{measure} 的单位是毫秒，{side} 却写了 {limit:g}：{limit:g} 秒要写 {ms:g}",
        "{measure} is in ms, and its {side} is {limit:g}: {limit:g} s are {ms:g}",
    ),
    "ms_for_seconds": (
        "{field} 的单位是秒，写了 {length:g}：{length:g} 毫秒要写 {seconds:g}",
        "{field} is in seconds, and is {length:g}: {length:g} ms are {seconds:g}",
    ),
    "wide_margin": (
        "unsure_s 是界限以下的余量：min_s {least:g} 减 {margin:g}，从 {start:g} 秒起都待复核",
        "unsure_s is a margin: {margin:g} below a min_s of {least:g} is unsure from {start:g} s on",
    ),
    "untraced": (
        "没有规则引用它，也没有写 not_heard",
        "no rule names it and it has no not_heard",
    ),
    "traced_and_not_heard": (
        "{names} 引用了它，它又写了 not_heard",
        "named by {names} and also says not_heard",
    ),
    "no_points": (
        "pack.yaml 的 scoring 里没有写 {severity} 扣几分：违反这些规则一分不扣（{names}）",
        "scoring in pack.yaml gives no points for {severity}: breaking these rules costs nothing ({names})",
    ),
    "unused_family": ("没有规则用到它", "no rule uses it"),
    "examples_missing": ("还缺示例 {lacking}", "{lacking} example(s) missing"),
}  # fmt: skip
