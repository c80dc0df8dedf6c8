"""A wrong environment variable stops the start and is named."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

ROOT = Path(__file__).resolve().parents[2]


def test_an_unset_and_an_empty_variable_mean_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LARDER_TEST", raising=False)
    assert env.flag("LARDER_TEST", True) is True
    monkeypatch.setenv("LARDER_TEST", "")
    assert env.whole("LARDER_TEST", 7) == 7


@pytest.mark.parametrize(
    ("written", "meant"), [("yes", True), ("1", True), ("On", True), ("false", False), ("0", False)]
)
def test_a_flag_is_read_from_the_usual_words(
    monkeypatch: pytest.MonkeyPatch, written: str, meant: bool
) -> None:
    monkeypatch.setenv("LARDER_TEST", written)
    assert env.flag("LARDER_TEST", not meant) is meant


def test_a_list_is_read_without_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARDER_TEST", " shop.example , ,127.0.0.1")
    assert env.words("LARDER_TEST") == ["shop.example", "127.0.0.1"]


def test_a_flag_that_is_no_word_for_yes_or_no_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARDER_TEST", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="^LARDER_TEST='perhaps' is not a yes or no"):
        env.flag("LARDER_TEST", False)


@pytest.mark.parametrize(
    ("written", "meant"), [("120/minute", (120, 60)), ("1/second", (1, 1)), ("5000/day", (5000, 86_400))]
)
def test_a_rate_is_so_many_calls_in_so_many_seconds(
    monkeypatch: pytest.MonkeyPatch, written: str, meant: tuple[int, int]
) -> None:
    monkeypatch.setenv("LARDER_TEST", written)
    assert env.rate("LARDER_TEST", "1/day") == meant


@pytest.mark.parametrize("written", ["0/minute", "-1/minute", "120", "120/week", "many/minute", "/minute"])
def test_a_rate_that_is_none_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("LARDER_TEST", written)
    with pytest.raises(ImproperlyConfigured, match="^LARDER_TEST=.* is not a rate such as 120/minute"):
        env.rate("LARDER_TEST", "1/day")


@pytest.mark.parametrize("written", ["-1", "1.5", "many", "٣"])
def test_a_number_that_is_not_whole_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("LARDER_TEST", written)
    with pytest.raises(ImproperlyConfigured, match="LARDER_TEST=.* is not a whole number of at least 0"):
        env.whole("LARDER_TEST", 1)


def test_a_folder_that_cannot_be_made_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LARDER_TEST", str(tmp_path / "file" / "folder"))
    with pytest.raises(ImproperlyConfigured, match="LARDER_TEST=.* cannot be made a folder: Not a directory"):
        env.folder("LARDER_TEST", tmp_path)


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("DEBUG", "maybe", "DEBUG='maybe' is not a yes or no"),
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL='LOUD' is unknown"),
        ("LANGUAGE_CODE", "fr", "LANGUAGE_CODE='fr' is unknown: set it to one of en, zh-hans."),
        ("DATABASE_URL", "shop.sqlite3", "DATABASE_URL is not a database URL"),
        ("LOAN_KEYS", "a secret", "LOAN_KEYS holds a key that is not 32 url-safe base64-encoded bytes"),
        ("RECOMMENDER_PAGE_TIMEOUT_MS", "soon", "RECOMMENDER_PAGE_TIMEOUT_MS='soon' is not a whole number"),
    ],
)
def test_the_settings_stop_with_a_sentence(variable: str, value: str, sentence: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=ROOT, env=os.environ | {"VAR_DIR": str(tmp_path), variable: value},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert sentence in done.stderr


def test_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import config.settings as s; print(s.SECRET_KEY, s.LOAN_KEYS)"]
    environment = os.environ | {"VAR_DIR": str(tmp_path), "SECRET_KEY": "", "LOAN_KEYS": ""}
    first, second = (subprocess.check_output(command, cwd=ROOT, env=environment, text=True) for _ in range(2))
    assert first == second
    files = sorted(path for path in tmp_path.iterdir() if path.is_file())
    assert [path.name for path in files] == ["loan_key", "secret_key"]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("0.15/0.60", ("0.15", "0.60")), ("0.02", ("0.02", "0")), ("0/0", ("0", "0")), ("", None)],
)
def test_what_a_million_tokens_cost_is_read_and_written(
    monkeypatch: pytest.MonkeyPatch, written: str, meant: tuple[str, str] | None
) -> None:
    monkeypatch.setenv("LARDER_TEST", written)
    assert env.token_price("LARDER_TEST") == (meant and tuple(map(Decimal, meant)))


@pytest.mark.parametrize("written", ["cheap", "1/2/3", "-1/2", "nan", "1/inf", "/1"])
def test_a_price_of_tokens_that_is_none_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("LARDER_TEST", written)
    with pytest.raises(ImproperlyConfigured, match="^LARDER_TEST=.* is not what a million tokens cost"):
        env.token_price("LARDER_TEST")


@pytest.mark.parametrize("written", ["ten", "-1", "NaN", "Infinity"])
def test_an_amount_that_is_none_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("LARDER_TEST", written)
    with pytest.raises(ImproperlyConfigured, match="^LARDER_TEST=.* is not an amount"):
        env.amount("LARDER_TEST", "10")
