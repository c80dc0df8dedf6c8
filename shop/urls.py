from django.contrib.auth.views import LogoutView
from django.urls import path

from shop.views import cart, catalogue, checkout, coupons, health, login, orders, payments, product

app_name = "shop"
urlpatterns = [
    path("", catalogue.home, name="home"),
    path("category/<int:category_id>/", catalogue.category, name="category"),
    path("search/", catalogue.search, name="search"),
    path("product/<int:product_id>/", product.product, name="product"),
    path("product/<int:product_id>/tags/", product.product_tags, name="product-tags"),
    path("product/<int:product_id>/reviews/", product.post_product_review, name="post-review"),
    path("cart/", cart.cart, name="cart"),
    path("cart/<int:product_id>/add/", cart.add, name="add-to-cart"),
    path("cart/<int:product_id>/take/", cart.take, name="take-from-cart"),
    path("cart/<int:product_id>/quantity/", cart.set_quantity, name="set-quantity"),
    path("cart/<int:product_id>/remove/", cart.remove, name="remove-from-cart"),
    path("cart/coupon/", checkout.choose_coupon, name="choose-coupon"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("coupons/", coupons.coupons, name="coupons"),
    path("coupons/<int:coupon_id>/claim/", coupons.claim, name="claim-coupon"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<slug:number>/", orders.order, name="order"),
    path("orders/<slug:number>/cancel/", orders.cancel, name="cancel-order"),
    path("orders/<slug:number>/receive/", orders.receive, name="receive-order"),
    path("orders/<slug:number>/return/", orders.ask_for_return, name="return-order"),
    path("orders/<slug:number>/reorder/", orders.reorder, name="reorder"),
    path("orders/<slug:number>/hide/", orders.hide, name="hide-order"),
    path("orders/<slug:number>/pay/", payments.pay, name="pay"),
    path("orders/<slug:number>/pay/<slug:provider_name>/", payments.start, name="start-payment"),
    path("orders/<slug:number>/check/", payments.check, name="check-payment"),
    path("payments/<slug:provider_name>/callback/", payments.callback, name="payment-callback"),
    path("payments/sandbox/", payments.sandbox, name="sandbox"),
    path("login/", login.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("health/", health.health, name="health"),
]
