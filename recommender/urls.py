from django.urls import URLPattern

app_name = "recommender"
urlpatterns: list[URLPattern] = []
