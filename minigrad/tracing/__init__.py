"""Steps that are recorded, and then replayed as a flat list of NumPy calls: a small tracing compiler.

recording   what a step did, written down while it runs as ever: calls of ops, gradients, effects
trace       that as plain data, so that two recordings can be compared
memory      parameters and gradients side by side, where all recordings of a step find them
program     the data turned into calls that are bound to arrays
kernels     the commonest ops as calls that write into these arrays
compiled    when a program stands for the step, and when the step itself must run
"""

from minigrad.tracing.compiled import Compiled, compile

__all__ = ["Compiled", "compile"]
