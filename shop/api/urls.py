from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from shop.api import catalogue, reviews

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("categories/", catalogue.Categories.as_view(), name="categories"),
    path("products/", catalogue.Products.as_view(), name="products"),
    path("products/facets/", catalogue.Facets.as_view(), name="facets"),
    path("products/<row:product_id>/", catalogue.OneProduct.as_view(), name="product"),
    path("products/<row:product_id>/reviews/", reviews.Reviews.as_view(), name="reviews"),
]
