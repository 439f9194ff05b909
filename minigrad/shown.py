"""What an object shows of itself in a notebook: plain text, and the same facts as HTML.

How that looks is the affair of :mod:`minigrad.viz`, which stands above everything it shows. So it is not imported
here, but loaded when a notebook first asks.
"""

from importlib import import_module


class Shown:
    """A mixin: the object shows itself."""

    __slots__ = ()

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        display = import_module("minigrad.viz.display")
        return {"text/plain": display.shortened(repr(self)), "text/html": display.html(self)}

    def _repr_html_(self) -> str:
        """For what knows no bundles, such as a gallery of examples."""
        return self._repr_mimebundle_()["text/html"]
