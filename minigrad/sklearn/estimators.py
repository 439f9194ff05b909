"""Two estimators, for classes and for values. Their parameters have scikit-learn's names where they mean the same.

>>> from sklearn.datasets import make_moons
>>> x, y = make_moons(400, noise=0.2, random_state=0)
>>> classifier = MLPClassifier((32, 32), learning_rate_init=0.01, random_state=0)
>>> bool(classifier.fit(x, y).score(x, y) > 0.95)
True
"""

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from minigrad import nn
from minigrad.data import Examples
from minigrad.sklearn.training import Patience, Training, outputs_of

DTYPES = (np.float64, np.float32)


class MLPBase(BaseEstimator):
    """What both have in common.

    As in scikit-learn: ``hidden_layer_sizes``, ``activation`` (its names or any of minigrad's), ``solver`` (sgd, adam,
    adamw, nadam, radam, rmsprop), ``alpha`` (the loss of a batch of n rows has alpha / (2 n) times the sum of squared
    weights added), ``batch_size``, ``learning_rate_init``, ``max_iter`` (epochs), ``shuffle``, ``random_state``,
    ``tol``, ``warm_start``, ``momentum``, ``nesterovs_momentum``, ``early_stopping`` with ``validation_fraction``,
    ``beta_1``, ``beta_2``, ``epsilon``, ``n_iter_no_change``.

    minigrad's own: ``learning_rate`` is "constant" or a schedule of the optimizer step, which then stands for
    ``learning_rate_init``; ``dropout``, ``norm`` ("batch", "layer", "rms") and ``residual`` are those of
    :class:`minigrad.nn.MLP`. Weights start as PyTorch's do. Inputs are not scaled: put a StandardScaler before it.

    After ``fit``: ``model_`` (the :class:`minigrad.nn.MLP`), ``coefs_``, ``intercepts_``, ``loss_``, ``best_loss_``,
    ``loss_curve_``, ``validation_scores_`` (None without early stopping), ``n_iter_``, ``t_``, ``n_layers_``,
    ``n_outputs_``, ``out_activation_``, ``n_features_in_``, ``feature_names_in_``.
    """

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        dropout=0.0,
        norm=None,
        residual=False,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.dropout = dropout
        self.norm = norm
        self.residual = residual

    def fit(self, X, y):
        """Train for ``max_iter`` epochs, or until the loss stands still; from the start unless ``warm_start``.

        Warns with ConvergenceWarning if the loss was still falling at the end.
        """
        again = self.warm_start and hasattr(self, "_training")
        examples = self._examples(X, y, reset=not again, fresh=not again)
        self._check()
        if not again:
            self._begin(examples)
        self._training.losses = []
        scores: list[float] = []
        if self.early_stopping:
            examples, aside = self._set_aside(examples)
        patience = Patience(self.n_iter_no_change, self.tol)
        best, stopped = -np.inf, False
        weights = None
        while not stopped and len(self._training.losses) < self.max_iter:
            loss = self._training.epoch(examples)
            if self.early_stopping:
                scores.append(self._score(aside))
                if scores[-1] > best:
                    best, weights = scores[-1], self._training.model.state_dict()
                loss = -scores[-1]
            stopped = patience.over(loss)
        if weights is not None:
            self._training.model.load_state_dict(weights)
        if not stopped:
            warnings.warn(
                f"max_iter={self.max_iter} epochs are over, and the loss still fell: a larger max_iter may do better",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self._fitted(scores or None)

    def _partial_fit(self, X, y, fresh: bool):
        examples = self._examples(X, y, reset=fresh, fresh=False)
        self._check()
        if fresh:
            self._begin(examples)
        self._training.epoch(examples)
        return self._fitted(None)

    def _begin(self, examples: Examples) -> None:
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        self._training = Training.begin(self.get_params(deep=False), examples, self._classes(), seed)
        self.t_ = 0

    def _fitted(self, scores: list[float] | None):
        """The attributes that tell of the training."""
        self.validation_scores_ = scores
        training = self._training
        self.model_ = training.model.eval()
        self.loss_curve_ = list(training.losses)
        self.n_iter_ = len(training.losses)
        self.loss_ = training.losses[-1]
        self.best_loss_ = None if self.early_stopping else min(training.losses)
        self.best_validation_score_ = max(scores) if scores else None
        self.t_ = training.optimizer.steps
        self.n_outputs_ = training.model.sizes[-1]
        self.n_layers_ = len(training.model.sizes)
        self.out_activation_ = "softmax" if training.classes else "identity"
        return self

    @property
    def coefs_(self) -> list[np.ndarray]:
        """The weight matrices, `(inputs, outputs)` each."""
        return [m.weight.data.T for m in self.model_.modules() if isinstance(m, nn.Linear)]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """The bias vectors."""
        return [m.bias.data for m in self.model_.modules() if isinstance(m, nn.Linear) and m.bias is not None]

    def _outputs(self, X) -> np.ndarray:
        check_is_fitted(self, "model_")
        dtype = next(iter(self.model_.parameters())).dtype
        return outputs_of(self.model_, validate_data(self, X, dtype=dtype, reset=False))

    def _set_aside(self, examples: Examples) -> tuple[Examples, Examples]:
        """Those to learn from, and those that decide when to stop."""
        groups = examples.y if self._classes() else None
        x, aside_x, y, aside_y = train_test_split(
            *examples, test_size=self.validation_fraction, stratify=groups, random_state=self.random_state
        )
        return Examples(x, y), Examples(aside_x, aside_y)

    def _check(self) -> None:
        """Raise ValueError for a parameter that cannot be meant."""
        for name, least in (("max_iter", 1), ("n_iter_no_change", 1), ("alpha", 0), ("tol", 0)):
            value = getattr(self, name)
            if not isinstance(value, Real) or not float(value) >= least:
                raise ValueError(f"{name} is a number of at least {least}, not {value!r}")
        size = self.batch_size
        if size != "auto" and (isinstance(size, bool) or not isinstance(size, Integral) or size < 1):
            raise ValueError(f"batch_size is 'auto' or a whole number from 1, not {size!r}")

    def _examples(self, X, y, *, reset: bool, fresh: bool) -> Examples:
        raise NotImplementedError

    def _classes(self) -> int:
        raise NotImplementedError

    def _score(self, examples: Examples) -> float:
        raise NotImplementedError


class MLPClassifier(ClassifierMixin, MLPBase):
    """A multi-layer perceptron that minimizes cross-entropy; ``classes_`` are the labels in order.

    Parameters and attributes are those of :class:`~minigrad.sklearn.estimators.MLPBase`.
    """

    def partial_fit(self, X, y, classes=None):
        """Learn once from these rows. The first call must say all ``classes`` that will ever come."""
        fresh = not hasattr(self, "_training")
        if fresh:
            if classes is None:
                raise ValueError("the first partial_fit needs classes=, all labels that will ever come")
            self.classes_ = np.unique(classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes={classes!r} are not those of the first partial_fit, {self.classes_!r}")
        return self._partial_fit(X, y, fresh)

    def predict(self, X) -> np.ndarray:
        """The label of the largest output of each row."""
        best = np.argmax(self._outputs(X), axis=1)
        return self.classes_[best]

    def predict_proba(self, X) -> np.ndarray:
        """The probability of each class, `(N, classes)`, in the order of ``classes_``."""
        outputs = self._outputs(X)
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def predict_log_proba(self, X) -> np.ndarray:
        """The logarithm of each probability."""
        outputs = self._outputs(X)
        outputs = outputs - outputs.max(axis=1, keepdims=True)
        return outputs - np.log(np.exp(outputs).sum(axis=1, keepdims=True))

    def _examples(self, X, y, *, reset, fresh):
        X, y = validate_data(self, X, y, dtype=DTYPES, reset=reset)
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        if fresh:
            self.classes_ = np.unique(y)
        unknown = np.setdiff1d(y, self.classes_)
        if unknown.size:
            raise ValueError(f"y has classes that are not in classes_: {unknown[:5]!r}")
        return Examples(X, np.searchsorted(self.classes_, y).astype(np.int64))

    def _classes(self):
        return len(self.classes_)

    def _score(self, examples):
        return accuracy_score(examples.y, self._training.outputs(examples.x).argmax(axis=1))


class MLPRegressor(RegressorMixin, MLPBase):
    """A multi-layer perceptron that minimizes half the mean squared error, of one value or several.

    Parameters and attributes are those of :class:`~minigrad.sklearn.estimators.MLPBase`.
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def partial_fit(self, X, y):
        """Learn once from these rows."""
        return self._partial_fit(X, y, not hasattr(self, "_training"))

    def predict(self, X) -> np.ndarray:
        """The values, `(N,)` or, if there were several in ``fit``, `(N, outputs)`."""
        outputs = self._outputs(X)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def _examples(self, X, y, *, reset, fresh):
        X, y = validate_data(self, X, y, dtype=DTYPES, multi_output=True, y_numeric=True, reset=reset)
        return Examples(X, y.reshape(len(y), -1).astype(X.dtype))

    def _classes(self):
        return 0

    def _score(self, examples):
        return r2_score(examples.y, self._training.outputs(examples.x))
