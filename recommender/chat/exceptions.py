"""What can be so with a chat server that stops a piece of work, or leaves it to the shop's own rules."""

from decimal import Decimal

from recommender.exceptions import RecommenderError


class ChatError(RecommenderError):
    """Base of what keeps a chat server from answering."""


class NotConfigured(ChatError):
    """A setting that is needed is absent."""

    def __init__(self, variable: str, what: str) -> None:
        super().__init__(f"{variable} is not set: set it to {what}.")
        self.variable = variable


class ServerFailed(ChatError):
    """The server did not answer, or not in time, or answered that it will not.

    `is_charged`: it may have done the work, and will want to be paid for it.
    """

    def __init__(self, reason: str, *, is_charged: bool = False, status: int | None = None) -> None:
        super().__init__(f"The chat server failed: {reason}.")
        self.reason, self.is_charged, self.status = reason, is_charged, status

    @property
    def can_pass(self) -> bool:
        """Whether the same call may succeed later."""
        return self.status is None or self.status in {408, 409, 429} or self.status >= 500

    @property
    def is_refusal(self) -> bool:
        """Whether it will not take what it was sent: too long, too many, or in a form unknown to it."""
        return self.status in {400, 413, 422}


class BadAnswer(ChatError):
    """The server answered something else than it was asked for; it is paid for all the same."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The chat server's answer cannot be used: {reason}.")
        self.reason = reason


class NoCompletion(BadAnswer):
    """It is JSON as a server of this protocol sends, and holds no answer to this one question."""

    def __init__(self) -> None:
        super().__init__("it is no chat completion")


class Resting(ChatError):
    """It failed several times in a row, so nobody asks it for a while."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The chat server has failed several times; it is asked again in {seconds:.0f} s.")
        self.seconds = seconds


class BudgetSpent(ChatError):
    """What may be spent in a month is spent, or would be by the next call."""

    def __init__(self, spent: Decimal, budget: Decimal) -> None:
        super().__init__(
            f"{spent:.4f} of this month's {budget} are spent: raise OPENAI_MONTHLY_BUDGET, or wait for "
            "the next month."
        )
        self.spent, self.budget = spent, budget
