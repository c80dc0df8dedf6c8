"""What a product holds, whatever words stand in its texts."""

import pytest

from recommender.contents import held_terms, of_kind


@pytest.mark.parametrize(
    ("detail", "without", "holds_it"),
    [
        ("Ingredients: oats, hazelnuts.", "nuts", True),
        ("Ingredients: oats. May contain almonds.", "nuts", True),
        ("Ingredients: oats, dates. No nuts, no peanuts.", "nuts", False),
        ("Baked without wheat or milk. Ingredients: almonds, sugar.", "gluten", False),
        ("Ingredients: oat powder, coconut oil. Dairy free.", "dairy", False),
        ("Made for milk. Ingredients: black tea.", "milk", False),
        ("Ingredients: cocoa mass, sugar. May contain milk. Vegan.", "milk", False),
        ("Ingredients: cocoa mass, sugar. May contain milk and nuts. Vegan.", "nuts", True),
        ("Ingredients: soy milk, peanut butter.", "dairy", False),
        ("Ingredients: decaffeinated coffee. Decaf.", "caffeine", False),
        ("A crisp bar with walnuts.", "nuts", True),
        ("Ingredients: cocoa mass, sugar.", "caffeine", True),
        ("配料：可可粉、糖。", "咖啡因", True),
        ("Ingredients: matcha, sugar.", "caffeine", True),
        ("Ingredients: rose hips.", "caffeine", False),
        ("Ingredients: Arabica beans.", "咖啡", True),
        ("Ingredients: cocoa mass, sugar.", "chocolate", True),
        ("配料：燕麦、榛子。", "坚果", True),
        ("配料：燕麦。不含坚果。", "坚果", False),
        ("配料：无骨鸡肉、盐。", "鸡肉", True),
        ("无花果燕麦棒", "燕麦", True),
        ("无糖巧克力", "巧克力", True),
        ("无糖巧克力", "糖", False),
        ("无麸质，无乳糖的糕", "乳糖", False),
        ("无人工香精", "添加剂", False),
    ],
)
def test_ingredients_count_and_what_is_said_to_be_absent_does_not(
    detail: str, without: str, holds_it: bool
) -> None:
    held = set(held_terms("Oat bar", detail))
    assert (not held.isdisjoint(of_kind(without))) is holds_it


def test_a_word_that_is_no_kind_leaves_out_itself_alone() -> None:
    assert of_kind("raisins") == ["raisin"]
