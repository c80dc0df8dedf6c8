"""Loading the demo: whole or not at all, and a second time nothing more."""

import io
import json
import stat
from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db.models import Count, Sum
from django.utils import timezone
from pytest_django import Settings

from shop.demo.entries import ProductEntry, read_entries
from shop.models import Category, Coupon, Customer, Product, Review
from shop.selectors.checkout import delivery_rule
from shop.services.demo import load_demo
from shop.services.reconciliation import differences
from tests.shop import builders
from tests.shop.demo_files import HONEY, SENCHA, a_demo, a_product, a_review, a_small_demo

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var_dir(tmp_path: Path, settings: Settings) -> Path:
    """Where the pictures and the passwords of this test go."""
    folder = tmp_path / "var"
    folder.mkdir()
    settings.VAR_DIR = folder
    settings.MEDIA_ROOT = folder / "media"
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return a_small_demo(tmp_path / "demo")


def load(folder: Path, **options: bool) -> str:
    printed = io.StringIO()
    call_command("load_demo", folder=folder, stdout=printed, **options)
    return printed.getvalue()


def every_row() -> list[list[Any]]:
    models: tuple[Any, ...] = (Category, Product, Customer, Review)
    return [list(model.objects.order_by("pk").values()) for model in models]


def every_file(folder: Path) -> dict[Path, tuple[bytes, int]]:
    return {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}


def test_a_product_is_loaded_as_the_catalogue_says(folder: Path, var_dir: Path) -> None:
    load(folder)
    sencha = Product.objects.select_related("category__parent__parent").get(sku=SENCHA)
    assert (sencha.name, sencha.name_zh, sencha.brand, sencha.on_hand) == (
        "Sencha",
        "煎茶",
        "Quiet Kettle",
        12,
    )
    assert (sencha.selling_price, sencha.original_price) == (Decimal("48.00"), Decimal("56.00"))
    assert (sencha.quantity, sencha.unit, sencha.is_on_sale) == (Decimal("100.00"), "g", True)
    path = (sencha.category, sencha.category.parent, sencha.category.parent.parent)  # type: ignore[union-attr]
    assert [(category.name, category.name_zh, category.level) for category in path if category] == [
        ("Green tea", "绿茶", 3),
        ("Tea", "茶", 2),
        ("Tea & Coffee", "茶与咖啡", 1),
    ]
    assert sencha.cover.name == "products/sencha.svg"
    assert (var_dir / "media" / "products" / "sencha.svg").read_text().startswith("<svg ")


def test_a_review_is_loaded_with_its_author_and_its_age(folder: Path) -> None:
    load(folder)
    review = Review.objects.select_related("customer").get(product__sku=SENCHA, author_name="Old Zhou")
    assert (review.stars, review.title, review.body) == (4, "Grassy", "Bright green in the cup.")
    assert (review.helpful_votes, review.is_verified_purchase, review.status) == (3, True, "published")
    assert timezone.localdate(review.created_at) == timezone.localdate() - timedelta(days=10)
    assert 7 <= timezone.localtime(review.created_at).hour <= 22
    assert review.customer is not None
    assert (review.customer.login_name, review.customer.nickname) == ("demo-old-zhou", "Old Zhou")
    assert not review.customer.has_usable_password()


def test_the_whole_demo_is_loaded_with_true_counts() -> None:
    demo = read_entries()
    call_command("load_demo", stdout=io.StringIO())
    assert Product.objects.count() == len(demo.products)
    assert Review.objects.count() == len(demo.reviews)
    assert Category.objects.count() == len({p.path[:depth] for p in demo.products for depth in (1, 2, 3)})
    kept = Product.objects.values_list("sku", "review_count", "stars_total")
    counted = Product.objects.values_list("sku", Count("reviews"), Sum("reviews__stars", default=0))
    assert set(kept) == set(counted)


def test_departments_stand_in_the_order_of_their_files() -> None:
    demo = read_entries()
    call_command("load_demo", stdout=io.StringIO())
    in_files = list(dict.fromkeys(product.path[0].name for product in demo.products))
    assert list(Category.objects.filter(level=1).values_list("name", flat=True)) == in_files


def test_loading_again_changes_nothing(folder: Path, var_dir: Path) -> None:
    first = load(folder)
    rows, files = every_row(), every_file(var_dir)
    second = load(folder)
    assert (every_row(), every_file(var_dir)) == (rows, files)
    assert first.splitlines()[1:] == second.splitlines()[1:]
    assert second.splitlines()[0] == "The demo's 2 products are all there; nothing was changed."


def test_what_an_admin_changed_stays(folder: Path) -> None:
    load(folder)
    Product.objects.filter(sku=SENCHA).update(name="Our sencha", selling_price=Decimal("39.00"), on_hand=2)
    Category.objects.filter(name="Green tea").update(name="Greens", rank=9)
    Review.objects.filter(author_name="Mei").delete()
    rows = every_row()
    load(folder)
    assert every_row() == rows


def test_what_is_missing_is_added(folder: Path) -> None:
    load(folder)
    before = Product.objects.get(sku=SENCHA).changed_at
    Product.objects.filter(sku=HONEY).delete()
    assert load(folder).startswith("Demo loaded in ")
    assert list(Review.objects.filter(product__sku=HONEY).values_list("author_name", "stars")) == [
        ("Old Zhou", 5)
    ]
    assert Product.objects.get(sku=SENCHA).changed_at == before
    assert Category.objects.count() == 3


def test_a_picture_that_was_lost_or_is_drawn_differently_is_put_back(folder: Path, var_dir: Path) -> None:
    load(folder)
    lost, old = (var_dir / "media" / "products" / f"{sku}.svg" for sku in (SENCHA, HONEY))
    drawn = old.read_text()
    lost.unlink()
    old.write_text("<svg/>")
    load(folder)
    assert (lost.exists(), old.read_text()) == (True, drawn)
    assert sorted(path.name for path in lost.parent.iterdir()) == ["honey.svg", "sencha.svg"]


def test_a_bad_entry_is_named_and_nothing_is_written(tmp_path: Path, var_dir: Path) -> None:
    folder = a_demo(tmp_path / "demo", a_product(), reviews=(a_review(stars=9),))
    with pytest.raises(CommandError) as caught:
        load(folder)
    assert str(caught.value) == (
        "01-tea.json: sencha (review 1): stars must be a whole number from 1 to 5, not 9. Nothing was loaded."
    )
    assert every_row() == [[], [], [], []]
    assert every_file(var_dir) == {}


def test_an_interrupted_load_leaves_no_row(folder: Path, var_dir: Path) -> None:
    def interrupted_after_one(entries: Sequence[ProductEntry]) -> Iterable[ProductEntry]:
        yield entries[0]
        raise KeyboardInterrupt

    demo = read_entries(folder)
    with pytest.raises(KeyboardInterrupt):
        load_demo(entries=demo, logins_file=var_dir / "logins.json", progress=interrupted_after_one)
    assert every_row() == [[], [], [], []]
    assert load_demo(entries=demo, logins_file=var_dir / "logins.json").products == 2


def test_a_shop_with_goods_of_its_own_keeps_them(folder: Path) -> None:
    own = Product.objects.create(
        name="Our own", category=Category.objects.create(level=3, name="Green tea"), asin="B000000001"
    )
    load(folder)
    assert Product.objects.get(pk=own.pk).changed_at == own.changed_at
    assert Product.objects.count() == 3


def test_a_shop_filled_with_other_goods_is_left_alone_where_that_is_asked(
    folder: Path, var_dir: Path
) -> None:
    builders.a_product("Rye bread")
    rows = every_row()
    assert load(folder, unless_filled=True).startswith("The shop has goods of its own")
    assert every_row() == rows
    assert every_file(var_dir) == {}
    load(folder)
    assert load(folder, unless_filled=True).startswith("The demo's 2 products are all there")


def test_it_says_who_can_log_in_and_how(folder: Path, var_dir: Path) -> None:
    printed = load(folder).splitlines()
    kept = json.loads((var_dir / "demo-logins.json").read_text())
    assert printed[1:] == [
        f"  admin (staff): {kept['admin']}",
        f"  alice (shopper): {kept['alice']}",
        f"  bob (shopper): {kept['bob']}",
    ]


def test_the_logins_open_what_they_should(folder: Path, var_dir: Path) -> None:
    load(folder)
    kept = json.loads((var_dir / "demo-logins.json").read_text())
    customers = [authenticate(username=name, password=password) for name, password in kept.items()]
    assert [(c.login_name, c.is_staff, c.is_superuser) for c in customers if isinstance(c, Customer)] == [
        ("admin", True, True),
        ("alice", False, False),
        ("bob", False, False),
    ]


def test_the_passwords_are_for_the_owner_of_the_installation_alone(folder: Path, var_dir: Path) -> None:
    load(folder)
    assert stat.S_IMODE((var_dir / "demo-logins.json").stat().st_mode) == 0o600


def test_no_two_installations_share_a_password(folder: Path, var_dir: Path) -> None:
    load(folder)
    first = json.loads((var_dir / "demo-logins.json").read_text())
    Customer.objects.all().delete()
    (var_dir / "demo-logins.json").unlink()
    load(folder)
    second = json.loads((var_dir / "demo-logins.json").read_text())
    assert first.keys() == second.keys() == {"admin", "alice", "bob"}
    assert len({*first.values(), *second.values()}) == 6


def test_a_database_made_anew_gets_the_passwords_that_were_kept(folder: Path, var_dir: Path) -> None:
    load(folder)
    kept = (var_dir / "demo-logins.json").read_text()
    Customer.objects.all().delete()
    load(folder)
    assert (var_dir / "demo-logins.json").read_text() == kept
    assert authenticate(username="alice", password=json.loads(kept)["alice"]) is not None


def test_an_account_that_was_there_is_not_taken_over(folder: Path, var_dir: Path) -> None:
    own = Customer.objects.create_user("admin", "our own password")
    printed = load(folder)
    assert (
        "  admin (staff): an account of that name was there already and stays as it is"
        in printed.splitlines()
    )
    assert "admin" not in json.loads((var_dir / "demo-logins.json").read_text())
    assert Customer.objects.get(pk=own.pk).password == own.password
    assert not Customer.objects.get(pk=own.pk).is_superuser


@pytest.mark.parametrize("content", ["{", '["alice"]', '{"alice": 1}'])
def test_a_spoilt_file_of_logins_is_named_and_nothing_is_written(
    folder: Path, var_dir: Path, content: str
) -> None:
    logins = var_dir / "demo-logins.json"
    logins.write_text(content)
    with pytest.raises(CommandError) as caught:
        load(folder)
    assert str(caught.value) == (
        f"{logins} does not hold the demo's logins as JSON: repair or remove it. Nothing was loaded."
    )
    assert every_row() == [[], [], [], []]
    assert every_file(var_dir) == {logins: (content.encode(), logins.stat().st_mtime_ns)}


def test_the_demo_s_stock_is_in_the_ledger_and_can_be_delivered(folder: Path) -> None:
    load(folder)
    load(folder)
    assert list(differences()) == []
    assert delivery_rule("Zhejiang").fee == Decimal("8.00")
    assert list(Coupon.objects.order_by("pk").values_list("code", "kind")) == [
        (None, "amount"),
        ("TEATIME", "delivery"),
        (None, "percent"),
    ]
