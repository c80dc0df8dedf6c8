"""A loan in whole cents and fractions, reckoned the plain way: an oracle for `loans.settling`.

Interest is a fraction that is rounded where it is shown; the annuity is found by discounting month by month,
not by its formula. Short, and sharing no line with what it judges.
"""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import floor


def rounded(amount: Fraction) -> int:
    """Half up."""
    return floor(amount + Fraction(1, 2))


def days_360(start: date, end: date) -> int:
    """30E/360."""
    months = 12 * (end.year - start.year) + end.month - start.month
    return 30 * months + min(end.day, 30) - min(start.day, 30)


@dataclass
class Due:
    """What is owed on a day, in cents: the parts, in the order in which they are paid."""

    on: date
    owed: dict[str, int]
    paid: dict[str, int] = field(default_factory=lambda: {"fee": 0, "interest": 0, "principal": 0})

    def left(self, part: str) -> int:
        return self.owed[part] - self.paid[part]

    @property
    def is_paid(self) -> bool:
        return self.owed == self.paid


@dataclass
class OracleLoan:
    rate: Fraction
    since: date  # interest counts from here
    dues: list[Due]

    @classmethod
    def opened(cls, principal: int, rate: Fraction, since: date, days: list[date]) -> "OracleLoan":
        loan = cls(rate, since, [])
        loan.dues = loan.drawn(principal, since, days)
        return loan

    def drawn(self, balance: int, since: date, days: list[date]) -> list[Due]:
        """Level dues; on fewer days where a due would pay no principal or the balance is under 4.00."""
        if not balance:
            return []
        while len(days) > 1:
            dues = self.level(balance, since, days, self.annuity(balance, len(days)))
            if balance >= 400 and all(due.owed["principal"] > 0 for due in dues):
                return dues
            days = days[:-1]
        return self.level(balance, since, days, balance)

    def annuity(self, balance: int, months: int) -> int:
        left, growth = Fraction(0), 1 + self.rate / 12
        for _ in range(months):
            left = (left + 1) / growth  # worth today of one cent a month
        return rounded(balance / left)

    def level(self, balance: int, since: date, days: list[date], amount: int) -> list[Due]:
        dues = []
        for on in days:
            interest = rounded(balance * self.rate * days_360(since, on) / 360)
            principal = balance if on == days[-1] else amount - interest
            dues.append(Due(on, {"fee": 0, "interest": interest, "principal": principal}))
            balance, since = balance - principal, on
        return dues

    def charge(self, today: date, grace: int, most: int, share: Fraction) -> None:
        for due in self.dues:
            if not due.is_paid and (today - due.on).days > grace and not due.owed["fee"]:
                due.owed["fee"] = min(most, floor((due.owed["interest"] + due.owed["principal"]) * share))

    def due(self, today: date) -> int:
        return sum(due.left(part) for due in self.dues if due.on <= today for part in due.owed)

    def to_come(self, today: date) -> list[Due]:
        return [due for due in self.dues if due.on > today and not due.is_paid]

    def started(self, today: date) -> date:
        return max([self.since] + [due.on for due in self.dues if due.on <= today or due.is_paid])

    def accrued(self, today: date) -> int:
        balance = sum(due.owed["principal"] for due in self.to_come(today))
        return rounded(balance * self.rate * max(0, days_360(self.started(today), today)) / 360)

    def payoff(self, today: date) -> int:
        coming = sum(due.owed["principal"] for due in self.to_come(today))
        return self.due(today) + coming + self.accrued(today)

    @property
    def balance(self) -> int:
        return sum(due.left("principal") for due in self.dues)

    def pay(self, cents: int, today: date, ahead: bool) -> int:
        """What was of no use."""
        nothing_due = not self.due(today)
        for part in ("fee", "interest", "principal"):
            for due in self.dues:
                share = min(cents, due.left(part)) if due.on <= today else 0
                due.paid[part] += share
                cents -= share
        coming = self.to_come(today)
        if coming and nothing_due and not ahead and cents == sum(coming[0].owed.values()):
            coming[0].paid = dict(coming[0].owed)
            return 0
        interest = self.accrued(today)
        if not coming or cents <= interest:
            return cents
        whole = sum(due.owed["principal"] for due in coming)
        principal = min(cents - interest, whole)
        since = max(self.started(today), today)
        paid = {"fee": 0, "interest": interest, "principal": principal}
        self.dues = [due for due in self.dues if due not in coming] + [Due(today, paid, dict(paid))]
        self.dues += self.drawn(whole - principal, since, [due.on for due in coming])
        self.since = since
        return cents - interest - principal
