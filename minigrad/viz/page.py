"""The shell of every page that minigrad writes: one file that needs nothing else, and asks nobody for anything.

A page opens from disk, prints, and is readable on light and dark screens. Its content security policy forbids every
request, and every script but the page's own: whatever a name says, it stays text.
"""

import json
import math
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib import resources
from typing import Any

from minigrad.viz.text import printable


def page(title: str, body: str, *, style: str = "", script: str = "", data: Any = None) -> str:
    """The text of an HTML file.

    ``body`` is HTML: the content of ``<main>``, without the heading, which is ``title``. ``style`` is added to the
    house style. ``script`` is JavaScript that runs once the page is there; ``data`` is what it finds as
    ``JSON.parse(document.getElementById("data").textContent)``.

    >>> page("a < b", "<p>Less.</p>").split("<body>")[1].split()
    ['<header><h1>a', '&lt;', 'b</h1></header>', '<main>', '<p>Less.</p>', '</main>', '</body>', '</html>']
    """
    name = escape(printable(title, 200))
    digest = b64encode(sha256(script.encode()).digest()).decode()
    runs = f"script-src 'sha256-{digest}'; " if script else ""
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; {runs}'
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<link rel="icon" href="data:,">',
        f"<title>{name}</title>",
        f"<style>\n{asset('page.css')}{style}</style>",
        "</head>",
        "<body>",
        f"<header><h1>{name}</h1></header>",
        f"<main>\n{body}\n</main>",
        f'<script type="application/json" id="data">{json_text(data)}</script>' if data is not None else "",
        f"<script>{_in_script(script)}</script>" if script else "",
        "</body>",
        "</html>",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def asset(name: str) -> str:
    """The text of a style sheet or script that lies beside this module."""
    return resources.files("minigrad.viz").joinpath("assets", name).read_text(encoding="utf-8")


def json_text(data: Any) -> str:
    r"""JSON that may stand within HTML. NaN and the infinities, which JSON lacks, become null.

    >>> json_text({"name": "</script>", "loss": float("nan")})
    '{"name":"\\u003c/script>","loss":null}'
    """
    text = json.dumps(_finite(data), separators=(",", ":"), allow_nan=False, ensure_ascii=True)
    return text.replace("<", r"\u003c")


def _finite(x: Any) -> Any:
    if isinstance(x, float):
        return x if math.isfinite(x) else None
    if isinstance(x, Mapping):
        return {str(name): _finite(value) for name, value in x.items()}
    if isinstance(x, (list, tuple)):
        return [_finite(value) for value in x]
    return _finite(x.tolist()) if hasattr(x, "tolist") else x


def _in_script(script: str) -> str:
    if "</script" in script.lower() or "<!--" in script:
        raise ValueError("a script on a page must not contain </script or <!--: HTML would end it there")
    return script


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], caption: str = "") -> str:
    """A table of text, every cell escaped: what a picture shows, for who cannot see it. The first cell heads its row.

    >>> table(["step", "loss"], [[1, 0.5]])  # doctest: +ELLIPSIS
    '<div class="scroll" ...</table></div>'
    """
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    head = "".join(f'<th scope="col">{_cell(heading)}</th>' for heading in headings)
    lines = [
        f'<tr><th scope="row">{_cell(first)}</th>{"".join(f"<td>{_cell(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    ]
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption) or "table"}"><table>{title}'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _cell(x: Any) -> str:
    return escape(printable(str(x), 200))


def details(summary: str, body: str) -> str:
    """HTML that is folded away until somebody asks for it; unfolded in print."""
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"
