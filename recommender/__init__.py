"""Ingest, labelling, tags, embeddings, search, the four products."""
