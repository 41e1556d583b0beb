"""Chromium for tests and pictures: opens one page, lists every request it makes, measures it, and photographs it."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-lcd-text",  # grey edges, not coloured ones: smaller pictures, the same on every screen
    "--proxy-server=127.0.0.1:1",  # nobody listens there: whatever is asked for gets no answer
    "--remote-debugging-pipe",
)
_MARGIN = 24  # pixels below the last thing to be seen


class Page:
    """A page in a Chromium of its own, spoken to in its debugging protocol.

    Attributes:
        requests: URL of every request, in order.
    """

    def __init__(self, to_browser: int, from_browser: int) -> None:
        """Speak through two pipes: messages are JSON, each ends with a NUL."""
        self._to_browser = to_browser
        self._from_browser = from_browser
        self._rest = b""
        self._number = 0
        self._session = ""
        self._loaded = False
        self.requests: list[str] = []

    def open(self, url: str, *, width: int, dark: bool = False) -> None:
        """Load *url* in a window of *width* pixels."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Network.enable")
        self.call("Page.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self._loaded = False
        self.call("Page.navigate", url=url)
        while not self._loaded:
            self._receive()

    def ask(self, expression: str) -> Any:
        """Return what a JavaScript expression gives, as JSON data."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def picture(self, last: str) -> bytes:
        """Return the page as PNG, down to where the element that *last* selects ends."""
        bottom = self.ask(f"document.querySelector({json.dumps(last)}).getBoundingClientRect().bottom + scrollY")
        clip = {"x": 0, "y": 0, "width": self.ask("innerWidth"), "height": bottom + _MARGIN, "scale": 1}
        return base64.b64decode(self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"])

    def call(self, method: str, /, **parameters: Any) -> Any:
        """Ask the browser for something and return its answer."""
        self._number += 1
        said = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            said["sessionId"] = self._session
        os.write(self._to_browser, json.dumps(said).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            piece = os.read(self._from_browser, 1 << 16)
            assert piece, "Chromium ended"
            self._rest += piece
        raw, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        self._loaded = self._loaded or message.get("method") == "Page.loadEventFired"
        return message


@contextlib.contextmanager
def chromium() -> Iterator[Page]:
    """Start Chromium without a network and end it with the block; it reads from descriptor 3 and writes to 4."""
    assert CHROMIUM, "no Chromium here; install it: apt-get install chromium"
    its_input, to_browser = os.pipe()
    from_browser, its_output = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        script = f'exec "$@" 3<&{its_input} 4>&{its_output}'
        command = ["bash", "-c", script, "bash", CHROMIUM, *_ARGUMENTS, f"--user-data-dir={Path(profile)}", "about:blank"]
        browser = subprocess.Popen(command, pass_fds=(its_input, its_output), stderr=subprocess.DEVNULL)
        os.close(its_input)
        os.close(its_output)
        page = Page(to_browser, from_browser)
        try:
            yield page
        finally:
            with contextlib.suppress(BrokenPipeError):
                os.write(to_browser, json.dumps({"id": 0, "method": "Browser.close"}).encode() + b"\0")
            try:
                browser.wait(10)
            except subprocess.TimeoutExpired:
                browser.kill()
                browser.wait()
            os.close(to_browser)
            os.close(from_browser)
