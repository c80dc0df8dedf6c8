from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture
def english() -> Iterator[None]:
    """English for the test, whatever language its requests leave active in this thread."""
    with translation.override("en"):
        yield
