"""What the shop's desks may do with what the recommender keeps.

Its rows stand in another database than accounts and groups do; what may be done with them is written
beside the groups all the same, since Django makes an app's permissions wherever it keeps permissions.
"""

from collections.abc import Mapping

from django.db import transaction

from shop.services.roles import ALL, LOOK, Rights, keep_role

ROLES: Mapping[str, Rights] = {
    "catalogue desk": {
        "placement": ALL, "tagcluster": LOOK, "reviewentry": LOOK,
        "withdrawnlabel": ("view", "add", "delete"),
    },
    "support desk": {"impression": LOOK, "reviewentry": LOOK},
}  # fmt: skip


@transaction.atomic
def keep_roles() -> None:
    for name, rights in ROLES.items():
        keep_role(name=name, rights=rights, app="recommender")
