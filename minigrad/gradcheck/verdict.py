"""The possible verdicts on a gradient: more than yes and no, because a checker that cannot tell must say so."""

from collections.abc import Iterable
from enum import Enum


class Verdict(Enum):
    """A verdict, with what it means. Only PASS and KINK_OK are good; the order is from harmless to grave."""

    PASS = "right, within the stated resolution"
    KINK_OK = "not differentiable here, and the gradient given is a valid subgradient"
    VACUOUS = "passed, but the test could not have failed: the function does not vary"
    INCONCLUSIVE = "the numbers cannot decide"
    NOT_DIFFERENTIABLE = "a jump, a cusp or the edge of the domain: there is no derivative to compare with"
    NONDETERMINISTIC = "the function answers differently when asked twice"
    BAD_SETUP = "there is nothing here that could be checked"
    KINK_WRONG = "not differentiable here, and the gradient given lies outside the one-sided slopes"
    WRONG = "the backward pass and finite differences disagree"

    def __bool__(self):
        return self in (Verdict.PASS, Verdict.KINK_OK)

    def __str__(self):
        return self.name


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """The gravest of some verdicts; PASS if there are none.

    >>> gravest([Verdict.PASS, Verdict.WRONG, Verdict.KINK_OK])
    <Verdict.WRONG: 'the backward pass and finite differences disagree'>
    """
    order = list(Verdict)
    return max(verdicts, key=order.index, default=Verdict.PASS)
