"""Composition root: settings, URLs, Celery, the database router. Nothing imports it."""

from config.celery import app as celery_app  # so that the tasks a page starts go to our broker

__all__ = ["celery_app"]
