"""Multi-layer perceptrons as scikit-learn's estimators: they go into its pipelines, searches and validations.

Needs scikit-learn: ``pip install 'minigrad[sklearn]'``; ``import minigrad`` does not load this module.
"""

try:
    import sklearn as _sklearn  # noqa: F401
except ImportError:
    raise ImportError("minigrad.sklearn needs scikit-learn: pip install 'minigrad[sklearn]'") from None

from minigrad.sklearn.estimators import MLPClassifier, MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
