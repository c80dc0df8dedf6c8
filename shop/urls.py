from django.urls import path

from shop.views import access, catalogue, health, passwords, product

app_name = "shop"
urlpatterns = [
    path("", catalogue.home, name="home"),
    path("category/<int:category_id>/", catalogue.category, name="category"),
    path("search/", catalogue.search, name="search"),
    path("product/<int:product_id>/", product.product, name="product"),
    path("product/<int:product_id>/tags/", product.product_tags, name="product-tags"),
    path("product/<int:product_id>/reviews/", product.post_product_review, name="post-review"),
    path("login/", access.LogIn.as_view(), name="login"),
    path("logout/", access.LogOut.as_view(), name="logout"),
    path("account/register/", access.registration, name="register"),
    path("account/password/", passwords.ChangePassword.as_view(), name="change-password"),
    path("account/password/forgotten/", passwords.forgotten_password, name="forgotten-password"),
    path("account/password/sent/", passwords.reset_mail_sent, name="reset-mail-sent"),
    path("account/password/new/<uidb64>/<token>/", passwords.NewPassword.as_view(), name="new-password"),
    path("health/", health.health, name="health"),
]
