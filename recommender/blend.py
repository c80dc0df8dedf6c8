"""Behaviour and content in one score, each by how much evidence stands behind it. Pure; works on arrays."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Evidence = TypeVar("Evidence", float, Floats)

# Chosen on validation, with categories as content: docs/benchmarks/recommender.md.
SHOPPER_DOUBT = 20.0  # events behind what a shopper touched, at which behaviour is half as sure as it gets
PRODUCT_DOUBT = 1.0  # events of a product at which behaviour is half as sure about it
SAID = 0.1  # what content may say of a product beside behaviour, at most, where nobody touched it yet


def trust(evidence: Evidence, doubt: float) -> Evidence:
    """0 without evidence, towards 1 with much."""
    return evidence / (evidence + doubt)


def blended(behaviour: Floats, content: Floats, shopper: Floats | float, product: Floats) -> Floats:
    """Scores. `behaviour` and `content` are 0 to 1, the best product of each having 1.

    `shopper` and `product` are how far behaviour is trusted for each. Where it is trusted for both, content
    hardly moves anything; where a shopper's touches tell nothing of others, content decides alone; and a
    product that nobody has touched yet can still be found.
    """
    sure = np.asarray(shopper, np.float32)
    weight = (1.0 - sure) + sure * SAID * (1.0 - product)
    found: Floats = sure * behaviour + weight * content
    return found
