"""Static charts as SVG in text, for pages that must work without scripts, in print, on dark screens and without sight.

Every chart is a :class:`Chart`: its ``svg``, a sentence that says what it shows, and the same data as a table. Series
are told apart by dash, marker and label as well as by colour. On a page of :func:`~minigrad.viz.page.page` its style is
:data:`CSS`; colours are that page's variables, so they follow light screens, dark ones and paper.

>>> chart = line_chart([Series("train", [0.7, 0.2, 0.1]), Series("validation", [0.7, 0.3, 0.25])],
...                    title="Loss", x="epoch", y="loss", log_y=True)
>>> chart.summary
'Loss: loss by epoch. train: 0.7 at 0, 0.1 at 2; validation: 0.7 at 0, 0.25 at 2.'
>>> chart.figure()[:22], chart.standalone()[:5]
('<figure class="chart">', '<svg ')
"""

from minigrad.viz.charts.bars import bar_chart, histogram
from minigrad.viz.charts.chart import Chart
from minigrad.viz.charts.lines import line_chart
from minigrad.viz.charts.maps import Relief, contour_map, even_levels, heat_map
from minigrad.viz.charts.scale import Scale
from minigrad.viz.charts.series import Band, Series
from minigrad.viz.charts.style import CSS

__all__ = [
    "CSS",
    "Band",
    "Chart",
    "Relief",
    "Scale",
    "Series",
    "bar_chart",
    "contour_map",
    "even_levels",
    "heat_map",
    "histogram",
    "line_chart",
]
