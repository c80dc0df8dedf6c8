"""The portfolio: figures worked out by hand, each the sum of the list that it leads to."""

from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from loans.models import Instalment, Loan
from loans.selectors.portfolio import Part, loans_of_age, portfolio
from loans.services.lending import rescind_loan, write_off_loan
from shop.models import Customer
from tests.loans.builders import a_loan, a_shopper, let_pass, pay
from tests.shop.builders import a_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

PAGE = "/admin/loans/loan/portfolio/"
NOTHING = Decimal("0.00")


@pytest.fixture
def desk(client: Client) -> Client:
    officer = a_customer("olga", is_staff=True)
    officer.groups.add(Group.objects.get(name="loan officer"))
    client.force_login(officer)
    return client


def due_days_ago(name: str, days: int, amount: str = "300.00") -> Loan:
    """Whose first instalment was due so many days ago."""
    loan = a_loan(a_shopper(name), amount)
    first = loan.instalments.order_by("number").first()
    assert first
    let_pass(loan, (first.due_on - timezone.localdate()).days + days)
    return loan


def listed(desk: Client, part: Part) -> list[Loan]:
    """What the list shows that a figure leads to."""
    found: list[Loan] = list(desk.get(f"/admin/loans/loan/?{urlencode(part.lookups)}").context["cl"].queryset)
    return found


def test_what_is_owed_counts_principal_of_loans_that_owe(desk: Client) -> None:
    paid = a_loan(a_shopper("alice"))
    pay(paid, "payoff")
    pay(a_loan(a_shopper("bob"), "200.00"), "ahead", "50.00")
    a_loan(a_shopper("carol"), "400.00")
    found = portfolio().outstanding
    left = sum(Loan.objects.values_list("principal_left", flat=True))
    assert (found.number, found.principal) == (2, left)
    assert sum(loan.principal_left for loan in listed(desk, found)) == left


@pytest.mark.parametrize(
    ("days", "age"),
    [(1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"), (90, "61-90"), (91, "over-90")],
)
def test_a_loan_is_as_late_as_its_oldest_unpaid_instalment(desk: Client, days: int, age: str) -> None:
    loan = due_days_ago("alice", days)
    late = {part.key: (part.number, part.principal) for part in portfolio().ages if part.number}
    assert late == {age: (1, Decimal("300.00"))}
    part = next(part for part in portfolio().ages if part.key == age)
    assert listed(desk, part) == [loan] == listed(desk, portfolio().late)


def test_due_today_is_not_late_and_paid_is_not_either() -> None:
    due_days_ago("alice", 0)
    pay(due_days_ago("bob", 5))
    assert [part.number for part in portfolio().ages] == [0, 0, 0, 0]


def test_a_late_fee_alone_is_late() -> None:
    loan = due_days_ago("alice", 40)
    first = loan.instalments.order_by("number").first()
    assert first
    Instalment.objects.filter(pk=first.pk).update(
        principal_paid=first.principal, interest_paid=first.interest, fee=Decimal("2.00")
    )
    assert list(loans_of_age(Loan.objects.all(), "31-60")) == [loan]


def test_what_is_over_is_not_late() -> None:
    written_off = due_days_ago("alice", 40)
    write_off_loan(loan=written_off, actor=a_customer("olga"), reason="Gone.")
    assert (portfolio().late.number, portfolio().late.principal) == (0, NOTHING)


def test_by_band_what_is_owed_and_what_of_it_is_late(desk: Client) -> None:
    due_days_ago("alice", 40, "300.00")
    a_loan(a_shopper("bob"), "200.00")
    a_loan(a_shopper("carol", orders=0), "100.00", 3)
    Loan.objects.exclude(band="none").update(band="b")
    found = portfolio().bands
    assert [(each.key, each.number, each.principal, each.late, each.late_principal) for each in found] == [
        ("b", 2, Decimal("500.00"), 1, Decimal("300.00")), ("none", 1, Decimal("100.00"), 0, NOTHING),
    ]  # fmt: skip
    assert [len(listed(desk, each)) for each in found] == [2, 1]


def test_what_was_lent_is_told_by_month_in_the_shop_s_time(desk: Client) -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    first = timezone.localdate().replace(day=1)
    midnight = datetime(first.year, first.month, 1, tzinfo=shanghai)
    ours, before, gone = (a_loan(a_shopper(name)) for name in ("alice", "bob", "carol"))
    Loan.objects.filter(pk=ours.pk).update(accepted_at=midnight)
    Loan.objects.filter(pk=before.pk).update(accepted_at=midnight - timedelta(microseconds=1))
    rescind_loan(loan=gone)
    *_, last, this = portfolio().months
    assert (len(portfolio().months), this.first) == (12, first)
    assert (this.number, this.principal, last.number) == (1, Decimal("300.00"), 1)
    assert (listed(desk, this), listed(desk, last)) == ([ours], [before])


def test_losses_are_what_the_ledger_says(desk: Client) -> None:
    loan = due_days_ago("alice", 40)
    write_off_loan(loan=loan, actor=a_customer("karl"), reason="Gone.")
    found = portfolio().losses
    assert (found.number, found.principal, listed(desk, found)) == (1, Decimal("300.00"), [loan])


def test_the_repayment_rate_is_of_what_came_due() -> None:
    assert portfolio().repaid.rate is None
    late, paid = due_days_ago("alice", 5), due_days_ago("bob", 5)
    pay(paid)
    pay(paid, "ahead", "100.00")
    rows = [loan.instalments.filter(is_ahead=False).order_by("number").first() for loan in (late, paid)]
    first, second = (row.principal + row.interest for row in rows if row)
    found = portfolio().repaid
    assert (found.due, found.paid, found.rate) == (first + second, second, Decimal("0.5000"))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_shows_the_figures_beside_their_charts(desk: Client, language: str) -> None:
    due_days_ago("alice", 40)
    with translation.override(language):
        told = desk.get(PAGE, headers={"Accept-Language": language}).content.decode()
    assert told.count('<svg class="columns"') == 2
    assert told.count("¥300.00") >= 4
    assert "/admin/loans/loan/?age=31-60" in told
    assert "style=" not in told
    month = timezone.localdate()
    assert (f"{month.year}年{month.month}月" in told) == (language == "zh-hans")


def test_a_desk_without_loans_has_a_page_too(desk: Client) -> None:
    told = desk.get(PAGE).content.decode()
    assert "Nothing is owed." in told
    assert "<b>–</b>" in told


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_makes_the_same_queries_however_much_is_lent(
    desk: Client, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    for number in range(rows):
        due_days_ago(f"shopper-{number}", 40)
    with django_assert_num_queries(11):
        assert desk.get(PAGE).status_code == 200


def test_only_who_may_see_loans_sees_the_portfolio(client: Client) -> None:
    member = a_customer("sven", is_staff=True)
    member.groups.add(Group.objects.get(name="order desk"))
    client.force_login(member)
    assert client.get(PAGE).status_code == 403
    client.force_login(Customer.objects.create_superuser("root"))
    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE).status_code == 405
