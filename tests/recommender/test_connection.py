"""A web process opens the recommender's database once, not for every page."""

import pytest
from django.db import close_old_connections, connections

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "recommender"])


def backend() -> int:
    """The number of the server's process that answers us."""
    with connections["recommender"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_one_page_after_another_is_served_by_one_connection() -> None:
    first = backend()
    close_old_connections()  # as Django does at each request's end
    assert backend() == first


def test_a_connection_that_the_server_ended_is_opened_anew() -> None:
    first = backend()
    with connections["recommender"].cursor() as cursor, pytest.raises(Exception, match="terminating"):
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    close_old_connections()
    assert backend() != first
