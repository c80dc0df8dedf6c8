"""A customer's own reviews: changed and deleted, with the product's counts staying true."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from shop.models import Customer, Product, Review
from shop.models.reviews import ReviewStatus
from shop.selectors.feed import FeedPosition, changed_reviews
from shop.services.reviews import moderate_reviews
from tests.shop.builders import a_customer, a_product, a_review, a_shipped_order, a_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

WORDS = {"stars": "2", "title": "Stale", "body": "The second bag was stale."}


@pytest.fixture
def alice(client: Client) -> Customer:
    customer = a_customer("alice")
    client.force_login(customer)
    return customer


def counts(product: Product) -> tuple[int, int]:
    product.refresh_from_db()
    return product.review_count, product.stars_total


def test_the_list_shows_own_reviews_of_every_status_and_nobody_elses(client: Client, alice: Customer) -> None:
    a_review(a_product("Sencha"), customer=alice, body="Grassy.")
    a_review(a_product("Rye bread"), customer=alice, body="Dull.", status="held")
    a_review(a_product("Honey"), body="Sweet.")
    page = client.get("/account/reviews/").content.decode()
    assert "Grassy." in page
    assert "Dull." in page
    assert "held</span>" in page
    assert "Sweet." not in page


@pytest.mark.parametrize("reviews", [1, 5])
def test_the_list_says_what_was_read_in_each_in_one_query(
    client: Client, alice: Customer, django_assert_num_queries: DjangoAssertNumQueries, reviews: int
) -> None:
    for number in range(reviews):
        product = a_product()
        a_tag(product, f"label {number}", a_review(product, customer=alice))
    with django_assert_num_queries(6):
        page = client.get("/account/reviews/").content.decode()
    assert [f">label {number}<" in page for number in range(reviews)] == [True] * reviews


def test_a_changed_review_changes_the_stars_of_its_product_and_is_news(
    client: Client, alice: Customer
) -> None:
    product = a_product()
    a_review(product, stars=4)
    review = a_review(product, customer=alice, stars=5)
    form = client.get(f"/account/reviews/{review.pk}/").content.decode()
    assert "Tastes as it should." in form
    response = client.post(f"/account/reviews/{review.pk}/", WORDS, follow=True)
    assert "Your review is changed." in response.content.decode()
    assert counts(product) == (2, 6)
    before, review.changed_at = review.changed_at, Review.objects.get(pk=review.pk).changed_at
    assert review.changed_at > before
    review.refresh_from_db()
    assert (review.stars, review.title, review.body) == (2, "Stale", "The second bag was stale.")
    assert review.status == ReviewStatus.PUBLISHED


def test_a_rejected_review_that_is_changed_waits_for_moderation_and_does_not_count(
    client: Client, alice: Customer
) -> None:
    review = a_review(customer=alice, status="rejected")
    client.post(f"/account/reviews/{review.pk}/", WORDS)
    review.refresh_from_db()
    assert (review.status, review.stars) == (ReviewStatus.HELD, 2)
    assert counts(review.product) == (0, 0)


def test_a_deleted_review_leaves_an_empty_row_that_the_feed_tells_of(client: Client, alice: Customer) -> None:
    product = a_product()
    a_review(product, stars=4)
    review = a_review(product, customer=alice, stars=1, title="Hm", body="Not for me.")
    tag = a_tag(product, "bland", review)
    page = client.post(f"/account/reviews/{review.pk}/delete/", follow=True).content.decode()
    assert "Your review is deleted." in page
    assert "Not for me." not in client.get(product.get_absolute_url()).content.decode()
    assert counts(product) == (1, 4)
    assert tag.mentions.count() == 0
    row = changed_reviews(FeedPosition(), 10)[-1]
    assert (row.review_id, row.title, row.body, row.is_published) == (review.pk, "", "", False)
    review.refresh_from_db()
    assert (review.customer, review.author_name) == (None, "")


def test_after_deleting_a_review_another_may_be_written(client: Client, alice: Customer) -> None:
    product = a_product()
    a_shipped_order(alice, product)
    review = a_review(product, customer=alice)
    client.post(f"/account/reviews/{review.pk}/delete/")
    assert client.post(f"{review.product.get_absolute_url()}reviews/", WORDS).status_code == 302
    assert counts(review.product) == (1, 2)


def test_a_review_deleted_twice_counts_once_and_moderation_does_not_bring_it_back(
    client: Client, alice: Customer
) -> None:
    review = a_review(customer=alice)
    client.post(f"/account/reviews/{review.pk}/delete/")
    assert client.post(f"/account/reviews/{review.pk}/delete/").status_code == 404
    assert moderate_reviews(review_ids=[review.pk], status=ReviewStatus.PUBLISHED) == 0
    assert counts(review.product) == (0, 0)


@pytest.mark.parametrize("act", ["", "delete/"])
def test_anothers_review_is_not_found_and_stays(client: Client, alice: Customer, act: str) -> None:
    bobs = a_review(customer=a_customer("bob"), body="Mine.")
    assert client.post(f"/account/reviews/{bobs.pk}/{act}", WORDS).status_code == 404
    assert client.post(f"/account/reviews/-1/{act}", WORDS).status_code == 404
    bobs.refresh_from_db()
    assert (bobs.body, bobs.status) == ("Mine.", ReviewStatus.PUBLISHED)
    assert counts(bobs.product) == (1, 5)


def test_a_locked_customer_may_delete_but_not_change_a_review(client: Client, alice: Customer) -> None:
    review = a_review(customer=alice, body="Mine.")
    Customer.objects.update(is_locked=True)
    response = client.post(f"/account/reviews/{review.pk}/", WORDS)
    assert response.status_code == 403
    assert "Your account is locked" in response.content.decode()
    review.refresh_from_db()
    assert review.body == "Mine."
    assert counts(review.product) == (1, 5)
    client.post(f"/account/reviews/{review.pk}/delete/")
    assert counts(review.product) == (0, 0)


def test_a_changed_review_is_checked_as_a_new_one_is(client: Client, alice: Customer) -> None:
    review = a_review(customer=alice, body="Mine.")
    assert client.post(f"/account/reviews/{review.pk}/", WORDS | {"stars": "6"}).status_code == 422
    assert client.post(f"/account/reviews/{review.pk}/", WORDS | {"body": ""}).status_code == 422
    review.refresh_from_db()
    assert (review.stars, review.body) == (5, "Mine.")


def test_a_review_is_shown_as_text(client: Client, alice: Customer) -> None:
    evil = "<script>alert(1)</script>"
    review = a_review(customer=alice)
    client.post(f"/account/reviews/{review.pk}/", {"stars": "5", "title": evil, "body": evil})
    for address in ("/account/reviews/", f"/account/reviews/{review.pk}/", review.product.get_absolute_url()):
        page = client.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
