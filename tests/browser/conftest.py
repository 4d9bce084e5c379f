"""A real server and a real Chromium for the few journeys that need them."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

ROOT = Path(__file__).parents[2]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
MAC_CHROMES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium() -> str:
    found = [shutil.which(name) for name in CHROMIUM_NAMES]
    found += [path for path in MAC_CHROMES if Path(path).exists()]
    existing = [path for path in found if path]
    assert existing, "no Chromium found; `make test` installs it on Debian and Ubuntu"
    return str(existing[0])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One running app: its address, and the means to stop and start it again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {**os.environ, "SOUNDALIKE_HOME": str(self.home)}
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "streamlit", "run", "streamlit_app.py",
                "--server.address=127.0.0.1", f"--server.port={self.port}",
                "--server.headless=true",
            ],
            cwd=ROOT,
            env=environment,
            stdout=(self.home / "server.log").open("ab"),
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.read() == b"ok":
                        return
            except OSError:
                time.sleep(0.1)
        raise AssertionError((self.home / "server.log").read_text())

    def stop(self, *, kill: bool = False) -> None:
        if self.process is None:
            return
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(20)
        self.process = None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=find_chromium(), args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_server(tmp_path) -> Iterator[Server]:
    """A cold server that no other test has opened."""
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


def new_context(browser: Browser, **options) -> BrowserContext:
    """A new visitor; requests that leave the machine are refused, so a test would notice."""
    options.setdefault("viewport", {"width": 1280, "height": 900})
    context = browser.new_context(reduced_motion="reduce", accept_downloads=True, **options)
    context.route(
        lambda url: not url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")),
        lambda route: route.abort(),
    )
    return context


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = new_context(browser)
    yield context.new_page()
    context.close()


def settle(page: Page) -> None:
    """Wait until the app is connected and its script has finished."""
    app = page.locator("[data-testid=stApp]")
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED", timeout=20_000)
    page.wait_for_timeout(210)
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=60_000)


def assert_healthy(page: Page) -> None:
    """No traceback anywhere on the page."""
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.locator(".st-key-surprise")).to_have_count(0)


def choose_option(page: Page, label: str, option: str | re.Pattern[str]) -> None:
    """Pick the first fitting option of a list; the page's last run may close it once or twice."""
    exact = isinstance(option, str)
    wanted = page.get_by_role("option", name=option, exact=exact).first
    for _ in range(5):
        page.get_by_role("combobox", name=label, exact=True).click()
        with contextlib.suppress(PlaywrightTimeout):
            wanted.click(timeout=5_000)
            break
    settle(page)
