"""A new house pack: small, loadable, with a rule, a family and examples to change."""

from __future__ import annotations

import re
from pathlib import Path

from analyzer.errors import OutputError, UsageError
from analyzer.rules.reading import shipped_packs

_FILES = {
    "pack.yaml": """\
# A house pack: everything of the shipped standard, and what this house adds or changes.
id: "{id}"
version: "1.0"
name: {id} 服务标准
name_en: {id} service standard
extends: base
# Needed where a phrase says {{organisation}} or {{greeting}}.
# organisation: 某某公司
# greeting: 您好，某某公司客服中心，很高兴为您服务

# Numbers that rules use as $name; `analyzer standard explain RULE` shows which.
parameters:
  interruption_s: {{value: 2.0, unit: s, note: 重叠达到此值才算抢话}}

# Rules of the shipped standard that this house doesn't use.
disable: []
""",
    "clauses.yaml": """\
- id: HOUSE1
  document: "{id}"
  title: 不说“这个不归我们部门管”
  title_en: No "not our department"
  summary: 不以部门分工为由推开客户。
  heard: 坐席说出这类话。
  heard_by: [T]
""",
    "families/house.yaml": """\
- id: not_our_department
  name: 不归我们部门管
  name_en: Not our department
  forms: [这个不归我们部门管, 这不是我们部门的事, 我们部门不管这个, 你去找别的部门]
  exclusions: [这个归我们部门管]
  near_misses: [我帮您转到负责的部门, 这件事由我们部门跟进]
""",
    "rules/house.yaml": """\
- id: HOUSE1
  name: 不说“不归我们部门管”
  name_en: Does not say "not our department"
  clauses: [HOUSE1]
  section: language
  severity: major
  forbid: {{kind: said, any: [not_our_department]}}
  reason: 坐席以部门分工为由推开客户
  reason_en: The agent brushes the customer off with "not our department"
  advice: 说“我帮您转给负责的同事，并跟进结果”。
  advice_en: Offer to pass it on and to follow up.
  examples:
    pass:
      - |
        用户: 发票找谁
        客服: 我帮您转到负责的部门
      - |
        用户: 这个不归我们部门管吗
        客服: 您放心，我来跟进
      - |
        用户: 好的
        客服: 这件事由我们部门跟进
    fail:
      - |
        用户: 发票找谁
        客服: 这个不归我们部门管
      - |
        用户: 那找谁
        客服: 这不是我们部门的事
      - |
        用户: 怎么办
        客服: 你去找别的部门
    unsure:
      - |
        用户: 那找谁
        客服? 我们部门不管这个

# Changing a rule of the shipped standard: only the given fields are replaced.
- change: T1
  severity: minor
""",
}


def scaffold(folder: Path) -> tuple[Path, ...]:
    """Writes a small pack that extends the shipped standard.

    Args:
        folder: must not exist yet, or be empty; its name becomes the pack's id.

    Returns:
        The files written.

    Raises:
        UsageError: when the folder holds something, or its name can't be an id or is taken.
        OutputError: when it can't be written.
    """
    name = folder.name
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}", name):
        raise UsageError("usage.pack_name", f"{name} can't be a pack's id", "Use letters, digits, - and _")
    if name in shipped_packs():
        raise UsageError("usage.pack_name", f"{name} is a shipped pack", "Take another name")
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError("usage.folder_not_empty", f"{folder} holds something", "Name a new folder")
        written = []
        for relative, text in _FILES.items():
            path = folder / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.format(id=name), encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise OutputError(
            "output.write", f"{folder}: {error.strerror or error}", "Choose a folder you can write to"
        ) from None
    return tuple(written)
