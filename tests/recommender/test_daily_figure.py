"""The tag model's health in the admin's daily view."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from recommender.exceptions import RecommenderUnavailable
from recommender.labelling import open_tagger
from recommender.models import ReviewEntry
from shop.figures import Figure, figures_for
from shop.models import Customer
from tests.shop.builders import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def an_entry(review_id: int, **fields: object) -> ReviewEntry:
    row: dict[str, object] = {
        "product_id": 7, "stars": 5, "title": f"Review {review_id}", "is_published": True,
        "labelled_with": "",
    }  # fmt: skip
    return ReviewEntry.objects.create(review_id=review_id, **(row | fields))


def figure_for(staff: Customer) -> Figure:
    (figure,) = [each for each in figures_for(staff) if each.model == "recommender.reviewentry"]
    return figure


@pytest.fixture
def staff() -> Customer:
    return Customer.objects.create_superuser("charlie", PASSWORD)


def test_the_figure_counts_what_the_model_has_not_read_and_leads_to_it(
    client: Client, staff: Customer
) -> None:
    an_entry(1)
    an_entry(2, labelled_with="v1")
    an_entry(3, is_published=False)
    an_entry(4, labelled_with=open_tagger(settings.LABEL_MODEL_DIR).model_version)
    figure = figure_for(staff)
    assert (str(figure.label), figure.number) == ("Reviews that the tag model has not read", 2)
    client.force_login(staff)
    page = client.get(figure.url).content.decode()
    assert [f"Review {number}" in page for number in (1, 2, 3, 4)] == [True, True, False, False]


def test_reviews_are_narrowed_to_those_that_a_version_has_read(client: Client, staff: Customer) -> None:
    for number, version in enumerate(("v2", "v1", "v2", "")):
        an_entry(number, labelled_with=version)
    client.force_login(staff)
    with CaptureQueriesContext(connections["recommender"]) as asked:
        page = client.get("/admin/recommender/reviewentry/").content.decode()
    choices = re.findall(r'href="\?labelled_with__exact=(\w*)"', page)
    assert choices == ["", "v1", "v2"]
    assert not any("DISTINCT" in query["sql"] for query in asked)  # which would read every review
    narrowed = client.get("/admin/recommender/reviewentry/?labelled_with__exact=v2").content.decode()
    assert [f"Review {number}" in narrowed for number in range(4)] == [True, False, True, False]


def test_without_a_model_the_figure_counts_what_none_has_read(
    client: Client, staff: Customer, settings: Settings, tmp_path: Path
) -> None:
    settings.LABEL_MODEL_DIR = tmp_path
    an_entry(1)
    an_entry(2, labelled_with="v1")
    client.force_login(staff)
    page = client.get(figure_for(staff).url).content.decode()
    assert [f"Review {number}" in page for number in (1, 2)] == [True, False]


def test_where_all_is_read_the_figure_leads_to_none(client: Client, staff: Customer) -> None:
    an_entry(1, labelled_with=open_tagger(settings.LABEL_MODEL_DIR).model_version)
    figure = figure_for(staff)
    assert figure.number == 0
    client.force_login(staff)
    assert "Review 1" not in client.get(figure.url).content.decode()


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
