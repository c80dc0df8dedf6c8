"""Files of pictures that nothing shows any more."""

from shop.models import CarouselSlide, OrderItem, Product, ProductPicture
from shop.services.accounts import delete_file_on_commit


def forget_picture(*, name: str) -> None:
    """Delete the file once the transaction that replaced it is done, unless something still names it.

    An order's line does, of a product's cover as it was.
    """
    if name and not is_named(name):
        delete_file_on_commit(name)


def is_named(name: str) -> bool:
    return (
        Product.objects.filter(cover=name).exists()
        or ProductPicture.objects.filter(picture=name).exists()
        or CarouselSlide.objects.filter(picture=name).exists()
        or OrderItem.objects.filter(cover=name).exists()
    )
