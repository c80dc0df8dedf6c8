"""The two sites: how each is filled and started, and how an order is placed in it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import aiohttp
import MySQLdb

from benchmarks.shop.clients import Ask, Seen, get, hidden_fields, post

ROOT = Path(__file__).resolve().parent.parent.parent
OSCAR_PACKAGES = ("django-oscar[sorl-thumbnail]~=4.2", "Django~=5.2.0", "Whoosh~=2.7.4", "gunicorn~=27.0",
                  "mysqlclient~=2.3", "whitenoise~=6.12")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Server:
    """A MySQL or MariaDB server, as a URL names it."""

    url: str

    @property
    def parts(self) -> dict[str, str]:
        found = urlsplit(self.url)
        return {
            "HOST": found.hostname or "127.0.0.1",
            "PORT": str(found.port or 3306),
            "USER": found.username or "root",
            "PASSWORD": found.password or "",
        }

    def named(self, database: str) -> str:
        return f"{self.url.rstrip('/')}/{database}"

    def run(self, statement: str) -> Any:
        parts = self.parts
        connection = MySQLdb.connect(
            host=parts["HOST"], port=int(parts["PORT"]), user=parts["USER"], password=parts["PASSWORD"]
        )
        try:
            cursor = connection.cursor()
            cursor.execute(statement)
            return cursor.fetchall()
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Site:
    """A site that can be filled and started."""

    name: str
    module: str  # of its settings and its filling
    wsgi: str
    python: Path
    database: str
    folder: Path
    server: Server
    variables: dict[str, str]
    prepare: Ask
    place: Ask
    order_link: str  # how the staff's list of orders leads to one

    @property
    def environment(self) -> dict[str, str]:
        settings = {"DJANGO_SETTINGS_MODULE": f"{self.module}.settings", "PYTHONPATH": str(ROOT)}
        return os.environ | settings | self.variables

    def fill(self, plan: Path, catalogue: Path) -> dict[str, list[str]]:
        """Fill an empty database of its own. Returns its pages and the sessions of its shoppers."""
        self.server.run(f"DROP DATABASE IF EXISTS {self.database}")
        self.server.run(f"CREATE DATABASE {self.database} CHARACTER SET utf8mb4")
        pages = self.folder / f"{self.name}-pages.json"
        command = [str(self.python), "-m", f"{self.module}.fill", str(plan), str(catalogue), str(pages)]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True)
        found: dict[str, list[str]] = json.loads(pages.read_text())
        return found

    @contextmanager
    def running(self, port: int, workers: int, threads: int) -> Iterator[str]:
        """Its address, while its workers run."""
        address = f"http://127.0.0.1:{port}"
        command = [
            str(self.python), "-m", "gunicorn", self.wsgi, "--bind", f"127.0.0.1:{port}",
            "--workers", str(workers), "--threads", str(threads), "--log-level", "warning",
            "--no-control-socket",
        ]  # fmt: skip
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment)
        try:
            wait_for(address, process)
            yield address
        finally:
            process.terminate()
            process.wait()

    def forget(self) -> None:
        self.server.run(f"DROP DATABASE IF EXISTS {self.database}")


def wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    while True:
        if process.poll() is not None:
            sys.exit("The server ended before it answered: see above.")
        try:
            with urlopen(f"{address}/robots.txt", timeout=10):  # noqa: S310 (our own address)
                return
        except (URLError, OSError) as error:
            if getattr(error, "code", None):  # it answers, be it with 404
                return
            time.sleep(0.2)


def larder(folder: Path, server: Server) -> Site:
    database, var_dir = "larder_bench", folder / "larder"
    return Site(
        name="Larder",
        module="benchmarks.shop.larder_site",
        wsgi="config.wsgi",
        python=Path(sys.executable),
        database=database,
        folder=folder,
        server=server,
        variables={
            "VAR_DIR": str(var_dir),
            "DATABASE_URL": server.named(database),
            "ALLOWED_HOSTS": "127.0.0.1",
            "LOG_LEVEL": "WARNING",
        },
        prepare=larder_checkout,
        place=larder_order,
        order_link=r"/admin/shop/order/\d+/change/",
    )


def oscar(folder: Path, server: Server) -> Site:
    home = folder / "oscar"
    home.mkdir(parents=True, exist_ok=True)
    parts = {f"OSCAR_{name}": value for name, value in server.parts.items()}
    database = "oscar_bench"
    return Site(
        name="django-oscar",
        module="benchmarks.shop.oscar_site",
        wsgi="benchmarks.shop.oscar_site.wsgi",
        python=oscar_python(home / "venv"),
        database=database,
        folder=folder,
        server=server,
        variables={**parts, "OSCAR_DATABASE": database, "OSCAR_FOLDER": str(home)},
        prepare=oscar_checkout,
        place=oscar_order,
        order_link=r"/dashboard/orders/\d+/",
    )


def oscar_python(venv: Path) -> Path:
    """The interpreter of django-oscar's own environment, made where it is missing."""
    python = venv / "bin" / "python"
    if not (venv / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *OSCAR_PACKAGES], check=True)
        (venv / "ready").touch()
    return python


def oscar_version(python: Path) -> str:
    code = "import importlib.metadata as m; print(m.version('django-oscar'), m.version('Django'))"
    oscar_release, django = subprocess.check_output([str(python), "-c", code], text=True).split()
    return f"django-oscar {oscar_release} on Django {django}"


async def larder_checkout(browser: aiohttp.ClientSession, _: str) -> Seen:
    return await get(browser, "/checkout/")


async def larder_order(browser: aiohttp.ClientSession, page: str) -> Seen:
    address = page.split('name="address" value="', 1)[1].split('"', 1)[0]
    return await post(browser, "/checkout/", hidden_fields(page) | {"address": address})


async def oscar_checkout(browser: aiohttp.ClientSession, _: str) -> Seen:
    page = await get(browser, "/checkout/shipping-address/")
    address = page.text.split('name="address_id" value="', 1)[1].split('"', 1)[0]
    step = await post(browser, "/checkout/shipping-address/", {"address_id": address, "action": "ship_to"})
    while step.location:
        step = await get(browser, step.location, 200 if "payment-details" in step.location else 302)
    return await post(browser, "/checkout/preview/", {}, 200)


async def oscar_order(browser: aiohttp.ClientSession, page: str) -> Seen:
    return await post(browser, "/checkout/preview/", {"action": "place_order"})
