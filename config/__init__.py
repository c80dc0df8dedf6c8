"""Composition root: settings, URLs, Celery, the database router. Nothing imports it."""
