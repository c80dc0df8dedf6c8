"""The OpenAPI schema."""

from pathlib import Path

from django.core.management import call_command
from django.test import Client


def test_the_schema_is_valid_and_has_no_warnings(tmp_path: Path) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


def test_anybody_may_read_it(client: Client) -> None:
    response = client.get("/api/v1/schema/?format=json")
    assert response.status_code == 200
    assert response.json()["info"]["title"] == "Larder"
