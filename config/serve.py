"""`python -m config.serve`: the whole shop in one terminal, until Ctrl-C.

Brings the databases up to date, loads the demo catalogue into an empty shop, lets the recommender catch
up, then runs the web server and one worker side by side. Whatever it started ends with it.
"""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from threading import Thread
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from honcho import manager

from config import env
from config.embedded_postgres.server import EmbeddedPostgres, EmbeddedPostgresError

HOST = "127.0.0.1"
ENDING = 30  # seconds that the worker has to end what it is at, before it is killed
ROOT = Path(__file__).resolve().parent.parent
PREPARATIONS = (
    ("migrate", "--verbosity=0"),
    ("migrate", "--verbosity=0", "--database=recommender"),
    ("load_demo", "--unless-filled"),
    ("catch_up_recommender",),
)


def main() -> int:
    try:
        port = env.whole("PORT", 8000, at_least=1)
        refuse_a_busy_port(port)
        keep_database_open()
    except (ImproperlyConfigured, EmbeddedPostgresError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    try:
        for arguments in PREPARATIONS:
            subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, check=True)
    except subprocess.CalledProcessError as error:
        print(f"Stopped: `manage.py {' '.join(error.cmd[2:])}` failed, see above.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return run_processes(port)


def refuse_a_busy_port(port: int) -> None:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ImproperlyConfigured(
                f"Port {port} of {HOST} cannot be used ({error.strerror}): "
                f"stop what listens there, or choose another, as in `make run PORT={port + 1}`."
            ) from error


def keep_database_open() -> None:
    """Use the embedded PostgreSQL until we end, or every preparation would start and stop it for itself."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    recommender = settings.DATABASES["recommender"]
    if recommender["ENGINE"] == "config.embedded_postgres":
        EmbeddedPostgres.at(recommender["HOST"]).start()


def run_processes(port: int) -> int:
    """Web server and worker until one of them ends, or Ctrl-C or SIGTERM ends both."""
    manager.KILL_WAIT = ENDING
    processes = manager.Manager()
    for name, command in commands(port).items():
        processes.add_process(name, command, cwd=str(ROOT), env=os.environ | {"PYTHONUNBUFFERED": "1"})
    Thread(target=announce, args=(port,), daemon=True).start()
    processes.loop()
    return 0 if processes.returncode in (0, -signal.SIGINT, 128 + signal.SIGINT) else 1


def commands(port: int) -> dict[str, str]:
    python = f"exec {shlex.quote(sys.executable)}"
    return {
        "web": f"{python} -m gunicorn config.wsgi --bind {HOST}:{port} --threads 8 --log-level warning",
        "worker": f"{python} -m celery --quiet -A config.celery worker --beat --concurrency 1"
        " --loglevel warning --without-gossip --without-mingle --without-heartbeat",
    }


def announce(port: int) -> None:
    address = f"http://{HOST}:{port}"
    while True:
        try:
            with urlopen(f"{address}/health/", timeout=2):  # noqa: S310 (our own address)
                break
        except (URLError, OSError):
            time.sleep(0.2)
    print(f"\n  Larder is open at {address}   (admin: {address}/admin/)   Ctrl-C closes it.\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
