"""Roles: each sees and may do its own part of the back room, and no more."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from shop.models import Customer, Order
from shop.services.roles import ROLES, keep_roles
from tests.shop.builders import PASSWORD, a_customer, a_paid_order, a_review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

LISTS = (
    "announcement", "auditentry", "carouselslide", "category", "coupon", "customer", "customercoupon",
    "deliveryrule", "homeslot", "order", "payment", "product", "producttag", "refund", "review",
    "stockmovement",
)  # fmt: skip


def staff(role: str) -> Customer:
    member = a_customer(f"staff-{role}", is_staff=True)
    member.groups.add(Group.objects.get(name=role))
    return member


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_opens_its_own_lists_and_no_others(client: Client, role: str) -> None:
    client.force_login(staff(role))
    opened = [name for name in LISTS if client.get(f"/admin/shop/{name}/").status_code == 200]
    assert opened == [name for name in LISTS if name in ROLES[role]]
    assert client.get("/admin/auth/group/").status_code == 403


def act(client: Client, model: str, action: str, pk: int) -> None:
    client.post(f"/admin/shop/{model}/", {"action": action, "_selected_action": [pk]})


@pytest.mark.parametrize(("role", "status"), [("order desk", 2), ("support desk", 1), ("catalogue desk", 1)])
def test_only_orders_packs(client: Client, role: str, status: int) -> None:
    order = a_paid_order(a_customer("alice"))
    client.force_login(staff(role))
    act(client, "order", "pack", order.pk)
    assert Order.objects.get(pk=order.pk).status == status


@pytest.mark.parametrize(
    ("role", "status"),
    [("support desk", "held"), ("order desk", "published"), ("catalogue desk", "published")],
)
def test_only_support_moderates(client: Client, role: str, status: str) -> None:
    review = a_review()
    client.force_login(staff(role))
    act(client, "review", "hold", review.pk)
    review.refresh_from_db()
    assert review.status == status


@pytest.mark.parametrize(
    ("role", "status"), [("catalogue desk", 200), ("order desk", 403), ("support desk", 403)]
)
def test_only_the_catalogue_takes_products_in(client: Client, role: str, status: int) -> None:
    client.force_login(staff(role))
    assert client.get("/admin/shop/product/import/").status_code == status


@pytest.mark.parametrize(
    ("role", "is_locked"), [("support desk", True), ("order desk", False), ("catalogue desk", False)]
)
def test_only_support_locks_shoppers(client: Client, role: str, is_locked: bool) -> None:
    alice = a_customer("alice")
    client.force_login(staff(role))
    act(client, "customer", "lock", alice.pk)
    alice.refresh_from_db()
    assert alice.is_locked == is_locked


def test_support_gives_nobody_rights_and_leaves_staff_alone(client: Client) -> None:
    member, alice = staff("support desk"), a_customer("alice")
    chief = Customer.objects.create_superuser("chief", PASSWORD)
    client.force_login(member)
    rights = {"login_name": "x", "is_staff": "on", "is_superuser": "on", "nickname": "New"}
    client.post(f"/admin/shop/customer/{alice.pk}/change/", rights | {"login_name": "alice"})
    alice.refresh_from_db()
    assert (alice.nickname, alice.is_staff, alice.is_superuser) == ("New", False, False)
    new = {"password1": "apricots-in-june", "password2": "apricots-in-june", "usable_password": "true"}
    for someone in (chief, member):
        assert client.post(f"/admin/shop/customer/{someone.pk}/change/", rights).status_code == 403
        assert client.post(f"/admin/shop/customer/{someone.pk}/password/", new).status_code == 403
        act(client, "customer", "lock", someone.pk)
        someone.refresh_from_db()
        assert (someone.check_password(PASSWORD), someone.is_locked) == (True, False)


def test_keeping_the_roles_twice_changes_nothing_and_mends_what_strayed() -> None:
    group = Group.objects.get(name="support desk")
    own = group.permissions.filter(content_type__app_label="shop")
    before = set(own.values_list("codename", flat=True))
    group.permissions.clear()
    keep_roles()
    keep_roles()
    assert set(group.permissions.values_list("codename", flat=True)) == before
    assert len(before) == 13
    assert Group.objects.filter(name__in=ROLES).count() == 3
