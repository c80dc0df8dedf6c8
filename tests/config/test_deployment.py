"""What the shop is where it serves for real: `check --deploy`, and what compose hands on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SERVICE = {
    "HTTPS": "1",
    "SECRET_KEY": "4tWm-0pZs8Yc_VbQe1nLr7xJ2kHd5uGa9fTi3oRw6yCzXvBqNlMj",
    "ALLOWED_HOSTS": "shop.example",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}


def checked(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    environment = inherited | SERVICE | {"VAR_DIR": str(tmp_path)} | variables
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_service_profile_is_fit_to_be_deployed(tmp_path: Path) -> None:
    outcome = checked(tmp_path)
    assert outcome.returncode == 0, outcome.stderr


def test_the_check_does_look(tmp_path: Path) -> None:
    outcome = checked(tmp_path, HTTPS="0", DEBUG="1")
    assert outcome.returncode == 1
    assert "security.W008" in outcome.stderr
    assert "security.W018" in outcome.stderr


@pytest.mark.parametrize("service", ["migrate", "web", "worker", "beat"])
def test_every_variable_in_dotenv_reaches_the_shop_but_those_of_compose(service: str) -> None:
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][service]
    assert composed["env_file"] == [{"path": ".env", "required": False}]
    assert composed["environment"].keys() == {
        "SECRET_KEY", "VAR_DIR", "DATABASE_URL", "RECOMMENDER_DATABASE_URL", "CELERY_BROKER_URL"
    }  # fmt: skip
    assert composed["environment"]["VAR_DIR"] in {mount.split(":")[1] for mount in composed["volumes"]}
