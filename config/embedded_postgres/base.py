"""Django's PostgreSQL engine, which starts the embedded server when nobody answers."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql import base

from config.embedded_postgres.server import EmbeddedPostgres, EmbeddedPostgresError


class DatabaseWrapper(base.DatabaseWrapper):
    """`HOST` is the server's folder; the socket directory takes its place when connecting."""

    def get_connection_params(self) -> dict[str, Any]:
        server = EmbeddedPostgres.at(self.settings_dict["HOST"])
        try:
            server.start()
        except EmbeddedPostgresError as error:
            raise ImproperlyConfigured(str(error)) from error
        parameters: dict[str, Any] = super().get_connection_params()
        return parameters | {"host": str(server.socket_directory)}
