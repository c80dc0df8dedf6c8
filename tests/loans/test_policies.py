"""Versions of the policy: written in a form, tried out on the past, never changed."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from loans.models import Application, Decision, PolicyVersion
from loans.offers import Finances, Likelihood
from loans.offers import Loan as Asked
from loans.policy import BY_BAND, DEFAULT_POLICY, POLICY_BANDS, Policy
from loans.selectors.eligibility import current_policy
from loans.services.policies import PolicyOutdated, decided_anew, write_policy
from shop.models import AuditEntry, Customer
from tests.loans.builders import a_decided, a_loan, a_policy, a_shopper
from tests.shop.builders import PASSWORD, a_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

ADD, PREVIEW = "/admin/loans/policyversion/add/", "/admin/loans/policyversion/preview/"


@pytest.fixture
def root() -> Customer:
    return Customer.objects.create_superuser("root", PASSWORD)


@pytest.fixture
def back_room(client: Client, root: Customer) -> Client:
    client.force_login(root)
    return client


@pytest.fixture(autouse=True)
def forest(monkeypatch: pytest.MonkeyPatch) -> "Forest":
    forest = Forest()
    for module in ("deciding", "policies"):
        monkeypatch.setattr(f"loans.services.{module}.approval_model", lambda: forest)
    return forest


class Forest:
    """A model to which every loan is as likely."""

    hash, data_hash = "f" * 64, "d" * 64
    value = 0.65

    def likelihood(
        self, finances: Finances, principal: Decimal, annual_rate: Decimal, months: int
    ) -> Likelihood:
        return Likelihood(self.value, False)

    def likelihoods(self, finances: Finances, loans: Sequence[Asked]) -> list[Likelihood]:
        return [Likelihood(self.value, False) for _ in loans]


def draft(**changed: Any) -> Policy:
    return Policy.from_json(DEFAULT_POLICY.as_json() | changed)


def fields(**changed: Any) -> dict[str, Any]:
    """What the form sends of the policy that the desk starts with."""
    page = DEFAULT_POLICY.as_json()
    sent = {"basis": current_policy().pk, "note": "Try less"}
    for key, value in page.items():
        if key in BY_BAND:
            sent |= {f"{key}_{band}": value[band] for band in POLICY_BANDS}
        else:
            sent[key] = value
    return sent | changed


def posted(client: Client, address: str, **changed: Any) -> tuple[int, str]:
    response = client.post(address, fields(**changed), follow=True)
    return response.status_code, response.content.decode()


def test_a_new_version_is_written_and_holds(back_room: Client, root: Customer) -> None:
    status, told = posted(back_room, ADD, late_fee="5.00", terms=["3", "6"], exposure_limits_a="4000.00")
    newest = current_policy()
    assert (status, f"{newest} is in force." in told) == (200, True)
    assert (newest.created_by, newest.note) == (root, "Try less")
    assert newest.policy == draft(
        late_fee="5.00", terms=[3, 6],
        exposure_limits=dict(DEFAULT_POLICY.as_json()["exposure_limits"]) | {"a": "4000.00"},
    )  # fmt: skip


def test_each_number_that_changes_stands_in_the_audit_trail(back_room: Client, root: Customer) -> None:
    posted(back_room, ADD, late_fee="5.00", terms=["3", "6"], exposure_limits_a="4000.00")
    entries = AuditEntry.objects.filter(target_model="loans.policyversion", target_id=current_policy().pk)
    assert {(entry.field, entry.before, entry.after, entry.actor) for entry in entries} == {
        ("late_fee", "10.00", "5.00", root), ("terms", "3, 6, 9, 12, 18, 24", "3, 6", root),
        ("exposure_limits.a", "5000.00", "4000.00", root),
    }  # fmt: skip
    assert "exposure_limits.a" in back_room.get("/admin/shop/auditentry/").content.decode()


def test_the_form_starts_from_the_policy_in_force(back_room: Client) -> None:
    a_policy(late_fee="7.00")
    told = back_room.get(ADD).content.decode()
    assert 'value="7.00"' in told
    assert "0.30 – 0.36" in told


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"least_likelihood": "0.71"}, "Ensure this value is less than or equal to 0.70."),
        ({"highest_debt_ratio": "0.37"}, "Ensure this value is less than or equal to 0.36."),
        ({"annual_rates_c": "0.25"}, "Ensure this value is less than or equal to 0.24."),
        ({"annual_rates_c": "0.123456"}, "Ensure that there are no more than 5 decimal places."),
        ({"annual_rates_c": "NaN"}, "Enter a number."),
        ({"late_fee": "-1"}, "Ensure this value is greater than or equal to 0.00."),
        ({"retention_days": "29"}, "Ensure this value is greater than or equal to 30."),
        ({"grace_days": "1.5"}, "Enter a whole number."),
        ({"terms": ["25"]}, "Select a valid choice. 25 is not one of the available choices."),
        ({"terms": []}, "This field is required."),
        ({"least_principal": "125.00"}, "The smallest loan has to be a multiple of ¥50.00."),
        ({"exposure_limits_b": "20000.01"}, "At most 400 multiples, ¥20000.00, can be weighed"),
        ({"note": " "}, "This field is required."),
        ({"basis": "0"}, "Select a valid choice."),
    ],
)
def test_what_the_policy_must_not_say_is_refused_beside_its_field(
    back_room: Client, changed: dict[str, Any], sentence: str
) -> None:
    status, told = posted(back_room, ADD, **changed)
    assert (status, sentence in told) == (422, True)
    assert PolicyVersion.objects.count() == 1


def test_sent_twice_it_is_one_version(back_room: Client) -> None:
    sent = fields(late_fee="5.00")
    for _ in range(2):
        assert back_room.post(ADD, sent).status_code == 302
    assert PolicyVersion.objects.count() == 2


def test_what_somebody_else_wrote_meanwhile_is_not_lost(back_room: Client) -> None:
    sent = fields(late_fee="5.00")
    a_policy(late_fee="6.00")
    response = back_room.post(ADD, sent)
    assert response.status_code == 409
    assert "Somebody has written a newer policy since you opened this page." in response.content.decode()
    assert current_policy().policy.late_fee == Decimal("6.00")


def test_a_version_is_written_upon_the_newest_alone(root: Customer) -> None:
    first, second = current_policy(), a_policy(late_fee="6.00")
    with pytest.raises(PolicyOutdated):
        write_policy(policy=draft(), note="Back", author=root, basis_id=first.pk)
    assert current_policy() == second


def test_a_version_is_read_beside_the_one_before_and_never_changed(back_room: Client) -> None:
    version = a_policy(late_fee="6.00")
    address = f"/admin/loans/policyversion/{version.pk}/"
    told = back_room.get(f"{address}change/").content.decode()
    assert "<b>6.00</b></td><td>10.00</td>" in told
    assert back_room.post(f"{address}change/", fields()).status_code == 403
    assert back_room.post(f"{address}delete/", {"post": "yes"}).status_code == 403
    version.refresh_from_db()
    assert version.page["late_fee"] == "6.00"


def test_a_stricter_draft_says_who_would_have_had_nothing() -> None:
    for name in ("alice", "bob"):
        a_decided(a_shopper(name), amount="300.00")
    a_decided(a_shopper("carol"), income="0.00", obligations=Decimal("0.00"))
    found = decided_anew(draft(least_likelihood="0.70"))
    assert (found.looked_at, found.otherwise, found.left_out, found.unreadable) == (3, 2, 0, 0)
    assert [(row.before, row.after, row.number) for row in found.rows] == [
        ("as-asked", "declined", 2), ("declined", "declined", 1),
    ]  # fmt: skip
    assert (found.rows[0].largest_before > 0, found.rows[0].largest_after) == (True, Decimal("0.00"))
    assert PolicyVersion.objects.count() == 1


def test_the_same_policy_changes_nothing() -> None:
    alice = a_shopper("alice")
    a_loan(alice)
    a_decided(alice, amount="50000.00")
    found = decided_anew(draft())
    assert (found.looked_at, found.otherwise) == (2, 0)


def test_a_limit_counts_what_was_owed_then() -> None:
    alice = a_shopper("alice")
    a_loan(alice, "300.00")
    band = a_decided(alice, amount="50000.00", months=12).decisions.get().band
    limits = dict(DEFAULT_POLICY.as_json()["exposure_limits"]) | {band: "500.00"}
    found = decided_anew(draft(exposure_limits=limits))
    counter = next(row for row in found.rows if row.before == "counter")
    assert counter.largest_after == Decimal("200.00")


def test_what_other_models_decided_and_what_cannot_be_read_is_counted(forest: Forest) -> None:
    for name in ("alice", "bob", "carol"):
        a_decided(a_shopper(name))
    first, second, _ = Decision.objects.order_by("pk")
    Decision.objects.filter(pk=first.pk).update(loan_model_hash="0" * 64)
    Decision.objects.filter(pk=second.pk).update(sealed="gAAAAA")
    found = decided_anew(draft())
    assert (found.looked_at, found.by_other_models, found.unreadable) == (2, 1, 1)


def test_more_than_there_is_time_for_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("alice", "bob", "carol"):
        a_decided(a_shopper(name))
    monkeypatch.setattr("loans.services.policies.MOST", 2)
    assert (decided_anew(draft()).looked_at, decided_anew(draft()).left_out) == (2, 1)
    monkeypatch.setattr("loans.services.policies.PATIENCE", -1.0)
    assert (decided_anew(draft()).looked_at, decided_anew(draft()).left_out) == (0, 3)


def test_the_preview_shows_the_change_and_writes_nothing(back_room: Client) -> None:
    a_decided(a_shopper("alice"), income="98765.43")
    status, told = posted(back_room, PREVIEW, least_likelihood="0.70", note="")
    assert status == 200
    assert "Of 1 past application, decided anew, 1 would be answered otherwise." in told
    assert "offered as asked for</th><td><b>declined</b></td><td>1</td>" in told
    assert 'value="0.70"' in told
    assert "98765" not in told
    assert PolicyVersion.objects.count() == 1
    assert Application.objects.get().status == "offered"


@pytest.mark.parametrize("rows", [1, 4])
def test_a_preview_makes_the_same_queries_however_much_it_looks_at(
    django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    for number in range(rows):
        a_decided(a_shopper(f"shopper-{number}"))
    with django_assert_num_queries(4):
        assert decided_anew(draft()).looked_at == rows


def test_a_loan_officer_reads_policies_and_writes_none(client: Client) -> None:
    officer = a_customer("olga", is_staff=True)
    officer.groups.add(Group.objects.get(name="loan officer"))
    client.force_login(officer)
    version = current_policy()
    assert client.get(f"/admin/loans/policyversion/{version.pk}/change/").status_code == 200
    assert client.get(ADD).status_code == 403
    for address in (ADD, PREVIEW):
        assert client.post(address, fields()).status_code == 403
    assert PolicyVersion.objects.count() == 1
