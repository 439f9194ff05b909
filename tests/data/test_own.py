"""Your own table: what each column holds is found out and said, and nothing is guessed in silence."""

import numpy as np
import pytest

from minigrad.data.columns import is_missing, number
from minigrad.data.own import from_csv
from minigrad.data.targets import label
from minigrad.errors import DataError


@pytest.fixture
def table(tmp_path):
    """Write columns as a CSV file: its path."""

    def table(separator=",", **columns):
        lines = [separator.join(columns), *(separator.join(map(str, row)) for row in zip(*columns.values()))]
        path = tmp_path / "my.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return table


def numbers(n=20, seed=0):
    return np.random.default_rng(seed).normal(5, 2, n).round(3)


AB = ["a", "b"] * 10


def remarks(data):
    return "\n".join(data.remarks)


def test_a_column_of_numbers_is_standardized_with_its_training_rows_alone(table):
    data = from_csv(table(x=numbers(), y=AB), "y")
    np.testing.assert_allclose(data.train.x.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data.train.x.std(axis=0), 1)
    assert abs(data.validation.x.mean()) > 0.01
    (column,) = data.preprocessing.inputs
    every = np.concatenate([data.train.x, data.validation.x]).ravel() * column.std + column.mean
    np.testing.assert_allclose(np.sort(every), np.sort(numbers()))


def test_missing_cells_are_filled_with_the_median_and_that_is_said(table):
    x = [*map(str, numbers(18)), "", "NA"]
    data = from_csv(table(x=x, z=numbers(seed=1), y=AB), "y")
    assert "missing x 2: filled with the median, and a column more says where" in data.remarks
    assert data.preprocessing.features == ("x", "x=(missing)", "z")


def test_texts_become_a_feature_each_and_that_is_said(table):
    data = from_csv(table(color=["red", "blue", "red ", ""] * 5, x=numbers(), y=AB), "y")
    assert data.preprocessing.features == ("color=(missing)", "color=blue", "color=red", "x")
    assert "texts   color (3): a feature for each different text" in data.remarks
    np.testing.assert_array_equal(data.train.x[:, :3].sum(axis=1), 1)


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (AB, "2 different texts (a, b), so classification (otherwise say --task regression)"),
        (["yes", "Yes", "no", "yes"] * 5, "3 different texts (Yes, no, yes), so classification"),
        ([0, 1, 2, 1] * 5, "3 different whole numbers (0, 1, 2), so classification"),
        ([0.5, 1.5] * 10, "2 different numbers (0.5, 1.5), so classification"),
        (numbers(seed=2), "numbers, so regression (otherwise say --task classification)"),
        ([*range(20)], "numbers, so regression"),
    ],
)
def test_classes_or_values_are_decided_and_said(table, y, said):
    data = from_csv(table(x=numbers(), y=y), "y")
    assert f"target  y: {said}" in data.remarks[0]
    assert bool(data.classes) == ("classification (" in data.remarks[0])


def test_rows_without_a_target_are_left_out_and_that_is_said(table):
    data = from_csv(table(x=numbers(), y=[*AB[:-3], "", "?", "nan"]), "y")
    assert len(data.train.x) + len(data.validation.x) == 17
    assert "rows    3 without a target are left out" in data.remarks


def test_columns_that_tell_nothing_are_left_out_with_the_reason(table):
    columns = {
        "id": range(20),
        "number": range(1, 21),
        "same": [7] * 20,
        "gone": [""] * 20,
        "note": [f"n{i}" for i in range(20)],
    }
    data = from_csv(table(**columns, x=numbers(), y=AB), "y")
    assert data.preprocessing.left_out == {
        "id": "a number for each row",
        "number": "a number for each row",
        "same": "constant",
        "gone": "empty",
        "note": "20 different texts in 20 rows, such as 'n0'",
    }
    assert "without id (a number for each row), number" in remarks(data)
    kept = from_csv(table(**columns, x=numbers(), y=AB), "y", keep=["id", "note"])
    assert {"id", "x"} <= set(kept.preprocessing.features)


def test_years_are_no_row_numbers_and_the_only_column_is_kept(table):
    assert "year" in from_csv(table(year=range(1990, 2010), x=numbers(), y=AB), "y").preprocessing.features
    assert from_csv(table(x=range(20), y=numbers()), "y").preprocessing.features == ("x",)


def test_a_value_far_from_all_others_and_a_class_nobody_is_judged_by_are_pointed_out(table):
    data = from_csv(table(x=[*numbers(19), 1e300], z=numbers(seed=1), y=["c", *AB[1:]]), "y")
    assert "far     x (1e+300): so far from all others that scaling leaves next to no difference" in remarks(data)
    assert "rare    c: in so few rows that none is kept aside, and nothing tells how well" in data.remarks
    assert "far " not in remarks(from_csv(table(x=numbers(), flag=[0] * 19 + [1], y=AB), "y"))


@pytest.mark.parametrize("size", [1e-310, 1e-200, 1e200, 1e307])
def test_numbers_of_any_size_are_scaled_without_overflow(table, size):
    plain, scaled = (from_csv(table(x=numbers() * factor, y=AB), "y") for factor in (1.0, size))
    np.testing.assert_allclose(scaled.train.x, plain.train.x, rtol=1e-5, atol=1e-5)


def test_both_signs_of_the_largest_numbers_are_refused_or_scaled_and_never_infinite(table):
    data = from_csv(table(x=[1.7e308, -1.7e308] * 10, y=AB), "y")
    assert np.isfinite(data.train.x).all()


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,5", "2,25", "-3", "1e2"], [1.5, 2.25, -3.0, 100.0]),
        (["1.234,5", "1.234", "12,0", "1.234.567"], [1234.5, 1234.0, 12.0, 1234567.0]),
    ],
)
def test_decimal_commas_are_read_where_asked_for(table, cells, values):
    data = from_csv(table(";", x=cells * 5, y=AB), "y", decimal=",")
    (column,) = data.preprocessing.inputs
    every = np.concatenate([data.train.x, data.validation.x]).ravel() * column.std + column.mean
    np.testing.assert_allclose(np.sort(every), np.sort(values * 5))


def test_a_point_where_a_decimal_comma_is_asked_for_is_no_number(table):
    with pytest.raises(DataError, match=r"line 21: column 'x': '1\.5 \(a point\)' is not a finite number"):
        from_csv(table(";", x=["2,5", "3,5"] * 9 + ["4,5", "1.5"], y=AB), "y", decimal=",")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["oops"], r"my\.csv, line 2: column 'x': 'oops' is not a finite number, as 19 other cells .* --categorical"),
        (["o" * 99], rf"'{'o' * 40}'\.\.\. is not a finite number"),
        (["inf"], "'inf' is not a finite number"),
        (["1e999"], "'1e999' is not a finite number"),
        (["1_000"], "'1_000' is not a finite number"),
        (["2,5"], "'2,5' has a decimal comma: say --decimal ,"),
        (["1,000"], "'1,000' has commas between thousands, .* or a decimal comma"),
    ],
)
def test_a_cell_that_is_no_number_is_told_with_line_column_and_cell(table, cells, reason):
    with pytest.raises(DataError, match=reason):
        from_csv(table(";", x=[*cells, *numbers(20 - len(cells))], y=AB), "y")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"target": "label"}, r"has no column label; its columns are x, z, y"),
        ({"drop": ["nix"]}, "has no column nix"),
        ({"keep": ["nix"]}, "has no column nix"),
        ({"categorical": ["nix"]}, "has no column nix"),
        ({"categorical": ["y"]}, "y is the target: .* say --task classification"),
        ({"drop": ["y"]}, "y is the target, and no input"),
        ({"drop": ["x"], "keep": ["x"]}, "x is to be dropped, and also to be an input"),
        ({"drop": ["x"], "categorical": ["x"]}, "x is to be dropped, and also to be an input"),
        ({"drop": ["x", "z"]}, r"has no column to predict 'y' from; left out: x \(as asked for\), z"),
        ({"task": "ranking"}, "a task is one of classification, regression, not 'ranking'"),
        ({"task": "regression"}, r"line 2: column 'y': 'a' is not a finite number, .* or say --task classification"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(table, options, reason):
    with pytest.raises(DataError, match=reason):
        from_csv(table(x=numbers(), z=numbers(seed=1), y=AB), **{"target": "y"} | options)


def test_a_header_in_the_wrong_dress_is_recognized(table):
    with pytest.raises(DataError, match=r"its columns are x,y \(is a comma the separator\?"):
        from_csv(table(x=numbers(), y=AB), "y", separator=";")
    with pytest.raises(DataError, match=r"\(is the first line data\? then say --no-header\)"):
        from_csv(table(**{"5.1": numbers(), "3.5": numbers(), "a": AB}), "y")


@pytest.mark.parametrize("validation", [0, 1, -1, float("nan"), 0.001, 0.999])
def test_a_split_that_leaves_a_part_empty_is_refused(table, validation):
    with pytest.raises(DataError, match=r"validation=.* of 20 rows leaves one part empty"):
        from_csv(table(x=numbers(), y=numbers(seed=1)), "y", validation=validation)


def test_one_row_is_refused(table):
    with pytest.raises(DataError, match="nothing to predict"):
        from_csv(table(x=[1], y=["a"]), "y")


def test_a_split_keeps_the_share_of_each_class_and_depends_on_its_seed_alone(table):
    path = table(x=numbers(100), y=["a"] * 80 + ["b"] * 20)
    first, again, other = (from_csv(path, "y", seed=seed) for seed in (0, 0, 1))
    assert np.bincount(first.validation.y).tolist() == [16, 4]
    np.testing.assert_array_equal(first.train.x, again.train.x)
    assert not np.array_equal(first.train.x, other.train.x)


def test_what_means_missing_does_in_any_case_and_between_blanks():
    assert all(map(is_missing, ["", " ", "NA", "nan", "   N/A   ", "None", "?", "-", "<NA>"]))
    assert not any(map(is_missing, ["0", "no", "unknown", "na na", "--"]))


def test_numbers_are_those_of_everyday():
    assert [number(cell) for cell in ("1", " -2.5e3 ", "+.5")] == [1.0, -2500.0, 0.5]
    assert [number(cell) for cell in ("1_000", "0x1f", "1,5", "12%", "", "−1")] == [None] * 6


def test_labels_of_many_digits_stay_apart():
    assert label("12345678901234567890") != label("12345678901234567891")
    assert (label("1.0"), label("+1"), label("0.1"), label("1e400")) == ("1", "1", "0.1", "inf")
