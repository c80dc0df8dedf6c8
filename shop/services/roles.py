"""What staff may do, by what they work at. A superuser puts people into these groups."""

from collections.abc import Mapping

from django.contrib.auth.models import Group, Permission
from django.db import transaction

LOOK = ("view",)
CHANGE = ("view", "change")
KEEP = ("view", "add", "change")
ALL = (*KEEP, "delete")
Rights = Mapping[str, tuple[str, ...]]  # by model

ROLES: Mapping[str, Rights] = {
    "catalogue desk": {
        "product": KEEP, "category": KEEP, "productpicture": ALL, "producttag": LOOK, "stockmovement": LOOK,
        "announcement": ALL, "carouselslide": ALL, "homeslot": ALL, "coupon": KEEP,
        "auditentry": LOOK,
    },
    "order desk": {
        "order": CHANGE, "refund": CHANGE, "orderitem": LOOK, "orderevent": LOOK, "shipment": LOOK,
        "payment": LOOK, "stockmovement": LOOK, "deliveryrule": KEEP, "auditentry": LOOK,
    },
    "support desk": {
        "customer": CHANGE, "review": CHANGE, "order": LOOK, "orderitem": LOOK, "orderevent": LOOK,
        "shipment": LOOK, "payment": LOOK, "refund": LOOK, "coupon": LOOK, "customercoupon": LOOK,
        "auditentry": LOOK,
    },
}  # fmt: skip


@transaction.atomic
def keep_roles() -> None:
    """Make the groups, and give each exactly its rights, however often it is called."""
    for name, rights in ROLES.items():
        keep_role(name=name, rights=rights, app="shop")


def keep_role(*, name: str, rights: Rights, app: str) -> None:
    """A group with exactly these rights over rows of one app; those over another's rows, that app gives."""
    group, _ = Group.objects.get_or_create(name=name)
    codenames = [f"{right}_{model}" for model, given in rights.items() for right in given]
    of_app = Permission.objects.filter(content_type__app_label=app)
    group.permissions.remove(*group.permissions.filter(pk__in=of_app).exclude(codename__in=codenames))
    group.permissions.add(*of_app.filter(codename__in=codenames))
