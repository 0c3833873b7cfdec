"""One self-contained HTML file: template, style, script and data under a strict content security policy.

Nothing of a call ever enters the markup: it travels as JSON in a data block and is shown as text by the script. The
policy lets only the very style and script in this file run, known by their hashes, and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from analyzer.outputs.encode import encode_json
from analyzer.outputs.labels import Language


def template(name: str) -> str:
    """The text of a file in `templates/`."""
    return (files("analyzer.outputs") / "templates" / name).read_text("utf-8")


def json_block(value: Any) -> str:
    """JSON that can stand inside a script element: no `<`, `>`, `&`, nor a line separator of JavaScript's own."""
    text = encode_json(value).decode()
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.rstrip("\n")


def content_policy(style: str, script: str, extra: Mapping[str, str] | None = None) -> str:
    """The content security policy for this style and script.

    Args:
        style: the whole text of the page's one style element.
        script: the whole text of its one script element.
        extra: more directives, e.g. `{"media-src": "blob:"}`; everything not named stays forbidden.
    """
    rules = {"default-src": "'none'", "script-src": _hash(script), "style-src": _hash(style)}
    rules |= {"base-uri": "'none'", "form-action": "'none'", **(extra or {})}
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def page(
    title: str,
    language: Language,
    data: Any,
    *,
    body: str,
    styles: Iterable[str],
    scripts: Iterable[str],
    policy: Mapping[str, str] | None = None,
    blocks: Mapping[str, bytes] | None = None,
    head: str = "",
) -> bytes:
    """The page as UTF-8 bytes.

    Args:
        title: of the window; any text.
        language: of the page.
        data: what the script reads from the block `data`.
        body: template file with the static markup.
        styles: template files, joined.
        scripts: template files, joined.
        policy: more directives of the content security policy.
        blocks: further inert data blocks by id, base64 text; they stand behind the script.
        head: markup of ours for the head, in whole lines; never a call's own text.
    """
    style = "".join(template(name) for name in styles)
    script = "".join(template(name) for name in scripts)
    top = (
        f'<!DOCTYPE html>\n<html lang="{"zh-CN" if language == "zh" else "en"}">\n<head>\n<meta charset="utf-8">\n'
        f"{head}"
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(content_policy(style, script, policy))}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{html.escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{template(body)}"
        f'<script type="application/json" id="data">{json_block(data)}</script>\n'
        f"<script>{script}</script>\n"
    )
    pieces = [top.encode("utf-8", "replace")]
    for id_, held in (blocks or {}).items():  # large, so copied once
        pieces += f'<script type="text/plain" id="{id_}">'.encode(), held, b"</script>\n"
    return b"".join([*pieces, b"</body>\n</html>\n"])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
