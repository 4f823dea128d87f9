"""A headless Chromium, driven through ChromeDriver by the W3C WebDriver protocol."""

import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
FLAGS = [
    *("--headless=new", "--no-sandbox", "--no-first-run"),
    *(f"--disable-{part}" for part in ("gpu", "quic", "sync", "background-networking")),
    *(f"--disable-{part}" for part in ("component-update", "dev-shm-usage")),
]
PATIENCE = 60.0  # seconds for the browser to start, or for a page to change
KEYS = dict(
    zip(
        ("PageUp", "PageDown", "End", "Home", "Left", "Up", "Right", "Down"),
        map(chr, range(0xE00E, 0xE016)),
        strict=True,
    )
) | {"Tab": "\ue004", "Escape": "\ue00c", "Space": "\ue00d"}


class Browser:
    """One window; use it in a `with`."""

    def __enter__(self) -> "Browser":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.driver = subprocess.Popen([DRIVER, f"--port={port}"], **quiet)
        options = {"binary": CHROMIUM, "args": [*FLAGS, f"--user-data-dir={self.profile.name}"]}
        logs = {"browser": "ALL"}
        capabilities = {"goog:chromeOptions": options, "goog:loggingPrefs": logs}
        self.wait(lambda: self.ask("GET", "/status")["ready"])
        session = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.address += f"/session/{session['sessionId']}"
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self.ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.profile.cleanup()

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One command of the protocol and its value."""
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.address + path, data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def wait(self, true: Any) -> Any:
        """Ask again until something holds."""
        last = time.monotonic() + PATIENCE
        while True:
            try:
                answer = true()
            except OSError:
                answer = None
            if answer or time.monotonic() > last:
                assert answer, "waited in vain"
                return answer
            time.sleep(0.02)

    def open(self, page: os.PathLike[str], width: int = 1280, height: int = 900) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
        self.ask("POST", "/url", {"url": page.as_uri()})

    def devtools(self, command: str, parameters: dict[str, Any]) -> Any:
        body = {"cmd": command, "params": parameters}
        return self.ask("POST", "/goog/cdp/execute", body)

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of a script once the page has been drawn anew."""
        self.ask("POST", "/execute/async", {"script": DRAWN, "args": []})
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def point(self, x: float, y: float, *more: dict[str, Any]) -> None:
        """Move the pointer to a place of the window, then do more with it."""
        move = {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 0}
        mouse = {"type": "pointer", "id": "mouse", "actions": [move, *more]}
        self.ask("POST", "/actions", {"actions": [mouse]})

    def press(self, *keys: str) -> None:
        strokes = [
            {"type": kind, "value": KEYS.get(key, key)}
            for key in keys
            for kind in ("keyDown", "keyUp")
        ]
        keyboard = {"type": "key", "id": "keyboard", "actions": strokes}
        self.ask("POST", "/actions", {"actions": [keyboard]})

    def messages(self) -> list[str]:
        """What the page has written to the console."""
        return [message["message"] for message in self.ask("POST", "/se/log", {"type": "browser"})]

    def picture(self) -> bytes:
        return base64.b64decode(self.ask("GET", "/screenshot"))


DRAWN = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done));"
