from collections.abc import Iterator

import pytest
from django.conf import settings
from django.utils import translation


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A page asks both databases, so a test that names none has both."""
    for item in items:
        mark = item.get_closest_marker("django_db")
        if mark and "databases" not in mark.kwargs:
            both = {"databases": list(settings.DATABASES)}
            item.add_marker(pytest.mark.django_db(*mark.args, **{**mark.kwargs, **both}), append=False)
        elif mark and "default" not in mark.kwargs["databases"]:
            item.add_marker(pytest.mark.once)


@pytest.fixture
def english() -> Iterator[None]:
    """English for the test, whatever language its requests leave active in this thread."""
    with translation.override("en"):
        yield
