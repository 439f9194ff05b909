"""A compiled step is the step, to the last bit; where it cannot be replayed, it says why."""

import copy
import warnings

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.optim.schedules import Cosine
from tests.tracing.tools import Run, assert_same_training, batches, network, pair

SIZES = {"T": (2, 16, 16, 1), "S": (64, 64, 32, 10), "D": (32, *12 * (32,), 10)}
OPTIMIZERS = {
    "SGD": lambda params: optim.SGD(params, lr=0.1),
    "momentum": lambda params: optim.SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda params: optim.Adam(params, lr=0.01),
    "AdamW": lambda params: optim.AdamW(params, lr=0.01),
    "schedule": lambda params: optim.Adam(params, lr=Cosine(0.01, 20)),
    "RMSprop": lambda params: optim.RMSprop(params, lr=0.01, momentum=0.9),
    "NAdam": lambda params: optim.NAdam(params, lr=0.01),
    "penalty": lambda params: optim.SGD(params, lr=0.1, regularizer=mg.optim.L2(0.01)),
    "Lookahead": lambda params: optim.Lookahead(optim.SGD(params, lr=0.1), every=3),
}


def replays(run):
    assert run.step.reason == ""
    return run.step.replayed


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", ["SGD", "momentum", "Adam", "AdamW"])
@pytest.mark.parametrize("size", SIZES)
def test_a_replay_is_the_step_to_the_last_bit(size, optimizer, dtype):
    sizes = SIZES[size]
    loss = nn.cross_entropy if sizes[-1] > 1 else nn.mse_loss
    eager, compiled = pair(lambda: network(sizes, dtype=dtype), OPTIMIZERS[optimizer], loss)
    assert_same_training(eager, compiled, batches(sizes, 8, dtype=dtype))
    assert replays(compiled) == 6


@pytest.mark.parametrize("optimizer", ["schedule", "RMSprop", "NAdam", "penalty"])
def test_any_optimizer_can_move_the_parameters(optimizer):
    eager, compiled = pair(lambda: network((4, 8, 3)), OPTIMIZERS[optimizer])
    assert_same_training(eager, compiled, batches((4, 8, 3), 8))
    assert replays(compiled) == 6


def test_a_wrapper_moves_its_slow_weights_when_it_is_time():
    eager, compiled = pair(lambda: network((4, 8, 3)), OPTIMIZERS["Lookahead"])
    for x, y in batches((4, 8, 3), 9):
        assert eager.step(x, y).item() == compiled.step(x, y).item()
    assert eager.model.state_dict()["0.weight"].tobytes() == compiled.model.state_dict()["0.weight"].tobytes()
    assert replays(compiled) == 7


@pytest.mark.parametrize(
    "between", [nn.Tanh, nn.Sigmoid, nn.GELU, nn.LeakyReLU, nn.Softplus, nn.ELU, nn.PReLU, lambda: nn.LayerNorm(8)]
)
def test_any_op_can_be_replayed(between):
    eager, compiled = pair(lambda: network((4, 8, 8, 3), between=between))
    assert_same_training(eager, compiled, batches((4, 8, 3), 8))
    assert replays(compiled) == 6


@pytest.mark.parametrize("change", [lambda m: optim.clip_grad_norm(m, 0.1), lambda m: optim.clip_grad_value(m, 0.01)])
def test_gradients_are_clipped(change):
    eager, compiled = pair(lambda: network((4, 8, 3), dtype="float32"), change=change)
    assert_same_training(eager, compiled, batches((4, 8, 3), 8, dtype="float32"))
    assert replays(compiled) == 6


def test_batch_norm_keeps_its_running_statistics():
    eager, compiled = pair(lambda: network((4, 8, 8, 3), between=lambda: nn.BatchNorm1d(8)))
    assert_same_training(eager, compiled, batches((4, 8, 3), 8))
    assert replays(compiled) == 6


@pytest.mark.parametrize("noise", [lambda: nn.Dropout(0.3, rng=1), lambda: nn.AlphaDropout(0.3, rng=1)])
def test_masks_are_drawn_anew_in_each_replay(noise):
    eager, compiled = pair(lambda: network((4, 8, 8, 3), between=noise))
    x, y = next(batches((4, 3), 1))
    assert_same_training(eager, compiled, [(x, y)] * 8)
    assert replays(compiled) == 6


def test_residual_branches_add_their_gradients():
    def make():
        block = nn.Residual(nn.Linear(8, 8, rng=1), nn.Tanh(), nn.Linear(8, 8, rng=2))
        return nn.Sequential(nn.Linear(4, 8, rng=0), block, block, nn.Linear(8, 3, rng=3))

    eager, compiled = pair(make)
    assert_same_training(eager, compiled, batches((4, 3), 8))
    assert replays(compiled) == 6


def test_each_shape_of_a_batch_has_a_program_of_its_own():
    eager, compiled = pair(lambda: network((4, 8, 3)))
    data = [batch for pair in zip(batches((4, 3), 6), batches((4, 3), 6, size=5, seed=1)) for batch in pair]
    assert_same_training(eager, compiled, data)
    assert replays(compiled) == 8


def test_training_goes_on_by_hand_and_back():
    eager, compiled = pair(lambda: network((4, 8, 3)))
    data = list(batches((4, 3), 12))
    by_hand = Run(compiled.model, compiled.opt, nn.cross_entropy, compiled=False)
    for start in (0, 4, 8):
        assert_same_training(eager, compiled, data[start : start + 3])
        assert_same_training(eager, by_hand, data[start + 3 : start + 4])
    assert replays(compiled) == 7


def test_a_saved_state_is_loaded_and_training_goes_on():
    eager, compiled = pair(lambda: network((4, 8, 3)))
    data = list(batches((4, 3), 10))
    assert_same_training(eager, compiled, data[:5])
    saved = [(copy.deepcopy(run.model.state_dict()), run.opt.state_dict()) for run in (eager, compiled)]
    assert_same_training(eager, compiled, data[5:])
    for run, (weights, remembered) in zip((eager, compiled), saved):
        run.model.load_state_dict(weights)
        run.opt.load_state_dict(remembered)
    assert_same_training(eager, compiled, data[5:])
    assert replays(compiled) == 13


def test_what_was_kept_stays_as_it_was():
    _, compiled = pair(lambda: network((4, 8, 3)))
    kept, copies = [], []
    for x, y in batches((4, 3), 8):
        p = compiled.model[0].weight
        kept += [compiled.step(x, y).data, p.data, p.grad, p.data[0], p.grad.T]
        copies += [a.copy() for a in kept[len(copies) :]]
    assert all(np.array_equal(a, b) for a, b in zip(kept, copies))
    assert replays(compiled) == 6


def test_evaluation_in_between_changes_nothing():
    eager, compiled = pair(lambda: network((4, 8, 8, 3), between=lambda: nn.Dropout(0.5, rng=0)))
    for x, y in batches((4, 3), 6):
        assert_same_training(eager, compiled, [(x, y)])
        with compiled.model.evaluating():
            compiled.model(x)
    assert replays(compiled) == 4


def test_a_model_that_was_changed_is_recorded_anew():
    eager, compiled = pair(lambda: network((4, 8, 8, 3), between=lambda: nn.Dropout(0.5, rng=0)))
    data = list(batches((4, 3), 12))
    assert_same_training(eager, compiled, data[:4])
    for run in (eager, compiled):
        run.model.eval()
    assert_same_training(eager, compiled, data[4:8])
    for run in (eager, compiled):
        run.model[1].p = 0.1
        run.model.train()
    assert_same_training(eager, compiled, data[8:])
    assert replays(compiled) == 6


def test_a_parameter_that_was_frozen_is_left_alone():
    eager, compiled = pair(lambda: network((4, 8, 3)))
    data = list(batches((4, 3), 8))
    assert_same_training(eager, compiled, data[:4])
    for run in (eager, compiled):
        run.model[0].weight.requires_grad = False
    for x, y in data[4:]:
        assert eager.step(x, y).item() == compiled.step(x, y).item()
    assert eager.model[0].weight.data.tobytes() == compiled.model[0].weight.data.tobytes()


def test_a_gradient_that_is_not_finite_is_the_same_error():
    eager, compiled = pair(lambda: network((4, 8, 3)))
    data = list(batches((4, 3), 6))
    assert_same_training(eager, compiled, data[:4])
    data[4][0][0, 0] = np.nan
    for run in (eager, compiled):
        with pytest.raises(mg.errors.NonFiniteError, match="the gradient of 0"):
            run.step(*data[4])
    assert eager.state() == compiled.state()
    assert_same_training(eager, compiled, data[5:])


def test_a_mask_is_not_drawn_twice_when_a_replay_gives_up():
    def noise():
        return nn.Dropout(0.5, rng=0)

    eager, compiled = pair(lambda: network((4, 8, 8, 3), between=noise))
    data = list(batches((4, 3), 6))
    assert_same_training(eager, compiled, data[:4])
    data[4][0][0, 0] = np.inf
    for run in (eager, compiled):
        with pytest.raises(mg.errors.NonFiniteError), np.errstate(all="ignore"):
            run.step(*data[4])
    assert_same_training(eager, compiled, data[5:])


def test_a_class_that_does_not_exist_is_the_same_error():
    _, compiled = pair(lambda: network((4, 8, 3)))
    data = list(batches((4, 3), 4))
    for x, y in data[:3]:
        compiled.step(x, y)
    with pytest.raises(IndexError, match="the class 7"):
        compiled.step(data[3][0], np.full(16, 7))


def reason_for(step, *calls):
    """Why it is not replayed; the results must be those of the step itself."""
    compiled = mg.compile(step)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for call in calls:
            compiled(*call)
    assert compiled.replayed == 0
    assert [str(w.message) for w in caught] == [f"{step.__name__} is not replayed but runs as ever: {compiled.reason}"]
    return compiled.reason


@pytest.fixture
def w():
    return mg.tensor([1.0, 2.0], requires_grad=True, name="w")


X = (np.array([1.0, 3.0]),)


@pytest.mark.parametrize(
    "read",
    [
        float,
        bool,
        lambda t: t.item(),
        lambda t: t.data,
        lambda t: t.numpy(),
        lambda t: f"{t:.3f}",
        lambda t: t.tolist(),
    ],
)
def test_a_value_that_is_read_keeps_the_step_from_being_replayed(w, read):
    def step(x):
        loss = (w * x).sum()
        read(loss)
        loss.backward()
        w.grad = None

    assert "the value of a Tensor is read" in reason_for(step, X, X, X)


def test_a_number_that_counts_keeps_the_step_from_being_replayed(w):
    count = 0

    def step(x):
        nonlocal count
        count += 1
        return (w * x * (1 / count)).sum()

    assert "was multiply((2,), 0.5) the next time" in reason_for(step, X, X, X)


def test_a_mask_that_is_drawn_by_hand_keeps_the_step_from_being_replayed(w):
    rng = np.random.default_rng(0)
    assert "call 0, multiply" in reason_for(lambda x: (w * rng.random(2) * x).sum(), X, X, X)


def test_a_parameter_moved_by_hand_keeps_the_step_from_being_replayed(w):
    def step(x):
        (w * x).sum().backward()
        w.data = w.data - 0.1 * w.grad
        w.grad = None

    assert "the value of a Tensor is read" in reason_for(step, X, X, X)


def test_a_gradient_changed_by_hand_keeps_the_step_from_being_replayed(w):
    opt = optim.SGD([w], lr=0.1)

    def step(x):
        opt.zero_grad()
        (w * x).sum().backward()
        w.grad *= 0.5
        opt.step()

    assert "the gradient of w is changed by hand" in reason_for(step, X, X, X)


def test_gradients_that_add_up_keep_the_step_from_being_replayed(w):
    def step(x):
        (w * x).sum().backward()

    assert "write opt.zero_grad() before loss.backward()" in reason_for(step, X, X, X)


def test_a_hook_keeps_the_step_from_being_replayed(w):
    w.register_hook(lambda g: g * 2)

    def step(x):
        w.grad = None
        (w * x).sum().backward()

    assert "a hook" in reason_for(step, X, X, X)


def test_a_closure_keeps_the_step_from_being_replayed(w):
    opt = optim.SGD([w], lr=0.1)
    assert "is given a function" in reason_for(lambda x: opt.step(lambda: (w * x).sum()), X, X, X)


def test_where_someone_watches_the_step_itself_runs(w):
    compiled = mg.compile(lambda x: (w * x).sum())
    for _ in range(4):
        with mg.no_grad():
            compiled(*X)
    assert (compiled.replayed, compiled.recorded) == (0, 0)


def test_what_a_step_returns_comes_back_in_its_form_and_off_the_tape(w):
    opt = optim.SGD([w], lr=0.1)

    @mg.compile
    def step(x, scale=2.0):
        y = w * x * scale
        opt.zero_grad()
        y.sum().backward()
        norm = optim.clip_grad_norm([w], 1.0)
        opt.step()
        return {"loss": y.sum(), "both": (y, None)}, norm

    for call in range(5):
        before, (values, norm) = w.numpy(), step(*X)
        assert values["loss"].item() == (before * X[0] * 2).sum()
        assert not values["both"][0].requires_grad
        assert norm == np.sqrt(40)
        assert step.replayed == max(0, call - 1)


@pytest.mark.parametrize("change", [np.exp, mg.tensor, lambda x: mg.tensor(x, dtype="float64"), lambda x: x.detach()])
def test_what_is_made_of_the_batch_off_the_tape_follows_the_batch(w, change):
    step = mg.compile(lambda x: (w * change(x)).sum())
    for i in range(5):
        x = np.array([1.0, i])
        assert step(x).item() == (w * change(mg.tensor(x))).sum().item()
    assert step.reason == ""
    assert step.replayed == 3


def test_a_hook_that_is_registered_later_is_called_in_the_next_step(w):
    opt = optim.SGD([w], lr=1.0)

    @mg.compile
    def step(x):
        opt.zero_grad()
        (w * x).sum().backward()
        opt.step()

    for _ in range(4):
        step(*X)
    before = w.numpy()
    w.register_hook(lambda g: 10 * g)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is not replayed from here on
        step(*X)
    assert (before - w.numpy()).tolist() == [10, 30]


def test_another_number_is_another_step(w):
    step = mg.compile(lambda x, scale: (w * x * scale).sum())
    assert [step(*X, scale).item() for scale in (1, 1, 1, 2.0, 2.0, 2.0)] == [7, 7, 7, 14, 14, 14]
    assert step.replayed == 2


def test_a_parameter_without_gradient_is_moved_once_it_has_one():
    eager, compiled = pair(lambda: nn.Sequential(nn.Linear(4, 3, rng=0), nn.Identity()))
    spares = [mg.tensor([1.0], requires_grad=True, name="spare") for _ in range(2)]
    for run, spare in zip((eager, compiled), spares):
        run.opt.add_param_group({"params": [spare]})
    data = list(batches((4, 3), 10))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that no gradient has arrived at the spare one
        for i, (x, y) in enumerate(data):
            if i == 5:
                for spare in spares:
                    spare.grad = np.array([2.0])
            assert eager.step(x, y).item() == compiled.step(x, y).item()
            assert spares[0].numpy() == spares[1].numpy()
            for run in (eager, compiled):
                run.opt.zero_grad()


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda x: np.repeat(x, 2, axis=0)[::2]])
def test_a_batch_that_lies_otherwise_in_memory_gives_the_same_bits(layout):
    eager, compiled = pair(lambda: network((40, 30, 3), dtype="float32"))
    data = list(batches((40, 3), 8, dtype="float32"))
    assert_same_training(eager, compiled, data[:4])
    assert_same_training(eager, compiled, [(layout(x), y) for x, y in data[4:]])
    assert replays(compiled) == 4


def test_an_optimizer_that_turns_to_climbing_climbs(w):
    opt = optim.SGD([w], lr=0.1)

    @mg.compile
    def step(x):
        loss = (w * x).sum()
        opt.zero_grad()
        loss.backward()
        opt.step()
        return loss

    for _ in range(4):
        step(*X)
    opt.maximize = True
    losses = [step(*X).item() for _ in range(4)]
    assert losses == sorted(losses)


def test_a_replay_that_comes_to_nothing_again_and_again_is_given_up(w):
    opt = optim.SGD([w], lr=0.1, skip_nonfinite=True)

    @mg.compile
    def step(x):
        opt.zero_grad()
        (w * x).sum().backward()
        opt.step()

    for _ in range(3):
        step(*X)
    for _ in range(7):
        step(np.array([np.inf, 1.0]))
    with pytest.warns(UserWarning, match="8 replays in a row came to nothing, the last by .* not finite"):
        step(np.array([np.inf, 1.0]))
    step(np.array([np.inf, 1.0]))
    assert opt.skipped == 9


def test_the_calls_of_a_program_can_be_read(w):
    opt = optim.SGD([w], lr=1e-3)

    @mg.compile
    def step(x):
        loss = np.sum(np.sinh(w * x))
        opt.zero_grad()
        loss.backward()
        opt.step()

    assert step.listing() == "not recorded yet"
    for _ in range(3):
        step(*X)
    lines = step.listing().splitlines()
    assert lines[0] == "multiply((2,), (2,), (2,))"
    assert "gradient of sinh by operand 0" in lines
    assert lines[-1] == "update"


def test_the_step_announced_to_a_layer_with_a_fixed_rate_changes_nothing():
    eager, compiled = pair(lambda: network((4, 8, 8, 3), between=lambda: nn.Dropout(0.5, rng=0)))
    for i, (x, y) in enumerate(batches((4, 3), 8)):
        for run in (eager, compiled):
            nn.set_step(run.model, i)
        assert_same_training(eager, compiled, [(x, y)])
    assert replays(compiled) == 6


def test_a_rate_that_is_a_schedule_keeps_the_step_from_being_replayed(w):
    dropout = nn.Dropout(lambda step: 0.5, rng=0)
    assert "the rate of Dropout is a schedule" in reason_for(lambda x: (dropout(w) * x).sum(), X, X, X)


def test_ever_other_arguments_are_recorded_only_so_often(w):
    step = mg.compile(lambda x, scale: (w * x * scale).sum())
    with pytest.warns(UserWarning, match="its arguments, or its modules, change again and again"):
        results = [step(*X, float(i // 2)).item() for i in range(40)]
    assert results == [7.0 * (i // 2) for i in range(40)]
    assert step.recorded == 16


def test_a_gradient_that_two_operands_share_is_not_added_to():
    def run(compiled):
        w, u = mg.tensor([1.0, 2.0], requires_grad=True), mg.tensor([3.0, 4.0], requires_grad=True)

        def step(x):
            v, z = u * x, w * x
            t = z * 3.0
            s = z + v  # sends one and the same array to z, which then gets more from t, and to v, which must not
            w.grad = u.grad = None
            (s * x + t).sum().backward()

        step = mg.compile(step) if compiled else step
        for _ in range(4):
            step(*X)
        return w.grad.tolist(), u.grad.tolist(), getattr(step, "replayed", 0)

    (*eager, _), (*compiled, replayed) = run(False), run(True)
    assert compiled == eager
    assert replayed == 2
