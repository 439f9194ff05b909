"""A real browser for the pages that minigrad writes: what it complains of, asks for, and what axe-core finds.

Fixtures: ``browser``, a headless Chromium; ``visit(path)``, its view of a file, in which an error on the console, an
uncaught exception or a request fails the test. :func:`accessibility_faults` lists what is serious or critical.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import require

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="session")
def browser():
    """Chromium as Debian packages it, or as Playwright finds it."""
    api = require("playwright.sync_api", "pip install playwright axe-playwright-python, and Chromium on PATH")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None and os.environ.get("CI") == "true":
        pytest.fail("CI has no Chromium: apt-get install chromium")
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def visit(browser) -> Iterator:
    """``visit(path, **options)`` opens a file and returns Playwright's page; options go to the browser's context."""
    contexts, complaints = [], []

    def visit(path: Path, **options):
        options = {"viewport": {"width": 1200, "height": 900}, **options}
        context = browser.new_context(**options)
        contexts.append(context)
        view = context.new_page()
        url = Path(path).resolve().as_uri()
        view.on("console", lambda message: complaints.append(f"console: {message.text}"))
        view.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
        view.on(
            "request",
            lambda request: None if request.url.split("#")[0] == url else complaints.append(f"request: {request.url}"),
        )
        view.goto(url)
        return view

    yield visit
    for context in contexts:
        context.close()
    assert not complaints


def accessibility_faults(view) -> list[str]:
    """What axe-core finds serious or critical, a line each: the rule, and the elements."""
    axe = require("axe_playwright_python.sync_playwright", "pip install axe-playwright-python").Axe()
    found = axe.run(view).response["violations"]
    return [
        f"{fault['id']}: {fault['help']}: {[node['html'][:120] for node in fault['nodes'][:3]]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
