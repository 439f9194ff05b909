"""A course in backpropagation: exercises in which you write the line that the framework normally has.

``minigrad learn`` lists them. The grader is the gradient checker, so it says what is wrong, not only that it is.
"""

from minigrad.learn.exercise import Answer, Exercise, Grade, NotYet
from minigrad.learn.exercises import COURSE

__all__ = ["COURSE", "Answer", "Exercise", "Grade", "NotYet"]
