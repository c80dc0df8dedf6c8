"""The calibration of the approval model as a picture."""

from pathlib import Path

from matplotlib.figure import Figure

from loans.approval.applications import Applications
from loans.approval.evaluation import Evaluation, bins


def draw(found: Evaluation, applications: Applications, path: Path) -> None:
    """What applications were told, and what was decided; the area of a point grows with their number."""
    figure = Figure(figsize=(6, 5.2), dpi=110, layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1, linestyle="--", label="told as it was decided")
    each = list(bins(found.chances, applications.approved))
    axes.scatter(
        [bin.told for bin in each], [bin.approved for bin in each], [3 * bin.number for bin in each],
        color="#2b6a4d", alpha=0.75, label="applications of one tenth, and how many",
    )  # fmt: skip
    for bin in each:
        place = (bin.told, bin.approved)
        axes.annotate(f"{bin.number:.0f}", place, (9, -11), textcoords="offset points", fontsize=8)
    axes.set(
        xlabel="approval likelihood told, by models that had not seen the application",
        ylabel="share that the bank approved", xlim=(0, 1), ylim=(-0.03, 1.03),
    )  # fmt: skip
    axes.legend(frameon=False, loc="upper left")
    figure.savefig(path, metadata={"Software": None})
