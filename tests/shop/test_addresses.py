"""The address book: one default at most, twenty entries at most, and nobody else's."""

import pytest
from django.test import Client

from shop.exceptions import AddressBookFull
from shop.models import Address, Customer
from shop.regions import regions
from shop.services import addresses
from shop.services.addresses import AddressLines
from tests.shop.builders import a_customer, an_address

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

LINES = {
    "receiver": "Alice",
    "phone": "+86 138 0000 0000",
    "province": "浙江省",
    "city": "杭州市",
    "district": "西湖区",
    "detail": "1 Lake Road",
}
ANOTHER = AddressLines(**(LINES | {"receiver": "Another"}))


@pytest.fixture
def alice(client: Client) -> Customer:
    customer = a_customer("alice")
    client.force_login(customer)
    return customer


def receivers(customer: Customer) -> list[tuple[str, bool]]:
    """Who receives, in the order the book shows, and whether by default."""
    book = customer.addresses.order_by("-default_of", "-changed_at", "-pk")
    return [(address.receiver, address.is_default) for address in book]


def test_the_first_address_becomes_the_default(client: Client, alice: Customer) -> None:
    page = client.post("/account/addresses/new/", LINES, follow=True).content.decode()
    assert "The address is saved." in page
    assert "浙江省 杭州市 西湖区 1 Lake Road" in page
    client.post("/account/addresses/new/", LINES | {"receiver": "Bob"})
    assert receivers(alice) == [("Alice", True), ("Bob", False)]


def test_another_can_be_made_the_default_in_three_ways(client: Client, alice: Customer) -> None:
    client.post("/account/addresses/new/", LINES)
    client.post("/account/addresses/new/", LINES | {"receiver": "Bob", "make_default": "on"})
    assert receivers(alice) == [("Bob", True), ("Alice", False)]
    first, second = Address.objects.order_by("pk")
    client.post(f"/account/addresses/{first.pk}/default/")
    assert receivers(alice) == [("Alice", True), ("Bob", False)]
    client.post(f"/account/addresses/{second.pk}/", LINES | {"receiver": "Bo", "make_default": "on"})
    assert receivers(alice) == [("Bo", True), ("Alice", False)]


def test_deleting_the_default_makes_the_one_changed_last_the_default(client: Client, alice: Customer) -> None:
    for name in ("Alice", "Bob", "Carol"):
        client.post("/account/addresses/new/", LINES | {"receiver": name})
    default = Address.objects.get(receiver="Alice")
    client.post(f"/account/addresses/{default.pk}/delete/")
    assert receivers(alice) == [("Carol", True), ("Bob", False)]
    for address in Address.objects.all():
        client.post(f"/account/addresses/{address.pk}/delete/")
    assert "No address yet." in client.get("/account/addresses/").content.decode()


def test_making_default_an_address_deleted_in_the_meantime_changes_nothing(alice: Customer) -> None:
    an_address(alice, default_of=alice)
    gone = an_address(alice, receiver="Bob")
    Address.objects.filter(pk=gone.pk).delete()
    addresses.make_default(address=gone)
    addresses.change_address(address=gone, lines=ANOTHER, make_default=True)
    assert receivers(alice) == [("Alice", True)]


def test_a_twenty_first_address_is_refused(client: Client, alice: Customer) -> None:
    for _ in range(20):
        an_address(alice)
    response = client.post("/account/addresses/new/", LINES)
    assert response.status_code == 422
    assert "20 addresses are the most" in response.content.decode()
    with pytest.raises(AddressBookFull):
        addresses.add_address(customer=alice, lines=ANOTHER, make_default=False)
    assert alice.addresses.count() == 20
    assert "The address book is full." in client.get("/account/addresses/").content.decode()


@pytest.mark.parametrize("act", ["", "delete/", "default/"])
def test_anothers_address_is_not_found_and_stays(client: Client, alice: Customer, act: str) -> None:
    bobs = an_address(a_customer("bob"), receiver="Bob")
    assert client.post(f"/account/addresses/{bobs.pk}/{act}", LINES).status_code == 404
    bobs.refresh_from_db()
    assert (bobs.receiver, bobs.is_default) == ("Bob", False)


@pytest.mark.parametrize("number", ["-1", "0", "999", "99999999999999999999"])
def test_an_address_that_is_not_there_is_not_found(client: Client, alice: Customer, number: str) -> None:
    assert client.get(f"/account/addresses/{number}/").status_code == 404


def test_the_owner_cannot_be_sent_along(client: Client, alice: Customer) -> None:
    bob = a_customer("bob")
    client.post("/account/addresses/new/", LINES | {"customer": bob.pk, "default_of": bob.pk})
    assert receivers(alice) == [("Alice", True)]
    assert receivers(bob) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"province": ""}, "Choose a province."),
        ({"province": "Atlantis"}, "Select a valid choice. Atlantis is not one of the available choices."),
        ({"city": ""}, "Choose a city."),
        ({"city": "成都市"}, "Choose a city of this province."),
        ({"district": ""}, "Choose a district."),
        ({"district": "锦江区"}, "Choose a district of this city."),
        ({"phone": "call me"}, "Enter a phone number: digits, spaces, a +."),
        ({"receiver": " "}, "This field is required."),
        ({"detail": "x" * 201}, "Ensure this value has at most 200 characters (it has 201)."),
    ],
)
def test_an_address_that_cannot_be_is_refused_with_a_sentence(
    client: Client, alice: Customer, changed: dict[str, str], sentence: str
) -> None:
    response = client.post("/account/addresses/new/", LINES | changed)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert Address.objects.count() == 0


def test_without_javascript_the_next_choices_come_with_a_button_and_nothing_is_lost(
    client: Client, alice: Customer
) -> None:
    empty = client.get("/account/addresses/new/").content.decode()
    assert '<option value="浙江省">' in empty
    assert "杭州市" not in empty
    asked = {"receiver": "Alice", "province": "浙江省", "choosing": "1"}
    response = client.post("/account/addresses/new/", asked)
    assert response.status_code == 200
    page = response.content.decode()
    assert '<option value="浙江省" selected>' in page
    assert '<option value="杭州市">' in page
    assert 'value="Alice"' in page
    assert 'class="error"' not in page
    page = client.post("/account/addresses/new/", asked | {"city": "杭州市"}).content.decode()
    assert '<option value="西湖区">' in page
    assert Address.objects.count() == 0


def test_whoever_comes_from_elsewhere_in_the_shop_is_led_back(client: Client, alice: Customer) -> None:
    back = client.post("/account/addresses/new/", LINES | {"next": "/search/"})
    assert back["Location"] == "/search/"
    stays = client.post("/account/addresses/new/", LINES | {"next": "https://evil.example/"})
    assert stays["Location"] == "/account/addresses/"


def test_an_address_does_not_change_by_get(client: Client, alice: Customer) -> None:
    address = an_address(alice)
    for act in ("delete", "default"):
        assert client.get(f"/account/addresses/{address.pk}/{act}/").status_code == 405
    assert receivers(alice) == [("Alice", False)]


def test_the_names_of_the_regions_are_served_whole(client: Client) -> None:
    response = client.get("/account/regions.json")
    assert response.json() == regions()
    assert response["Cache-Control"] == "public, max-age=86400"
    assert len(regions()) == 34
    assert regions()["北京市"]["北京市"][0] == "东城区"
    assert sum(len(districts) for cities in regions().values() for districts in cities.values()) == 3439
