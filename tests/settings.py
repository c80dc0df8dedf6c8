"""The settings, with data of the tests' own and a fast password hash."""

import os
from pathlib import Path

os.environ.setdefault("VAR_DIR", str(Path(__file__).resolve().parent.parent / "var" / "test"))
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright runs a loop in the test's thread
os.environ.setdefault("API_RATE_GUEST", "100000/minute")  # a test calls faster than any shopper
os.environ.setdefault("API_RATE_CUSTOMER", "100000/minute")
os.environ.setdefault("TEST_CACHE_PREFIX", f"test-{os.getpid()}")  # servers inherit it
os.environ.setdefault("RECOMMENDER_PASSAGES", "4")  # of each product of each shop that a test opens
# Two profiles share the machine: threads that divide a matrix spend more time waiting for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from config.settings import *  # noqa: F403

DATABASES["recommender"]["TEST"] = {"DEPENDENCIES": []}  # noqa: F405 (it is made where it is asked alone)
CACHES["default"]["KEY_PREFIX"] = os.environ["TEST_CACHE_PREFIX"]  # noqa: F405
# A test sees what it has just written; tests/shop/test_remembering.py is about what is remembered.
CACHES["process"] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
