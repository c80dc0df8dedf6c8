"""Our settings as they are, with a count of the statements of each page."""

from config.settings import *  # noqa: F403

MIDDLEWARE = ["benchmarks.shop.counting.CountQueries", *MIDDLEWARE]  # noqa: F405
