"""Of vectors."""

DIMENSIONS = 384  # of every vector stored
