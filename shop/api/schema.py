"""The OpenAPI schema: every operation may answer with an error, and all errors look the same."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from shop.api.errors import ErrorSerializer


class ApiSchema(AutoSchema):
    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)  # type: ignore[arg-type]
        error = self._get_response_for_code(ErrorSerializer, "default", direction=direction)  # type: ignore[no-untyped-call]
        return bodies | {"default": error}
