"""Steps that are recorded, and then replayed as a flat list of NumPy calls: a small tracing compiler.

recording   what a step did, written down while it runs as ever: calls of ops, gradients, effects
trace       that as plain data, so that two recordings can be compared
memory      parameters and gradients side by side, where all recordings of a step find them
program     the places of all arrays of the step, and its run
binding     the data turned into calls that are bound to these places
kernels     the commonest ops as calls that write to a place
update      the step of the optimizer, likewise
compiled    when a program stands for the step, and when the step itself must run
"""

from minigrad.tracing.compiled import Compiled, compile

__all__ = ["Compiled", "compile"]
