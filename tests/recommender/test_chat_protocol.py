"""One call of a chat server, over HTTP: tried again where that helps, never for longer than allowed."""

import time
from collections.abc import Iterator

import pytest

from recommender.chat.breaker import Breaker
from recommender.chat.exceptions import BadAnswer, Resting, ServerFailed
from recommender.chat.protocol import Usage, without_private_data
from recommender.chat.server import Server
from recommender.chat.wishes import Wish, wish_question
from tests.chat_server import KEY, ChatServer, HangUp, Message, Refuse, Say, Wait, running

QUESTION = wish_question("something crunchy", ["crunchy", "great taste"])


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with running() as server:
        yield server


def ask(chat: ChatServer, *, seconds: float = 20, key: str = KEY) -> str:
    return Server(chat.url, key).ask("small-chat", QUESTION, seconds=seconds).content


def test_a_question_is_asked_with_its_schema_and_the_reply_comes_with_its_tokens(chat: ChatServer) -> None:
    chat.answer = lambda body: '{"about": "x"}'
    reply = Server(chat.url, KEY).ask("small-chat", QUESTION, seconds=20)
    assert reply.content == '{"about": "x"}'
    assert reply.usage == Usage(1000, 50)
    [body] = chat.completions
    assert body["model"] == "small-chat"
    assert body["messages"][1] == {"role": "user", "content": "something crunchy"}
    assert body["messages"][0]["content"].endswith("Labels of this shop:\ncrunchy\ngreat taste")
    assert body["response_format"]["json_schema"]["schema"] == Wish.model_json_schema()


@pytest.mark.parametrize("event", [Refuse(429), Refuse(500), Refuse(503), HangUp()])
def test_what_may_pass_is_tried_again(chat: ChatServer, event: Refuse | HangUp) -> None:
    chat.next_up += [event, event]
    assert ask(chat) == "{}"
    assert len(chat.completions) == 3


@pytest.mark.parametrize(
    "event", [Refuse(400), Refuse(401), Refuse(404), Refuse(429, "You are out of it", "insufficient_quota")]
)
def test_what_will_not_pass_is_not(chat: ChatServer, event: Refuse) -> None:
    chat.next_up.append(event)
    with pytest.raises(ServerFailed) as failed:
        ask(chat)
    assert len(chat.completions) == 1
    assert failed.value.status == event.status
    assert not failed.value.is_charged


def test_a_server_that_says_when_to_come_back_is_believed(chat: ChatServer) -> None:
    chat.next_up.append(Refuse(429, headers={"Retry-After": "0.4"}))
    started = time.monotonic()
    assert ask(chat) == "{}"
    assert 0.4 <= time.monotonic() - started < 2


def test_a_pause_that_is_longer_than_the_time_left_is_not_waited_for(chat: ChatServer) -> None:
    chat.next_up.append(Refuse(429, "Slow down", headers={"Retry-After": "30"}))
    started = time.monotonic()
    with pytest.raises(ServerFailed, match="429, Slow down"):
        ask(chat, seconds=1)
    assert time.monotonic() - started < 1


def test_an_answer_that_does_not_come_in_time_may_have_to_be_paid(chat: ChatServer) -> None:
    chat.next_up.append(Wait(5))
    with pytest.raises(ServerFailed, match="did not answer in time") as failed:
        ask(chat, seconds=0.3)
    assert failed.value.is_charged


def test_a_server_that_is_not_there_has_not_to_be_paid() -> None:
    with pytest.raises(ServerFailed, match="cannot be reached") as failed:
        Server("http://127.0.0.1:1/v1", KEY).ask("small-chat", QUESTION, seconds=0.5)
    assert not failed.value.is_charged


def test_a_wrong_key_is_told_in_the_servers_words(chat: ChatServer) -> None:
    with pytest.raises(ServerFailed, match="401, Incorrect API key provided"):
        ask(chat, key="sk-other")


@pytest.mark.parametrize("text", ["<html>busy</html>", "{}", '{"choices": []}', "[1]", "null", ""])
def test_what_is_no_completion_is_a_bad_answer(chat: ChatServer, text: str) -> None:
    chat.next_up.append(Say(text))
    with pytest.raises(BadAnswer):
        ask(chat)


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        (Message({"content": None, "refusal": "I can't."}), "the model refused to answer"),
        (Message({"content": '{"abo'}, "length"), "it was cut off at the longest allowed"),
        (Message({"content": ""}, "content_filter"), "the server's filter held it back"),
        (Message({"content": " "}), "it is empty"),
    ],
)
def test_a_completion_without_an_answer_says_why_and_is_paid(
    chat: ChatServer, event: Message, problem: str
) -> None:
    chat.next_up.append(event)
    reply = Server(chat.url, KEY).ask("small-chat", QUESTION, seconds=20)
    assert (reply.content, reply.problem, reply.usage) == ("", problem, Usage(1000, 50))


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("tea for ann.lee@mail.example please", "tea for […] please"),
        ("call +86 138 0013 8000 when there is tea", "call […] when there is tea"),
        ("我的电话13800138000，要茶", "我的电话[…]，要茶"),
        ("as on https://shop.example/tea?u=7 and @annlee", "as on […] and […]"),
        ("tea under 1200 yuan, 500 g or 2 x 250", "tea under 1200 yuan, 500 g or 2 x 250"),
    ],
)
def test_addresses_and_numbers_of_people_do_not_leave(typed: str, sent: str) -> None:
    assert without_private_data(typed) == sent
    assert wish_question(typed, []).text == sent


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def fails(breaker: Breaker) -> None:
    with pytest.raises(ServerFailed), breaker.passing():
        raise ServerFailed("down")


def test_after_three_failures_in_a_row_nobody_asks_for_half_a_minute() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    fails(breaker)
    fails(breaker)
    with breaker.passing():
        pass
    for _ in range(3):
        fails(breaker)
    with pytest.raises(Resting, match="asked again in 30 s"), breaker.passing():
        raise AssertionError
    clock.now += 30
    with breaker.passing():
        pass
    fails(breaker)
    with breaker.passing():
        pass


def test_afterwards_one_tries_and_the_rest_is_doubled_where_that_fails_too() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(3):
        fails(breaker)
    clock.now += 30
    fails(breaker)
    clock.now += 59
    with pytest.raises(Resting, match="asked again in 1 s"), breaker.passing():
        raise AssertionError
    clock.now += 1
    with breaker.passing():
        pass


def test_while_one_tries_the_others_rest() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(3):
        fails(breaker)
    clock.now += 30
    with breaker.passing(), pytest.raises(Resting), breaker.passing():
        raise AssertionError


def test_one_who_tries_and_is_stopped_by_something_else_leaves_the_try_to_others() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(3):
        fails(breaker)
    clock.now += 30
    with pytest.raises(ValueError, match="else"), breaker.passing():
        raise ValueError("else")
    with breaker.passing():
        pass
