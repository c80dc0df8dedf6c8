"""What can be so with loan applications and with the model; each says what is wrong and what to do."""

from pathlib import Path

from loans.exceptions import LoanError


class ApplicationFileUnusable(LoanError):
    """A file is no list of decided loan applications, or one that something has damaged."""

    def __init__(self, path: Path, reason: str, line: int | None = None) -> None:
        place = f"{path}, line {line}" if line else str(path)
        super().__init__(f"{place}: {reason}")
        self.path, self.reason, self.line = path, reason, line


class TooFewApplications(LoanError):
    """There are too few to learn from, or to measure on."""


class LoanModelUnusable(LoanError):
    """The folder of an approval model is absent, incomplete or damaged."""

    def __init__(self, directory: Path, reason: str) -> None:
        super().__init__(
            f"The approval model in {directory} cannot be used: {reason}. Train one with train_loan_model."
        )
        self.directory, self.reason = directory, reason
