"""How much a label tells one product from another."""

from math import log

COMMON = 0.5  # what the label that most products carry still weighs


def rarity(product_count: int, most: int) -> float:
    """The weight of a label that `product_count` products carry, `most` carrying the commonest one.

    Inverse product frequency (Spärck Jones, 1972, with products for documents), from COMMON upwards.
    """
    return COMMON + log(max(most, 1) / max(product_count, 1)) if product_count < most else COMMON
