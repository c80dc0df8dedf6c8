"""Officers who decide, and admins who write policies, at the same moment over one database."""

import os
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest

from loans.exceptions import LoanError
from loans.models import Application, Decision, Offer, PolicyVersion
from loans.policy import DEFAULT_POLICY, Policy
from loans.selectors.eligibility import current_policy
from loans.services import policies
from loans.services.applying import ask_for_review
from loans.services.policies import write_policy
from loans.services.reviewing import Ruling, approve_application, decline_application
from shop.models import Customer
from tests.concurrency.conftest import at_once
from tests.loans.builders import a_decided, a_policy, a_shopper
from tests.shop.builders import a_customer

pytestmark = [
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "mysql" not in os.environ.get("DATABASE_URL", ""),
        reason="races need a database that several connections write at once: MySQL or MariaDB",
    ),
]


@pytest.fixture
def first(transactional_db: None) -> PolicyVersion:
    """The only one; emptying the tables after a race takes the one of the migration along."""
    PolicyVersion.objects.all().delete()
    return a_policy()


def what_came(call: Callable[[], object]) -> str:
    """Its name, or that of what stood in the way."""
    try:
        return str(call())
    except LoanError as error:
        return type(error).__name__


def drafts(first: PolicyVersion, admins: int) -> list[Callable[[], object]]:
    """Each admin's own, all begun with the same version."""
    return [
        partial(
            write_policy,
            policy=Policy.from_json(DEFAULT_POLICY.as_json() | {"late_fee": f"{number}.00"}),
            note="Mine", author=a_customer(f"admin-{number}"), basis_id=first.pk,
        )
        for number in range(admins)
    ]  # fmt: skip


def test_of_six_policies_begun_together_one_is_written(first: PolicyVersion) -> None:
    given = Counter(at_once([partial(what_came, draft) for draft in drafts(first, 6)]))
    assert given == {str(current_policy()): 1, "PolicyOutdated": 5}
    assert PolicyVersion.objects.count() == 2


def test_one_policy_sent_six_times_is_one_version(first: PolicyVersion) -> None:
    draft = drafts(first, 1)[0]
    given = at_once([partial(what_came, draft)] * 6)
    assert (set(given), PolicyVersion.objects.count()) == ({str(current_policy())}, 2)


def test_control_without_the_lock_policies_overtake_each_other(
    first: PolicyVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seen_and_slow() -> PolicyVersion:
        newest = current_policy()
        time.sleep(0.3)
        return newest

    monkeypatch.setattr(policies, "lock_policy", lambda _: None)
    monkeypatch.setattr(policies, "current_policy", seen_and_slow)
    at_once([partial(what_came, draft) for draft in drafts(first, 6)])
    assert PolicyVersion.objects.count() == 7


def test_officers_who_disagree_at_the_same_moment_make_one_decision(first: PolicyVersion) -> None:
    application = a_decided(a_shopper("alice"), income="0.00", obligations=Decimal("0.00"))
    ask_for_review(application=application)
    officers = [a_customer(f"officer-{number}") for number in range(6)]
    given = at_once([partial(what_came, partial(rule, application.pk, officer)) for officer in officers])
    assert Counter(given)["ApplicationMoved"] == 5
    decision = Decision.objects.get(kind="officer")
    application.refresh_from_db()
    assert application.status == decision.status
    assert Offer.objects.filter(decision=decision).count() == (decision.status == "offered")


def rule(application_id: int, officer: Customer) -> Decision:
    """Every second one declines."""
    application = Application.objects.select_related("customer").get(pk=application_id)
    if officer.pk % 2:
        return decline_application(application=application, officer=officer, reason="No.")
    ruling = Ruling(Decimal("200.00"), 6, "Yes.")
    return approve_application(application=application, officer=officer, ruling=ruling)
