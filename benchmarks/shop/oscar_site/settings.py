"""A django-oscar site as its manual says to make one; search by Whoosh, thumbnails by sorl.

Its sandbox has the same two. Runs in an environment of its own, where nothing of ours is installed.
"""

import os
from pathlib import Path

import oscar
from oscar.defaults import *  # noqa: F403

FOLDER = Path(os.environ["OSCAR_FOLDER"])
PACKAGE = Path(oscar.__file__).parent

SECRET_KEY = "of a site that is measured and thrown away"  # noqa: S105
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.shop.oscar_site.urls"
SITE_ID = 1
INSTALLED_APPS = [*oscar.INSTALLED_APPS, "sorl.thumbnail"]
MIDDLEWARE = [
    "benchmarks.shop.counting.CountQueries",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
]
AUTHENTICATION_BACKENDS = (
    "oscar.apps.customer.auth_backends.EmailBackend",
    "django.contrib.auth.backends.ModelBackend",
)
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "django.template.context_processors.media",
                "django.template.context_processors.static",
                "django.contrib.messages.context_processors.messages",
                "oscar.apps.search.context_processors.search_form",
                "oscar.apps.checkout.context_processors.checkout",
                "oscar.apps.communication.notifications.context_processors.notifications",
                "oscar.core.context_processors.metadata",
            ],
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.mysql",
        "NAME": os.environ["OSCAR_DATABASE"],
        "HOST": os.environ["OSCAR_HOST"],
        "PORT": os.environ["OSCAR_PORT"],
        "USER": os.environ["OSCAR_USER"],
        "PASSWORD": os.environ["OSCAR_PASSWORD"],
        "CONN_MAX_AGE": 60,
        "OPTIONS": {"charset": "utf8mb4", "isolation_level": "read committed"},
    }
}
HAYSTACK_CONNECTIONS = {
    "default": {
        "ENGINE": "haystack.backends.whoosh_backend.WhooshEngine",
        "PATH": str(FOLDER / "whoosh"),
        "INCLUDE_SPELLING": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
OSCAR_INITIAL_ORDER_STATUS, OSCAR_INITIAL_LINE_STATUS = "Pending", "Pending"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LANGUAGE_CODE, USE_TZ = "en", True
STATIC_URL, STATIC_ROOT = "/static/", str(FOLDER / "static")
WHITENOISE_USE_FINDERS = True
MEDIA_URL, MEDIA_ROOT = "/media/", str(FOLDER / "media")
