"""The exceptions of minigrad: every one is also the builtin that the caller expects.

    MinigradError
    ├── ShapeError        (ValueError)    shapes that do not fit
    ├── DtypeError        (TypeError)     a dtype that cannot carry a gradient
    ├── UnsupportedError  (TypeError)     a NumPy function or option without a derivative rule
    ├── DeclarationError  (TypeError)     an ``@op`` declared wrongly, raised at import
    ├── GraphError        (RuntimeError)  a graph that cannot be differentiated as asked
    ├── GradientError     (ArithmeticError) a gradient that finite differences contradict
    ├── NonFiniteError    (FloatingPointError)  a NaN or infinity where it must stop
    ├── CheckpointError   (ValueError)    a file that cannot be loaded or saved
    ├── DrawingError      (RuntimeError)  a picture that this machine cannot draw
    └── DataError         (ValueError)    a data set that cannot be used

A message says what was asked, what was needed, what was got, and the line to write instead.
"""


class MinigradError(Exception):
    """Base class of every error that minigrad raises on purpose."""


class ShapeError(MinigradError, ValueError):
    """Shapes that do not fit each other."""


class DtypeError(MinigradError, TypeError):
    """A dtype that cannot carry a gradient."""


class UnsupportedError(MinigradError, TypeError):
    """A NumPy function, or one of its options, that has no derivative rule."""


class DeclarationError(MinigradError, TypeError):
    """An ``@op`` whose declaration contradicts its function."""


class GraphError(MinigradError, RuntimeError):
    """A graph that cannot be differentiated in the way that was asked."""


class GradientError(MinigradError, ArithmeticError):
    """A gradient that is not the derivative of what was computed."""


class NonFiniteError(MinigradError, FloatingPointError):
    """A NaN or an infinity in a place where going on would hide it."""


class CheckpointError(MinigradError, ValueError):
    """A file that cannot be saved, or loaded as what it claims to be."""


class DrawingError(MinigradError, RuntimeError):
    """A picture that this machine cannot draw in the format asked for."""


class DataError(MinigradError, ValueError):
    """Data that a model cannot be trained on as it is."""
