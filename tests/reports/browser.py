"""Open a report as a reader does: from the disk, in Chromium, without a network. Used by every test of a page."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

LOCAL = ("file:", "blob:", "data:")
PATIENCE = 60_000


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page asked for, complained about and drew."""

    requests: list[str]
    console_errors: list[str]
    charts: int
    drawn: int
    bytes: int
    wide_overflow: int
    text: str

    @property
    def foreign_requests(self) -> list[str]:
        return [url for url in self.requests if not url.startswith(LOCAL)]


def chromium_path() -> str | None:
    """Find a Chromium: $FINOPS_CHROMIUM, else one in PATH."""
    given = os.environ.get("FINOPS_CHROMIUM")
    return given or next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)


def needs_chromium() -> str:
    """Give Chromium's path, or skip the test with the reason."""
    path = chromium_path()
    if not path:
        pytest.skip("no Chromium found: install chromium, or set FINOPS_CHROMIUM to its path")
    return path


# Opens a page of the disk; gives it, its requests and its complaints.
Show = Callable[..., tuple[Page, list[str], list[str]]]


@contextmanager
def browser() -> Iterator[Show]:
    """Start a browser and give a function that opens a page in it, each in a window that knows nothing of the others.

    The function takes the page's path and, by name, `width` in pixels and whether the reader wants it `dark`; it comes
    back when the charts are drawn.
    """
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=needs_chromium(), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )

        def show(path: Path, *, width: int = 1280, dark: bool = False) -> tuple[Page, list[str], list[str]]:
            context = started.new_context(
                viewport={"width": width, "height": 900},
                color_scheme="dark" if dark else "light",
                device_scale_factor=1,
                offline=True,
            )
            page = context.new_page()
            requests: list[str] = []
            complaints: list[str] = []
            page.on("request", lambda request: requests.append(request.url))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
            page.goto(path.resolve().as_uri(), wait_until="load", timeout=PATIENCE)
            page.wait_for_function(
                "!document.querySelector('.fw-chart') || document.body.dataset.charts === 'drawn'"
                " || document.querySelector('.fw-plot .fw-source')",
                timeout=PATIENCE,
            )
            return page, requests, complaints

        try:
            yield show
        finally:
            started.close()


@contextmanager
def opened(path: Path, *, width: int = 1280, dark: bool = False) -> Iterator[tuple[Page, list[str], list[str]]]:
    """Open a page in a browser of its own and wait for its charts; gives the page, its requests and its complaints."""
    with browser() as show:
        yield show(path, width=width, dark=dark)


def inspect_page(path: Path, *, width: int = 1280) -> PageFacts:
    """Open a page and tell what it did."""
    with browser() as show:
        return inspect_shown(show, path, width=width)


def inspect_shown(show: Show, path: Path, *, width: int = 1280) -> PageFacts:
    """Open a page in a browser that is there and tell what it did."""
    page, requests, complaints = show(path, width=width)
    return PageFacts(
        requests=requests,
        console_errors=complaints,
        charts=page.locator(".fw-chart").count(),
        # A drawing without marks is an empty frame, so marks are what is counted.
        drawn=page.evaluate(
            "[...document.querySelectorAll('.fw-chart')].filter((f) =>"
            " f.querySelector('canvas, svg .role-mark path, svg .role-mark line')).length"
        ),
        bytes=path.stat().st_size,
        wide_overflow=page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"),
        text=page.inner_text("body"),
    )


def screenshot(path: Path, png: Path, width: int = 1280, dark: bool = False) -> Path:
    """Take a picture of a whole page."""
    with opened(path, width=width, dark=dark) as (page, _, _):
        png.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=png, full_page=True)
    return png
