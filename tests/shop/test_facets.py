"""What narrows a list: each facet with its counts, chips that take a choice away, and what little it asks."""

from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from shop.forms.listing import criteria_from
from shop.models import Category, Product
from shop.selectors import catalogue
from shop.selectors.catalogue import PRICE_BANDS, Criteria, listed_products, path_to
from shop.selectors.facets import MOST_CHOICES, Choice, Facets, facets_of
from tests.shop.builders import a_category, a_customer, a_product, a_review, a_shelf, a_tag
from tests.shop.test_pages import names, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

UNDER_10, FROM_10, FROM_20, FROM_50, FROM_100 = PRICE_BANDS


@pytest.fixture
def teas() -> dict[str, Product]:
    """Three teas of two brands: cheap and loved, dear and disliked, and one that is sold out."""
    shelf = a_shelf("Green tea")
    sencha = a_product("Sencha", category=shelf, brand="Uji", selling_price=Decimal("9.99"))
    matcha = a_product("Matcha", category=shelf, brand="Uji", selling_price=Decimal("50.00"))
    lung_ching = a_product(
        "Lung Ching", category=shelf, brand="Hill", selling_price=Decimal("10.00"), on_hand=0
    )
    a_tag(sencha, "grassy", a_review(sencha, stars=5))
    a_tag(sencha, "fresh", rank=1)
    a_tag(matcha, "bitter", a_review(matcha, stars=2))
    a_tag(lung_ching, "fresh", a_review(lung_ching, stars=3))
    return {"sencha": sencha, "matcha": matcha, "lung ching": lung_ching}


def counted(choices: list[Choice[str]]) -> dict[str, int]:
    return {choice.value: choice.products for choice in choices}


def prices(facets: Facets) -> dict[str, int]:
    return {choice.value.key: choice.products for choice in facets.prices}


def stars(facets: Facets) -> dict[int, int]:
    return {choice.value: choice.products for choice in facets.stars}


@pytest.mark.usefixtures("teas")
def test_every_facet_counts_the_products_of_the_list() -> None:
    facets = facets_of(Criteria())
    assert (facets.total, facets.in_stock) == (3, 2)
    assert prices(facets) == {"0-10": 1, "10-20": 1, "50-100": 1}
    assert stars(facets) == {4: 1, 3: 2, 2: 3}
    assert counted(facets.brands) == {"Uji": 2, "Hill": 1}
    assert counted(facets.tags) == {"fresh": 2, "bitter": 1, "grassy": 1}


@pytest.mark.usefixtures("teas")
def test_a_facet_is_counted_without_its_own_choice_and_with_those_of_the_others() -> None:
    facets = facets_of(Criteria(brands=("Uji",), prices=(UNDER_10,), least_stars=4, in_stock_only=True))
    assert facets.total == 1
    assert counted(facets.brands) == {"Uji": 1}  # Lung Ching is not under 10
    assert prices(facets) == {"0-10": 1}  # Matcha has not four stars
    assert stars(facets) == {4: 1, 3: 1, 2: 1}
    dear = facets_of(Criteria(prices=(FROM_50,)))
    assert (prices(dear), counted(dear.brands)) == ({"0-10": 1, "10-20": 1, "50-100": 1}, {"Uji": 1})
    assert counted(facets_of(Criteria(brands=("Hill",))).brands) == {"Hill": 1, "Uji": 2}
    assert stars(facets_of(Criteria(least_stars=4))) == {4: 1, 3: 2, 2: 3}
    assert facets_of(Criteria(in_stock_only=True)).in_stock == 2


@pytest.mark.usefixtures("teas")
def test_a_tag_is_counted_among_the_products_that_carry_those_chosen() -> None:
    assert counted(facets_of(Criteria(tags=("fresh",))).tags) == {"fresh": 2, "grassy": 1}


@pytest.mark.usefixtures("teas")
def test_every_count_is_what_choosing_it_shows() -> None:
    facets = facets_of(Criteria(in_stock_only=True))
    by_brand = {
        brand: listed_products(Criteria(brands=(brand,), in_stock_only=True)).count()
        for brand in counted(facets.brands)
    }
    by_price = {
        choice.value.key: listed_products(Criteria(prices=(choice.value,), in_stock_only=True)).count()
        for choice in facets.prices
    }
    assert (by_brand, by_price) == (counted(facets.brands), prices(facets))


def test_a_price_on_the_edge_of_two_bands_is_in_the_upper_one() -> None:
    a_product(selling_price=Decimal("20.00"))
    a_product(selling_price=Decimal("19.99"))
    a_product(selling_price=None)
    assert prices(facets_of(Criteria())) == {"10-20": 1, "20-50": 1}


def test_departments_of_a_search_are_counted_and_what_sells_nothing_is_left_out() -> None:
    tea = a_product("Green tea")
    a_product("Black tea", category=tea.category)
    bread = a_product("Tea bread")
    a_category("Empty")
    departments = {choice.value: choice.products for choice in facets_of(Criteria(text="tea")).categories}
    department, bakery = path_to(tea.category)[0], path_to(bread.category)[0]
    assert departments == {department: 2, bakery: 1}
    chosen = facets_of(Criteria(text="tea", department_id=bakery.pk))
    assert chosen.total == 1
    assert [(choice.products, choice.is_chosen) for choice in chosen.categories] == [(2, False), (1, True)]


def test_a_category_counts_what_stands_below_it_the_empty_shelf_too() -> None:
    family = a_category("Tea", a_category("Drinks"))
    full, empty = a_category("Green", family), a_category("Black", family)
    a_product(category=full)
    categories = facets_of(Criteria(category=family)).categories
    assert [(choice.value, choice.products) for choice in categories] == [(full, 1), (empty, 0)]


def test_a_chosen_brand_is_shown_first_and_however_rare_it_is() -> None:
    shelf = a_shelf()
    for number in range(MOST_CHOICES):
        for _ in range(2):
            a_product(brand=f"Common {number}", category=shelf)
    a_product(brand="Rare", category=shelf)
    assert "Rare" not in counted(facets_of(Criteria()).brands)
    brands = facets_of(Criteria(brands=("Rare",))).brands
    assert brands[0] == Choice("Rare", 1, is_chosen=True)
    assert len(brands) == MOST_CHOICES


def test_the_form_carries_words_and_choices_without_any_script(
    client: Client, teas: dict[str, Product]
) -> None:
    page = shown(client, "/search/?q=uji&brand=Uji&price=0-10&price=50-100&stars=2&in_stock=1&sort=price")
    assert names(page, *teas.values()) == ["Sencha", "Matcha"]
    for field in (
        'type="hidden" name="q" value="uji"',
        'name="brand" value="Uji" checked',
        'name="price" value="0-10" checked',
        'name="price" value="50-100" checked',
        'name="stars" value="2" checked',
        'name="in_stock" value="1" checked',
        'name="sort" form="narrow"',
        'value="price" selected',
    ):
        assert field in page


@pytest.mark.usefixtures("teas")
def test_each_chip_takes_its_own_choice_away(client: Client) -> None:
    page = shown(client, "/search/?brand=Uji&brand=Hill&price=0-10&stars=4&page=2")
    assert 'href="?brand=Hill&amp;price=0-10&amp;stars=4"' in page
    assert 'href="?brand=Uji&amp;brand=Hill&amp;stars=4"' in page
    assert 'href="?brand=Uji&amp;brand=Hill&amp;price=0-10"' in page
    assert "Remove all" in page


@pytest.mark.usefixtures("teas")
def test_a_filter_that_empties_the_list_says_so_and_can_be_undone(client: Client) -> None:
    page = shown(client, "/search/?q=tea&brand=Uji&price=100-")
    assert "Nothing here fits all that you chose" in page
    assert 'name="price" value="100-" checked' in page
    assert 'href="?q=tea&amp;brand=Uji"' in page
    assert "Most loved in the shop" in page


def test_one_result_has_nothing_to_narrow_or_to_sort(client: Client) -> None:
    product = a_product("Sencha")
    page = shown(client, "/search/?q=sencha")
    assert names(page, product) == ["Sencha"]
    assert "1 product<" in page
    assert 'id="narrow"' not in page
    assert 'id="sort"' not in page


def test_a_page_beyond_the_last_is_the_last(client: Client) -> None:
    shelf = a_shelf()
    products = [a_product(f"Tea {n:02}", category=shelf) for n in range(25)]
    page = shown(client, f"{shelf.get_absolute_url()}?page=99")
    assert names(page, *products) == ["Tea 24"]
    assert "Page 2 of 2" in page
    assert 'rel="next"' not in page


@pytest.mark.parametrize(
    "query", ["price=7-8", "price=x", "stars=9", "stars=x", "department=x", "department=0", "brand=%00"]
)
def test_a_choice_that_cannot_be_read_is_none(client: Client, query: str) -> None:
    product = a_product("Sencha")
    assert names(shown(client, f"/search/?{query}"), product) == ["Sencha"]


def test_a_department_means_nothing_within_a_category(client: Client) -> None:
    product, other = a_product("Sencha"), a_product()
    department = path_to(other.category)[0]
    page = shown(client, f"{product.category.get_absolute_url()}?department={department.pk}")
    assert names(page, product) == ["Sencha"]


def test_a_shelf_is_opened_with_the_choices_made_above_it(client: Client) -> None:
    product = a_product("Sencha", brand="Uji")
    department, family, _ = path_to(product.category)
    page = shown(client, f"{department.get_absolute_url()}?brand=Uji&page=3")
    assert f'href="{family.get_absolute_url()}?brand=Uji"' in page


def test_a_search_shows_first_what_is_called_just_so(client: Client) -> None:
    shelf = a_shelf()
    loved = a_product("Rice crackers with green tea", category=shelf)
    begins = a_product("Green tea, loose", category=shelf)
    exact = a_product("green tea", category=shelf)
    branded = a_product("Sencha", brand="Green Tea House", category=shelf)
    for _ in range(3):
        a_review(branded)
    a_review(loved)
    everything = (loved, begins, exact, branded)
    assert names(shown(client, "/search/?q=Green++tea"), *everything) == [
        "green tea",
        "Green tea, loose",
        "Rice crackers with green tea",
        "Sencha",
    ]
    assert names(shown(client, "/search/?q=green+tea&sort=stars"), *everything)[0] == "Sencha"


def test_a_search_in_chinese_shows_first_what_is_called_just_so(client: Client) -> None:
    shelf = a_shelf()
    loved = a_product("Cake", name_zh="绿茶蛋糕", category=shelf)
    exact = a_product("Tea", name_zh="绿茶", category=shelf)
    a_review(loved)
    assert names(shown(client, "/search/?q=绿茶"), loved, exact) == ["Tea", "Cake"]


@pytest.mark.parametrize("products", [2, 30])
@pytest.mark.parametrize(
    "query", ["", "?brand=Uji&price=10-20&stars=4&tag=fresh&in_stock=1", "?brand=Nobody"]
)
def test_a_category_makes_nine_queries_for_somebody_logged_in_however_long_it_is(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, products: int, query: str
) -> None:
    shelf = a_filled_shelf(products)
    client.force_login(a_customer())
    with django_assert_num_queries(9):
        client.get(f"{shelf.get_absolute_url()}{query}")


@pytest.mark.parametrize("products", [2, 30])
def test_a_search_makes_nine_queries_for_somebody_logged_in_however_much_it_finds(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, products: int
) -> None:
    a_filled_shelf(products)
    client.force_login(a_customer())
    with django_assert_num_queries(9):
        client.get("/search/?q=product&brand=Uji&stars=4")


def test_a_search_that_finds_more_than_can_be_named_finds_them_all(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "MOST_NAMED", 2)
    a_filled_shelf(3)
    a_product("Bread")
    page = shown(client, "/search/?q=product&brand=Uji")
    assert "3 products<" in page


def a_filled_shelf(products: int) -> Category:
    shelf = a_shelf()
    for _ in range(products):
        product = a_product(category=shelf, brand="Uji")
        a_tag(product, "fresh", a_review(product))
    return shelf


def test_an_address_holds_twelve_brands_and_four_tags_at_most(client: Client) -> None:
    request = client.get("/search/?" + "&".join(f"brand={n}&tag={n}" for n in range(40))).wsgi_request
    criteria = criteria_from(request.GET)
    assert (len(criteria.brands), len(criteria.tags)) == (12, 4)
