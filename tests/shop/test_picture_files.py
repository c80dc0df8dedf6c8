"""Files of pictures: one that is replaced goes when the change is stored, one that is still named stays."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from shop.models import CarouselSlide, Customer, OrderItem, Product, ProductPicture
from tests.shop.builders import PASSWORD, a_customer, a_product, a_slide, an_order
from tests.shop.test_admin import fields_of
from tests.shop.test_avatars import a_picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def back_room(client: Client) -> Client:
    client.force_login(Customer.objects.create_superuser("charlie", PASSWORD))
    return client


def stored(name: str) -> str:
    return default_storage.save(name, ContentFile(b"pixels"))


def upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("new.png", a_picture(), "image/png")


def files(media: Path) -> set[str]:
    return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}


def change(back_room: Client, product: Product, **changed: object) -> None:
    address = f"/admin/shop/product/{product.pk}/change/"
    assert back_room.post(address, fields_of(product, **changed)).status_code == 302


def test_a_replaced_cover_goes_once_it_is_stored(
    back_room: Client,
    media: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    product = a_product(cover=stored("products/old.webp"))
    with django_capture_on_commit_callbacks(execute=False) as waiting:
        change(back_room, product, cover=upload())
        assert "products/old.webp" in files(media)
    for act in waiting:
        act()
    product.refresh_from_db()
    assert files(media) == {str(product.cover)}


def test_a_cover_that_an_order_or_another_product_names_stays(
    back_room: Client,
    media: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    ordered, shared = a_product(cover=stored("products/a.webp")), a_product(cover=stored("products/b.webp"))
    an_order(a_customer(), ordered)
    a_product(cover="products/b.webp")
    with django_capture_on_commit_callbacks(execute=True):
        for product in (ordered, shared):
            change(back_room, product, cover=upload())
    assert {"products/a.webp", "products/b.webp"} < files(media)
    assert OrderItem.objects.get().cover == "products/a.webp"


def test_pictures_of_the_gallery_go_when_they_are_replaced_or_taken_out(
    back_room: Client,
    media: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    product = a_product()
    names = [stored(f"products/{letter}.webp") for letter in "abc"]
    pictures = [ProductPicture.objects.create(product=product, picture=name, alt=name) for name in names]
    sent: dict[str, Any] = {"pictures-TOTAL_FORMS": 3, "pictures-INITIAL_FORMS": 3}
    for place, picture in enumerate(pictures):
        row = {"id": picture.pk, "product": product.pk, "alt": picture.alt, "rank": 0}
        sent |= {f"pictures-{place}-{name}": value for name, value in row.items()}
    sent |= {"pictures-0-DELETE": "on", "pictures-1-picture": upload()}
    with django_capture_on_commit_callbacks(execute=True):
        change(back_room, product, **sent)
    left = set(ProductPicture.objects.values_list("picture", flat=True))
    assert (len(left), "products/c.webp" in left) == (2, True)
    assert files(media) == left


def test_slides_take_their_pictures_with_them(
    back_room: Client,
    media: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    slides = [a_slide(picture=stored(f"carousel/{letter}.webp")) for letter in "abc"]
    times = {"starts_at_0": "2026-01-01", "starts_at_1": "00:00:00"}
    row = {"title": "Tea", "link": "/search/", "rank": 0, "picture": upload()} | times
    with django_capture_on_commit_callbacks(execute=True):
        answer = back_room.post(f"/admin/shop/carouselslide/{slides[0].pk}/change/", row)
        assert answer.status_code == 302
        back_room.post(f"/admin/shop/carouselslide/{slides[1].pk}/delete/", {"post": "yes"})
        chosen = {"action": "delete_selected", "_selected_action": [slides[2].pk], "post": "yes"}
        back_room.post("/admin/shop/carouselslide/", chosen)
    assert files(media) == set(CarouselSlide.objects.values_list("picture", flat=True))
    assert len(files(media)) == 1
