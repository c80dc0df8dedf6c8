"""The address book. Each change happens under its owner's lock, which is what keeps one default at most."""

from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils import timezone

from shop.exceptions import AddressBookFull
from shop.models import Address, Customer
from shop.services.customers import customer_for_update

MOST_ADDRESSES = 20


@dataclass(frozen=True, slots=True)
class AddressLines:
    receiver: str
    phone: str
    province: str
    city: str
    district: str
    detail: str


@transaction.atomic
def add_address(*, customer: Customer, lines: AddressLines, make_default: bool) -> Address:
    """The first becomes the default in any case. Raises AddressBookFull."""
    owner = customer_for_update(customer.pk)
    if owner.addresses.count() >= MOST_ADDRESSES:
        raise AddressBookFull(MOST_ADDRESSES)
    address = Address.objects.create(customer=owner, **asdict(lines))
    if make_default or not owner.addresses.exclude(default_of=None).exists():
        _set_default(owner, address.pk)
    return address


@transaction.atomic
def change_address(*, address: Address, lines: AddressLines, make_default: bool) -> None:
    owner = customer_for_update(address.customer_id)
    owner.addresses.filter(pk=address.pk).update(**asdict(lines), changed_at=timezone.now())
    if make_default:
        _set_default(owner, address.pk)


@transaction.atomic
def make_default(*, address: Address) -> None:
    _set_default(customer_for_update(address.customer_id), address.pk)


@transaction.atomic
def delete_address(*, address: Address) -> None:
    """Where it was the default, the one changed last takes its place."""
    owner = customer_for_update(address.customer_id)
    owner.addresses.filter(pk=address.pk).delete()
    heir = owner.addresses.order_by("-changed_at", "-pk").first()
    if heir and not owner.addresses.exclude(default_of=None).exists():
        _set_default(owner, heir.pk)


def _set_default(owner: Customer, address_id: int) -> None:
    if not owner.addresses.filter(pk=address_id).exists():
        return  # deleted in the meantime: the default stays what it is
    owner.addresses.exclude(pk=address_id).update(default_of=None)
    owner.addresses.filter(pk=address_id).update(default_of=owner)
