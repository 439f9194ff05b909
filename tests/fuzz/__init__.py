"""Differential fuzzing: random programs over the whole op table, differentiated by minigrad, PyTorch and HIPS autograd.

``python -m tests.fuzz --help`` runs as many as you like; ``test_fuzz.py`` runs a thousand with every test run.
"""
