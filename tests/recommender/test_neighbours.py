"""Behaviour where the catalogue is large: the same equations as the dense model, on a few neighbours each."""

import numpy as np
import pytest

from recommender import neighbours
from recommender.behaviour import Interactions, Settings, fit, pasts
from recommender.blend import blended, trust
from recommender.neighbours import fit_sparsely, fitted, strongest

GENTLE = Settings(ridge=5.0)


def a_history(items: int = 7, users: int = 40) -> Interactions:
    """Each takes five products that follow each other, a day each."""
    starts = np.random.default_rng(3).integers(items, size=users)
    taken = ((starts[:, None] + np.arange(5)) % items).ravel()
    return Interactions(np.repeat(np.arange(users), 5), taken, np.tile(np.arange(5), users), users, items)


@pytest.mark.parametrize("neighbours", [2, 3, 7])
def test_each_product_has_a_ridge_regression_on_its_neighbours(neighbours: int) -> None:
    found = fit_sparsely(a_history(), GENTLE, neighbours).toarray()
    past, bought = (matrix.toarray() for matrix in pasts(a_history(), GENTLE.visit_decay))
    for item in range(7):
        near = np.flatnonzero(found[:, item])
        square = past[:, near].T @ past[:, near] + GENTLE.ridge * np.eye(len(near))
        expected = np.linalg.solve(square, past[:, near].T @ bought[:, item])
        np.testing.assert_allclose(found[near, item], expected, rtol=1e-4, atol=1e-6)


def test_only_the_nearest_have_a_say() -> None:
    weights = fit_sparsely(a_history(), GENTLE, neighbours=2)
    assert weights.tocsc().getnnz(axis=0).tolist() == [2] * 7
    followed = [int(np.argmax(row)) for row in weights.toarray()]
    assert followed == [1, 2, 3, 4, 5, 6, 0]


def test_where_nobody_took_two_products_nothing_goes_with_anything() -> None:
    alone = Interactions(np.arange(7), np.arange(7), np.zeros(7, np.int64), 7, 7)
    assert fit_sparsely(alone, GENTLE).nnz == 0


def test_of_a_dense_row_the_largest_are_kept_whatever_their_sign() -> None:
    rows = np.array([[0.1, -0.9, 0.5], [0.0, 0.2, -0.3]], np.float32)
    np.testing.assert_array_equal(
        strongest(rows, 2).toarray(), np.array([[0.0, -0.9, 0.5], [0.0, 0.2, -0.3]], np.float32)
    )
    assert strongest(rows, 3).toarray().tolist() == rows.tolist()


@pytest.mark.parametrize(("limit", "way"), [(7, "dense"), (6, "sparse")])
def test_the_size_of_the_catalogue_decides(monkeypatch: pytest.MonkeyPatch, limit: int, way: str) -> None:
    monkeypatch.setattr(neighbours, "MOST_DENSE", limit)
    found = fitted(a_history(), GENTLE).toarray()
    expected = {"dense": fit(a_history(), GENTLE), "sparse": fit_sparsely(a_history(), GENTLE).toarray()}
    np.testing.assert_array_equal(found, expected[way])


def test_a_weak_touch_teaches_less() -> None:
    events = a_history()
    weak = Interactions(
        events.users, events.items, events.days, events.user_count, events.item_count,
        np.full(len(events.users), 0.2, np.float32),
    )  # fmt: skip
    assert np.abs(fit(weak, GENTLE)).sum() < np.abs(fit(events, GENTLE)).sum()


class TestBlend:
    behaviour = np.array([1.0, 0.9, 0.0], np.float32)
    content = np.array([0.0, 1.0, 1.0], np.float32)

    def test_without_evidence_content_decides_alone(self) -> None:
        assert blended(self.behaviour, self.content, 0.0, np.zeros(3, np.float32)).tolist() == [0.0, 1.0, 1.0]

    def test_with_evidence_of_both_behaviour_decides_alone(self) -> None:
        found = blended(self.behaviour, self.content, 1.0, np.ones(3, np.float32))
        assert found.tolist() == self.behaviour.tolist()

    def test_a_product_that_nobody_touched_can_still_be_found(self) -> None:
        found = blended(self.behaviour, self.content, 1.0, np.array([1.0, 1.0, 0.0], np.float32))
        assert found.tolist() == pytest.approx([1.0, 0.9, 0.1])

    def test_trust_grows_with_evidence(self) -> None:
        assert [trust(evidence, 5.0) for evidence in (0.0, 5.0, 45.0)] == [0.0, 0.5, 0.9]
