from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from shop.api import (
    addresses,
    cart,
    catalogue,
    checkout,
    coupons,
    orders,
    profile,
    reference,
    reviews,
    tokens,
)

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("reference/", reference.reference, name="reference"),
    path("categories/", catalogue.Categories.as_view(), name="categories"),
    path("products/", catalogue.Products.as_view(), name="products"),
    path("products/facets/", catalogue.Facets.as_view(), name="facets"),
    path("products/<row:product_id>/", catalogue.OneProduct.as_view(), name="product"),
    path("products/<row:product_id>/reviews/", reviews.Reviews.as_view(), name="reviews"),
    path("token/", tokens.Tokens.as_view(), name="token"),
    path("token/current/", tokens.CurrentToken.as_view(), name="current-token"),
    path("cart/", cart.Cart.as_view(), name="cart"),
    path("cart/items/", cart.CartItems.as_view(), name="cart-items"),
    path("cart/items/<row:product_id>/", cart.CartItem.as_view(), name="cart-item"),
    path("checkout/", checkout.CheckoutView.as_view(), name="checkout"),
    path("orders/", orders.Orders.as_view(), name="orders"),
    path("orders/<slug:number>/", orders.OneOrder.as_view(), name="order"),
    path("orders/<slug:number>/cancel/", orders.Cancellation.as_view(), name="cancel-order"),
    path("orders/<slug:number>/receive/", orders.Receipt.as_view(), name="receive-order"),
    path("orders/<slug:number>/return/", orders.Returns.as_view(), name="return-order"),
    path("orders/<slug:number>/reorder/", orders.Reordering.as_view(), name="reorder"),
    path("orders/<slug:number>/hide/", orders.Hiding.as_view(), name="hide-order"),
    path("coupons/", coupons.Coupons.as_view(), name="coupons"),
    path("coupons/<row:coupon_id>/claim/", coupons.Claim.as_view(), name="claim-coupon"),
    path("coupons/redeem/", coupons.Redemption.as_view(), name="redeem-code"),
    path("profile/", profile.Profile.as_view(), name="profile"),
    path("history/", profile.History.as_view(), name="history"),
    path("history/<row:product_id>/", profile.SeenProduct.as_view(), name="seen-product"),
    path("addresses/", addresses.Addresses.as_view(), name="addresses"),
    path("addresses/<row:address_id>/", addresses.OneAddress.as_view(), name="address"),
]
