"""The house rules that a machine can check."""

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]


def test_the_import_contracts_hold() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "0 broken." in done.stdout, done.stdout
    assert done.returncode == 0


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    answer = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=answer)
    assert answer.getvalue() == "No changes detected\n"


def test_the_checks_of_the_framework_find_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--fail-level", "WARNING"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
