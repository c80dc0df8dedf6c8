"""Filling a shop with a large catalogue to measure it by."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db import transaction
from django.utils import timezone

from shop.demo.entries import DemoEntries
from shop.demo.variations import SKU_PREFIX, Variation, variations
from shop.models import Product, ProductTag, Review, TagMention
from shop.services.catalogue import add_products
from shop.services.demo import Categories, cover_of, product_from, review_from, store_picture
from shop.services.stamping import stamp_anew

BATCH = 250  # products, with their reviews, in a transaction


@dataclass(frozen=True, slots=True)
class Generated:
    products: int
    reviews: int


Progress = Callable[[Iterable[Variation]], Iterable[Variation]]


def has_other_goods() -> bool:
    """Whether the shop sells anything that was not generated."""
    return Product.objects.exclude(sku__startswith=SKU_PREFIX).exists() or (
        Product.objects.filter(sku=None).exists()
    )


def generate_catalogue(
    *, entries: DemoEntries, products: int, reviews: int, seed: int, progress: Progress = iter
) -> Generated:
    """Add `products` with `reviews` in all; what an earlier run with the same numbers made is left alone.

    Each batch is a transaction. Tags are published as the recommender would, without asking it.
    """
    for entry in entries.products:
        store_picture(entry)
    categories = Categories()
    there = set(Product.objects.filter(sku__startswith=SKU_PREFIX).values_list("sku", flat=True))
    made = Generated(0, 0)
    for batch in _batches(progress(variations(entries, products, reviews, seed))):
        missing = [variation for variation in batch if variation.product.sku not in there]
        _write(missing, categories)
        made = Generated(
            made.products + len(missing),
            made.reviews + sum(len(variation.reviews) for variation in missing),
        )
    return made


def _batches(made: Iterable[Variation]) -> Iterator[list[Variation]]:
    remaining = iter(made)
    while batch := list(islice(remaining, BATCH)):
        yield batch


@transaction.atomic
def _write(batch: Sequence[Variation], categories: Categories) -> None:
    add_products([_product(variation, categories) for variation in batch])
    # Asked for again: MySQL does not say which ids it gave to many rows.
    rows = Product.objects.in_bulk([variation.product.sku for variation in batch], field_name="sku")
    products = [rows[variation.product.sku] for variation in batch]
    today = timezone.localdate()
    Review.objects.bulk_create(
        (
            review_from(product, None, review, today)
            for product, variation in zip(products, batch, strict=True)
            for review in variation.reviews
        ),
        batch_size=1000,
    )
    _write_tags(products, batch)
    stamp_anew(Product, [product.pk for product in products])
    stamp_anew(Review, Review.objects.filter(product__in=products).values_list("pk", flat=True))


def _product(variation: Variation, categories: Categories) -> Product:
    product = product_from(variation.product, categories.at(variation.product.path), variation.reviews)
    product.cover = cover_of(variation.base)
    return product


def _write_tags(products: Sequence[Product], batch: Sequence[Variation]) -> None:
    """The first label of a product is said by its first review, the second by its first two, and so on."""
    ProductTag.objects.bulk_create(
        ProductTag(
            product=product,
            label=label,
            count=rank + 1,
            share=(rank + 1) / len(variation.reviews),
            rank=rank,
        )
        for product, variation in zip(products, batch, strict=True)
        for rank, label in enumerate(variation.labels)
    )
    said: dict[int, list[int]] = {product.pk: [] for product in products}
    for product_id, review_id in (
        Review.objects.filter(product__in=products).order_by("pk").values_list("product_id", "pk")
    ):
        said[product_id].append(review_id)
    TagMention.objects.bulk_create(
        TagMention(tag=tag, review_id=review_id)
        for tag in ProductTag.objects.filter(product__in=products)
        for review_id in said[tag.product_id][: tag.count]
    )
