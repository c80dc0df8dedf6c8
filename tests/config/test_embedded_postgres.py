"""The embedded PostgreSQL: any folder name, no user left behind, no server left running."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from config.embedded_postgres.server import EmbeddedPostgres, EmbeddedPostgresError

pytestmark = [pytest.mark.processes, pytest.mark.once]
ROOT = Path(__file__).resolve().parents[2]
USER = """
import sys
from config.embedded_postgres.server import EmbeddedPostgres
EmbeddedPostgres.at(sys.argv[1]).start()
print("using", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a folder with spaces, 'quotes' and é" / ("deep" * 20)


def a_user_of(folder: Path) -> "subprocess.Popen[str]":
    user = subprocess.Popen(
        [sys.executable, "-c", USER, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert user.stdout is not None
    assert user.stdout.readline() == "using\n"
    return user


def test_it_serves_pgvector_from_a_folder_of_any_name(folder: Path) -> None:
    server = EmbeddedPostgres.at(folder)
    server.start()
    try:
        with psycopg.connect(
            host=str(server.socket_directory), user="postgres", dbname="postgres"
        ) as connection:
            connection.execute("CREATE EXTENSION vector")
            row = connection.execute("SELECT '[1,0]'::halfvec <=> '[0,1]'::halfvec").fetchone()
        assert row == (1.0,)
    finally:
        assert server.leave() is True
    assert server.is_running is False


def test_the_last_user_stops_it_and_no_other(folder: Path) -> None:
    server = EmbeddedPostgres.at(folder)
    first, second = a_user_of(folder), a_user_of(folder)
    first.communicate()
    assert server.is_running is True
    second.communicate()
    assert server.is_running is False


def test_a_user_that_is_killed_does_not_count_any_more(folder: Path) -> None:
    server = EmbeddedPostgres.at(folder)
    killed, last = a_user_of(folder), a_user_of(folder)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    last.communicate()
    assert server.is_running is False


def test_the_data_survive_a_restart(folder: Path) -> None:
    server = EmbeddedPostgres.at(folder)
    server.start()
    with psycopg.connect(host=str(server.socket_directory), user="postgres", dbname="postgres") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    server.leave()
    server.start()
    try:
        with psycopg.connect(
            host=str(server.socket_directory), user="postgres", dbname="postgres"
        ) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    finally:
        server.leave()


def test_nobody_but_its_user_may_enter_the_data_and_the_socket(folder: Path) -> None:
    server = EmbeddedPostgres.at(folder)
    server.start()
    try:
        modes = [path.stat().st_mode & 0o777 for path in (server.data, server.socket_directory)]
    finally:
        server.leave()
    assert modes == [0o700, 0o700]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(EmbeddedPostgresError, match="cannot be written"):
        EmbeddedPostgres.at(tmp_path / "closed" / "postgres").start()
