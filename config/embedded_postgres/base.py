"""The patient PostgreSQL engine, which starts the embedded server when nobody answers."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config.embedded_postgres.server import EmbeddedPostgres, EmbeddedPostgresError
from recommender.patient_postgres import base


class DatabaseWrapper(base.DatabaseWrapper):
    """`HOST` is the server's folder; the socket directory takes its place when connecting."""

    def get_connection_params(self) -> dict[str, Any]:
        parameters: dict[str, Any] = super().get_connection_params()
        return parameters | {"host": str(self._server.socket_directory)}

    def opened(self, conn_params: dict[str, Any]) -> Any:
        try:
            self._server.start()
        except EmbeddedPostgresError as error:
            raise ImproperlyConfigured(str(error)) from error
        return super().opened(conn_params)

    @property
    def _server(self) -> EmbeddedPostgres:
        return EmbeddedPostgres.at(self.settings_dict["HOST"])
