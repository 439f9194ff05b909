"""The optimizer race: who gets down a surface in how many steps, on minigrad's own gradients.

``surfaces`` are what is raced on, ``entrants`` who takes part, ``descent`` one run, ``sweep`` the search for a learning
rate, ``theory`` what is known of the ravine; ``race`` puts them together, and its result shows itself.
"""

from minigrad.viz.race.entrants import Entrant
from minigrad.viz.race.result import Race, race
from minigrad.viz.race.surfaces import SURFACES, Surface, surface

__all__ = ["SURFACES", "Entrant", "Race", "Surface", "race", "surface"]
