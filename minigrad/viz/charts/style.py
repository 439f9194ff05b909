"""How charts look, in terms of the colours of a page: those for light screens, dark screens and paper.

On white and on near-black, every series has a contrast of at least 3 to 1, text of at least 4.5 to 1.
"""

import re
from functools import cache

from minigrad.viz.page import asset

RULES = (
    "svg.plot{font:11px system-ui,'DejaVu Sans','Helvetica Neue',Arial,sans-serif;max-width:100%;height:auto}"
    "svg.plot text{fill:var(--ink);stroke:none}svg.plot .q{fill:var(--faint)}"
    "svg.plot .g{stroke:var(--line);fill:none}svg.plot .a{stroke:var(--faint);fill:none}"
    "svg.plot .l{fill:none;stroke-width:1.6;stroke-linejoin:round}"
    "svg.plot text.k{stroke:var(--paper);stroke-width:3px;paint-order:stroke;stroke-linejoin:round}"
    "svg.plot .m{text-anchor:middle}svg.plot .e{text-anchor:end}"
    "svg.plot .n{stroke:none}svg.plot .z{fill:var(--paper)}"
    + "".join(f"svg.plot .s{i}{{stroke:var(--s{i})}}svg.plot .f{i}{{fill:var(--s{i})}}" for i in range(8))
)
"""How a picture looks, in terms of the variables of a page."""

CSS = (
    f"{RULES}\nfigure.chart figcaption{{color:var(--ink);font-weight:600}}figure.chart svg{{display:block}}"
    "details.twin{font-size:.87em;color:var(--faint)}details.twin .scroll{max-height:20em;overflow:auto}"
    "@media print{details.twin{display:none}}"
)
"""What a page that holds charts adds to the house style."""


@cache
def colours() -> tuple[str, str]:
    """The variables for a light screen and for a dark one, as the style sheet of all pages gives them."""
    light, dark, *_ = re.findall(r":root \{([^}]*)\}", asset("page.css"))
    return " ".join(light.split()), " ".join(dark.split())
