"""Writing a review: who may, what is refused, and what the page then shows."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from shop.models import Customer, Order, OrderItem, Product, Review
from shop.models.reviews import ReviewStatus
from shop.services.reviews import moderate_reviews, post_review, withdraw_review
from tests.shop.builders import (
    PASSWORD,
    a_buyer,
    a_customer,
    a_paid_order,
    a_product,
    a_review,
    an_order,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("english"),
]

WORDS = {"stars": "4", "title": "Good", "body": "Crisp and not too sweet."}


def counts(product: Product) -> tuple[int, int]:
    product.refresh_from_db()
    return product.review_count, product.stars_total


def test_a_customer_posts_a_review_and_lands_on_a_page_that_waits_for_its_tags(client: Client) -> None:
    product = a_product()
    client.force_login(a_buyer(product, nickname="Ali"))
    response = client.post(f"{product.get_absolute_url()}reviews/", WORDS)
    assert response.status_code == 302
    assert response["Location"] == f"{product.get_absolute_url()}?posted=1#tags"
    assert counts(product) == (1, 4)
    page = client.get(response["Location"]).content.decode()
    assert "Thank you, your review is published." in page
    assert "Crisp and not too sweet." in page
    assert "Ali ·" in page
    assert f'data-renewed-at="{product.get_absolute_url()}tags/"' in page
    assert "js/tags.js" in page
    assert "You have reviewed this product." in page


def test_a_page_that_waits_for_nothing_carries_no_script_that_waits(client: Client) -> None:
    assert "js/tags.js" not in client.get(a_product().get_absolute_url()).content.decode()


def test_a_guest_is_sent_to_log_in_and_back_and_nothing_is_stored(client: Client) -> None:
    product = a_product()
    response = client.post(f"{product.get_absolute_url()}reviews/", WORDS)
    assert response.status_code == 302
    assert response["Location"] == f"/login/?next={product.get_absolute_url()}%23write"
    assert Review.objects.count() == 0


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"stars": ""}, "Choose how many stars, from 1 to 5."),
        ({"stars": "6"}, "Choose how many stars, from 1 to 5."),
        ({"stars": "0"}, "Choose how many stars, from 1 to 5."),
        ({"body": "   "}, "Write what it is like, in a sentence or more."),
        ({"body": "x" * 5001}, "The review has 5001 characters, 5000 are allowed: shorten it."),
        ({"title": "x" * 256}, "The title is longer than 255 characters: shorten it."),
    ],
)
def test_a_review_that_cannot_be_taken_is_refused_with_a_sentence_and_keeps_its_words(
    client: Client, changed: dict[str, str], sentence: str
) -> None:
    product = a_product()
    client.force_login(a_buyer(product))
    response = client.post(f"{product.get_absolute_url()}reviews/", WORDS | {"title": "My title"} | changed)
    assert response.status_code == 422
    page = response.content.decode()
    assert sentence in page
    assert (WORDS | {"title": "My title"} | changed)["title"] in page
    assert counts(product) == (0, 0)
    assert Review.objects.count() == 0


def test_a_second_review_of_the_same_product_is_refused(client: Client) -> None:
    product = a_product()
    alice = a_buyer(product)
    post_review(customer=alice, product=product, stars=5, title="", body="First.")
    client.force_login(alice)
    response = client.post(f"{product.get_absolute_url()}reviews/", WORDS)
    assert response.status_code == 409
    assert "You have reviewed this product already" in response.content.decode()
    assert counts(product) == (1, 5)
    assert Review.objects.count() == 1


def test_a_locked_customer_reads_but_does_not_write(client: Client) -> None:
    product = a_product()
    client.force_login(a_buyer(product, is_locked=True))
    assert "Your account is locked" in client.get(product.get_absolute_url()).content.decode()
    response = client.post(f"{product.get_absolute_url()}reviews/", WORDS)
    assert response.status_code == 403
    assert "Your account is locked" in response.content.decode()
    assert Review.objects.count() == 0


@pytest.mark.parametrize("order_of", [an_order, a_paid_order])
def test_only_whom_the_product_was_sent_reviews_it(
    client: Client, order_of: Callable[[Customer, Product], Order]
) -> None:
    product, bob = a_product(), a_customer("bob")
    a_buyer(product)
    order_of(bob, product)
    client.force_login(bob)
    assert (
        "Whoever has bought it here can review it." in client.get(product.get_absolute_url()).content.decode()
    )
    response = client.post(f"{product.get_absolute_url()}reviews/", WORDS)
    assert response.status_code == 403
    assert "Only customers who bought this product review it" in response.content.decode()
    assert Review.objects.count() == 0


def test_a_review_stands_on_the_line_of_the_order(client: Client) -> None:
    product = a_product()
    alice = a_buyer(product)
    client.force_login(alice)
    client.post(f"{product.get_absolute_url()}reviews/", WORDS)
    review = Review.objects.get()
    assert review.is_verified_purchase
    assert review.order_item == OrderItem.objects.get(order__customer=alice)
    withdraw_review(customer=alice, review_id=review.pk)
    client.post(f"{product.get_absolute_url()}reviews/", WORDS)
    assert counts(product) == (1, 4)


def test_where_reviews_are_read_before_they_are_shown_a_new_and_a_changed_one_wait(
    client: Client, settings: Settings
) -> None:
    settings.REVIEW_MODERATION = "before"
    product = a_product()
    client.force_login(a_buyer(product))
    page = client.post(f"{product.get_absolute_url()}reviews/", WORDS, follow=True).content.decode()
    assert "Your review is shown as soon as we have read it." in page
    assert "Crisp and not too sweet." not in page
    assert counts(product) == (0, 0)
    review = Review.objects.get()
    moderate_reviews(review_ids=[review.pk], status=ReviewStatus.PUBLISHED)
    assert counts(product) == (1, 4)
    client.post(f"/account/reviews/{review.pk}/", WORDS | {"stars": "1"})
    assert counts(product) == (0, 0)
    review.refresh_from_db()
    assert review.status == ReviewStatus.HELD


def test_a_review_of_a_product_that_is_not_there_is_not_found(client: Client) -> None:
    client.force_login(a_customer())
    assert client.post("/product/999/reviews/", WORDS).status_code == 404


def test_logging_in_leads_back_and_never_to_another_site(client: Client) -> None:
    a_customer("alice")
    login = {"username": "alice", "password": PASSWORD}
    assert client.post("/login/?next=/search/", login | {"next": "/search/"})["Location"] == "/search/"
    client.post("/logout/")
    assert client.post("/login/", login | {"next": "https://evil.example/"})["Location"] == "/"


def test_a_wrong_password_and_a_closed_account_are_refused_alike(client: Client) -> None:
    a_customer("alice")
    a_customer("bob", is_deleted=True)
    sentence = "Please enter a correct login name and password."
    wrong = client.post("/login/", {"username": "alice", "password": "wrong"})
    closed = client.post("/login/", {"username": "bob", "password": PASSWORD})
    assert sentence in wrong.content.decode()
    assert sentence in closed.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_form_without_its_token_is_refused_with_a_branded_page() -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/login/", {"username": "alice", "password": PASSWORD})
    assert response.status_code == 403
    assert "That form was too old to send" in response.content.decode()


def test_only_published_reviews_count_in_their_product_and_moderating_twice_changes_nothing() -> None:
    product = a_product()
    reviews = [a_review(product, stars=stars) for stars in (5, 3, 1)]
    changed_at = reviews[0].changed_at
    chosen = [reviews[0].pk, reviews[1].pk]
    assert moderate_reviews(review_ids=chosen, status=ReviewStatus.HELD) == 2
    assert counts(product) == (1, 1)
    assert moderate_reviews(review_ids=chosen, status=ReviewStatus.HELD) == 0
    assert moderate_reviews(review_ids=chosen, status=ReviewStatus.REJECTED) == 2
    assert counts(product) == (1, 1)
    assert moderate_reviews(review_ids=[reviews[1].pk], status=ReviewStatus.PUBLISHED) == 1
    assert counts(product) == (2, 4)
    reviews[0].refresh_from_db()
    assert reviews[0].status == ReviewStatus.REJECTED
    assert reviews[0].changed_at > changed_at


def test_moderation_works_in_batches_over_several_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.services.reviews.AT_ONCE", 2)
    one, other = a_product(), a_product()
    ids = [a_review(product, stars=4).pk for product in (one, other, one, other, one)]
    assert moderate_reviews(review_ids=ids, status=ReviewStatus.HELD) == 5
    assert counts(one) == (0, 0)
    assert counts(other) == (0, 0)
