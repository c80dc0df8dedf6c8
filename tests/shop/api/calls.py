"""Programs that call the API: Alice's, Bob's, a guest's."""

from typing import Any

from rest_framework.test import APIClient

from shop.models import Customer
from shop.services.tokens import issue_token


class Program:
    """Calls /api/v1/ in English, with a customer's token or none."""

    def __init__(self, customer: Customer | None = None, **headers: Any) -> None:
        self.client = APIClient(HTTP_ACCEPT_LANGUAGE="en", **headers)
        if customer:
            self.client.credentials(HTTP_AUTHORIZATION=f"Token {issue_token(customer=customer).key}")

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        return self._said(self.client.get(f"/api/v1/{path}", query), status)

    def post(self, path: str, status: int = 201, key: str = "", **body: Any) -> Any:
        return self._said(self.client.post(f"/api/v1/{path}", body, headers=_named(key)), status)

    def put(self, path: str, status: int = 200, key: str = "", **body: Any) -> Any:
        return self._said(self.client.put(f"/api/v1/{path}", body, headers=_named(key)), status)

    def patch(self, path: str, status: int = 200, key: str = "", **body: Any) -> Any:
        return self._said(self.client.patch(f"/api/v1/{path}", body, headers=_named(key)), status)

    def delete(self, path: str, status: int = 204, key: str = "") -> Any:
        return self._said(self.client.delete(f"/api/v1/{path}", headers=_named(key)), status)

    def _said(self, response: Any, status: int) -> Any:
        assert response.status_code == status, response.content.decode()
        return response.json() if response.content else None


def _named(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key} if key else {}
