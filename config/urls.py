from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.static import serve

from shop.api.errors import UnknownAddress
from shop.views.access import staff_log_in

handler500 = "shop.api.errors.failed"

urlpatterns = [
    path("", include("shop.urls")),
    path("", include("recommender.urls")),
    path("", include("loans.urls")),
    path("api/v1/", include("shop.api.urls")),
    path("api/v1/", include("loans.api.urls")),
    re_path(r"^api/v1/", UnknownAddress.as_view()),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/login/", staff_log_in),
    path("admin/", admin.site.urls),
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}),
]
