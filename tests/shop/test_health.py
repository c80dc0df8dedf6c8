"""What a load balancer and `make run` are told."""

from pathlib import Path

import pytest
from django.db import connection
from django.test import Client


@pytest.mark.django_db
def test_a_shop_whose_database_answers_is_healthy(client: Client) -> None:
    response = client.get("/health/")
    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="points SQLite at a file that cannot be opened")
def test_a_shop_without_its_database_says_so(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: object
) -> None:
    monkeypatch.setattr(connection, "connection", None)
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "missing" / "shop.sqlite3"))
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        response = client.get("/health/")
    assert response.status_code == 503
    assert response.json()["status"] == "unavailable"
    assert "database does not answer" in response.json()["detail"]
