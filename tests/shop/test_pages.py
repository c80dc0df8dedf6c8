"""What the shop's pages show, and to whom."""

from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from shop.models import Product, Review
from tests.shop.builders import a_category, a_customer, a_product, a_review, a_shelf, a_tag

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("english"),
]


def shown(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def names(page: str, *products: Product) -> list[str]:
    """The names of those `products` that are links on the page, in the page's order."""
    found = [(page.find(f'<a href="{product.get_absolute_url()}">'), product.name) for product in products]
    return [name for place, name in sorted(found) if place >= 0]


def test_the_home_page_shows_departments_and_three_kinds_of_products(client: Client) -> None:
    tea = a_shelf("Green tea")
    loved = a_product("Sencha", category=tea)
    a_review(loved)
    reduced = a_product("Gunpowder", selling_price=Decimal("8.00"), original_price=Decimal("12.00"))
    page = shown(client, "/")
    assert tea.parent
    assert tea.parent.parent
    assert page.count(f'href="{tea.parent.parent.get_absolute_url()}"') == 2  # the tile and the navigation
    popular, rest = page.split('id="reduced-heading"')
    reductions, news = rest.split('id="new-heading"')
    assert names(popular, loved, reduced) == ["Sencha"]
    assert names(reductions, loved, reduced) == ["Gunpowder"]
    assert names(news, loved, reduced) == ["Gunpowder", "Sencha"]
    assert "¥8.00" in reductions
    assert "¥12.00" in reductions


def test_a_shop_without_products_says_so(client: Client) -> None:
    assert "The shelves are still empty" in shown(client, "/")


@pytest.mark.parametrize("products", [2, 9])
def test_home_makes_four_queries_for_a_guest_however_many_products_there_are(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, products: int
) -> None:
    for _ in range(products):
        product = a_product(original_price=Decimal("12.00"))
        a_tag(product, "fresh", a_review(product))
    with django_assert_num_queries(4):
        client.get("/")


def test_a_category_of_any_level_lists_what_stands_below_it(client: Client) -> None:
    shelf = a_shelf("Green tea")
    product = a_product("Sencha", category=shelf)
    elsewhere = a_product("Rye bread")
    assert shelf.parent
    assert shelf.parent.parent
    for category in (shelf.parent.parent, shelf.parent, shelf):
        page = shown(client, category.get_absolute_url())
        assert names(page, product, elsewhere) == ["Sencha"]
        assert "1 product<" in page


def test_off_sale_products_and_those_of_a_closed_category_are_in_no_list(client: Client) -> None:
    shelf = a_shelf()
    sold = a_product("Sencha", category=shelf)
    withdrawn = a_product("Sencha, old harvest", category=shelf, is_on_sale=False)
    closed = a_product("Sencha in a closed shop", category=a_shelf(is_deleted=True))
    for address in ("/", "/search/?q=sencha", shelf.get_absolute_url(), "/search/?sort=newest"):
        assert names(shown(client, address), sold, withdrawn, closed) == ["Sencha"]


def test_a_closed_category_is_not_found(client: Client) -> None:
    shown(client, a_category(is_deleted=True).get_absolute_url(), 404)


def test_a_list_sorts_by_price_stars_newest_and_reviews(client: Client) -> None:
    shelf = a_shelf()
    cheap = a_product("Cheap", category=shelf, selling_price=Decimal("2.00"))
    dear = a_product("Dear", category=shelf, selling_price=Decimal("30.00"))
    unpriced = a_product("Unpriced", category=shelf, selling_price=None)
    for _ in range(2):
        a_review(cheap, stars=2)
    a_review(dear, stars=5)
    expected = {
        "price": ["Cheap", "Dear", "Unpriced"],
        "-price": ["Dear", "Cheap", "Unpriced"],
        "newest": ["Unpriced", "Dear", "Cheap"],
        "popular": ["Cheap", "Dear", "Unpriced"],
        "stars": ["Dear", "Unpriced", "Cheap"],
        "no such order": ["Cheap", "Dear", "Unpriced"],
    }
    seen = {
        sort: names(shown(client, f"{shelf.get_absolute_url()}?sort={sort}"), cheap, dear, unpriced)
        for sort in expected
    }
    assert seen == expected


def test_a_tag_narrows_a_list_and_its_chip_takes_it_away_again(client: Client) -> None:
    shelf = a_shelf()
    liked, other = a_product("Liked", category=shelf), a_product("Other", category=shelf)
    a_tag(liked, "great value", a_review(liked))
    a_tag(other, "bland", a_review(other))
    address = shelf.get_absolute_url()
    assert 'name="tag" value="great value"' in shown(client, address)
    page = shown(client, f"{address}?tag=great+value&sort=price")
    assert names(page, liked, other) == ["Liked"]
    assert 'href="?sort=price"' in page


def test_two_tags_that_no_product_shares_leave_nothing_and_say_so(client: Client) -> None:
    shelf = a_shelf()
    liked, other = a_product("Liked", category=shelf), a_product("Other", category=shelf)
    a_tag(liked, "great value")
    a_tag(other, "bland")
    page = shown(client, f"{shelf.get_absolute_url()}?tag=great+value&tag=bland")
    assert "Nothing here fits all that you chose" in page
    assert 'href="?tag=bland"' in page


@pytest.mark.parametrize(
    "words", ["sencha", "UJI", "煎茶", "morning hill", "grassy", "味道好", "sencha hill"]
)
def test_search_reads_names_brands_and_what_reviews_say_in_both_languages(client: Client, words: str) -> None:
    tea = a_product("Uji Sencha", name_zh="宇治煎茶", brand="Morning Hill")
    a_tag(tea, "grassy taste")
    a_tag(tea, "great taste")
    bread = a_product("Rye bread", name_zh="黑麦面包")
    assert names(shown(client, f"/search/?q={words}"), tea, bread) == ["Uji Sencha"]


def test_a_search_that_finds_nothing_suggests_the_ask_box_and_what_is_loved(client: Client) -> None:
    loved = a_product("Sencha")
    a_review(loved)
    page = shown(client, "/search/?q=<script>")
    assert "Nothing is called “&lt;script&gt;”" in page
    assert "<script>" not in page
    assert names(page, loved) == ["Sencha"]
    assert "Tell us what you feel like" in page


@pytest.mark.parametrize("query", ["page=99", "page=x", "q=%00", "in_stock=maybe", "tag=%00"])
def test_an_address_that_cannot_be_read_still_opens_the_list(client: Client, query: str) -> None:
    product = a_product("Sencha")
    assert names(shown(client, f"/search/?{query}"), product) == ["Sencha"]


def test_the_twenty_fifth_product_stands_on_the_second_page(client: Client) -> None:
    shelf = a_shelf()
    products = [a_product(f"Tea {n:02}", category=shelf) for n in range(25)]
    page = shown(client, f"{shelf.get_absolute_url()}?page=2")
    assert names(page, *products) == ["Tea 24"]
    assert "Page 2 of 2" in page


def test_a_product_shows_price_reduction_unit_price_and_stock(client: Client) -> None:
    product = a_product(
        selling_price=Decimal("9.90"), original_price=Decimal("12.00"), quantity=250, unit="g", on_hand=3
    )
    page = shown(client, product.get_absolute_url())
    assert "<strong>¥9.90</strong>" in page
    assert "¥12.00</s>" in page
    assert "250 g · ¥3.96/100 g" in page
    assert "Only 3 left" in page


@pytest.mark.parametrize(("stock", "limit", "most"), [(3, 20, 3), (20, 2, 2)])
def test_no_more_can_be_asked_for_than_is_there_and_than_an_order_may_hold(
    client: Client, stock: int, limit: int, most: int
) -> None:
    page = shown(client, a_product(on_hand=stock, limit_per_order=limit).get_absolute_url())
    assert f'name="quantity" type="number" inputmode="numeric" min="1" max="{most}"' in page


def test_a_product_that_is_sold_out_or_withdrawn_keeps_its_page_and_says_so(client: Client) -> None:
    assert "Sold out" in shown(client, a_product(on_hand=0).get_absolute_url())
    assert "no longer sold" in shown(client, a_product(is_on_sale=False).get_absolute_url())


def test_a_withdrawn_product_cannot_be_bought_and_shows_what_can(client: Client) -> None:
    shelf = a_shelf()
    gone = a_product("Gone", category=shelf, is_on_sale=False)
    others = [a_product(f"Tea {n}", category=shelf) for n in range(4)]
    for other in others:
        a_review(other)
    page = shown(client, gone.get_absolute_url())
    assert "no longer sold. Below are others like it." in page
    assert "Add to cart" not in page
    assert sorted(names(page, *others)) == ["Tea 0", "Tea 1", "Tea 2", "Tea 3"]


def test_pictures_details_and_reviews_are_shown_as_text_not_as_markup(client: Client) -> None:
    product = a_product(detail="<script>alert(1)</script>")
    a_review(product, body="<img src=x onerror=alert(1)>")
    page = shown(client, product.get_absolute_url())
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_a_tag_leads_to_exactly_the_reviews_that_say_so(client: Client) -> None:
    product = a_product()
    fresh = a_review(product, body="So fresh!", stars=5)
    a_review(product, body="Rather dull.", stars=2)
    a_tag(product, "fresh", fresh, share=0.5)
    page = shown(client, product.get_absolute_url())
    assert f'href="{product.get_absolute_url()}?tag=fresh#reviews"' in page
    assert "<b>50%</b>" in page
    said = shown(client, f"{product.get_absolute_url()}?tag=fresh")
    assert "So fresh!" in said
    assert "Rather dull." not in said
    assert 'href="?#reviews"' in said


def test_a_star_bar_leads_to_the_reviews_with_that_many_stars(client: Client) -> None:
    product = a_product()
    a_review(product, body="So fresh!", stars=5)
    a_review(product, body="Rather dull.", stars=2)
    page = shown(client, product.get_absolute_url())
    assert 'href="?stars=2#reviews"' in page
    said = shown(client, f"{product.get_absolute_url()}?stars=2")
    assert "Rather dull." in said
    assert "So fresh!" not in said


def test_held_and_rejected_reviews_are_not_shown_or_counted(client: Client) -> None:
    product = a_product()
    a_review(product, body="Shown.", stars=4)
    a_review(product, body="Held.", stars=1, status="held")
    a_review(product, body="Rejected.", stars=1, status="rejected")
    page = shown(client, product.get_absolute_url())
    assert "Shown." in page
    assert "Held." not in page
    assert "Rejected." not in page
    assert "4.0 of 5 stars" in page


def test_imported_and_verified_reviews_are_marked(client: Client) -> None:
    product = a_product()
    a_review(product, source_id="A1-B2", is_verified_purchase=True)
    page = shown(client, product.get_absolute_url())
    assert "Imported" in page
    assert "Verified purchase" in page


@pytest.mark.parametrize("address", ["/product/999/", "/product/999/tags/", "/category/999/", "/nowhere/"])
def test_what_is_not_there_is_a_branded_404_with_a_search_box(client: Client, address: str) -> None:
    page = shown(client, address, 404)
    assert "There is nothing on this shelf" in page
    assert 'role="search"' in page


def test_the_tag_block_alone_is_a_fragment(client: Client) -> None:
    product = a_product()
    a_tag(product, "great taste")
    fragment = shown(client, f"{product.get_absolute_url()}tags/")
    assert fragment.lstrip().startswith('<ul class="tags">')
    assert "great taste" in fragment


def test_names_and_labels_follow_the_language(client: Client) -> None:
    product = a_product("Uji Sencha", name_zh="宇治煎茶")
    a_tag(product, "great taste")
    a_tag(product, "never translated before", rank=1)
    client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/"})
    page = shown(client, product.get_absolute_url())
    assert '<html lang="zh-Hans">' in page
    assert "宇治煎茶</h1>" in page
    assert "<span>味道好</span>" in page
    assert "<span>never translated before</span>" in page


def test_state_does_not_change_by_get(client: Client) -> None:
    product = a_product()
    client.force_login(a_customer())
    assert client.get(f"{product.get_absolute_url()}reviews/").status_code == 405
    assert client.get("/logout/").status_code == 405
    assert Review.objects.count() == 0


def test_what_is_not_in_the_pages_language_says_in_which_it_is(client: Client) -> None:
    tea = a_product("Sencha", name_zh="煎茶")
    rice = a_product("Rice")
    a_review(rice, title="Fine", body="Sticky.")
    a_review(rice, title="好吃", body="很糯。")
    a_review(rice, title="5/5", body="★")

    def read(language: str) -> str:
        pages = (client.get(address, headers={"accept-language": language}) for address in (
            rice.get_absolute_url(), "/search/"
        ))  # fmt: skip
        return "".join(page.content.decode() for page in pages)

    chinese, english = read("zh-CN"), read("en")
    for marked in ('<h1 lang="en">Rice<', '<h3 lang="en">Fine<', '<div class="words" lang="en"><p>Sticky.'):
        assert marked in chinese
        assert marked.replace(' lang="en"', "") in english
    for marked in ('<h3 lang="zh-Hans">好吃<', '<div class="words" lang="zh-Hans"><p>很糯。'):
        assert marked in english
        assert marked.replace(' lang="zh-Hans"', "") in chinese
    card = f'><a href="{tea.get_absolute_url()}">'
    assert f"<h3{card}煎茶" in chinese
    assert f"<h3{card}Sencha" in english
    assert f'<h3 lang="en"><a href="{rice.get_absolute_url()}">Rice' in chinese
    assert all("<h3>5/5" in page for page in (chinese, english))
