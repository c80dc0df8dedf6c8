"""What was bought before says what is bought next, and nothing of what was bought earlier."""

import numpy as np

from recommender.behaviour import Interactions, Settings, contexts, fit, inverse, pairs, parts, products_of

GENTLE = Settings(ridge=1.0)


def bought(*events: tuple[int, int, int]) -> Interactions:
    users, items, days = np.array(events).T
    return Interactions(users, items, days, user_count=int(users.max()) + 1, item_count=5)


def test_tea_leads_to_a_cup_and_a_cup_not_to_tea() -> None:
    weights = fit(bought(*((user, item, item) for user in range(4) for item in (0, 1))), GENTLE)
    # Four rows with tea a visit ago, 0.8 of it left, each followed by a cup: 4 · 0.8 / (4 · 0.8² + ridge).
    np.testing.assert_allclose(weights[0, 1], 3.2 / 3.56, rtol=1e-6)
    assert weights[1, 0] == 0.0


def test_products_of_one_day_lead_to_each_other() -> None:
    weights = fit(bought(*((user, item, 7) for user in range(4) for item in (0, 1))), GENTLE)
    # Each predicts the other: 4 · 1 / (4 · 1² + ridge).
    np.testing.assert_allclose([weights[0, 1], weights[1, 0]], 0.8, rtol=1e-6)


def test_only_events_of_the_same_user_are_paired() -> None:
    rows, columns = pairs(np.array([0, 0, 3]))
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)]


def test_what_is_learnt_of_some_users_after_others_is_what_is_learnt_of_all_at_once() -> None:
    history = bought(*((user, item, item) for user in range(7) for item in range(user % 4 + 1)))
    few = list(parts(history, pairs_at_once=20))
    assert [sorted(set(part.users.tolist())) for part in few] == [[0, 1, 2], [3, 4, 5], [6]]
    whole, added = (
        [sum(matrices).toarray() for matrices in zip(*each, strict=True)]
        for each in (
            products_of(history, 0.8),
            (products for part in few for products in products_of(part, 0.8)),
        )
    )
    np.testing.assert_allclose(added, whole, rtol=1e-6)
    assert np.count_nonzero(whole) > 0


def test_a_context_fades_with_place_and_days() -> None:
    context = contexts(bought((0, 2, 10), (0, 4, 40))).toarray()
    np.testing.assert_allclose(context, [[0, 0, 0.8 * (np.exp(-1) + 0.1), 0, 1.1]], rtol=1e-6)


def test_the_inverse_is_that_of_numpy() -> None:
    root = np.random.default_rng(3).normal(size=(7, 5)).astype(np.float32)
    matrix = np.asfortranarray(root.T @ root + np.eye(5, dtype=np.float32))
    np.testing.assert_allclose(inverse(matrix.copy(order="F")), np.linalg.inv(matrix), rtol=1e-3, atol=1e-5)
