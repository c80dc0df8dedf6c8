"""From decided applications to a folder with an approval model."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import sklearn

from loans.approval.applications import Applications
from loans.approval.fitting import HOME_LOAN_RATE, LEAST_IN_LEAF, LEAST_TO_SPLIT, TREES, fit
from loans.approval.model import ApprovalForest, write

SEED = 0


def train(
    applications: Applications, out: Path, typical_income: Decimal | None, metrics: Mapping[str, Any]
) -> ApprovalForest:
    """Learn from every application, and replace what `out` holds in one move. Raises TooFewApplications.

    `metrics` is what `evaluate` found of models that were fitted as this one is.
    """
    about = {
        "data": {"name": applications.name, "sha256": applications.sha256},
        "applications": len(applications), "approved": int(applications.approved.sum()),
        "forest": {
            "trees": TREES, "least_in_leaf": LEAST_IN_LEAF, "least_to_split": LEAST_TO_SPLIT, "seed": SEED,
            "rate_of_the_home_loans": HOME_LOAN_RATE,
        },
        "metrics": dict(metrics),
        "made_with": f"scikit-learn {sklearn.__version__}",
    }  # fmt: skip
    model = fit(applications, SEED, typical_income, about)
    write(model, out)
    return model
