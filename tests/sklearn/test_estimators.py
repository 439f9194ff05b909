"""The estimators keep scikit-learn's contract, and learn what its own networks learn."""

import pickle

import numpy as np
import pytest

from minigrad import nn, optim
from tests.conftest import require

sklearn = require("sklearn", "pip install scikit-learn")

from sklearn.base import clone  # noqa: E402
from sklearn.datasets import load_breast_cancer, load_diabetes, make_classification, make_moons  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split  # noqa: E402
from sklearn.neural_network import MLPClassifier as Reference  # noqa: E402
from sklearn.neural_network import MLPRegressor as ReferenceRegressor  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

from minigrad.sklearn import MLPClassifier, MLPRegressor  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:max_iter:sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer:sklearn.exceptions.ConvergenceWarning"),
]
MOONS = make_moons(200, noise=0.2, random_state=0)


@parametrize_with_checks(
    [MLPClassifier(max_iter=50, learning_rate_init=0.01), MLPRegressor(max_iter=50, learning_rate_init=0.01)]
)
def test_every_check_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([MLPClassifier(), MLPRegressor()])
def test_every_check_of_scikit_learn_at_the_defaults(estimator, check):
    check(estimator)


def test_parameters_of_the_same_name_have_the_same_defaults_as_scikit_learn_s():
    for ours, theirs in ((MLPClassifier(), Reference()), (MLPRegressor(), ReferenceRegressor())):
        mine, known = ours.get_params(), theirs.get_params()
        assert set(mine) - set(known) == {"dropout", "norm", "residual"}
        assert {name: mine[name] for name in mine if name in known} == {n: known[n] for n in known if n in mine}


def test_on_a_real_data_set_it_is_as_good_as_scikit_learn_s():
    x, y = load_breast_cancer(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(x, y, stratify=y, random_state=0)
    scores = [
        make_pipeline(StandardScaler(), made(random_state=0, max_iter=60)).fit(train_x, train_y).score(test_x, test_y)
        for made in (MLPClassifier, Reference)
    ]
    assert scores[0] > scores[1] - 0.02


def test_from_the_same_weights_a_full_batch_trains_as_scikit_learn_s_does():
    """The same loss, the same penalty, the same step: weights equal to rounding."""
    x, y = load_diabetes(return_X_y=True)
    x, y = x * 10, y / 100
    options = {
        "hidden_layer_sizes": (5,), "activation": "tanh", "alpha": 0.7, "batch_size": len(x), "max_iter": 1,
        "shuffle": False, "solver": "sgd", "learning_rate_init": 0.05, "momentum": 0.0, "nesterovs_momentum": False,
    }  # fmt: skip
    theirs = ReferenceRegressor(**options, random_state=0).fit(x, y)
    ours = MLPRegressor(**options, warm_start=True, random_state=0).fit(x, y)
    linear = [m for m in ours.model_ if isinstance(m, nn.Linear)]
    for layer, weight, bias in zip(linear, theirs.coefs_, theirs.intercepts_):
        layer.weight.data, layer.bias.data = weight.T.copy(), bias.copy()
    theirs.set_params(warm_start=True, max_iter=7).fit(x, y)
    ours.set_params(max_iter=7).fit(x, y)
    for mine, known in zip([*ours.coefs_, *ours.intercepts_], [*theirs.coefs_, *theirs.intercepts_]):
        assert mine == pytest.approx(known, abs=1e-9)
    assert ours.loss_curve_[-7:] == pytest.approx(theirs.loss_curve_[-7:], rel=2e-2)  # theirs before each step's end


def test_fitted_attributes_tell_of_the_model():
    fitted = MLPClassifier((7, 5), max_iter=3, random_state=0, batch_size=50).fit(*MOONS)
    assert [w.shape for w in fitted.coefs_] == [(2, 7), (7, 5), (5, 2)]
    assert [b.shape for b in fitted.intercepts_] == [(7,), (5,), (2,)]
    assert (fitted.n_iter_, fitted.t_, fitted.n_layers_, fitted.n_outputs_) == (3, 12, 4, 2)
    assert fitted.loss_ == fitted.loss_curve_[-1]
    assert isinstance(fitted.model_, nn.MLP)
    assert not fitted.model_.training


def test_partial_fit_goes_on_where_it_was():
    x, y = MOONS
    parts = MLPClassifier((8,), random_state=0, shuffle=False, batch_size=200)
    for _ in range(5):
        parts.partial_fit(x, y, classes=[0, 1])
    whole = MLPClassifier((8,), random_state=0, shuffle=False, batch_size=200, max_iter=5).fit(x, y)
    assert parts.t_ == 5
    for mine, known in zip(parts.coefs_, whole.coefs_):
        assert (mine == known).all()
    with pytest.raises(ValueError, match="first partial_fit needs classes="):
        MLPClassifier().partial_fit(x, y)
    with pytest.raises(ValueError, match="not in classes_"):
        parts.partial_fit(x, y + 5)
    with pytest.raises(ValueError, match="not those of the first"):
        parts.partial_fit(x, y, classes=[0, 1, 2])


def test_a_pickled_estimator_goes_on_as_the_one_that_was_left():
    x, y = MOONS
    one = MLPRegressor((8,), random_state=0, dropout=0.1).partial_fit(x, y)
    other = pickle.loads(pickle.dumps(one))
    one.partial_fit(x, y)
    other.partial_fit(x, y)
    assert (one.predict(x) == other.predict(x)).all()


def test_early_stopping_keeps_the_best_weights():
    x, y = make_classification(300, flip_y=0.3, random_state=0)
    fitted = MLPClassifier((32,), learning_rate_init=0.02, early_stopping=True, n_iter_no_change=3, random_state=0).fit(
        x, y
    )
    assert fitted.n_iter_ == len(fitted.validation_scores_) < 200
    assert fitted.best_validation_score_ == max(fitted.validation_scores_) > fitted.validation_scores_[-1]
    _, aside_x, _, aside_y = train_test_split(x, y, test_size=0.1, stratify=y, random_state=0)
    assert fitted.score(aside_x, aside_y) == fitted.best_validation_score_
    assert fitted.best_loss_ is None


def test_float32_stays_float32():
    x, y = MOONS
    fitted = MLPClassifier((4,), max_iter=2).fit(x.astype("float32"), y)
    assert fitted.predict_proba(x).dtype == np.float32


def test_several_values_are_predicted_at_once():
    x, _ = MOONS
    y = np.stack([x[:, 0] + x[:, 1], x[:, 0] - x[:, 1], x[:, 0]], axis=1)
    fitted = MLPRegressor((16,), learning_rate_init=0.01, random_state=0).fit(x, y)
    assert fitted.predict(x).shape == (200, 3)
    assert fitted.score(x, y) > 0.95


def test_it_goes_into_searches_pipelines_and_clones_with_minigrad_s_own_options():
    schedule = optim.schedules.Cosine(0.05, 40)
    made = MLPClassifier((8, 8), max_iter=10, norm="layer", residual=True, dropout=0.1, learning_rate=schedule)
    assert clone(made).get_params() == made.get_params()
    search = GridSearchCV(
        make_pipeline(StandardScaler(), made), {"mlpclassifier__activation": ["logistic", "gelu", "identity"]}, cv=2
    ).fit(*MOONS)
    assert search.best_score_ > 0.7
    assert len(cross_val_score(made, *MOONS, cv=3)) == 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"solver": "lbfgs"}, "solver is one of sgd, rmsprop, adam"),
        ({"activation": "foo"}, "activation is one of .*logistic"),
        ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes are whole numbers"),
        ({"learning_rate": "adaptive"}, "learning_rate is 'constant' or a schedule"),
        ({"max_iter": 0}, "max_iter is a number of at least 1, not 0"),
        ({"alpha": -1.0}, "alpha is a number of at least 0"),
        ({"batch_size": 0}, "batch_size is 'auto' or a whole number"),
        ({"norm": "foo"}, "norm 'foo' is not known"),
    ],
)
def test_a_parameter_that_cannot_be_meant_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**wrong).fit(*MOONS)


def test_stopping_at_max_iter_is_warned_of():
    with pytest.warns(sklearn.exceptions.ConvergenceWarning, match="max_iter=2 epochs are over"):
        MLPClassifier(max_iter=2).fit(*MOONS)
