"""Pictures of tags in the admin: of one product, and of the whole shop."""

from io import BytesIO

import numpy as np
import pytest
from django.test import Client
from django.utils import translation
from matplotlib.figure import Figure
from PIL import Image

from recommender import pictures
from recommender.models import Label, ProductEntry, ReviewLabel, TagCluster
from recommender.pictures import all_spots, name_of, picture_of_product, plane, spots_of
from recommender.services import catch_up
from shop.models import Customer, Product
from tests.recommender.taggers import WordTagger
from tests.shop.builders import a_customer, a_product, a_review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def tea() -> Product:
    product = a_product("Sencha")
    for words in ("tasty and floral", "tasty", "torn when it came"):
        a_review(product, body=words)
    a_review(a_product("Crisps"), body="tasty, crunchy")
    catch_up(tagger=WordTagger())
    return product


def size_of(picture: bytes) -> tuple[int, int]:
    with Image.open(BytesIO(picture)) as image:
        assert image.format == "PNG"
        return image.size


def test_a_products_labels_stand_with_their_counts_and_tags(tea: Product) -> None:
    ranks = dict(TagCluster.objects.filter(product_id=tea.pk).values_list("medoid_id", "rank"))
    assert [(spot.label, spot.count, spot.group, spot.is_tag) for spot in spots_of(tea.pk)] == [
        ("great aroma", 1, ranks["great aroma"], True),
        ("great taste", 2, ranks["great taste"], True),
        ("poor packaging", 1, ranks["poor packaging"], True),
    ]


def test_the_map_counts_products(tea: Product) -> None:
    assert {spot.label: spot.count for spot in all_spots()} == {
        "great aroma": 1, "great taste": 2, "poor packaging": 1, "crunchy": 1
    }  # fmt: skip


def test_a_label_in_no_group_is_shown_too(tea: Product) -> None:
    stray = Label.objects.get(pk="crunchy")
    ReviewLabel.objects.create(
        review_id=10**6, product_id=tea.pk, label=stray, score=1.0, model_version="words-1"
    )
    assert [spot.group for spot in spots_of(tea.pk) if spot.label == "crunchy"] == [None]


def test_the_map_shows_the_commonest(tea: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    common, *_ = sorted(all_spots(), key=lambda spot: (-spot.count, spot.label))
    monkeypatch.setattr(pictures, "MOST_ON_THE_MAP", 1)
    assert [(spot.label, spot.count) for spot in all_spots()] == [(common.label, common.count)]


@pytest.mark.parametrize("labels", [1, 2, 7])
@pytest.mark.parametrize("is_map", [True, False])
def test_any_number_of_labels_has_places(labels: int, is_map: bool) -> None:
    vectors = np.random.default_rng(3).normal(size=(labels, 5)).astype(np.float32)
    places = plane(vectors, is_map=is_map)
    assert places.shape == (labels, 2)
    assert np.isfinite(places).all()


def test_chinese_names_need_a_font_that_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with translation.override("zh-hans"):
        monkeypatch.setattr(pictures, "fonts", lambda: ["Noto Sans CJK SC", "DejaVu Sans"])
        assert name_of("crunchy") == "酥脆"
        monkeypatch.setattr(pictures, "fonts", lambda: ["DejaVu Sans"])
        assert name_of("crunchy") == "crunchy"


@pytest.mark.parametrize(
    ("language", "has_font", "said"),
    [
        ("en", True, ["criticism", "description", "praise"]),
        ("zh-hans", True, ["差评", "描述", "好评"]),
        ("zh-hans", False, ["criticism", "description", "praise"]),
    ],
)
def test_the_map_says_what_its_colours_mean_in_letters_that_there_are(
    tea: Product, monkeypatch: pytest.MonkeyPatch, language: str, has_font: bool, said: list[str]
) -> None:
    fonts = ["DejaVu Sans", "DejaVu Sans"] if has_font else ["DejaVu Sans"]
    monkeypatch.setattr(pictures, "fonts", lambda: fonts)
    axes = Figure().subplots()
    with translation.override(language):
        pictures.explain(axes, by_group=False)
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == said
    assert axes.get_xlabel() != ""


class TestAdmin:
    def test_staff_see_both_pictures_and_the_list_that_leads_to_them(
        self, client: Client, tea: Product
    ) -> None:
        client.force_login(Customer.objects.create_superuser("admin", "a-password-for-tests"))
        listed = client.get("/admin/recommender/tagcluster/").content.decode()
        assert 'href="/admin/recommender/tagcluster/map.png"' in listed
        assert "Sencha" in listed
        cluster = TagCluster.objects.filter(product_id=tea.pk).order_by("rank")[0]
        page = client.get(f"/admin/recommender/tagcluster/{cluster.pk}/change/").content.decode()
        assert f'src="/admin/recommender/tagcluster/product-{tea.pk}.png"' in page
        own = client.get(f"/admin/recommender/tagcluster/product-{tea.pk}.png")
        assert (own["Content-Type"], size_of(own.content)) == ("image/png", (880, 605))
        assert size_of(client.get("/admin/recommender/tagcluster/map.png").content) == (1540, 1100)
        found = client.get(f"/admin/recommender/tagcluster/?q={tea.pk}").content.decode()
        assert found.count('class="field-product_name"') == 3

    def test_others_do_not(self, client: Client, tea: Product) -> None:
        assert client.get("/admin/recommender/tagcluster/map.png").status_code == 302
        client.force_login(a_customer("clerk", is_staff=True))
        for address in ("map.png", f"product-{tea.pk}.png"):
            assert client.get(f"/admin/recommender/tagcluster/{address}").status_code == 403

    def test_a_product_without_tags_has_an_empty_picture(self) -> None:
        assert size_of(picture_of_product(10**6, "Nothing")) == (880, 605)
        assert not ProductEntry.objects.exists()
