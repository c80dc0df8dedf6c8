"""The desks and the recommender: the catalogue pins and hides, support says why somebody got a product."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from recommender.models import Impression, Placement
from recommender.roles import ROLES, keep_roles
from shop.models import Customer, Product
from shop.services.roles import keep_roles as keep_roles_of_shop
from tests.shop.builders import a_customer, a_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

LISTS = ("chatcall", "impression", "placement", "reviewentry", "tagcluster", "withdrawnlabel")


def staff(role: str) -> Customer:
    member = a_customer(f"staff-{role}", is_staff=True)
    member.groups.add(Group.objects.get(name=role))
    return member


def an_impression(product: Product) -> Impression:
    return Impression.objects.create(
        token=uuid4(), place="for-you", product_ids=[product.pk], reasons=[["chosen", "", 0]],
        is_fallback=False, shown_at=timezone.now(),
    )  # fmt: skip


@pytest.mark.parametrize("role", ["catalogue desk", "order desk", "support desk", "loan officer"])
def test_a_desk_opens_its_own_lists_and_no_others(client: Client, role: str) -> None:
    client.force_login(staff(role))
    opened = [name for name in LISTS if client.get(f"/admin/recommender/{name}/").status_code == 200]
    assert opened == [name for name in LISTS if name in ROLES.get(role, ())]


@pytest.mark.parametrize(
    ("role", "status", "kinds"), [("catalogue desk", 302, ["hide"]), ("support desk", 403, [])]
)
def test_only_the_catalogue_hides_a_product(client: Client, role: str, status: int, kinds: list[str]) -> None:
    product, member = a_product(), staff(role)
    client.force_login(member)
    fields = {"product": product.pk, "kind": "hide", "note": "Recalled"}
    assert client.post("/admin/recommender/placement/add/", fields).status_code == status
    assert list(Placement.objects.values_list("kind", flat=True)) == kinds
    assert set(Placement.objects.values_list("decided_by", flat=True)) <= {member.pk}


def test_the_catalogue_finds_the_product_and_takes_its_decision_back(client: Client) -> None:
    product = a_product("Sencha")
    Placement.objects.create(product_id=product.pk, kind="pin")
    client.force_login(staff("catalogue desk"))
    asked = {"app_label": "shop", "model_name": "homeslot", "field_name": "product", "term": "Sen"}
    found = client.get("/admin/autocomplete/", asked).json()["results"]
    assert found == [{"id": str(product.pk), "text": "Sencha"}]
    answer = client.post(f"/admin/recommender/placement/{product.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    assert not Placement.objects.exists()


@pytest.mark.parametrize(("role", "status"), [("catalogue desk", 200), ("support desk", 403)])
def test_only_the_catalogue_sees_the_map_of_tags(client: Client, role: str, status: int) -> None:
    client.force_login(staff(role))
    assert client.get("/admin/recommender/tagcluster/map.png").status_code == status


def test_support_reads_why_and_follows_it_to_where_shoppers_see_the_product(client: Client) -> None:
    product = a_product("Sencha")
    shown = an_impression(product)
    client.force_login(staff("support desk"))
    page = client.get(f"/admin/recommender/impression/{shown.pk}/change/").content.decode()
    assert f'<a href="{product.get_absolute_url()}">Sencha</a>' in page
    assert client.get(product.get_absolute_url()).status_code == 200
    assert client.post(f"/admin/recommender/impression/{shown.pk}/delete/", {"post": "y"}).status_code == 403


def test_each_app_keeps_its_own_rights_of_a_desk_and_leaves_those_of_others() -> None:
    group = Group.objects.get(name="support desk")
    before = set(group.permissions.values_list("content_type__app_label", "codename"))
    assert {codename for app, codename in before if app == "recommender"} == {
        "view_impression", "view_reviewentry"
    }  # fmt: skip
    keep_roles_of_shop()
    assert set(group.permissions.values_list("content_type__app_label", "codename")) == before
    group.permissions.clear()
    keep_roles()
    keep_roles_of_shop()
    assert set(group.permissions.values_list("content_type__app_label", "codename")) == before
