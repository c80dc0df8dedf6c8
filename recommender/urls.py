from django.urls import path

from recommender import views

app_name = "recommender"
urlpatterns = [path("ask/", views.ask, name="ask")]
