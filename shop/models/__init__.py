"""The shop's entities, one module per noun."""

from shop.models.addresses import Address
from shop.models.catalogue import Category, Product
from shop.models.customers import Customer
from shop.models.login_delays import LoginDelay
from shop.models.product_views import ProductView
from shop.models.reviews import Review
from shop.models.tags import ProductTag, TagMention

__all__ = [
    "Address",
    "Category",
    "Customer",
    "LoginDelay",
    "Product",
    "ProductTag",
    "ProductView",
    "Review",
    "TagMention",
]
