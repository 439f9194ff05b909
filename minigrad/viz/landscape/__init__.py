"""The loss around a trained model: over random directions, normalized filter by filter, and along the path of training.

>>> from minigrad.viz.landscape import landscape
>>> landscape("runs/first").html("landscape.html")  # doctest: +SKIP
"""

from minigrad.viz.landscape.result import Landscape, landscape

__all__ = ["Landscape", "landscape"]
