"""What may be spent in a month is not exceeded, however many ask at one instant."""

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import Settings

from config.embedded_postgres.server import EmbeddedPostgres
from recommender.chat.exceptions import BudgetSpent, ServerFailed
from recommender.chat.spending import reserve, reserved, settle, this_month
from recommender.models import ChatMonth
from tests.concurrency.attempts import Shop, a_shop
from tests.tables import add_vector_tables

RESERVES = """
from decimal import Decimal
from recommender.chat.exceptions import BudgetSpent
from recommender.chat.spending import reserve
try:
    reserve(Decimal(4))
    print("reserved")
except BudgetSpent:
    print("spent")
"""
# Look, then count: as one does without a guard.
UNGUARDED = """
from decimal import Decimal
from recommender.chat.spending import this_month
from recommender.models import ChatMonth
month = ChatMonth.objects.get(pk=this_month())
time.sleep(0.5)
if month.spent + 4 <= 10:
    ChatMonth.objects.filter(pk=month.pk).update(spent=month.spent + 4)
    print("reserved")
else:
    print("spent")
"""
SPENT = """
from recommender.models import ChatMonth
print(ChatMonth.objects.get().spent.normalize())
"""
NOTHING_YET = """
from recommender.chat.spending import this_month
from recommender.models import ChatMonth
ChatMonth.objects.update_or_create(pk=this_month(), defaults={"spent": 0})
"""


own_server = pytest.mark.skipif(
    "RECOMMENDER_DATABASE_URL" in os.environ, reason="the shop has a PostgreSQL of its own here"
)


def spent() -> Decimal:
    return ChatMonth.objects.get(pk=this_month()).spent


@pytest.fixture
def budget_of_ten(settings: Settings) -> None:
    settings.OPENAI_MONTHLY_BUDGET = Decimal(10)


@pytest.mark.django_db(databases=["recommender"])
@pytest.mark.usefixtures("budget_of_ten")
def test_a_call_reserves_the_most_and_settles_for_what_it_cost() -> None:
    reservation = reserve(Decimal(4))
    assert spent() == 4
    settle(reservation, Decimal("1.5"))
    assert spent() == Decimal("1.5")


@pytest.mark.django_db(databases=["recommender"])
@pytest.mark.usefixtures("budget_of_ten")
def test_what_would_be_too_much_is_refused_and_nothing_is_counted() -> None:
    reserve(Decimal(7))
    with pytest.raises(BudgetSpent, match="7.0000 of this month's 10 are spent: raise OPENAI_MONTHLY_BUDGET"):
        reserve(Decimal("3.00000001"))
    assert spent() == 7
    reserve(Decimal(3))
    assert spent() == 10


@pytest.mark.django_db(databases=["recommender"])
@pytest.mark.usefixtures("budget_of_ten")
@pytest.mark.parametrize(("is_charged", "left"), [(True, 4), (False, 0)])
def test_what_failed_is_given_back_unless_it_may_have_been_charged(is_charged: bool, left: int) -> None:
    with pytest.raises(ServerFailed), reserved(Decimal(4)):
        raise ServerFailed("down", is_charged=is_charged)
    assert spent() == left


@pytest.mark.django_db(databases=["recommender"])
def test_without_a_budget_only_what_costs_nothing_is_asked(settings: Settings) -> None:
    settings.OPENAI_MONTHLY_BUDGET = Decimal(0)
    reserve(Decimal(0))
    with pytest.raises(BudgetSpent):
        reserve(Decimal("0.00000001"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with a_shop(tmp_path_factory.mktemp("budget")) as shop:
        shop.environment["OPENAI_MONTHLY_BUDGET"] = "10"
        folder = Path(shop.environment["VAR_DIR"])
        add_vector_tables(folder)
        keeper = EmbeddedPostgres.at(folder / "postgres")
        keeper.start()  # once, and not by all of them at one instant
        yield shop
        keeper.leave()


@pytest.mark.processes
@pytest.mark.once
@own_server
def test_of_four_processes_at_one_instant_two_fit_into_the_budget(shop: Shop) -> None:
    shop.run(NOTHING_YET)
    assert shop.at_one_instant([RESERVES] * 4) == ["reserved"] * 2 + ["spent"] * 2
    assert shop.run(SPENT) == "8"


@pytest.mark.processes
@pytest.mark.once
@own_server
def test_control_without_the_guard_all_four_do(shop: Shop) -> None:
    shop.run(NOTHING_YET)
    assert shop.at_one_instant([UNGUARDED] * 4) == ["reserved"] * 4
