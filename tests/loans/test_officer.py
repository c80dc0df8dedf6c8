"""The loan officer's desk: the queue, an applicant on one page, and decisions with a written reason."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from loans.admin.words import percent
from loans.models import Application, Decision, LedgerEntry, Loan, Offer
from loans.services.applying import ask_for_review, withdraw_application
from loans.services.retention import purge_finances
from loans.services.roles import ROLES, keep_roles
from shop.models import AuditEntry, Customer, OutboxMessage
from tests.loans.builders import a_decided, a_draft, a_loan, a_shopper, accepted, let_pass, pay
from tests.shop.builders import a_customer
from tests.shop.test_content_security import INLINE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

QUEUE = "/admin/loans/application/"
LISTS = (
    "application", "decision", "instalment", "ledgerentry", "loan", "offer", "policyversion", "repayment",
    "repaymentpayment", "repaymentrefund",
)  # fmt: skip
SCRIPT = "<script>alert(1)</script>"


def staff(role: str, login_name: str = "olga") -> Customer:
    member = a_customer(login_name, is_staff=True)
    member.groups.add(Group.objects.get(name=role))
    return member


@pytest.fixture
def officer() -> Customer:
    return staff("loan officer")


@pytest.fixture
def desk(client: Client, officer: Customer) -> Client:
    client.force_login(officer)
    return client


@pytest.fixture
def alice() -> Customer:
    return a_shopper("alice", email="alice@example.com")


def in_review(customer: Customer, **said: Any) -> Application:
    """Declined for want of income, and a person is asked for."""
    nothing: dict[str, Any] = {"income": "0.00", "obligations": Decimal("0.00")}
    application = a_decided(customer, amount="50000.00", **(nothing | said))
    ask_for_review(application=application)
    application.refresh_from_db()
    return application


def sent(desk: Client, application: Application, what: str, **fields: object) -> tuple[int, str]:
    """The status and the page after an officer's form."""
    response = desk.post(f"{QUEUE}{application.pk}/{what}/", fields, follow=True)
    return response.status_code, response.content.decode()


def page(desk: Client, application: Application) -> str:
    return desk.get(f"{QUEUE}{application.pk}/change/").content.decode()


def test_what_waits_longest_stands_first_and_what_does_not_wait_after_it(desk: Client) -> None:
    names = ("alice", "bob", "carol", "dave")
    first, second, decided, draft = (a_shopper(name) for name in names)
    shown = [in_review(first), in_review(second), a_draft(draft), a_decided(decided)]
    shown[2:] = [shown[3], shown[2]]
    Application.objects.filter(pk=shown[0].pk).update(changed_at=timezone.now() - timedelta(days=2))
    listed = desk.get(QUEUE).context["cl"].result_list
    assert [each.number for each in listed] == [each.number for each in shown]
    waiting = desk.get(f"{QUEUE}?status=in-review").content.decode()
    assert "2\N{NO-BREAK SPACE}days" in waiting


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize(
    ("model", "queries"),
    [
        ("application", 6), ("decision", 7), ("instalment", 6), ("ledgerentry", 6), ("loan", 7), ("offer", 7),
        ("policyversion", 6), ("repayment", 6), ("repaymentpayment", 6), ("repaymentrefund", 6),
    ],
)  # fmt: skip
def test_a_list_makes_the_same_queries_however_many_rows_it_has(
    desk: Client, django_assert_num_queries: DjangoAssertNumQueries, model: str, queries: int, rows: int
) -> None:
    for number in range(rows):
        pay(a_loan(a_shopper(f"shopper-{number}")))
    with django_assert_num_queries(queries):
        assert desk.get(f"/admin/loans/{model}/").status_code == 200


@pytest.mark.parametrize("model", LISTS)
def test_every_list_can_be_searched(desk: Client, model: str) -> None:
    assert desk.get(f"/admin/loans/{model}/?q=alice").status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_a_page_about_an_applicant_makes_the_same_queries_however_much_they_did(
    desk: Client, alice: Customer, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    for _ in range(rows):
        pay(a_loan(alice, "200.00"), "payoff")
    application = in_review(alice)
    with django_assert_num_queries(17):
        page(desk, application)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_page_about_a_loan_makes_the_same_queries_however_much_was_paid(
    desk: Client, alice: Customer, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    loan = a_loan(alice)
    for _ in range(rows):
        pay(loan)
    desk.get(f"/admin/loans/loan/{loan.pk}/change/")  # which finds the content types
    with django_assert_num_queries(10):
        assert desk.get(f"/admin/loans/loan/{loan.pk}/change/").status_code == 200


def test_the_applicant_s_picture_is_whole(desk: Client, alice: Customer) -> None:
    loan = a_loan(alice, "200.00")
    let_pass(loan, 45)
    application = a_decided(a_shopper("bob"), amount="50000.00", months=12)
    ask_for_review(application=application)
    told, likelihood = page(desk, application), percent(application.decisions.get().likelihood or 0)
    for words in (
        "¥50000.00, 12 months", "counter-offer", "more than what is left of the limit", "the largest",
        "outside what the model has seen", likelihood, "Paid orders kept</th><td>4",
        "¥220.00, ¥55.00 an order",
        "by the desk&#x27;s rules", "Asked for a person",
    ):  # fmt: skip
        assert words in told
    with_loan = page(desk, loan.application)
    assert loan.number in with_loan
    assert "0 / 6" in with_loan


def test_an_officer_approves_with_a_reason(desk: Client, alice: Customer, officer: Customer) -> None:
    application = in_review(alice)
    status, told = sent(desk, application, "approve", amount="200", months="6", reason="Known to us.")
    assert (status, "¥200.00 over 6 months are offered." in told) == (200, True)
    offer = Offer.objects.get()
    assert (offer.kind, offer.principal, offer.months) == ("officer", Decimal("200.00"), 6)
    assert (offer.decision.officer, offer.decision.written_reason) == (officer, "Known to us.")
    assert [event.actor for event in application.events.all()][-1] == officer


def test_an_officer_declines_with_a_reason(desk: Client, alice: Customer, officer: Customer) -> None:
    application = in_review(alice)
    status, told = sent(desk, application, "decline", reason="No income.")
    assert (status, "The application is declined." in told) == (200, True)
    decision = application.decisions.last()
    assert decision
    assert (decision.status, decision.officer, decision.written_reason) == ("declined", officer, "No income.")


@pytest.mark.parametrize("what", ["approve", "decline"])
def test_sent_twice_a_decision_is_made_once_and_told_once(desk: Client, alice: Customer, what: str) -> None:
    application = in_review(alice)
    mails = OutboxMessage.objects.filter(payload__to="alice@example.com").count()
    fields = {"amount": "200.00", "months": "6", "reason": "Looked at."}
    first, second = (sent(desk, application, what, **fields) for _ in range(2))
    assert (first[0], second[0]) == (200, 200)
    assert application.decisions.filter(kind="officer").count() == 1
    assert OutboxMessage.objects.filter(payload__to="alice@example.com").count() == mails + 1


def test_another_decision_after_the_first_is_refused(desk: Client, alice: Customer) -> None:
    application = in_review(alice)
    sent(desk, application, "decline", reason="No income.")
    status, told = sent(desk, application, "approve", amount="200", months="6", reason="After all.")
    assert (status, Offer.objects.count()) == (409, 0)
    assert "This is not to be decided any more. The application&#x27;s status: Declined." in told


def test_what_was_withdrawn_meanwhile_is_not_decided(desk: Client, alice: Customer) -> None:
    application = in_review(alice)
    withdraw_application(application=application)
    status, told = sent(desk, application, "decline", reason="No income.")
    assert (status, "The application&#x27;s status: Withdrawn." in told) == (409, True)
    assert Decision.objects.filter(kind="officer").count() == 0


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"amount": "50000.00"}, "is left of the applicant&#x27;s limit: no officer lends more than that."),
        ({"amount": "99.99"}, "Ensure this value is greater than or equal to 100.00."),
        ({"amount": "NaN"}, "Enter a number."),
        ({"amount": "1e999"}, "Ensure that there are no more than 12 digits in total."),
        ({"amount": "-200"}, "Ensure this value is greater than or equal to 100.00."),
        ({"months": "7"}, "Select a valid choice. 7 is not one of the available choices."),
        ({"reason": "   "}, "This field is required."),
        ({"reason": "x" * 1001}, "Ensure this value has at most 1000 characters (it has 1001)."),
    ],
)
def test_what_an_officer_may_not_offer_is_refused_with_a_sentence(
    desk: Client, alice: Customer, fields: dict[str, str], sentence: str
) -> None:
    application = in_review(alice)
    typed = {"amount": "200.00", "months": "6", "reason": "Known to us."} | fields
    status, told = sent(desk, application, "approve", **typed)
    assert (status, sentence in told) == (422, True)
    application.refresh_from_db()
    assert (application.status, Offer.objects.count()) == ("in-review", 0)


def test_an_officer_does_not_decide_about_themselves(desk: Client, officer: Customer) -> None:
    a_shopper("someone")
    application = in_review(officer)
    assert "This is your own application" in page(desk, application)
    for what in ("approve", "decline", "finances"):
        fields = {"amount": "100.00", "months": "6", "reason": "Mine."}
        assert desk.post(f"{QUEUE}{application.pk}/{what}/", fields).status_code == 403
    application.refresh_from_db()
    assert application.status == "in-review"


def test_finances_are_masked_until_an_officer_asks_and_who_asked_is_kept(
    desk: Client, alice: Customer, officer: Customer
) -> None:
    application = in_review(alice, income="98765.43", obligations=Decimal("87654.32"))
    assert "98765" not in page(desk, application)
    assert not AuditEntry.objects.filter(field="finances").exists()
    status, told = sent(desk, application, "finances")
    assert (status, "¥98765.43" in told, "¥87654.32" in told) == (200, True, True)
    look = AuditEntry.objects.get(field="finances")
    assert (look.actor, look.target_model, look.target_id) == (officer, "loans.application", application.pk)
    again = page(desk, application)
    assert "olga looked at the finances" in again
    assert "98765" not in again
    assert desk.get(f"{QUEUE}{application.pk}/finances/").status_code == 405
    assert AuditEntry.objects.filter(field="finances").count() == 1


def test_shown_finances_are_not_kept_by_the_browser(desk: Client, alice: Customer) -> None:
    response = desk.post(f"{QUEUE}{in_review(alice).pk}/finances/")
    assert "no-store" in response.headers["Cache-Control"]


def test_no_page_of_the_admin_shows_an_income(
    desk: Client, alice: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    in_review(a_shopper("bob"), income="98765.43", obligations=Decimal("87654.32"))
    said = a_decided(alice, income="98765.43", obligations=Decimal("12345.67"))
    loan = accepted(said.offers.get(kind="asked"))
    pay(loan)
    superuser = Customer.objects.create_superuser("root")
    desk.force_login(superuser)
    pages = [f"/admin/loans/{model}/" for model in LISTS]
    for application in Application.objects.all():
        pages += [f"{QUEUE}{application.pk}/change/", f"{QUEUE}{application.pk}/history/"]
    pages += [f"/admin/loans/decision/{decision.pk}/change/" for decision in Decision.objects.all()]
    pages += [f"/admin/loans/offer/{offer.pk}/change/" for offer in Offer.objects.all()]
    pages += [f"/admin/loans/loan/{loan.pk}/change/", f"/admin/loans/loan/{loan.pk}/write-off/", "/admin/"]
    for address in pages:
        response = desk.get(address)
        told = response.content.decode()
        assert response.status_code == 200
        for secret in ("98765", "87654", "12345.67", "gAAAA", "98,765"):
            assert secret not in told, address
        assert not INLINE.search(told), address
    assert "98765" not in caplog.text


def test_purged_finances_are_said_to_be_gone(desk: Client, alice: Customer) -> None:
    application = a_decided(alice, income="0.00", obligations=Decimal("0.00"))
    Application.objects.update(changed_at=timezone.now() - timedelta(days=181))
    assert purge_finances() == 1
    assert "They were deleted on" in page(desk, application)
    status, told = sent(desk, application, "finances")
    assert (status, "The finances of this application are no longer kept." in told) == (409, True)


def test_finances_under_a_lost_key_are_said_to_be_unreadable(desk: Client, alice: Customer) -> None:
    application = in_review(alice)
    Application.objects.update(sealed="gAAAAA")
    status, told = sent(desk, application, "approve", amount="200", months="6", reason="Known.")
    assert (status, "none of the desk&#x27;s keys opens them" in told) == (409, True)
    assert "Known." in told


def test_what_officers_write_is_shown_as_text(desk: Client, alice: Customer) -> None:
    application = in_review(alice)
    sent(desk, application, "decline", reason=SCRIPT)
    decision = Decision.objects.get(kind="officer")
    loan = a_loan(a_shopper("bob"))
    desk.post(f"/admin/loans/loan/{loan.pk}/write-off/", {"reason": SCRIPT})
    for address in (
        f"{QUEUE}{application.pk}/change/", f"/admin/loans/decision/{decision.pk}/change/",
        f"/admin/loans/loan/{loan.pk}/change/",
    ):  # fmt: skip
        told = desk.get(address).content.decode()
        assert SCRIPT not in told
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in told


def test_a_loan_is_written_off_with_a_reason_once(desk: Client, alice: Customer, officer: Customer) -> None:
    loan = a_loan(alice)
    address = f"/admin/loans/loan/{loan.pk}/write-off/"
    assert "¥300.00 of principal and ¥0.00 of late fees" in desk.get(address).content.decode()
    for _ in range(2):
        response = desk.post(address, {"reason": "Moved abroad."}, follow=True)
        assert "The loan is written off." in response.content.decode()
    loan.refresh_from_db()
    event = loan.events.get(status="written-off")
    assert (loan.status, event.actor, event.note) == ("written-off", officer, "Moved abroad.")
    assert LedgerEntry.objects.filter(kind="write-off").count() == 1
    assert desk.post(address, {"reason": "Again."}).status_code == 409


def test_without_a_reason_nothing_is_written_off(desk: Client, alice: Customer) -> None:
    loan = a_loan(alice)
    response = desk.post(f"/admin/loans/loan/{loan.pk}/write-off/", {"reason": " "})
    loan.refresh_from_db()
    assert (response.status_code, loan.status) == (422, "active")


@pytest.mark.parametrize("model", LISTS)
def test_nothing_of_the_desk_is_added_changed_or_deleted_by_hand(
    client: Client, alice: Customer, model: str
) -> None:
    loan = a_loan(alice)
    pay(loan)
    client.force_login(Customer.objects.create_superuser("root"))
    before = (
        Application.objects.get().status,
        Loan.objects.get().principal_left,
        LedgerEntry.objects.count(),
    )
    assert client.post(f"/admin/loans/{model}/1/change/", {"status": "closed"}).status_code in {302, 403, 405}
    assert client.post(f"/admin/loans/{model}/1/delete/", {"post": "yes"}).status_code in {302, 403}
    after = (Application.objects.get().status, Loan.objects.get().principal_left, LedgerEntry.objects.count())
    assert before == after


@pytest.mark.parametrize("role", ["order desk", "support desk", "catalogue desk"])
def test_other_roles_see_nothing_of_it(client: Client, alice: Customer, role: str) -> None:
    application, loan = in_review(alice), a_loan(a_shopper("bob"))
    client.force_login(staff(role, "sven"))
    assert "/admin/loans/" not in client.get("/admin/").content.decode()
    addresses = [f"/admin/loans/{model}/" for model in LISTS]
    addresses += [f"{QUEUE}{application.pk}/change/", f"/admin/loans/loan/{loan.pk}/change/"]
    assert {client.get(address).status_code for address in addresses} == {403}
    for what in ("approve", "decline", "finances"):
        fields = {"amount": "100.00", "months": "6", "reason": "Mine."}
        assert client.post(f"{QUEUE}{application.pk}/{what}/", fields).status_code == 403
    assert client.post(f"/admin/loans/loan/{loan.pk}/write-off/", {"reason": "x"}).status_code == 403
    application.refresh_from_db()
    assert application.status == "in-review"


def test_a_shopper_is_sent_away(client: Client, alice: Customer) -> None:
    application = in_review(alice)
    client.force_login(alice)
    assert client.get(QUEUE).status_code == 302
    assert client.post(f"{QUEUE}{application.pk}/finances/").status_code == 302
    assert not AuditEntry.objects.filter(field="finances").exists()


def test_an_officer_opens_the_loan_desk_and_nothing_of_the_shop(desk: Client) -> None:
    assert {desk.get(f"/admin/loans/{model}/").status_code for model in LISTS} == {200}
    for model in ("order", "customer", "product", "coupon"):
        assert desk.get(f"/admin/shop/{model}/").status_code == 403


def test_keeping_the_role_mends_what_strayed() -> None:
    group = Group.objects.get(name="loan officer")
    before = set(group.permissions.values_list("codename", flat=True))
    group.permissions.clear()
    keep_roles()
    assert set(group.permissions.values_list("codename", flat=True)) == before
    assert len(before) == sum(len(rights) for rights in ROLES["loan officer"].values())


def test_the_daily_view_counts_what_its_lists_show(desk: Client, alice: Customer) -> None:
    in_review(alice)
    late = a_loan(a_shopper("bob"))
    Loan.objects.filter(pk=late.pk).update(status="overdue")
    Loan.objects.filter(pk=a_loan(a_shopper("carol")).pk).update(status="pending")
    context = desk.get("/admin/").context
    figures = {str(figure.label): figure for figure in context["figures"]}
    assert {label: figure.number for label, figure in figures.items()} == {
        "Loan applications to decide": 1, "Loans overdue": 1, "Loans to be paid out": 1,
        "Refunds of repayments waiting": 0,
    }  # fmt: skip
    shown = [desk.get(figure.url).context["cl"].result_count for figure in figures.values()]
    assert shown == [figure.number for figure in figures.values()]


def test_who_decided_and_wrote_off_stands_in_the_audit_trail(
    desk: Client, alice: Customer, officer: Customer
) -> None:
    application = in_review(alice)
    sent(desk, application, "decline", reason="No income.")
    loan = a_loan(a_shopper("bob"))
    desk.post(f"/admin/loans/loan/{loan.pk}/write-off/", {"reason": "Moved abroad."})
    trail = AuditEntry.objects.filter(kind="loan").order_by("pk")
    told = [
        (entry.target_id, entry.before, entry.after, entry.actor)
        for entry in trail.filter(target_model="loans.application", target_id=application.pk)
    ]
    assert told == [
        (application.pk, "draft", "submitted", alice), (application.pk, "submitted", "declined", None),
        (application.pk, "declined", "in-review", alice), (application.pk, "in-review", "declined", officer),
    ]  # fmt: skip
    last = trail.filter(target_model="loans.loan").last()
    assert last
    assert (last.target_id, last.before, last.after, last.actor) == (
        loan.pk,
        "active",
        "written-off",
        officer,
    )
