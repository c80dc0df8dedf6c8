"""The tag model's health in the admin's daily view."""

import pytest
from django.test import Client

from recommender.exceptions import RecommenderUnavailable
from recommender.models import ReviewEntry
from shop.figures import figures_for
from shop.models import Customer
from tests.shop.builders import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def an_entry(review_id: int, **fields: object) -> ReviewEntry:
    row: dict[str, object] = {
        "product_id": 7, "stars": 5, "title": f"Review {review_id}", "is_published": True,
        "labelled_with": "",
    }  # fmt: skip
    return ReviewEntry.objects.create(review_id=review_id, **(row | fields))


@pytest.fixture
def staff() -> Customer:
    return Customer.objects.create_superuser("charlie", PASSWORD)


def test_the_figure_counts_what_the_model_has_not_read_and_leads_to_it(
    client: Client, staff: Customer
) -> None:
    an_entry(1)
    an_entry(2, labelled_with="v1")
    an_entry(3, is_published=False)
    (figure,) = [each for each in figures_for(staff) if each.model == "recommender.reviewentry"]
    assert (str(figure.label), figure.number) == ("Reviews that the tag model has not read", 1)
    client.force_login(staff)
    page = client.get(figure.url).content.decode()
    assert [f"Review {number}" in page for number in (1, 2, 3)] == [True, False, False]


def test_a_review_is_found_by_its_id_and_nobody_changes_it(client: Client, staff: Customer) -> None:
    an_entry(1, title="Smooth")
    client.force_login(staff)
    assert "Smooth" in client.get("/admin/recommender/reviewentry/?q=1").content.decode()
    assert "Smooth" not in client.get("/admin/recommender/reviewentry/?q=tea").content.decode()
    assert client.post("/admin/recommender/reviewentry/1/change/", {"title": "Bad"}).status_code == 403
    assert client.get("/admin/recommender/reviewentry/add/").status_code == 403


def test_without_the_recommender_the_day_is_shown_all_the_same(
    client: Client, staff: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(milliseconds: int) -> None:
        raise RecommenderUnavailable

    monkeypatch.setattr("recommender.figures.page_patience", gone)
    client.force_login(staff)
    page = client.get("/admin/").content.decode()
    assert ("To pack" in page, "tag model has not read" in page) == (True, False)
