from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from shop.views import catalogue, health, product

app_name = "shop"
urlpatterns = [
    path("", catalogue.home, name="home"),
    path("category/<int:category_id>/", catalogue.category, name="category"),
    path("search/", catalogue.search, name="search"),
    path("product/<int:product_id>/", product.product, name="product"),
    path("product/<int:product_id>/tags/", product.product_tags, name="product-tags"),
    path("product/<int:product_id>/reviews/", product.post_product_review, name="post-review"),
    path(
        "login/",
        LoginView.as_view(template_name="shop/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("health/", health.health, name="health"),
]
