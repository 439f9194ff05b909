"""Mutation testing: small faults planted in the source, one at a time, to see whether the tests notice.

``python -m tests.mutation minigrad/optim --sample 100 --seed 0`` draws a hundred faults from the functions of these
files and says which of them no test noticed. A survivor is a missing test, dead code, or no fault at all.
"""
