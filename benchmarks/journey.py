"""How long a newcomer waits, how fast a click answers, how much memory the app takes.

    python -m benchmarks.journey

Starts the real server on loopback, walks from "Try the sample" to two finished answers in
Chromium, then clicks through every page as a bare websocket client to time the server alone.
Needs requirements-dev.txt and a Chromium.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import expect, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests.browser.conftest import QUIET, Server, find_chromium, settle

RERUNS = 30
ADDRESSES = ("upload", "privacy", "dataset", "cost", "train", "compare", "cleanup")


def resident_megabytes(pid: int) -> float:
    """Resident memory of a process, in MB; its peak where the system tells (Linux)."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        answer = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True
        )
        return int(answer.stdout) / 1024
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return int(lines["VmHWM"].split()[0]) / 1024


def walk(server: Server) -> dict[str, float]:
    """Seconds that a newcomer waits at each step, in a real browser."""
    seconds: dict[str, float] = {}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_chromium(), args=list(QUIET))
        page = browser.new_page(viewport={"width": 1280, "height": 900})

        def step(name: str, act, ready) -> None:
            start = time.perf_counter()
            act()
            ready()
            settle(page)
            seconds[name] = time.perf_counter() - start

        def press(name: str):
            return lambda: page.get_by_role("button", name=name).click()

        def see(text: str, timeout: int = 90_000):
            return lambda: expect(page.get_by_text(text).first).to_be_visible(timeout=timeout)

        step("open the app", lambda: page.goto(server.url), see("Try the sample"))
        step("try the sample", press("Try the sample"), see("Which of these names are you?"))
        step("privacy", press("Check what is private"), see("Shape the data set"))
        step("dataset", press("Shape the data set"), see("Held out"))
        step("cost", press("See tokens and cost"), see("Training with the embedded engine"))
        step("train page", press("Train"), see("Train now"))
        step("train", press("Train now"), see("succeeded"))
        step("compare page", press("Compare"), see("Ask both"))

        def answered() -> None:
            for side in ("left", "right"):
                expect(page.locator(f".st-key-answer_{side}")).to_contain_text(
                    "tokens", timeout=60_000
                )

        step("two answers", press("Ask both"), answered)
        browser.close()
    return seconds


class Visitor:
    """A bare websocket client of the app: what the server alone needs for a click."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.buttons: dict[str, str] = {}
        self.pages: dict[str, str] = {}

    def run(self, page: str = "", press: str = "") -> float:
        """Ask for one script run and read until it is finished; seconds it took."""
        message = BackMsg()
        message.rerun_script.page_script_hash = self.pages.get(page, "")
        if press:
            state = message.rerun_script.widget_states.widgets.add()
            state.id = self.buttons[press]
            state.trigger_value = True
        start = time.perf_counter()
        self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            data = self.socket.recv(timeout=60)
            answer.ParseFromString(data if isinstance(data, bytes) else data.encode())
            kind = answer.WhichOneof("type")
            if kind == "navigation":
                self.pages = {
                    p.url_pathname: p.page_script_hash for p in answer.navigation.app_pages
                }
            if kind == "delta" and answer.delta.new_element.WhichOneof("type") == "button":
                button = answer.delta.new_element.button
                self.buttons[button.label] = button.id
            if kind == "script_finished":
                return time.perf_counter() - start


def reruns(server: Server) -> dict[str, float]:
    """Median milliseconds of a server-side rerun per page, with the sample loaded."""
    medians: dict[str, float] = {}
    url = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    with connect(url, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
        visitor = Visitor(socket)
        visitor.run()
        visitor.run(press="Try the sample")
        for address in ADDRESSES:
            visitor.run(address)
            times = [visitor.run(address) for _ in range(RERUNS)]
            medians[address] = 1000 * statistics.median(times)
    return medians


def installed_megabytes() -> float:
    """Size of the installed packages of this environment, in MB (development tools included)."""
    site = Path(json.__file__).parents[1] / "site-packages"
    site = next((Path(p) for p in sys.path if p.endswith("site-packages")), site)
    return sum(f.stat().st_size for f in site.rglob("*") if f.is_file()) / 1e6


def main() -> None:
    """Run everything and print one table per question."""
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home))
        server.start()
        assert server.process is not None
        try:
            seconds = walk(server)
            peak = resident_megabytes(server.process.pid)
            medians = reruns(server)
        finally:
            server.stop()
    print("| step | seconds |\n|---|---|")
    for name, value in seconds.items():
        print(f"| {name} | {value:.2f} |")
    waited = sum(v for k, v in seconds.items() if k != "open the app")
    print(f"| **sample to two answers** | **{waited:.2f}** |\n")
    print("| page | server rerun, median ms |\n|---|---|")
    for name, value in medians.items():
        print(f"| {name} | {value:.1f} |")
    print(f"\npeak memory of the server: {peak:.0f} MB")
    print(f"installed packages, test tools included: {installed_megabytes():.0f} MB")
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"CPU seconds of the server and the browser: {children.ru_utime + children.ru_stime:.1f}")


if __name__ == "__main__":
    main()
