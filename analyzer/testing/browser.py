"""Debian's chromium driven by Playwright, for tests that look at the pages as a reader does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--autoplay-policy=no-user-gesture-required",
)


def open_browser() -> Iterator[Any]:
    """A headless chromium for one test session; skips, saying why, where there is none."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine: install Debian's `chromium`")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is missing: pip install -e '.[test]'")
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield browser
        browser.close()


class Watched:
    """A page that remembers what it must not do: errors, refused policies, requests to anywhere."""

    def __init__(self, browser: Any, width: int = 1400, height: int = 1100) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": height})
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("console", self._said)
        self.page.on("dialog", self._asked_reader)
        self.page.on("request", self._asked)

    def _said(self, said: Any) -> None:
        if said.type in ("error", "warning"):
            self.complaints.append(said.text)

    def _asked_reader(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("file:", "blob:", "data:", "http://127.0.0.1:")):
            self.complaints.append(f"request: {request.url}")

    def open(self, address: str) -> float:
        """Opens an address and returns the seconds from the navigation until the page stood on the screen."""
        self.page.goto(address, wait_until="commit")
        self.page.wait_for_selector("body[data-ready]")
        return float(self.page.evaluate("Number(document.body.dataset.ready)")) / 1000
