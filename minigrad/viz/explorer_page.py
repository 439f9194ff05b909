"""The page around the explorer's picture: its controls, the code, the table of all steps, and the two orders."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from minigrad.viz.equations import bracketed
from minigrad.viz.explorer import Explorer
from minigrad.viz.explorer_picture import brief
from minigrad.viz.graph import Graph
from minigrad.viz.page import asset, page
from minigrad.viz.story import MOST_VISITS, Send, Step
from minigrad.viz.text import number, printable, shape_of

LEGEND = [
    '<span class="value">green: values</span>',
    '<span class="grad">red: gradients, marked “grad”</span>',
    "on every edge the local derivative",
    "<b>thick: at work now</b>",
    "grey and “?”: not computed yet",
]
DASHED = "dashed: no gradient flows there"
BARS = "bars: means of the columns, up positive, down negative"

NAIVE = """\
<p>The recursion that everybody writes first: add to the gradient of every operand, then go on to each of them.</p>
<pre>def naive(y):
    for x in operands(y):
        x.grad += y.grad * dy_dx
    for x in operands(y):
        naive(x)</pre>
<p>What is used twice is visited twice, and the second visit sends on once more what the first has sent already.
The topological order sends once, when all uses have sent theirs.</p>"""


def explorer_page(graph: Graph) -> str:
    """The explorer of a graph as the text of one HTML file that needs nothing else.

    >>> import minigrad as mg
    >>> from minigrad.viz.graph import read
    >>> a = mg.tensor(1.0, requires_grad=True)
    >>> explorer_page(read(a + a)).splitlines()[0]
    '<!doctype html>'
    """
    told = Explorer(graph)
    body = "\n".join(_body(told))
    return page(told.title, body, style=asset("explorer.css"), script=asset("explorer.js"), data=told.data())


def _body(told: Explorer) -> Iterator[str]:
    story = told.story
    yield f"<p>{_summary(told)}</p>"
    yield (
        "<noscript><p><b>JavaScript is off</b>: the picture shows the end state, and the table below tells "
        "every step.</p></noscript>"
    )
    yield _controls(told)
    drawn, layout = told.picture()
    wide = " wide" if layout.width > NARROW else ""
    yield (
        f'<div class="stage{wide}"><figure><div class="scroll" id="view"{_region("the graph")}>'
        f"{drawn}</div><figcaption>{_legend(told)}</figcaption></figure>"
        '<section class="card panel needs-script" aria-label="this step" hidden><p id="now" role="status"></p>'
        '<div id="panel"></div></section></div>'
    )
    rows = "".join(
        f'<li><span class="faint">{escape(printable(place))}</span> <code>{escape(line)}</code></li>'
        for place, line in told.code.rows()
    )
    if rows:
        code = f'<div class="scroll"{_region("code")}><ol id="code">{rows}</ol></div>'
        yield f"<section><h2>The lines that made it</h2>{code}</section>"
    yield (
        '<section class="needs-script" hidden><h2>Every += into a gradient, so far</h2>'
        '<p id="no-writes" class="faint">None yet: the forward pass comes first.</p>'
        f"{_table(['step', 'gradient', 'what', 'it is then', 'by'], (), 'writes', body_id='writes')}</section>"
    )
    yield "<section><h2>All steps</h2>"
    yield _table(STEP_HEADINGS, _rows(told, [*story.forward, *story.backward]), "steps", id="steps-topological")
    yield "</section>"
    yield from _orders(told)


NARROW = 820.0
"""The widest picture that has room for the panel beside it, in points."""
BUTTONS = {"first": "|◀ start", "back": "◀ back", "next": "step ▶", "last": "end ▶|", "play": "play"}
STEP_HEADINGS = ["step", "phase", "node", "what happens"]


def _summary(told: Explorer) -> str:
    graph, story = told.graph, told.story
    facts = [f"{len(graph.nodes)} nodes, {len(graph.edges)} edges; {len(story.forward)} steps forward"]
    facts.append(f"{len(story.backward)} backward" if story.backward else "no gradient flows here")
    if graph.output is not None and graph.output.size != 1:
        facts.append(f"the output has shape {shape_of(graph.output)}: gradients are those of the sum of its elements")
    if story.folded:
        facts.append(
            f"{graph.total:,} nodes are folded into these: graph(depth=…, budget=…) opens modules, and makes more room"
        )
    keys = '<span class="screen-only"><kbd>←</kbd> <kbd>→</kbd> step, <kbd>Home</kbd> <kbd>End</kbd> jump.</span>'
    return f"{escape('; '.join(facts))}. {keys}"


def _legend(told: Explorer) -> str:
    dashed = [DASHED] if not all(edge.gradient for edge in told.graph.edges) else []
    arrays = any(isinstance(node["value"], dict) for node in told.nodes.values())
    return " · ".join([*LEGEND, *dashed, *([BARS] if arrays else [])])


def _controls(told: Explorer) -> str:
    buttons = "".join(f'<button type="button" id="{id}">{text}</button>' for id, text in BUTTONS.items())
    last = len(told.story.forward) + len(told.story.backward)
    slider = f'<input type="range" id="slider" min="0" max="{last}" value="{last}" aria-label="step">'
    off = "" if told.story.naive else " disabled"
    orders = (
        "<fieldset><legend>order of the backward pass</legend>"
        '<label><input type="radio" name="order" value="topological" checked> topological</label>'
        f'<label><input type="radio" name="order" value="naive"{off}> naive recursion</label></fieldset>'
    )
    return (
        f'<section class="bar screen-only needs-script" aria-label="steps" hidden>{buttons}{slider}'
        f'<span id="count"></span>{orders}</section>'
    )


def _orders(told: Explorer) -> Iterator[str]:
    """Why a topological order: what the naive recursion makes of this very graph."""
    story = told.story
    yield "<section><h2>Why not just recurse?</h2>"
    if story.naive:
        right, wrong = _last_totals(story.backward), _last_totals(story.naive)
        differing = [id for id in right if brief_of(right[id]) != brief_of(wrong[id])]
        rows = [[story.names[id], brief_of(wrong[id]), brief_of(right[id])] for id in differing]
        calls = f"Naive recursion makes {story.visits} calls where {len(story.backward)} steps are enough"
        if rows:
            yield f"<p>{calls}, and gets these gradients wrong:</p>"
            yield _table(["gradient of", "naive recursion", "right"], rows, "compared")
        else:
            yield f"<p>{calls}. Nothing computed is used twice here, so both orders give the same gradients.</p>"
    elif story.folded:
        yield "<p>Modules are folded here, so the naive recursion is not shown.</p>"
    elif story.visits > MOST_VISITS:
        yield (
            f"<p>Naive recursion would make {story.visits:,} calls here, where {len(story.backward)} steps are enough: "
            "too many to be shown.</p>"
        )
    yield NAIVE
    if story.naive and story.shared:
        yield "<details><summary>All steps of the naive recursion</summary>"
        yield _table(STEP_HEADINGS, _rows(told, story.naive, len(story.forward)), "steps", id="steps-naive")
        yield "</details>"
    yield "</section>"


def _last_totals(steps: Iterable[Step]) -> dict[str, Any]:
    return {send.target: send.total for step in steps for send in step.sends}


def _rows(told: Explorer, steps: Iterable[Step], before: int = 0) -> Iterator[list[str]]:
    for i, step in enumerate(steps, before + 1):
        yield [str(i), step.phase, told.story.names[step.node], sentence(told, step)]


def sentence(told: Explorer, step: Step) -> str:
    """What happens in a step, in words and numbers."""
    node = told.graph.node(step.node)
    if step.phase == "forward":
        made = told.nodes[step.node].get("made", node.label)
        return f"{made} = {brief_of(node.value)}"
    parts = [_sent(told, step, send) for send in step.sends]
    return "; ".join([f"arrived {brief_of(step.arrived)}", *parts])


def _sent(told: Explorer, step: Step, send: Send) -> str:
    name, edge = bracketed(told.story.names[send.target]), told.edges[send.edge.id]
    if "equation" in edge:
        product = edge["equation"].split(" = ", 1)[1]
        text = f"d{name} += {product}, {brief_of(send.amount)}"
    elif "local" in edge:
        text = f"{name}.grad += {brief_of(step.arrived)} × {brief(edge['local'])} = {brief_of(send.amount)}"
    else:
        text = f"{name}.grad += {brief_of(send.amount)}"
    return text if send.total is send.amount else f"{text}, now {brief_of(send.total)}"


def brief_of(x) -> str:
    """A number in four digits; an array by its shape and its norm."""
    if not x.ndim:
        return number(x)
    return f"{shape_of(x)} ‖·‖ {number(float((abs(x.astype(float)) ** 2).sum()) ** 0.5)}"


def _region(name: str) -> str:
    """What makes a part that scrolls one that the keyboard can reach."""
    return f' tabindex="0" role="region" aria-label="{name}"'


def _table(headings: list[str], rows: Iterable[Iterable[str]], kind: str, id: str = "", body_id: str = "") -> str:
    named = f' id="{id}"' if id else ""
    inner = f' id="{body_id}"' if body_id else ""
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    lines = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        f'<div class="scroll"{_region(kind)}>'
        f'<table class="{kind}"{named}><thead><tr>{head}</tr></thead><tbody{inner}>{lines}</tbody></table></div>'
    )
