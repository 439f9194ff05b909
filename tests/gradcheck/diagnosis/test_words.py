"""The parts that hypotheses are made of: names for numbers, functions and places, and all ways to move numbers."""

import numpy as np
import pytest

from minigrad.declare import OPS
from minigrad.gradcheck.diagnose import diagnose
from minigrad.gradcheck.diagnosis import axes, chain, gradient, masks, names, operands, scale, shapes, shrink, terms
from minigrad.gradcheck.diagnosis.black_box import black_box
from minigrad.gradcheck.diagnosis.case import Case
from minigrad.gradcheck.diagnosis.gradient import short
from minigrad.gradcheck.diagnosis.guess import EXACT, residual
from minigrad.gradcheck.diagnosis.jacobian import jacobian
from minigrad.gradcheck.diagnosis.reproduce import _identifier, _literal

X = np.array([[0.5, -2.0, 1.5], [3.0, -0.25, 0.75]])
W = np.array([[1.0, 0.5, 2.0], [-1.0, 4.0, 0.25]])
CALLS = {
    "elementwise": ("tanh", [X], {}),
    "two operands": ("multiply", [X, W], {}),
    "the second of two": ("divide", [X, W], {}),
    "a row": ("add", [X, W[0]], {}),
    "with zeros": ("divide", [X * (X > 0), W * (W > 0) + 1], {}),
    "a sum": ("sum", [X], {"axis": 0}),
    "a mean": ("mean", [X], {"axis": 1}),
    "products": ("matmul", [X, W.T], {}),
    "three axes": ("sum", [np.stack([X, W])], {"axis": (0, 2)}),
    "picked": ("getitem", [X, np.array([0, 1, 0, -1])], {}),
    "labels": ("getitem", [X, (np.array([0, 1]), np.array([1, -1]))], {}),
    "an option": ("leaky_relu", [X], {"negative_slope": 0.3}),
    "clipped": ("clip", [X, -1.0, 1.0], {}),
    "where": ("where", [X > 0, X, W], {}),
    "one element": ("exp", [X[:1, :1]], {}),
    "none": ("exp", [X[:0]], {}),
    "a number": ("exp", [np.array(0.5)], {}),
}


def case_of(name: str) -> Case:
    op, args, kwargs = CALLS[name]
    position = 1 if name in ("the second of two", "where") else 0
    return Case.of_call(OPS[op], args, kwargs, position)


@pytest.mark.parametrize("name", CALLS)
def test_numbers_functions_and_places_have_the_names_they_had(name, as_before):
    case, words = case_of(name), []
    with np.errstate(all="ignore"):
        for text, note, value in names._numbers(case):
            words.append(f"{text} {note}: {value:.5g}")
        for shape in {case.x.shape, case.y.shape, (2, *case.x.shape)}:
            for text, f in sorted(names.library(case, shape).items()):
                total = float(np.sum(f * np.arange(1.0, f.size + 1).reshape(f.shape)))
                words.append(f"{text} of shape {shape}: {total:.5g}")
        words += [f"{text}: {mask.astype(int).tolist()}" for text, mask in names._masks(case)]
        words += [f"{text}: {mask.astype(int).tolist()}" for text, mask in masks._decisions(case)]
        words += [
            f"{axis}: {picked.tolist()}" for axis in range(case.x.ndim) for picked in axes._picked_along(case, axis)
        ]
        words += [f"blocks {case.blocks.tolist()}, zero {case.zero.astype(int).tolist()}, diagonal {case.diagonal}"]
        words += [f"stretched {shapes.stretched(case)}, support {case.support.astype(int).tolist()}"]
        words += [f"spread {[np.shape(g) for g in spread]}" for spread in shapes.spreads(case)]
        words += [f"option {option}={value}" for option, value, _ in axes.options(case)]
        words += [str([np.shape(z) for z in smaller]) for smaller in shrink._smaller(case.args)]
        for text, columns in terms._bases(case):
            words.append(f"bases {text}: {sum(float(np.sum(c)) for c in columns):.5g}")
    as_before(words)


@pytest.mark.parametrize(
    "shape", [(), (1,), (2,), (5,), (3, 3), (2, 3), (1, 4), (2, 2, 2), (2, 3, 2), (20, 2), (2,) * 5]
)
def test_an_array_is_moved_in_the_ways_it_was(shape, as_before):
    x, words = np.arange(float(np.prod(shape, dtype=int))).reshape(shape), []
    for move in axes.moves(shape):
        moved = move.f(x)
        digest = int(np.sum(moved.ravel() * np.arange(1, x.size + 1)))
        words.append(f"{move.code}: {move.text}; {move.undo}: {moved.shape}, {digest}")
    as_before(words)


def test_which_other_values_an_option_could_have():
    assert axes._alternatives(True) == [False]
    assert axes._alternatives(3) == [2, 4, 0, 1, -3]
    assert axes._alternatives(np.int64(2)) == [1, 3, 0, 1, -2]
    assert axes._alternatives(0.25) == [0.0, 1.0, -0.25, 0.75, 2.0]
    assert axes._alternatives("a") == axes._alternatives(None) == []


def test_along_which_axes_elements_act_on_each_other():
    x = np.arange(1.0, 7).reshape(2, 3)
    for f, expected in {
        (lambda z: z): set(),
        (lambda z: z.cumsum(0)): {0},
        (lambda z: z / z.sum(1, keepdims=True)): {1},
        (lambda z: z / z.sum()): {0, 1},
        (lambda z: z[:, ::-1]): {1},
    }.items():
        assert axes._coupled(jacobian(f, x)[0], x.shape) == expected


def test_options_change_their_own_argument_alone():
    case = case_of("clipped")
    found = [change(9) for _, _, change in axes.options(case)]
    assert [args[1:] for args, _ in found] == [(9, 1.0), (-1.0, 9)]
    (changed,) = [change(9) for _, _, change in axes.options(case_of("a sum"))]
    assert changed[0][1] == 9


def test_sets_of_axes():
    assert shapes.subsets(0) == []
    assert shapes.subsets(3) == [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    assert (shapes.one([2]), shapes.one([0, 1])) == (2, (0, 1))
    assert names._pairs(2) == []
    assert names._pairs(3) == [(0, 1), (0, 2), (1, 2)]


def test_one_slice_is_kept():
    g = np.arange(6.0).reshape(2, 3)
    assert shapes._only(g, 0, 1).tolist() == [[0, 0, 0], [3, 4, 5]]
    assert shapes._only(g, 1, 2).tolist() == [[0, 0, 2], [0, 0, 5]]
    assert shapes._first(g > 0) == "[0, 1], [0, 2], [1, 0], [1, 1]"


def test_rows_that_were_picked_more_than_once():
    assert masks._rows(np.array([[True, True], [False, False], [True, True]])) == "rows [0, 2]"
    assert masks._rows(np.array([[True, False], [False, False]])) == "elements [[0, 0]]"
    assert masks._rows(np.array([True, False, True])) == "elements [[0], [2]]"
    assert masks._rows(np.ones((2, 2, 2), bool)) == "rows [0, 1]"


def test_the_same_numbers_in_another_order():
    N = np.array([[1.0, 2.0, 3.0]])
    assert masks._same_numbers(N[:, ::-1], N)
    assert masks._same_numbers(N + 1e-8, N)
    assert not masks._same_numbers(N + 1e-5, N)
    assert not masks._same_numbers(np.array([[1.0, 2.0, 2.0]]), N)


def test_one_number_in_the_slices_that_are_wrong():
    assert scale._one_number_somewhere(np.array([1, 1, 1, 2.0]))
    assert not scale._one_number_somewhere(np.array([1, 1, 2.0, 2.0]))
    assert not scale._one_number_somewhere(np.array([1, 1, 1, 1, 2.0, 3.0]))
    assert not scale._one_number_somewhere(np.ones(4))
    assert scale._one_number_somewhere(np.array([1, 1, 1, 1, 1, 2.0, 2.0 + 1e-9]))


def test_shapes_are_broadcast_and_summed_back():
    assert chain._broadcast((3, 1), (2,)) == (3, 2)
    assert chain._broadcast((3,), (2,)) is None
    z = np.arange(12.0).reshape(2, 3, 2)
    assert chain._summed(z, (3, 1)).tolist() == z.sum((0, 2)).reshape(3, 1).tolist()
    assert chain._summed(z, z.shape).tolist() == z.tolist()
    assert chain._summed(z, (2,)).tolist() == z.sum((0, 1)).tolist()


@np.errstate(all="ignore")
def test_the_number_by_which_each_element_is_multiplied():
    g = [np.array([1.0, 2.0]), np.array([-3.0, 0.5])]
    assert chain._elementwise([2 * z for z in g], g).tolist() == [2, 2]
    assert chain._elementwise([z * z for z in g], g) is None
    assert chain._elementwise([2 * z for z in g], [z[0] for z in g]) is None
    assert chain._elementwise([2 * z for z in g], [0 * z for z in g]) is None


@np.errstate(all="ignore")
def test_the_sign_of_a_steady_ratio():
    found = [np.array([1.0, 2.0]), np.array([3.0, -1.0])]
    assert terms._per_row([2 * z for z in found], found) == 2.0
    assert terms._per_row([-2 * z for z in found], found) == -2.0
    assert terms._per_row([found[0], 2 * found[1]], found) is None
    assert terms._per_row([0 * z for z in found], [0 * z for z in found]) is None
    assert terms._per_row([np.zeros(0)], [np.zeros(0)]) is None
    assert terms._close([np.ones(2)], [np.ones(2) * (1 + 1e-8)])
    assert not terms._close([np.ones(2)], [np.ones(2) * (1 + 1e-4)])


def test_a_call_is_cut():
    x = np.arange(12.0).reshape(3, 4)
    assert shrink._cut(x, 4, 2).shape == (3, 2)
    assert shrink._cut(x, 3, 1).tolist() == [[0, 1, 2, 3]]
    assert shrink._cut("a", 3, 1) == "a"
    assert shrink._cut(np.array([0, 2, 1]), 5, 2).tolist() == [0, 2, 1]
    assert shrink._cut(np.array([0, 4, 1]), 5, 2).tolist() == [0, 1, 1]
    assert shrink._cut(np.array([0, 4, 1]), 3, 2).tolist() == [0, 4]
    turned = black_box(lambda a, b: a @ b, lambda g, y, a, b: (g @ b, None))
    rng = np.random.default_rng(0)
    case = Case.of_call(turned, [rng.standard_normal((9, 7)), rng.standard_normal((7, 7))])
    assert [z.shape for z in shrink.reduced(case).args] == [(5, 4), (4, 4)]
    assert shrink.reduced(Case.of_call(OPS["matmul"], [np.ones((9, 7)), np.ones((7, 7))])) is None
    smallest = shrink.shrink(case)
    assert smallest.wrong
    assert [z.shape for z in smallest.args] == [(1, 2), (2, 2)]


def test_numbers_are_rounded_to_so_many_bits():
    x = np.array([1 / 3, -1e10 / 7, 0.0, 3e-30])
    assert np.array_equal(short(x, 24), x.astype(np.float32).astype(float))
    assert short(np.array([1 + 2**-8]), 8)[0] == 1.0
    assert short(np.array([1 + 2**-7]), 8)[0] == 1 + 2**-7


def test_arrays_are_written_as_one_types_them():
    assert _literal(np.array([1.5, 2.0])) == "np.array([1.5, 2.0])"
    assert _literal(np.array([1, 2])) == "np.array([1, 2])"
    assert _literal(np.array([True])) == "np.array([True])"
    assert _literal(np.array([1.5], np.float32)) == "np.array([1.5], dtype=np.float32)"
    assert _literal(np.zeros((0, 3))) == "np.array([], dtype=np.float64).reshape(0, 3)"
    assert _identifier("x", 0, ("np",)) == "x"
    assert _identifier("np", 2, ("np",)) == "x2"
    assert _identifier("operand 1", 1, ()) == "x1"


def test_a_jacobian_and_its_kinks():
    J, kinks = jacobian(lambda x: np.array([x[0] * x[1], abs(x[1]), x[0] ** 3]), np.array([2.0, 0.0]))
    assert np.allclose(J, [[0, 2], [0, 0], [12, 0]], atol=1e-8)
    assert kinks.tolist() == [[False, False], [False, True], [False, False]]
    assert jacobian(lambda x: x, np.zeros(0))[0].shape == (0, 0)
    slight, kinks = jacobian(lambda x: 100 * x + 1e-3 * abs(x), np.zeros(1))
    assert not kinks.any()
    assert jacobian(lambda x: x + 1e-3 * abs(x), np.zeros(1))[1].all()
    steep = jacobian(lambda x: np.sin(1e4 * x), np.array([0.3]))[0]
    assert steep[0, 0] == pytest.approx(1e4 * np.cos(3e3), rel=1e-6)
    assert slight[0, 0] == pytest.approx(100)


def test_a_jacobian_where_the_second_derivative_jumps():
    huber = lambda x: np.where(abs(x) <= 1, x * x / 2, abs(x) - 0.5)
    J, kinks = jacobian(huber, np.array([1.0, -1.0, 0.3]))
    assert np.allclose(np.diag(J), [1, -1, 0.3], atol=1e-6)
    assert not kinks.any()


def of(forward, backward, *args, position=0) -> Case:
    return Case.of_call(black_box(forward, backward), list(args), position=position)


def codes(hypothesis, case: Case) -> list[str]:
    """What a hypothesis offers, if it explains the gradient."""
    with np.errstate(all="ignore"):
        return [guess.code for guess in hypothesis(case) if residual(case, guess) <= EXACT]


def test_a_bound_is_one_if_two_elements_reach_it_on_both_sides_of_0():
    x = np.linspace(-2, 2, 8)
    rough = lambda low, high: of(lambda x: 3 * x, lambda g, y, x: np.clip(3 * g, low, high), x)
    assert codes(gradient.clipped, rough(-1.0, 1.0)) == ["CLIPPED", "CLIPPED"]
    assert codes(gradient.clipped, rough(-1.0, 50.0))[:1] == ["CLIPPED"]
    assert codes(gradient.clipped, rough(0.0, 50.0)) == []
    assert codes(gradient.clipped, rough(-50.0, 50.0)) == []
    norm = of(lambda x: 3 * x, lambda g, y, x: 3 * g * min(1.0, 2 / np.linalg.norm(3 * g)), x)
    assert codes(gradient.clipped, norm) == ["CLIPPED"]
    assert "a norm of at most 2" in next(gradient.clipped(norm)).text


def test_what_indices_pick_along_an_axis():
    x = np.arange(6.0).reshape(2, 3)
    rows = np.array([[0, 1, 1]])
    case = of(lambda x, i: np.take_along_axis(x, i, 0), lambda g, y, x, i: (x * 0, None), x, rows)
    assert [picked.tolist() for picked in axes._picked_along(case, 0)] == [[0, 4, 5]]
    assert next(axes._picked_along(case, 1)).tolist() == [0, 1, 1]
    columns = np.array([[2], [-1]])
    case = of(lambda x, i: np.take_along_axis(x, i, 1), lambda g, y, x, i: (x * 0, None), x, columns)
    assert [picked.tolist() for picked in axes._picked_along(case, 1)] == [[2, 5]]
    assert list(axes._picked_along(case, 0)) == []  # there is no row 2
    flat = of(lambda x, i: x[i], lambda g, y, x, i: (x * 0, None), x[0], np.array([2, 0]))
    assert [picked.tolist() for picked in axes._picked_along(flat, 0)] == [[2, 0]]


def test_where_outputs_send_what_arrives():
    x = np.arange(1.0, 7)
    two = np.array([[1.0, 2, 0, 0, 0, 0], [0, 0, 0, 1, 2, 0]])
    other = np.array([[1.0, 2, 0, 0, 0, 0], [0, 0, 1, 0, 0, 2]])
    (guess,) = axes.misplaced(of(lambda x: two @ x, lambda g, y, x: g @ other, x))
    assert guess.text == "what arrives at [1] is sent to [[2], [5]] of x, but comes from [[3], [4]]"
    assert list(axes.misplaced(of(lambda x: two @ x, lambda g, y, x: g @ (2 * other), x))) == []
    copied = of(lambda x: x[np.array([0, 2, 4])], lambda g, y, x: np.array([g[0], g[1], 0, 0, g[2], 0]), x)
    assert [g.text for g in axes.misdirected(copied)] == ["what arrives at [1] is sent to [1] of x, but comes from [2]"]


def test_what_is_carried_the_wrong_way():
    x = np.linspace(0.5, 2, 5)
    scan = of(lambda x: x.cumsum(), lambda g, y, x: g.cumsum(), x)
    assert codes(operands.wrong_direction, scan) == ["FLIPPED"]
    m = np.triu(np.arange(1.0, 26).reshape(5, 5)) + np.eye(5, k=-2)
    mixed = of(lambda x: m @ x, lambda g, y, x: m @ g, x)
    assert codes(operands.wrong_direction, mixed) == ["MISSING_TRANSPOSE"]
    assert codes(operands.wrong_direction, of(lambda x: m @ x, lambda g, y, x: 2 * m @ g, x)) == []
    assert codes(operands.wrong_direction, of(lambda x: 2 * x, lambda g, y, x: g, x)) == []


def test_right_but_for_the_elements_at_a_kink():
    x = np.array([0.0, 1.0, -2.0])
    assert codes(masks.ties, of(lambda x: abs(x), lambda g, y, x: g * np.where(x == 0, 7, np.sign(x)), x)) == [
        "KINK_WRONG"
    ]
    off = lambda error: of(lambda x: abs(x), lambda g, y, x: g * np.where(x == 0, 7, np.sign(x) * (1 + error)), x)
    assert codes(masks.ties, off(1e-12)) == ["KINK_WRONG"]
    assert codes(masks.ties, off(1e-5)) == []


def test_places_where_two_operands_are_equal_are_on_neither_side():
    x, z = np.array([1.0, 2.0, 3.0, 0.5]), np.array([1.0, 1.5, 4.0, 0.5])
    call = Case("multiply", lambda x, z: x * z, lambda g, y, args, kwargs: g, [x, z], names=["x", "z"])
    assert names.places(call, x > z) == "where x > z"
    assert names.places(call, x < z) == "where x < z"
    assert names.places(call, x >= z) != "where x > z"


def test_an_answer_that_hardly_depends_on_what_arrives_is_not_one_that_ignores_it():
    def answers(share):
        op = black_box(lambda x: x * x, lambda g, y, x: x * (1 + share * g))
        return [guess.code for guess in gradient.ignored(Case.of_call(op, [np.array([0.5, -1.5, 2.0])]))]

    assert answers(0) == ["UPSTREAM_IGNORED"]
    assert answers(1e-8) == []


def test_two_branches_that_were_exchanged():
    def said(forward, backward, x):
        return [guess.code for guess in masks.exchanged(Case.of_call(black_box(forward, backward), [x]))]

    x = np.array([0.5, -1.5, 2.0])
    leaky = lambda x: np.where(x > 0, x, 0.1 * x)
    assert said(leaky, lambda g, y, x: g, x) == ["MASK_INVERTED"]
    assert said(lambda x: x * x, lambda g, y, x: g, x) == []
    assert said(lambda x: -x, lambda g, y, x: g, x) == []  # one slope alone
    assert said(lambda x: x.sum(), lambda g, y, x: g, x) == []
    assert said(leaky, lambda g, y, x: g, np.zeros(2)) == []  # at the kink nobody knows


def test_what_is_short_in_another_way_is_no_bfloat16():
    def said(bits):
        op = black_box(lambda x: x * x, lambda g, y, x: short(2 * x, bits) * g)
        case = Case.of_call(op, [np.random.default_rng(0).standard_normal(20)])
        return {guess.text.split(":")[0].split()[-1] for guess in gradient.rounded(case)}

    assert "bfloat16" in said(8)
    assert "bfloat16" not in said(9)


def test_a_flag_is_no_number_of_the_call():
    case = Case("f", lambda x, keep: x, lambda g, y, args, kwargs: g, [np.ones(5), True], names=["x", "keep"])
    assert names.called(case, 2.0) == "2"


def test_a_right_gradient_is_nothing_to_diagnose_and_its_operand_is_named():
    case = Case("f", lambda a, b: a * b, lambda g, y, args, kwargs: g * args[0], [X, W], None, 1, names=["a", "b"])
    found = diagnose(case)
    assert (found.code, found.operand) == ("NOTHING", "b")
