"""What holds for all shapes, layouts, dtypes, indices and chains of ops: hypothesis looks for what breaks it.

Every day each property is tried on a few dozen examples, the same each time; ``pytest -m slow tests/properties`` tries
two thousand, new ones each time.
"""
