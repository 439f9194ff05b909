"""Which epoch is the best: the most right answers, and of as many the lowest loss."""

from minigrad.training import Scores
from minigrad.training.records import best_of, judged


def rows(*scores, part="validation"):
    train = {"loss": 9.0, "accuracy": None}
    return [{"epoch": i, "train": train} | {part: Scores(*score)._asdict()} for i, score in enumerate(scores, 1)]


def test_more_right_answers_count_more_than_a_lower_loss():
    assert best_of(rows((0.1, 0.9), (0.2, 0.95), (0.15, 0.9)))["epoch"] == 2


def test_of_as_many_right_answers_the_lowest_loss_and_then_the_first_counts():
    assert best_of(rows((0.3, 0.9), (0.2, 0.9), (0.2, 0.9)))["epoch"] == 2


def test_where_there_are_no_classes_the_loss_decides():
    assert best_of(rows((0.3, None), (0.2, None), (0.25, None)))["epoch"] == 2


def test_without_examples_kept_aside_the_training_examples_decide():
    assert best_of(rows((0.3, 0.8), (0.4, 0.9), part="train"))["epoch"] == 2
    assert judged({"train": {"loss": 1.0, "accuracy": 0.5}, "validation": None}) == Scores(1.0, 0.5)


def test_a_rank_is_less_where_a_model_is_better():
    ranks = [Scores(*score).rank for score in ((9.0, 1.0), (0.1, 0.9), (0.2, 0.9), (0.0, 0.5))]
    assert ranks == sorted(ranks)
