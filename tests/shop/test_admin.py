"""The back room: who may do what, and that it asks no more of the database than it must."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from shop.models import Category, Customer, Product, Review
from tests.shop.builders import PASSWORD, a_category, a_customer, a_product, a_review, a_shelf, a_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def staff() -> Customer:
    return Customer.objects.create_superuser("charlie", PASSWORD)


@pytest.fixture
def back_room(client: Client, staff: Customer) -> Client:
    client.force_login(staff)
    return client


def fields_of(product: Product, **changed: object) -> dict[str, object]:
    inline = {f"{prefix}-{name}_FORMS": 0 for prefix in ("tags", "pictures") for name in ("TOTAL", "INITIAL")}
    shown = {
        "name": product.name,
        "category": product.category_id,
        "selling_price": product.selling_price,
        "on_hand": product.on_hand,
        "is_on_sale": "on",
        "limit_per_order": product.limit_per_order,
    }
    return inline | shown | changed


def test_a_shopper_is_kept_out(client: Client) -> None:
    client.force_login(a_customer())
    assert client.get("/admin/shop/product/").status_code == 302


@pytest.mark.parametrize("rows", [2, 7])
@pytest.mark.parametrize(
    ("model", "queries"), [("product", 5), ("review", 5), ("producttag", 5), ("category", 6), ("customer", 5)]
)
def test_a_list_makes_the_same_queries_however_many_rows_it_has(
    back_room: Client, django_assert_num_queries: DjangoAssertNumQueries, model: str, queries: int, rows: int
) -> None:
    shelf = a_shelf()
    for number in range(rows):
        product = a_product(category=shelf)
        a_tag(product, "fresh", a_review(product, customer=a_customer(f"customer-{number}")))
    with django_assert_num_queries(queries):
        assert back_room.get(f"/admin/shop/{model}/").status_code == 200


@pytest.mark.parametrize("model", ["product", "review", "producttag", "category", "customer"])
def test_every_list_can_be_searched(back_room: Client, model: str) -> None:
    assert back_room.get(f"/admin/shop/{model}/?q=tea").status_code == 200


def test_a_customer_is_added_with_a_password_that_works(back_room: Client) -> None:
    secret = "apricots-in-june"
    back_room.post(
        "/admin/shop/customer/add/",
        {"login_name": "bob", "usable_password": "true", "password1": secret, "password2": secret},
    )
    bob = Customer.objects.get(login_name="bob")
    assert bob.check_password(secret)
    assert back_room.get(f"/admin/shop/customer/{bob.pk}/change/").status_code == 200


def test_nothing_that_the_feed_tells_of_can_be_deleted(back_room: Client) -> None:
    product = a_product()
    review = a_review(product)
    for address in (f"product/{product.pk}", f"review/{review.pk}", f"category/{product.category_id}"):
        assert back_room.post(f"/admin/shop/{address}/delete/", {"post": "yes"}).status_code == 403
    assert Product.objects.count() == 1
    assert Review.objects.count() == 1
    assert Category.objects.count() == 3


def test_a_changed_product_remembers_who_changed_it_and_keeps_counts_made_meanwhile(
    back_room: Client, staff: Customer
) -> None:
    product = a_product()
    a_review(product, stars=4)
    response = back_room.post(
        f"/admin/shop/product/{product.pk}/change/", fields_of(product, selling_price="8.50")
    )
    assert response.status_code == 302
    product.refresh_from_db()
    assert product.selling_price == Decimal("8.50")
    assert product.changed_by == staff
    assert product.created_by is None
    assert (product.review_count, product.stars_total) == (1, 4)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"on_hand": 3}, "4 are allocated to orders: the stock cannot be lower than that."),
        ({"selling_price": "0"}, "Ensure this value is greater than or equal to 0.01."),
        ({"quantity": "250"}, "A quantity needs a unit, and a unit a quantity."),
    ],
)
def test_a_product_that_cannot_be_so_is_refused(
    back_room: Client, changed: dict[str, object], sentence: str
) -> None:
    product = a_product(on_hand=20, allocated=4)
    response = back_room.post(f"/admin/shop/product/{product.pk}/change/", fields_of(product, **changed))
    assert sentence in response.content.decode()
    product.refresh_from_db()
    assert (product.on_hand, product.selling_price, product.quantity) == (20, Decimal("10.00"), None)


def test_a_product_stands_on_the_third_level_only(back_room: Client) -> None:
    product = a_product()
    department = a_category("Tea")
    response = back_room.post(
        f"/admin/shop/product/{product.pk}/change/", fields_of(product, category=department.pk)
    )
    assert "Products stand on the third level" in response.content.decode()
    assert Product.objects.get().category != department


def test_categories_are_listed_as_a_tree(back_room: Client) -> None:
    second = a_category("Coffee", rank=2)
    first = a_category("Tea", rank=1)
    beans = a_category("Beans", second)
    green = a_category("Green", first, rank=2)
    black = a_category("Black", first, rank=1)
    sencha = a_category("Sencha", green)
    listed = back_room.get("/admin/shop/category/").context["cl"].result_list
    assert list(listed) == [first, black, green, sencha, second, beans]


def test_withdrawing_a_category_is_news_of_every_product_below_it(back_room: Client, staff: Customer) -> None:
    product, elsewhere = a_product(), a_product()
    Product.objects.update(changed_at=LONG_AGO)
    shelf = product.category
    assert shelf.parent
    data = {"name": "Renamed", "parent": shelf.parent.parent_id, "rank": 0, "is_deleted": "on"}
    response = back_room.post(f"/admin/shop/category/{shelf.parent_id}/change/", data)
    assert response.status_code == 302
    product.refresh_from_db()
    elsewhere.refresh_from_db()
    assert product.changed_at > LONG_AGO
    assert elsewhere.changed_at == LONG_AGO
    assert Category.objects.get(name="Renamed").changed_by == staff


def test_the_moderation_action_says_what_it_did_and_keeps_the_count(back_room: Client) -> None:
    product = a_product()
    review = a_review(product)
    a_review(product)
    response = back_room.post(
        "/admin/shop/review/", {"action": "hold", "_selected_action": [review.pk]}, follow=True
    )
    assert "1 review is now held." in response.content.decode()
    product.refresh_from_db()
    assert product.review_count == 1


def test_what_a_customer_wrote_cannot_be_rewritten(back_room: Client) -> None:
    review = a_review(body="Mine.")
    back_room.post(f"/admin/shop/review/{review.pk}/change/", {"body": "Yours.", "status": "rejected"})
    review.refresh_from_db()
    assert (review.body, review.status) == ("Mine.", "published")


def test_staff_narrow_the_products_to_a_department(back_room: Client) -> None:
    tea, pantry = a_category("Tea & Coffee"), a_category("Pantry")
    for name, department in (("Sencha", tea), ("Rice", pantry)):
        a_product(name, category=a_category(parent=a_category(parent=department)))
    page = back_room.get("/admin/shop/product/").content.decode()
    assert "By department" in page
    assert "Sencha" in page
    assert "Rice" in page
    narrowed = back_room.get(f"/admin/shop/product/?department={tea.pk}").content.decode()
    assert "Sencha" in narrowed
    assert "Rice" not in narrowed
    assert back_room.get("/admin/shop/product/?department=nonsense").status_code == 200
