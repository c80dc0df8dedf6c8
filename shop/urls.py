from django.urls import path

from shop.views import access, account, addresses, catalogue, health, history, own_reviews, passwords, product

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
    path("account/", account.overview, name="account"),
    path("account/profile/", account.profile, name="profile"),
    path("account/avatar/", account.avatar, name="avatar"),
    path("account/avatar/remove/", account.remove_avatar, name="remove-avatar"),
    path("account/addresses/", addresses.book, name="addresses"),
    path("account/addresses/new/", addresses.new_address, name="new-address"),
    path("account/addresses/<int:address_id>/", addresses.address, name="address"),
    path("account/addresses/<int:address_id>/delete/", addresses.delete_address, name="delete-address"),
    path("account/addresses/<int:address_id>/default/", addresses.make_default, name="make-default"),
    path("account/regions.json", addresses.region_names, name="regions"),
    path("account/reviews/", own_reviews.own_reviews, name="own-reviews"),
    path("account/reviews/<int:review_id>/", own_reviews.own_review, name="own-review"),
    path("account/reviews/<int:review_id>/delete/", own_reviews.delete_review, name="delete-review"),
    path("account/history/", history.history, name="history"),
    path("account/history/erase/", history.erase, name="erase-history"),
    path("account/history/erase/<int:product_id>/", history.erase_product, name="erase-from-history"),
    path("account/export/", account.export, name="export"),
    path("account/close/", account.close, name="close-account"),
    path("account/register/", access.registration, name="register"),
    path("account/password/", passwords.ChangePassword.as_view(), name="change-password"),
    path("account/password/forgotten/", passwords.forgotten_password, name="forgotten-password"),
    path("account/password/sent/", passwords.reset_mail_sent, name="reset-mail-sent"),
    path("account/password/new/<uidb64>/<token>/", passwords.NewPassword.as_view(), name="new-password"),
    path("health/", health.health, name="health"),
]
