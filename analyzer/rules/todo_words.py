"""What to do about what is wrong with a pack, in Chinese and in English, by key."""

from __future__ import annotations

_FIELDS = "docs/house-packs.md lists the fields"
TODO: dict[str, tuple[str, str]] = {
    # names
    "did_you_mean": ("是不是 {name}？", "Did you mean {name}?"),
    "use_one_of": ("可用：{names}", "Use one of: {names}"),
    "rename_field": ("去掉它，或改正名称{meant}", "Remove it or correct its name{meant}"),
    "fields_are": ("（有 {names}）", " (there are {names})"),
    "meant": ("（是不是 {name}？）", " (did you mean {name}?)"),
    "define_or_name": (
        "先定义这个{kind}，或写一个已有的（这里写的是 id，不是中文名，也不是话）",
        "Define the {kind}, or name one that exists",
    ),
    "part_names": ("两个名称之间用半角逗号", "Put a plain comma between two names"),
    "define_parameter": ("在 pack.yaml 的 parameters 里定义它", "Define it under parameters in pack.yaml"),
    "define_family": ("在 families/ 里定义它", "Define it in families/"),
    "use_parameter": ("在检查里写 {mark} 来用它，或去掉它", "Use it as {mark}, or remove it"),
    "name_excuse": (
        "写 {{excuse: …}}，名称见 pack.yaml 的 excuses",
        "Write {{excuse: …}} alone; pack.yaml says which there are",
    ),
    "name_anchor": (
        "写 {{anchor: …}}，名称见 pack.yaml 的 anchors",
        "Write {{anchor: …}}; pack.yaml says which there are",
    ),
    "name_situation": (
        "写 {{kind: situation, name: …}}，名称见 pack.yaml 的 situations",
        "Write {{kind: situation, name: …}}; pack.yaml says which there are",
    ),
    "move_up": ("把 {name} 移到它前面", "Move {name} above it"),
    "name_rules": ("写已有规则的 id", "Name rules that exist"),
    "name_theirs": ("写所沿用的规则包里的 id", "Name one of the extended pack's"),
    "measures_are_listed": ("有哪些指标见 docs/measures", "docs/measures lists them"),
    "no_parts": ("去掉 component：这个指标没有几个部分", "Take component away: the measure has no parts"),
    "write_organisation": (
        "在 pack.yaml 里写 organisation:，或用 --organisation 给出",
        "Write organisation: into pack.yaml, or name one with --organisation",
    ),
    "write_greeting": ("在 pack.yaml 里写 greeting:", "Write greeting: into pack.yaml"),
    "marks_are": ("只有 {{organisation}} 和 {{greeting}}", "There are {{organisation}} and {{greeting}}"),
    "and_more": (
        "{todo}。另有 {count} 处错误，analyzer standard check 全部列出",
        "{todo}. Mistakes besides: {count}; `analyzer standard check` lists them",
    ),
    # the folder and its files
    "name_a_pack": ("给出规则包的文件夹，或其中之一：{names}", "Name a pack's folder, or one of: {names}"),
    "extend_one_beside": (
        "写随产品带的规则包（base），或旁边一个文件夹的名称",
        "Name a shipped pack or a folder beside this one",
    ),
    "extend_one_of": (
        "写随产品带的规则包（{names}），或旁边一个文件夹的名称",
        "Name a shipped pack or a folder beside this one: {names}",
    ),
    "break_circle": ("不要绕回自己", "Break the circle"),
    "rename_file": ("请改名为 {name}", "Name it {name}"),
    "put_file": ("把文件放上，或给出另一个文件夹", "Put the file there, or name another folder"),
    "put_file_itself": ("放上文件本身，或把它移走", "Put the file itself there, or take it away"),
    "save_utf8": (
        "另存为 UTF-8 编码（记事本：另存为，编码选 UTF-8）",
        "Save the file as UTF-8",
    ),
    "split_files": ("拆成几个文件", "Split it into several files"),
    "split_file": ("拆成几个文件", "Split the file"),
    "keep_at_most": ("最多 {most}", "Keep at most {most}"),
    # items and fields
    "begin_with": ("以 {key}: 开头", "Begin it with {key}:"),
    "write_items": (
        "写成列表，每条以 - {key}: 开头",
        "Write a list of items, each beginning with - {key}:",
    ),
    "write_list": ("写成列表", "Write a list"),
    "write_verdicts": (
        "分别在 pass:、fail:、unsure:、not_applicable: 下列出通话",
        "Write pass:, fail:, unsure: or not_applicable: with a list of calls each",
    ),
    "give_name": ("写上 {key}（文字）", "Give it a {key} (text)"),
    "take_out": ("去掉其中的 {mark}", "Take {mark} out of it"),
    "take_name_away": (
        "去掉 {key}；要换名称，就停用（disable）原来的 {name}，另写一条",
        "Take the {key} away; for another {key} disable {name} and add another",
    ),
    "change_or_rename": (
        "要改它就写 change: {name}；要另写一条就换一个 {key}",
        "Write change: {name} to change it, or take another {key}",
    ),
    "rename": ("改名，或去掉一个", "Rename or remove one"),
    "keep_one": ("只留一个", "Keep one of them"),
    "keep_exactly_one": ("只留一个", "Keep exactly one of them"),
    "write_one": ("写上其中一个", "Write one of them"),
    "fill_or_remove": ("去掉它，或写上内容", "Remove it, or say what it is"),
    "add_field": ("请补上", "Add the field"),
    "wide_in_field": (
        "“{field}”里改用半角的冒号或逗号，后面空一格",
        "Write a plain : or , and a blank in {field}: ： is no : and ， is no ,",
    ),
    # values
    "correct_to": ("可填：{values}{meant}", "Correct it: {values}{meant}"),
    "two_phrases": (
        "是不是两条说法？中间用半角逗号分开；一条说法里没有标点，中间隔着别的话写 …",
        "Did you mean two phrases? Put a plain comma between them; a phrase has no punctuation, its gap is …",
    ),
    "quote": ("加上引号：{text}", "Put it in quotes: {text}"),
    "write_value": (
        "在冒号后面写上内容，或去掉这个字段",
        "Write the value behind the colon, or take the field away",
    ),
    "shorter": ("写短一些", "Make it shorter"),
    "plain_brackets": ("把 【 】 改成半角的 [ ]", "Write [ and ] where 【 and 】 stand"),
    "as_list": ("写成列表：[{value}]", "Correct it: a list, as [{value}]"),
    "as_bool": ("写 true 或 false", "Correct it: true or false"),
    "as_number": (
        "只写数字，例如 310 或 1.5，不带单位和引号",
        "Correct it: a plain number, as 310 or 1.5, without unit or quotes",
    ),
    "as_fields": (
        "写成 {{字段: 值}}，有哪些字段见 docs/house-packs.md",
        f"Correct it: fields in braces, as {{{{name: value}}}}; {_FIELDS}",
    ),
    "correct_value": ("请改正；有哪些字段、能填什么见 docs/house-packs.md", f"Correct the value; {_FIELDS}"),
    "correct": ("请改正；有哪些字段、能填什么见 docs/house-packs.md", f"Correct it; {_FIELDS}"),
    "correct_frame": (
        "请改正；模式怎么写见 docs/house-packs.md（RE2，不能用反向引用和前后查看）",
        "Correct it; docs/house-packs.md says what a frame is",
    ),
    "give_forms": ("写上 forms", "Give it forms"),
    "phrase_length_is": ("写 1 到 {most} 个字", "Use 1 to {most} characters"),
    "write_ways": (
        "写成 (甲|乙|丙)，一条最多 {most} 种",
        "Write (a|b|c), at most {most} ways a phrase",
    ),
    "set_role_any": ("role 写 any", "Set its role to any"),
    "set_role": ("role 写 agent 或 customer", "Set its role to agent or customer"),
    "one_unit": (
        "比较同一单位的指标，或写 ratio: true",
        "Compare figures of one unit, or set ratio: true",
    ),
    "smaller": ("写得简单些", "Make it smaller"),
    "flatten": ("写得简单些", "Flatten it"),
    # example calls
    "see_notation": ("写法见 docs/house-packs.md 的 Example calls", "See the notation in docs/house-packs.md"),
    "write_turns": (
        "写上通话，或去掉这个示例",
        "Write the turns of the call, or take the example away",
    ),
    "later_behind": ("较晚的时间写在 - 后面", "Write the later time behind the -"),
    "line_each": (
        "每句话另起一行，前面用 - |",
        "Begin a new line for each turn, below a - |",
    ),
    "turn_before": ("去掉 {mark}，或在前面写一句话", "Take {mark} away, or write a turn before it"),
    "write_either": ("写 {one} 或 {other}", "Write {one} or {other}"),
    "write_so": ("写 {text}", "Write {text}"),
    "write_less": ("写小一些", "Write less"),
    "zero_to_one": ("写 0 到 1", "Write 0 to 1"),
    # YAML
    "write_out": ("直接写出内容；规则包里不用锚点和别名", "Write the value out; packs use no anchors or aliases"),
    "write_values": ("直接写出内容", "Write the values out"),
    "plain_values": ("直接写出内容；规则包里不用标签", "Use plain values; packs use no tags"),
    "smaller_number": ("写一个小些的数字", "Write a smaller one"),
    "text_as_key": ("字段名写成文字", "Use text as the key"),
    "one_document": ("一个文件里不要用 --- 分段", "Keep one document per file"),
    "remove_character": ("去掉 YAML 不允许的字符", "Remove the character that YAML doesn't allow"),
    "plain_colon": ("把 ： 改成半角冒号，后面空一格", "Write : and a blank where ： stands"),
    "plain_mark": ("把 {wide} 改成半角的 {plain}", "Write {plain} where {wide} stands"),
    "blank_behind": ("- 后面空一格", "Write a blank behind the -"),
    "no_tab": ("缩进用空格，不用制表符（Tab）", "Indent with blanks, not with a tab"),
    "plain_blanks": (
        "缩进用半角空格，不用全角空格",
        "Indent with plain blanks, not with full-width or protected ones",
    ),
    "single_quotes": (
        "含 \\ 的内容用单引号，不用双引号",
        "Put what holds a \\ in single quotes, not in double ones",
    ),
    "quote_inside": (
        "文字里的引号会让它提前结束：里面改用“ ”，或整段用 ' ' 括起来",
        "A quote inside a text ends it: write “ ” inside, or put ' ' round the whole",
    ),
    "quote_signs": (
        "以符号开头、或里面有冒号加空格的文字，要加引号",
        "Put a text that begins with a sign, or holds a colon and a blank, in quotes",
    ),
    "mend_yaml": (
        "检查这一行的缩进、括号和引号",
        "Mend the YAML at that line: indents, brackets and quotes must match",
    ),
    "close_quote": ("这一行开头的引号没有成对", "Close the quote that begins at that line"),
    "close_bracket": (
        "这一行开头的括号没有成对，或里面缺少逗号",
        "Close the bracket that begins at that line, and part what stands in it by commas",
    ),
    "indent_alike": (
        "通话或文字的各行要对齐，并比第 {line} 行缩进得多",
        "Indent the lines of a text or call alike, and deeper than line {line}",
    ),
    "indent_as": (
        "这一行应缩进 {blanks} 个空格，与第 {line} 行对齐，现在是 {here} 个",
        "Indent the line with {blanks} blanks, as line {line}; it has {here}",
    ),
}  # fmt: skip
