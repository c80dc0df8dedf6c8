from django.urls import path

from recommender import api, views

app_name = "recommender"
urlpatterns = [
    path("ask/", views.ask, name="ask"),
    path("api/v1/ask/", api.Ask.as_view(), name="api-ask"),
    path("api/v1/products/<row:product_id>/alike/", api.Alike.as_view(), name="api-alike"),
]
