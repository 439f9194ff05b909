"""NumPy functions whose result carries no gradient: comparisons, indices, shapes, facts about an array."""

import numpy as np

from minigrad.declare import nondifferentiable

nondifferentiable(
    *(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal),
    *(np.isclose, np.allclose, np.array_equal, np.array_equiv),
    *(np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.any, np.all),
    *(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift),
    *(np.isnan, np.isinf, np.isfinite, np.isposinf, np.isneginf, np.signbit),
    *(np.isreal, np.iscomplex, np.isrealobj, np.iscomplexobj, np.isin),
    *(np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.lexsort),
    *(np.searchsorted, np.digitize, np.nonzero, np.flatnonzero, np.argwhere, np.count_nonzero),
    *(np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.min_scalar_type, np.shares_memory),
    *(np.zeros_like, np.ones_like, np.full_like, np.empty_like, np.floor_divide),
    *(np.array_str, np.array_repr, np.array2string),
)
