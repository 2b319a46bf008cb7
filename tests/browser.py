"""A headless Chromium for tests, spoken to by WebDriver; tests that need one are skipped where there is none."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

__all__ = ["Browser", "open_browser"]

_CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS: Final = (
    *("--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars"),
)
_STARTED: Final = re.compile(r"started successfully on port (\d+)")
_ELEMENT: Final = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """One window of a browser."""

    def __init__(self, driver: str, capabilities: dict[str, Any]) -> None:
        """Open the window."""
        self._driver = driver
        opened = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self._session = f"/session/{opened['sessionId']}"

    def _ask(self, method: str, path: str, data: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - whatever the command returns
        body = json.dumps(data).encode() if data is not None else None
        request = Request(f"{self._driver}{path}", body, {"Content-Type": "application/json"}, method=method)  # noqa: S310 - the local driver
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except HTTPError as error:
            raise AssertionError(error.read().decode()) from None

    def close(self) -> None:
        """Close the window."""
        self._ask("DELETE", self._session)

    def visit(self, page: Path) -> None:
        """Open a file."""
        self._ask("POST", f"{self._session}/url", {"url": page.as_uri()})

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the script returns
        """Run the body of a JavaScript function."""
        return self._ask("POST", f"{self._session}/execute/sync", {"script": script, "args": list(arguments)})

    def emulate(self, command: str, **parameters: object) -> None:
        """Send a command of the DevTools protocol."""
        self._ask("POST", f"{self._session}/goog/cdp/execute", {"cmd": command, "params": parameters})

    def _find(self, selector: str) -> dict[str, str]:
        found: dict[str, str] = self._ask("POST", f"{self._session}/element", {"using": "css selector", "value": selector})
        return {_ELEMENT: found[_ELEMENT]}

    def point(self, selector: str, *, kind: str = "mouse") -> None:
        """Move the mouse over an element, or touch it."""
        move = {"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": self._find(selector)}
        press = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}] if kind == "touch" else []
        pointer = {"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": [move, *press]}
        self._ask("POST", f"{self._session}/actions", {"actions": [pointer]})

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask("POST", f"{self._session}/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def picture(self, place: Path) -> None:
        """Write what the window shows as a PNG file."""
        place.write_bytes(base64.b64decode(self._ask("GET", f"{self._session}/screenshot")))


@contextmanager
def open_browser(folder: Path, width: int, height: int, *, has_touch: bool = False) -> Iterator[Browser]:
    """Open a window of this size, in pixels; ``folder`` gets the profile of the browser."""
    chromium = next((found for name in _CHROMIUM if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("there is no Chromium with a chromedriver on this machine")
    flags = [*_FLAGS, f"--window-size={width},{height}", f"--user-data-dir={folder}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")  # which root cannot have
    options: dict[str, Any] = {"binary": chromium, "args": flags}
    if has_touch:
        options["mobileEmulation"] = {"deviceMetrics": {"width": width, "height": height, "pixelRatio": 1, "touch": True}}
    with _driver([driver, "--port=0"]) as address:
        browser = Browser(address, {"goog:chromeOptions": options})
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _driver(command: Sequence[str]) -> Iterator[str]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603 - found on the PATH
        try:
            assert process.stdout is not None
            started = next((found for line in process.stdout if (found := _STARTED.search(line))), None)
            assert started is not None, "the driver ended before it began"
            yield f"http://127.0.0.1:{started[1]}"
        finally:
            process.terminate()
