"""Why a review was rejected: chosen by staff, told to its author, gone once it is written anew."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from shop.models import AuditEntry, Customer, OutboxMessage, Product, Review
from shop.models.reviews import ReviewStatus
from shop.services.reviews import moderate_reviews, reject_reviews
from tests.shop.builders import PASSWORD, a_customer, a_product, a_review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def back_room(client: Client) -> Client:
    client.force_login(Customer.objects.create_superuser("charlie", PASSWORD))
    return client


def reject(back_room: Client, *reviews: Review, **sent: str) -> tuple[int, str]:
    chosen = {"action": "reject", "_selected_action": [review.pk for review in reviews]}
    answer = back_room.post("/admin/shop/review/", chosen | sent, follow=True)
    return answer.status_code, answer.content.decode()


def test_staff_choose_a_reason_first(back_room: Client) -> None:
    review = a_review(a_product("Sencha"))
    status, page = reject(back_room, review)
    assert status == 200
    assert "Why these reviews are rejected" in page
    assert "it advertises something else" in page
    status, page = reject(back_room, review, confirmed="yes", note="Please.")
    assert status == 422
    assert "Choose a reason: the author is told." in page
    review.refresh_from_db()
    assert review.status == ReviewStatus.PUBLISHED
    status, page = reject(
        back_room, review, confirmed="yes", reason="advertising", note="Leave the shop out."
    )
    assert "1 review is now rejected." in page
    review.refresh_from_db()
    assert (review.status, review.rejection_reason, review.rejection_note) == (
        "rejected", "advertising", "Leave the shop out.",
    )  # fmt: skip
    assert Product.objects.get().review_count == 0
    assert AuditEntry.objects.get().actor == Customer.objects.get(login_name="charlie")


def test_the_author_is_told_on_the_page_and_by_mail_in_every_language(client: Client) -> None:
    alice = a_customer("alice", email="alice@example.org")
    review = a_review(a_product("Sencha", name_zh="煎茶"), customer=alice)
    reject_reviews(review_ids=[review.pk], reason="offensive", note="Be kind <b>.")
    mail = OutboxMessage.objects.get().payload
    assert (mail["to"], mail["subject"]) == ("alice@example.org", "Larder: Sencha")
    assert "We did not publish your review of Sencha: it insults somebody." in mail["body"]
    assert mail["body"].count("Be kind <b>.") == 2
    assert "煎茶" in mail["body"]
    client.force_login(alice)
    for address in ("/account/reviews/", f"/account/reviews/{review.pk}/"):
        page = client.get(address).content.decode()
        assert "We did not publish it: it insults somebody. Be kind &lt;b&gt;." in page
        assert "Once you have changed it, we read it again." in page


def test_who_left_no_address_gets_no_mail_and_imported_reviews_have_nobody_to_tell() -> None:
    mute, imported = a_review(customer=a_customer("mute")), a_review(source_id="A1")
    assert reject_reviews(review_ids=[mute.pk, imported.pk], reason="other", note="") == 2
    assert OutboxMessage.objects.count() == 0


def test_a_rejection_is_mailed_once() -> None:
    review = a_review(customer=a_customer("alice", email="alice@example.org"))
    assert reject_reviews(review_ids=[review.pk], reason="other", note="") == 1
    assert reject_reviews(review_ids=[review.pk], reason="offensive", note="") == 0
    assert OutboxMessage.objects.count() == 1
    review.refresh_from_db()
    assert review.rejection_reason == "other"


def test_the_reason_goes_with_the_rejection(client: Client) -> None:
    alice = a_customer("alice")
    first, second = a_review(customer=alice), a_review(customer=alice)
    reject_reviews(review_ids=[first.pk, second.pk], reason="other", note="Hm.")
    client.force_login(alice)
    client.post(f"/account/reviews/{first.pk}/", {"stars": 4, "title": "", "body": "Better."})
    moderate_reviews(review_ids=[second.pk], status=ReviewStatus.PUBLISHED)
    rows = Review.objects.order_by("pk").values_list("status", "rejection_reason", "rejection_note")
    assert list(rows) == [("held", "", ""), ("published", "", "")]


@pytest.mark.parametrize("reviews", [1, 9])
def test_many_are_rejected_with_as_many_queries(
    django_assert_num_queries: DjangoAssertNumQueries, reviews: int
) -> None:
    product = a_product()
    ids = [
        a_review(product, customer=a_customer(f"c{n}", email=f"c{n}@example.org")).pk for n in range(reviews)
    ]
    with django_assert_num_queries(10):
        reject_reviews(review_ids=ids, reason="other", note="")
    assert OutboxMessage.objects.count() == reviews
