"""What goes wrong is said on a page of our own, in the reader's language, with a way on."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from shop.services.login_delays import FREE_FOR_A_NAME
from tests.shop.builders import a_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

Asked = Callable[[Client, pytest.MonkeyPatch, dict[str, str]], Any]


def of_another_host(client: Client, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> Any:
    return client.get("/", headers=headers, HTTP_HOST="evil.example")


def without_its_token(client: Client, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> Any:
    return Client(enforce_csrf_checks=True).post("/login/", {"username": "alice"}, headers=headers)


def without_the_right(client: Client, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> Any:
    def refuses() -> None:
        raise PermissionDenied

    monkeypatch.setattr("shop.views.catalogue.home_page", refuses)
    return client.get("/", headers=headers)


def of_nothing(client: Client, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> Any:
    return client.get("/nowhere/", headers=headers)


def of_what_breaks(client: Client, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> Any:
    client.raise_request_exception = False
    monkeypatch.setattr("shop.views.catalogue.home_page", lambda: 1 / 0)
    return client.get("/", headers=headers)


@pytest.mark.parametrize(
    ("asked", "status", "sentences"),
    [
        (of_another_host, 400, ("We could not understand that request", "无法识别这个请求")),
        (without_its_token, 403, ("That form was too old to send", "页面已过期，未能提交")),
        (without_the_right, 403, ("This page is not open to you", "没有访问此页面的权限")),
        (of_nothing, 404, ("There is nothing on this shelf", "这个货架上什么也没有")),
        (of_what_breaks, 500, ("Something broke on our side", "抱歉，系统出了点问题")),
    ],
)
def test_an_error_is_told_in_both_languages_with_a_search_and_a_way_home(
    client: Client, monkeypatch: pytest.MonkeyPatch, asked: Asked, status: int, sentences: tuple[str, str]
) -> None:
    for language, sentence in zip(("en", "zh-CN"), sentences, strict=True):
        answer = asked(client, monkeypatch, {"accept-language": language})
        page = answer.content.decode()
        assert answer.status_code == status
        assert f"<h1>{sentence}</h1>" in page
        assert 'role="search"' in page
        assert '<a class="button" href="/">' in page


@pytest.mark.parametrize(("language", "sentence"), [("en", "Too many"), ("zh-CN", "次数过多")])
def test_who_is_to_wait_is_told_on_the_page_how_long(client: Client, language: str, sentence: str) -> None:
    a_customer("alice")
    for _ in range(FREE_FOR_A_NAME + 2):  # the first beyond is tried, and makes the next one wait
        answer = client.post(
            "/login/", {"username": "alice", "password": "x"}, headers={"accept-language": language}
        )
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    page = answer.content.decode()
    assert sentence in page
    assert 'role="search"' in page
