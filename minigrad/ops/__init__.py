"""The table of derivatives, simplest first: elementwise, shaping, reducing, algebra, fused."""
