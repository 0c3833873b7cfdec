"""What is said of a pack: by key, in Chinese and in English, so that nothing can be said in one language alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analyzer.errors import StandardError
from analyzer.rules.check_words import CHECKS_SEEN
from analyzer.rules.problem import Problem
from analyzer.rules.seen_words import SEEN
from analyzer.rules.todo_words import TODO

WORDS = SEEN | CHECKS_SEEN | TODO
LONGEST = 1_000  # characters of a part: a pack is untrusted
_KINDS = {"pack": "entry", "clauses": "clause", "observations": "observation", "families": "family"}


@dataclass(frozen=True, slots=True)
class Told:
    """One thing said in both languages; as a `str` it is English."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en


def tell(key: str, /, **parts: Any) -> Told:
    """What stands under a key of `WORDS`.

    Args:
        key: of the words.
        parts: what fills them: text, numbers, or what was told.
    """
    short = {name: f"{p[:LONGEST]}…" if isinstance(p, str) and len(p) > LONGEST else p for name, p in parts.items()}
    zh, en = WORDS[key]
    return Told(
        zh.format(**{name: p.zh if isinstance(p, Told) else p for name, p in short.items()}), en.format(**short)
    )


def told(problem: Problem) -> Told:
    """What a check says of its parameters, in words."""
    return tell(problem.key, **problem.parts)


class PackError(StandardError):
    """A pack that is not usable, said in both languages.

    Args:
        code: stable.
        seen: what was found.
        todo: what the user can do about it.
        file: where it stands; empty where that is no file of the pack's.
        line: from 1; of an example, in it.
        lacks: what is missing, by kind and name ("family:bye"), or by kind.
        mistakes: all that is wrong with the pack, where this is the first of several.
    """

    def __init__(
        self,
        code: str,
        seen: Told,
        todo: Told,
        file: str = "",
        line: int = 0,
        lacks: str = "",
        mistakes: tuple[PackError, ...] = (),
    ) -> None:
        super().__init__(code, str(seen), str(todo))
        self.said, self.file, self.line, self.lacks, self.mistakes = (seen, todo), file, line, lacks, mistakes

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, *self.said, self.file, self.line, self.lacks, self.mistakes)


def refuse(
    code: str, name: str, line: int, seen: Told, todo: Told, item: str | None = None, lacks: str = ""
) -> PackError:
    """The error for a place in a pack file, in an item of that id or name; `lacks` as that of `PackError`."""
    kind = tell(_KINDS.get(name.split("/")[0].removesuffix(".yaml"), "rule"))
    of = tell("of_item", kind=kind, name=item) if item else ""
    seen = tell("at_line", file=name, line=line, of=of, seen=seen)
    return PackError(f"standard.{code}", seen, todo, name, line, lacks)
