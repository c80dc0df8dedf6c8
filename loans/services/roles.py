"""What a loan officer may do. A superuser puts people into the group."""

from collections.abc import Mapping

from django.db import transaction

from shop.services.roles import CHANGE, LOOK, Rights, keep_role

ROLES: Mapping[str, Rights] = {
    # Officers decide and write off by the policy; whoever writes the policy is no officer's business.
    "loan officer": {
        "application": CHANGE, "decision": LOOK, "offer": LOOK, "loan": CHANGE, "instalment": LOOK,
        "loanevent": LOOK, "ledgerentry": LOOK, "repayment": LOOK, "repaymentpayment": LOOK,
        "repaymentrefund": LOOK, "policyversion": LOOK,
    },
}  # fmt: skip


@transaction.atomic
def keep_roles() -> None:
    """Make the group, and give it exactly its rights, however often it is called."""
    for name, rights in ROLES.items():
        keep_role(name=name, rights=rights, app="loans")
