"""From a purchase history to a folder with a score model."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import sklearn

from loans.purchases import PurchaseHistory
from loans.scoring.cohorts import cohort, training_cuts
from loans.scoring.exceptions import TooFewPurchases
from loans.scoring.features import CHARACTERISTICS
from loans.scoring.fitting import fit
from loans.scoring.model import FILE, ScoreModel


def train(
    history: PurchaseHistory, out: Path, typical_order: Decimal | None, tick: Callable[[], object]
) -> ScoreModel:
    """Learn from every customer, and replace what `out` holds in one move. Raises TooFewPurchases.

    Training divides by the history's own typical order; the model that is written divides by the shop's.
    """
    cuts = training_cuts(history.first, history.until)
    if not cuts:
        raise TooFewPurchases(
            f"The orders span {(history.until - history.first).days} days, and 180 are needed: 90 to look "
            "back on and 90 for what came of it. Train on a public history with --purchases."
        )
    rows = cohort(history, cuts, history.typical_order, tick=tick)
    about = {
        "data": {"name": history.name, "sha256": history.sha256, "rules": dict(history.rules)},
        "rows": len(rows), "customers": len(set(rows.customers)),
        "cuts": [cut.date().isoformat() for cut in cuts],
        "typical_order_of_the_data": str(history.typical_order),
        "made_with": f"scikit-learn {sklearn.__version__}",
    }  # fmt: skip
    fitted = fit(rows, typical_order or history.typical_order, about)
    used = {each.characteristic.name for each in fitted.weights}
    dropped = [each.name for each in CHARACTERISTICS if each.name not in used]
    model = replace(fitted, about=about | {"dropped": dropped})
    _write(model, out)
    return model


def _write(model: ScoreModel, out: Path) -> None:
    """The folder holds one file, so replacing that replaces the model."""
    out.mkdir(parents=True, exist_ok=True)
    part = out / f".{FILE}.part"
    part.write_text(model.text, encoding="utf-8")
    part.replace(out / FILE)
