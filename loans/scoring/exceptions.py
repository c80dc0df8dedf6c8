"""What can be so with purchase histories and with the model; each says what is wrong and what to do."""

from pathlib import Path

from loans.exceptions import LoanError


class PurchaseFileUnusable(LoanError):
    """A file is no purchase history, or one that something has damaged."""

    def __init__(self, path: Path, reason: str, line: int | None = None) -> None:
        place = f"{path}, line {line}" if line else str(path)
        super().__init__(f"{place}: {reason}")
        self.path, self.reason, self.line = path, reason, line


class TooFewPurchases(LoanError):
    """There is too little history to learn from, or to measure on."""


class ScoreModelUnusable(LoanError):
    """The folder of a score model is absent, incomplete or damaged."""

    def __init__(self, directory: Path, reason: str) -> None:
        super().__init__(
            f"The credit score in {directory} cannot be used: {reason}. Train one with train_credit_score."
        )
        self.directory, self.reason = directory, reason
