"""The exam of the gradient checker: what it must find, whom it must not accuse, and what that may cost.

``python -m tests.exam`` runs it and prints the score; ``python -m tests.exam.compare`` puts other checkers beside it.
"""
