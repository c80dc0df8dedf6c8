"""Ours and others' models, each with the settings that it is tried with on the validation split."""

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from recommender import behaviour, blend, neighbours
from recommender.behaviour import Floats, Interactions, inverse
from recommender.evaluation.measures import Scorer, had_items

Setting = Mapping[str, float]
NONE: tuple[Setting, ...] = ({},)


ALONE = f"Larder, {neighbours.KEPT} weights a product"  # as served, by behaviour alone
BLENDED = "Larder, blended with categories"


@dataclass(frozen=True, slots=True)
class Model:
    """`learn` takes long and one of `learnt_with`; `score` is quick and takes one of `scored_with`."""

    name: str
    learn: Callable[[Interactions, Setting], Any]
    learnt_with: tuple[Setting, ...]
    score: Callable[[Interactions, Any, Setting], Scorer]
    scored_with: tuple[Setting, ...] = NONE

    @property
    def first_setting(self) -> Setting:
        return {**self.learnt_with[0], **self.scored_with[0]}

    @property
    def settings(self) -> int:
        """Of how many one is chosen."""
        return len(self.learnt_with) * len(self.scored_with)

    @property
    def steps(self) -> int:
        """Of `Course.run`: to learn and to try each where there is a choice, and to measure."""
        return 1 + (len(self.learnt_with) + self.settings if self.settings > 1 else 0)


def ours() -> Model:
    """Least ridge first: of settings that do about equally well, the one that shows more of the shop."""
    return Model(
        "Larder", learn_ours, tuple({"ridge": r, "visit_decay": 0.8} for r in (100, 200, 300)),
        score_ours, tuple({"position_decay": p, "days": 30.0, "lasting": 0.1} for p in (0.7, 0.8)),
    )  # fmt: skip


def ablations(setting: Setting) -> Iterator[Model]:
    """Ours, each time without one of its ideas."""
    learnt = {name: setting[name] for name in ("ridge", "visit_decay")}
    scored = {name: setting[name] for name in ("position_decay", "days", "lasting")}
    forever = {"position_decay": 1.0, "days": 1e9}
    for name, learnt_with, scored_with in (
        ("without fading while learning", learnt | {"visit_decay": 1.0}, scored),
        ("without fading in the shopper's past", learnt, scored | forever),
        ("without fading by place", learnt, scored | {"position_decay": 1.0}),
        ("without fading by days", learnt, scored | {"days": 1e9}),
    ):
        yield Model(f"Larder {name}", learn_ours, (learnt_with,), score_ours, (scored_with,))


def learn_ours(known: Interactions, setting: Setting) -> Floats:
    return behaviour.fit(known, behaviour.Settings(**setting))


def score_ours(known: Interactions, weights: Floats, setting: Setting) -> Scorer:
    past = behaviour.contexts(known, behaviour.Settings(**setting))
    return lambda users: past[users] @ weights


def with_links(links: Any, setting: Setting) -> Model:
    """Ours, and beside it what a shop lists as complement or substitute of what the shopper has."""
    learnt = {name: setting[name] for name in ("ridge", "visit_decay")}
    scored = {name: setting[name] for name in ("position_decay", "days", "lasting")}

    def score(known: Interactions, weights: Floats, weighed: Setting) -> Scorer:
        past = behaviour.contexts(known, behaviour.Settings(**scored))
        return lambda users: past[users] @ weights + weighed["links"] * (past[users] @ links).toarray()

    weighed = tuple({"links": weight} for weight in (0.002, 0.005, 0.01, 0.02))
    return Model("Larder, and links between products", learn_ours, (learnt,), score, weighed)


def as_served(setting: Setting) -> Iterator[Model]:
    """Ours as the shop keeps it: the largest weights of each row; and as it learns in a large catalogue."""
    learnt = {name: setting[name] for name in ("ridge", "visit_decay")}
    scored = {name: setting[name] for name in ("position_decay", "days", "lasting")}
    yield Model(ALONE, learn_kept, (learnt,), score_sparse, (scored,))
    sparse = tuple({"ridge": ridge, "visit_decay": learnt["visit_decay"]} for ridge in (30.0, 100.0))
    yield Model("Larder for large catalogues", learn_sparse, sparse, score_sparse, (scored,))


def learn_kept(known: Interactions, setting: Setting) -> Any:
    return neighbours.strongest(behaviour.fit(known, behaviour.Settings(**setting)))


def learn_sparse(known: Interactions, setting: Setting) -> Any:
    return neighbours.fit_sparsely(known, behaviour.Settings(**setting))


def score_sparse(known: Interactions, weights: Any, setting: Setting) -> Scorer:
    past = behaviour.contexts(known, behaviour.Settings(**setting))
    return lambda users: (past[users] @ weights).toarray()


def with_categories(categories: Any, setting: Setting) -> Model:
    """Ours blended with content as in the shop, categories of what the shopper has being the content."""
    learnt = {name: setting[name] for name in ("ridge", "visit_decay")}
    scored = {name: setting[name] for name in ("position_decay", "days", "lasting")}

    def score(known: Interactions, weights: Any, weighed: Setting) -> Scorer:
        past = behaviour.contexts(known, behaviour.Settings(**scored))
        counts = learn_popularity(known, {})
        evidence = evidence_of(known, setting)
        sure = blend.trust(counts, weighed["product_doubt"])

        def scores(users: behaviour.Integers) -> Floats:
            had = past[users]
            behaved = best_as_one(np.maximum((had @ weights).toarray(), 0.0))
            content = best_as_one((had @ categories @ categories.T).toarray())
            shopper = blend.trust(evidence[users], weighed["shopper_doubt"])[:, None]
            return blend.blended(behaved, content, shopper, sure[None])

        return scores

    served = {"shopper_doubt": blend.SHOPPER_DOUBT, "product_doubt": blend.PRODUCT_DOUBT}
    return Model(BLENDED, learn_kept, (learnt,), score, (served,))


def evidence_of(known: Interactions, setting: Setting) -> Floats:
    """(users,) how many events of others stand behind what each has, as `Weights.evidence` counts them."""
    scored = {name: setting[name] for name in ("position_decay", "days", "lasting")}
    past = behaviour.contexts(known, behaviour.Settings(**scored))
    counted: Floats = (past.minimum(1.0) @ learn_popularity(known, {})).astype(np.float32)
    return counted


def best_as_one(scores: Floats) -> Floats:
    """Each row's largest as one."""
    most = scores.max(axis=1, keepdims=True)
    most[most <= 0] = 1.0
    scaled: Floats = np.divide(scores, most, dtype=np.float32)
    return scaled


def peers() -> Iterator[Model]:
    decays: tuple[Setting, ...] = tuple({"decay": decay} for decay in (0.3, 0.5, 0.7))
    shrinks: tuple[Setting, ...] = tuple({"shrink": shrink} for shrink in (10, 50, 200))
    ridges: tuple[Setting, ...] = tuple({"ridge": ridge} for ridge in (100, 300, 1000))
    evenly: tuple[Setting, ...] = ({"decay": 1.0},)
    yield Model("popularity", learn_popularity, NONE, score_popularity)
    yield Model("ItemKNN", learn_item_knn, shrinks, score_items, evenly)
    yield Model("ItemKNN, recency decay", learn_item_knn, shrinks, score_items, decays)
    yield Model("EASE", learn_ease, ridges, score_items, evenly)
    yield Model("EASE, recency decay", learn_ease, ridges, score_items, decays)
    if importlib.util.find_spec("implicit"):
        factors = (64, 128)
        yield Model("ALS", learn_als, tuple({"factors": f, "alpha": a} for f in factors for a in (1, 10)),
                    score_factors)  # fmt: skip
        yield Model("BPR", learn_bpr, tuple({"factors": f, "rate": r} for f in factors for r in (0.01, 0.05)),
                    score_factors)  # fmt: skip


def learn_popularity(known: Interactions, setting: Setting) -> Floats:
    return np.bincount(known.items, minlength=known.item_count).astype(np.float32)


def score_popularity(known: Interactions, counts: Floats, setting: Setting) -> Scorer:
    return lambda users: np.tile(counts, (len(users), 1))


def learn_item_knn(known: Interactions, setting: Setting) -> Any:
    """(items, items), sparse: cosine with shrinkage (Sarwar et al., 2001; Bell and Koren, 2007)."""
    together = counts_together(known).tocoo()
    sizes = np.sqrt(np.bincount(known.items, minlength=known.item_count))
    likeness = together.data / (sizes[together.row] * sizes[together.col] + setting["shrink"])
    likeness[together.row == together.col] = 0.0
    return csr_matrix((likeness.astype(np.float32), (together.row, together.col)), shape=together.shape)


def learn_ease(known: Interactions, setting: Setting) -> Floats:
    """(items, items): the embarrassingly shallow autoencoder (Steck, WWW 2019)."""
    gram = counts_together(known).toarray(order="F")
    gram[np.diag_indices_from(gram)] += np.float32(setting["ridge"])
    precision = inverse(gram)
    weights: Floats = precision / -np.diag(precision)
    np.fill_diagonal(weights, 0.0)
    return weights


def score_items(known: Interactions, weights: Any, setting: Setting) -> Scorer:
    past = decayed(known, setting["decay"])

    def scores(users: behaviour.Integers) -> Floats:
        found = past[users] @ weights
        return found if isinstance(found, np.ndarray) else found.toarray()

    return scores


def learn_als(known: Interactions, setting: Setting) -> Any:
    from implicit.als import AlternatingLeastSquares  # noqa: PLC0415 (an extra)

    return learn_factors(
        AlternatingLeastSquares(
            factors=int(setting["factors"]), alpha=setting["alpha"], regularization=0.1, random_state=4
        ),
        known,
    )


def learn_bpr(known: Interactions, setting: Setting) -> Any:
    from implicit.bpr import BayesianPersonalizedRanking  # noqa: PLC0415 (an extra)

    return learn_factors(
        BayesianPersonalizedRanking(
            factors=int(setting["factors"]), learning_rate=setting["rate"], random_state=4
        ),
        known,
    )


def learn_factors(model: Any, known: Interactions) -> Any:
    with threadpool_limits(1, "blas"):  # as implicit asks of whoever uses it
        model.fit(had_items(known).astype(np.float32), show_progress=False)
    return model


def score_factors(known: Interactions, model: Any, setting: Setting) -> Scorer:
    return lambda users: model.user_factors[users] @ model.item_factors.T


def counts_together(known: Interactions) -> Any:
    """(items, items), sparse: how many users have both."""
    had = had_items(known).astype(np.float32)
    return (had.T @ had).tocsr()


def decayed(known: Interactions, decay: float) -> Any:
    """(users, items), sparse: the last event counts one, each before it `decay` times less."""
    last = np.searchsorted(known.users, known.users, side="right") - 1
    values = np.float32(decay) ** (last - np.arange(len(known.users))).astype(np.float32)
    return csr_matrix((values, (known.users, known.items)), shape=(known.user_count, known.item_count))
