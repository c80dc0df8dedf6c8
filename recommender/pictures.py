"""Pictures of tags for the back room: a product's labels in their groups, and all tags of the shop.

Labels lie near each other where they mean nearly the same. Letters: L labels, D dimensions.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import numpy.typing as npt
from django.db.models import Count
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from sklearn.manifold import TSNE

from recommender.embedding import one_thread
from recommender.models import Label, ReviewLabel, TagCluster
from shop.label_names import local_label
from shop.models.tags import Polarity

Floats = npt.NDArray[np.float32]

CHINESE_FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei",
    "PingFang SC", "Microsoft YaHei", "SimHei", "Noto Sans CJK JP", "Noto Serif CJK SC",
)  # fmt: skip
COLOURS = ("#1f6b3a", "#b5482a", "#2f5f9e", "#8a5a00", "#7b3f8c", "#00727a", "#a03060", "#5b6770")
POLARITY_COLOURS = {-1: "#b5482a", 0: "#5b6770", 1: "#1f6b3a"}
MOST_ON_THE_MAP = 400
FEWEST_FOR_A_MAP = 5
DPI = 110


@dataclass(frozen=True, slots=True)
class Spot:
    """A label in a picture. `group` is the rank of its tag, None where it belongs to none."""

    label: str
    count: int
    polarity: int
    vector: Floats
    group: int | None
    is_tag: bool


def picture_of_product(product_id: int, title: str) -> bytes:
    """PNG: the product's labels by meaning, larger where more reviews say so, coloured by their tag."""
    return drawn(spots_of(product_id), title, by_group=True)


def picture_of_all() -> bytes:
    """PNG: the tags of the whole shop, larger where more products have them, coloured by polarity."""
    return drawn(all_spots(), _("All tags"), by_group=False)


def spots_of(product_id: int) -> list[Spot]:
    clusters = list(TagCluster.objects.filter(product_id=product_id).order_by("rank"))
    group_of = {label: cluster.rank for cluster in clusters for label in cluster.members}
    names = {cluster.medoid_id for cluster in clusters}
    mentions = ReviewLabel.objects.filter(product_id=product_id).values_list("label_id", flat=True)
    counts = Counter(mentions)
    return [
        Spot(
            label.text,
            counts[label.text],
            label.polarity,
            np.array(label.embedding, dtype=np.float32),
            group_of.get(label.text),
            label.text in names,
        )
        for label in Label.objects.filter(pk__in=list(counts)).order_by("text")
    ]


def all_spots() -> list[Spot]:
    """The commonest MOST_ON_THE_MAP."""
    counted = TagCluster.objects.order_by().values("medoid_id").annotate(n=Count("pk"))
    common = counted.order_by("-n", "medoid_id").values_list("medoid_id", "n")[:MOST_ON_THE_MAP]
    products = dict(common)
    labels = Label.objects.in_bulk(products)
    return [
        Spot(
            text,
            products[text],
            label.polarity,
            np.array(label.embedding, dtype=np.float32),
            group=None,
            is_tag=True,
        )
        for text, label in sorted(labels.items())
    ]


def drawn(spots: Sequence[Spot], title: str, *, by_group: bool) -> bytes:
    figure = Figure(figsize=(8, 5.5) if by_group else (14, 10), layout="constrained")
    axes = figure.subplots()
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, fontfamily=fonts())
    axes.margins(0.12)
    if spots:
        places = plane(np.stack([spot.vector for spot in spots]), is_map=not by_group)
        mark(axes, spots, places, by_group=by_group)
        explain(axes, by_group=by_group)
    else:
        axes.text(0.5, 0.5, _("No tags yet"), ha="center", transform=axes.transAxes, fontfamily=fonts())
    written = BytesIO()
    figure.savefig(written, format="png", dpi=DPI)
    return written.getvalue()


def mark(axes: Axes, spots: Sequence[Spot], places: Floats, *, by_group: bool) -> None:
    most = max(spot.count for spot in spots)
    families = fonts()
    axes.scatter(
        places[:, 0], places[:, 1],
        s=[30 + 500 * spot.count / most for spot in spots],
        c=[colour_of(spot, by_group=by_group) for spot in spots],
        alpha=0.45, linewidths=0,
    )  # fmt: skip
    for spot, (x, y) in zip(spots, places, strict=True):
        text = f"{name_of(spot.label)} ({spot.count})" if by_group else name_of(spot.label)
        axes.annotate(
            text,
            (x, y),
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            fontfamily=families,
            fontsize=9 if by_group else 8,
            weight="bold" if by_group and spot.is_tag else "normal",
        )


def explain(axes: Axes, *, by_group: bool) -> None:
    """What size, place and colour mean."""
    with translation.override(readable_language()):
        if by_group:
            said = _("Larger: more reviews say so. One colour: one tag, its name in bold. Grey: in no tag.")
        else:
            said = _("Larger: more products have it. Near each other: they mean nearly the same.")
            colours = [
                Line2D([], [], marker="o", linestyle="", alpha=0.45, color=colour, label=Polarity(side).label)
                for side, colour in POLARITY_COLOURS.items()
            ]
            axes.legend(handles=colours, prop={"family": fonts()})
    axes.set_xlabel(said, fontfamily=fonts(), fontsize=8)


def colour_of(spot: Spot, *, by_group: bool) -> str:
    if not by_group:
        return POLARITY_COLOURS[spot.polarity]
    return "#b9b9b9" if spot.group is None else COLOURS[spot.group % len(COLOURS)]


def plane(vectors: Floats, *, is_map: bool) -> Floats:
    """(L, 2): t-SNE (van der Maaten and Hinton, 2008) of many, else the two main directions."""
    centred = vectors - vectors.mean(axis=0)
    with one_thread().limit(limits=1):
        if is_map and len(vectors) > FEWEST_FOR_A_MAP:
            perplexity = min(15.0, (len(vectors) - 1) / 3)
            found: Floats = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(centred)
            return found
        left, sizes, _right = np.linalg.svd(centred, full_matrices=False)
    main: Floats = (left * sizes)[:, :2]
    return np.pad(main, ((0, 0), (0, 2 - main.shape[1])))


def fonts() -> list[str]:
    """Those of this machine that have Chinese, and what matplotlib brings along."""
    there = {font.name for font in font_manager.fontManager.ttflist}
    return [*(name for name in CHINESE_FONTS if name in there), "DejaVu Sans"]


def readable_language() -> str:
    """The reader's, and English where that is Chinese and there is no font for it."""
    language = get_language() or "en"
    return "en" if language.startswith("zh") and len(fonts()) == 1 else language


def name_of(label: str) -> str:
    with translation.override(readable_language()):
        return local_label(label)
