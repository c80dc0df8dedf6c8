"""The shop's entities, one module per noun."""

from shop.models.addresses import Address
from shop.models.catalogue import Category, Product
from shop.models.content import Announcement, CarouselSlide, HomeSlot
from shop.models.customers import Customer
from shop.models.login_delays import LoginDelay
from shop.models.pictures import ProductPicture
from shop.models.product_views import ProductView
from shop.models.reviews import Review
from shop.models.tags import ProductTag, TagMention

__all__ = [
    "Address",
    "Announcement",
    "CarouselSlide",
    "Category",
    "Customer",
    "HomeSlot",
    "LoginDelay",
    "Product",
    "ProductPicture",
    "ProductTag",
    "ProductView",
    "Review",
    "TagMention",
]
