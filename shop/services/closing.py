"""Closing an account: the person goes, what the books need stays."""

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F

from shop.departure import ties
from shop.exceptions import AccountTied
from shop.models import ApiToken, Customer, Order, OrderAddress, Review
from shop.models.orders import CLOSED, OrderStatus
from shop.selectors.history import Viewer
from shop.services.accounts import delete_file_on_commit
from shop.services.customers import customer_for_update
from shop.services.history import erase_views
from shop.services.reviews import withdraw_reviews_of


@transaction.atomic
def close_account(*, customer: Customer, remove_reviews: bool) -> None:
    """Orders stay, without the person: no name, e-mail, picture, address or history; every session ends.

    An order that is still on its way keeps its receiver until it is over: see `forget_receivers`.
    The login name is free again. Reviews stay without a name, or are withdrawn. Raises AccountTied.
    """
    owner = customer_for_update(customer.pk)
    for tie in ties():
        if reason := tie.holds(owner):
            raise AccountTied(reason)
    for tie in ties():
        tie.cut(owner)
    if remove_reviews:
        withdraw_reviews_of(owner)
    else:
        Review.objects.filter(customer=owner).update(author_name="")
    owner.addresses.all().delete()
    owner.cart_items.all().delete()
    ApiToken.objects.filter(customer=owner).delete()
    erase_views(viewer=Viewer(customer_id=owner.pk))
    owner.groups.clear()
    owner.user_permissions.clear()
    delete_file_on_commit(owner.avatar.name or "")
    Customer.objects.filter(pk=owner.pk).update(
        login_name=f"closed#{owner.pk}",  # no login name that can be registered has a #
        nickname="", signature="", avatar="", email=None, last_login=None, password=make_password(None),
        is_deleted=True, is_staff=False, is_superuser=False, session_generation=F("session_generation") + 1,
    )  # fmt: skip
    forget_receivers(owner.pk)


@transaction.atomic
def forget_receivers(*customer_ids: int) -> int:
    """Of orders that are over and whose customers are gone, keep where in the country they went, and no more.

    Returns how many there were. Without ids, of everybody who has gone.
    """
    over = Order.objects.filter(
        customer__is_deleted=True, status__in=(OrderStatus.COMPLETED, *CLOSED), address__receiver__gt=""
    )
    chosen = over.filter(customer__in=customer_ids) if customer_ids else over
    order_ids = list(chosen.order_by("pk").values_list("pk", flat=True))
    Order.objects.filter(pk__in=order_ids).update(note="")
    return OrderAddress.objects.filter(order__in=order_ids).update(receiver="", phone="", detail="")
