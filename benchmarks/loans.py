"""`make bench-loans`: the loan desk's arithmetic, at length.

Draws up many schedules and checks what must hold of each, then lets a book of loans live through many
operations beside an oracle that reckons in whole cents, keeping a double-entry ledger of every one. A seed
replays a run exactly. Nothing here needs a database.
"""

import argparse
import platform
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from time import perf_counter

from tqdm import tqdm

from loans.settling import Book, open_book, settle, with_late_fees
from loans.terms import NOTHING, first_day, months_after, schedule
from tests.loans.oracle import OracleLoan

FIRST = date(2026, 1, 1)
GRACE, FEE, CAP = 5, Decimal("10.00"), Decimal("0.05")
LOANS = 200  # alive at a time


def main() -> int:
    options = parser().parse_args()
    chance = random.Random(options.seed)
    started = perf_counter()
    drawn = check_schedules(chance, options.schedules)
    ran = simulate(chance, options.operations)
    seconds = perf_counter() - started
    lines = report(options, drawn, ran, seconds)
    print("\n".join(lines))
    if options.report:
        options.report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks.loans", description=__doc__)
    options.add_argument("--schedules", type=int, default=100_000)
    options.add_argument("--operations", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=20_261_130)
    options.add_argument("--report", type=Path)
    return options


def a_loan_of(chance: random.Random) -> tuple[Decimal, Decimal, int, date]:
    principal = Decimal(chance.randint(400, 2_000_000)).scaleb(-2)
    rate = Decimal(chance.randint(0, 24_000)).scaleb(-5)
    return principal, rate, chance.randint(1, 24), FIRST + timedelta(days=chance.randrange(1500))


def check_schedules(chance: random.Random, count: int) -> int:
    """Invariant 1 of each: principal and interest add up, and nothing is left in the end."""
    for _ in tqdm(range(count), "schedules", leave=False):
        principal, rate, months, day = a_loan_of(chance)
        drawn = schedule(principal, rate, months, day)
        rows = drawn.instalments
        facts = (
            len(rows) == months,
            sum(row.principal for row in rows) == principal,
            sum(row.amount for row in rows) == principal + sum(row.interest for row in rows),
            rows[-1].balance == 0,
            all(row.principal > 0 <= row.interest for row in rows),
            len({row.amount for row in rows[:-1]}) <= 1,
        )
        if not all(facts):
            sys.exit(f"broken: {principal} at {rate} over {months} months from {day}: {facts}")
    return count


@dataclass
class Alive:
    """A loan in the simulation, the oracle's opinion of it, and its accounts."""

    book: Book
    oracle: OracleLoan
    today: date
    accounts: Counter[str]


def simulate(chance: random.Random, operations: int) -> Counter[str]:
    """What was done how often. Stops at the first disagreement, with its number."""
    alive = [opened(chance) for _ in range(LOANS)]
    done: Counter[str] = Counter()
    for number in tqdm(range(operations), "operations", leave=False):
        place = chance.randrange(LOANS)
        loan = alive[place]
        name = chance.choices(list(OPERATIONS), WEIGHTS)[0]
        OPERATIONS[name](loan, chance)
        done[name] += 1
        if problem := disagreement(loan):
            sys.exit(f"operation {number} ({name}): {problem}")
        if loan.book.is_settled:
            alive[place] = opened(chance)
            done["loans repaid"] += 1
    return done


def opened(chance: random.Random) -> Alive:
    principal, rate, months, day = a_loan_of(chance)
    start = first_day(day)
    days = [months_after(start, month) for month in range(1, months + 1)]
    oracle = OracleLoan.opened(cents(principal), Fraction(rate), start, days)
    accounts = Counter({"principal": cents(principal), "coupons": -cents(principal)})
    return Alive(open_book(principal, rate, months, day), oracle, day, accounts)


def wait(loan: Alive, chance: random.Random) -> None:
    loan.today += timedelta(days=chance.choice([1, 3, 10, 31]))


def charge(loan: Alive, chance: random.Random) -> None:
    before = sum((row.fee for row in loan.book.rows), NOTHING)
    loan.book = with_late_fees(loan.book, loan.today, GRACE, FEE, CAP)
    fees = cents(sum((row.fee for row in loan.book.rows), NOTHING) - before)
    loan.accounts.update({"fees": fees, "fee income": -fees})
    loan.oracle.charge(loan.today, GRACE, cents(FEE), Fraction(CAP))


def pay_next(loan: Alive, chance: random.Random) -> None:
    pay(loan, loan.book.next_amount(loan.today), is_ahead=False)


def pay_a_part(loan: Alive, chance: random.Random) -> None:
    most = cents(loan.book.next_amount(loan.today))
    pay(loan, Decimal(chance.randint(1, most)).scaleb(-2), is_ahead=False)


def pay_ahead(loan: Alive, chance: random.Random) -> None:
    most = cents(loan.book.payoff(loan.today))
    pay(loan, Decimal(chance.randint(1, most)).scaleb(-2), is_ahead=True)


def pay_off(loan: Alive, chance: random.Random) -> None:
    pay(loan, loan.book.payoff(loan.today), is_ahead=True)


def pay_too_much(loan: Alive, chance: random.Random) -> None:
    pay(loan, loan.book.payoff(loan.today) + Decimal(chance.randint(1, 9999)).scaleb(-2), is_ahead=True)


def pay(loan: Alive, amount: Decimal, *, is_ahead: bool) -> None:
    found = settle(loan.book, amount, loan.today, is_ahead=is_ahead)
    loan.book = found.book
    loan.accounts.update(
        {
            "cash": cents(found.settled), "fees": -cents(found.fee), "principal": -cents(found.principal),
            "interest income": -cents(found.interest),
        }
    )  # fmt: skip
    surplus = loan.oracle.pay(cents(amount), loan.today, is_ahead)
    loan.accounts["told apart"] += surplus - cents(found.surplus)


Operation = Callable[[Alive, random.Random], None]
OPERATIONS: dict[str, Operation] = {
    "days pass": wait, "late fees are charged": charge, "what is due, or next, is paid": pay_next,
    "a part is paid": pay_a_part, "paid ahead": pay_ahead, "paid off": pay_off, "paid too much": pay_too_much,
}  # fmt: skip
WEIGHTS = (30, 15, 25, 15, 12, 2, 1)


def disagreement(loan: Alive) -> str:
    """In what the book, the ledger and the oracle differ."""
    rows = [
        (row.due_on, cents(row.fee), cents(row.interest), cents(row.principal), cents(row.left))
        for row in loan.book.rows
    ]
    judged = [
        (due.on, *due.owed.values(), sum(due.left(part) for part in due.owed)) for due in loan.oracle.dues
    ]
    accounts = Counter(loan.accounts)
    facts = {
        "rows": rows == judged,
        "surplus": not accounts.pop("told apart", 0),
        "balance of the ledger": not sum(accounts.values()),
        "principal": accounts["principal"] == cents(loan.book.principal_left),
        "fees": accounts["fees"] == sum(cents(row.fee_left) for row in loan.book.rows),
        "received": accounts["cash"]
        == sum(cents(row.fee_paid + row.interest_paid + row.principal_paid) for row in loan.book.rows),
        "due": cents(loan.book.due(loan.today)) == loan.oracle.due(loan.today),
        "payoff": cents(loan.book.payoff(loan.today)) == loan.oracle.payoff(loan.today),
    }
    return ", ".join(name for name, holds in facts.items() if not holds)


def cents(amount: Decimal) -> int:
    return int(amount * 100)


def report(options: argparse.Namespace, drawn: int, ran: Counter[str], seconds: float) -> list[str]:
    commit = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], text=True).strip()
    return [
        "# The loan desk's arithmetic",
        "",
        f"`make bench-loans` at {commit}, seed {options.seed}, Python {platform.python_version()}, "
        f"{seconds:.0f} s.",
        "",
        f"- {drawn:,} schedules (4.00 to 20,000.00, 0 to 24 %, 1 to 24 months): principal and interest",
        "  add up to the cent in each, the last balance is 0, all instalments but the last are equal.",
        f"- {options.operations:,} operations on {LOANS} loans at a time, each compared with an oracle",
        "  that reckons in whole cents and with a double-entry ledger: rows, fees, principal, what is due,",
        "  the payoff and the surplus are the same after every one.",
        "",
        "| operation | times |",
        "| --- | ---: |",
        *(f"| {name} | {count:,} |" for name, count in sorted(ran.items(), key=lambda pair: -pair[1])),
    ]


if __name__ == "__main__":
    sys.exit(main())
