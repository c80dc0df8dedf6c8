"""The shop's entities, one module per noun."""

from shop.models.addresses import Address
from shop.models.audit import AuditEntry
from shop.models.cart import CartItem
from shop.models.catalogue import Category, Product
from shop.models.content import Announcement, CarouselSlide, HomeSlot
from shop.models.coupons import Coupon, CustomerCoupon
from shop.models.customers import Customer
from shop.models.delivery import DeliveryRule
from shop.models.idempotency import IdempotencyKey
from shop.models.login_delays import LoginDelay
from shop.models.orders import Order, OrderAddress, OrderEvent, OrderItem, Shipment, ShipmentEvent
from shop.models.outbox import OutboxMessage
from shop.models.payments import Payment, Refund, SandboxTrade
from shop.models.pictures import ProductPicture
from shop.models.product_views import ProductView
from shop.models.reviews import Review
from shop.models.stock import StockMovement
from shop.models.tags import ProductTag, TagMention
from shop.models.tokens import ApiToken

__all__ = [
    "Address",
    "Announcement",
    "ApiToken",
    "AuditEntry",
    "CarouselSlide",
    "CartItem",
    "Category",
    "Coupon",
    "Customer",
    "CustomerCoupon",
    "DeliveryRule",
    "HomeSlot",
    "IdempotencyKey",
    "LoginDelay",
    "Order",
    "OrderAddress",
    "OrderEvent",
    "OrderItem",
    "OutboxMessage",
    "Payment",
    "Product",
    "ProductPicture",
    "ProductTag",
    "ProductView",
    "Refund",
    "Review",
    "SandboxTrade",
    "Shipment",
    "ShipmentEvent",
    "StockMovement",
    "TagMention",
]
