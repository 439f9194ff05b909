"""Why a gradient is wrong: hypotheses, each a small function, tested against the numeric gradient."""
