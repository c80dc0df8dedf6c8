"""Settings, from environment variables alone.

With none set this is the embedded profile: SQLite, an embedded PostgreSQL, a broker of files, all
under `VAR_DIR`. docs/operations.md lists every variable.
"""

from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import env, secrets

django_stubs_ext.monkeypatch()  # lets ModelAdmin[Product] and ModelForm[Product] run, not only type-check

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var")


KEPT_OPEN = 60  # seconds for which a connection serves one page after another: to open one costs a process


def database(variable: str, embedded: dict[str, Any]) -> dict[str, Any]:
    """The database that `variable` names as a URL, or the embedded one."""
    url = env.text(variable, "")
    if not url:
        return embedded
    try:
        return dict(dj_database_url.parse(url, conn_max_age=KEPT_OPEN, conn_health_checks=True))
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(
            f"{variable} is not a database URL such as mysql://user:password@host:3306/larder."
        ) from error


DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY", "") or secrets.kept_in(VAR_DIR / "secret_key")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "shop",
    "loans",
    "recommender",
    "seq2label",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pads each answer by a random length: no oracle (BREACH)
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "recommender.middleware.ImpressionLog",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    }
]

FORM_RENDERER = "shop.forms.rendering.Renderer"

DATABASES = {
    "default": database(
        "DATABASE_URL",
        {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR_DIR / "shop.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        },
    ),
    "recommender": database(
        "RECOMMENDER_DATABASE_URL",
        {
            "ENGINE": "config.embedded_postgres",
            "NAME": "postgres",
            "USER": "postgres",
            "HOST": str(VAR_DIR / "postgres"),
            "PORT": "5432",
            "CONN_MAX_AGE": KEPT_OPEN,
            "CONN_HEALTH_CHECKS": True,
        },
    ),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.mysql":
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        {"charset": "utf8mb4", "isolation_level": "read committed"}
    )
if DATABASES["recommender"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["recommender"]["ENGINE"] = "recommender.patient_postgres"
DATABASES["recommender"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)
DATABASES["recommender"]["OPTIONS"].setdefault("prepare_threshold", 1)  # Django's own are never prepared
DATABASE_ROUTERS = ["config.routers.RoomRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "shop.Customer"
AUTHENTICATION_BACKENDS = ["shop.accounts.Accounts"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("login_name", "nickname", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "shop:login"
LOGIN_REDIRECT_URL = "shop:home"
LOGOUT_REDIRECT_URL = "shop:home"

PROXIES = env.whole("PROXIES", 0)  # in front of us, each adding to X-Forwarded-For

LANGUAGE_CODE = env.one_of("LANGUAGE_CODE", ("en", "zh-hans"))
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "shop" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "Asia/Shanghai")
CURRENCY, CURRENCY_SYMBOL = "CNY", "¥"

STATIC_URL = "static/"
STATIC_ROOT = env.folder("STATIC_DIR", VAR_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # no build step: the files are served from where they stand
MEDIA_URL = "media/"
MEDIA_ROOT = env.folder("MEDIA_DIR", VAR_DIR / "media")

EMAIL_HOST = env.text("EMAIL_HOST", "")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_PORT = env.whole("EMAIL_PORT", 587, at_least=1)
EMAIL_HOST_USER = env.text("EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_PASSWORD", "")
EMAIL_SECURITY = env.one_of("EMAIL_SECURITY", ("starttls", "tls", "none"))
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL_SECURITY == "starttls", EMAIL_SECURITY == "tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", "Larder <shop@localhost>")

# Nothing inline and nothing from elsewhere, in the shop as in the admin.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

SESSION_ENGINE = "shop.sessions"
SESSION_COOKIE_HTTPONLY = True
HTTPS = env.flag("HTTPS", False)  # behind a proxy that ends TLS and sets X-Forwarded-Proto
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = env.whole("HSTS_SECONDS", 3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS", False)
    # Whether every subdomain speaks HTTPS, and to be on browsers' lists for years, its owner says.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "folder://")
if CELERY_BROKER_URL == "folder://":
    BROKER_DIR = env.folder("BROKER_DIR", VAR_DIR / "broker")
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR),
        "data_folder_out": str(BROKER_DIR),
        "control_folder": str(BROKER_DIR),
        # With the usual second it hands out one task a second, and more than that are due.
        "polling_interval": 0.1,
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # as long as it takes
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    # The recommender pulls: a second between two looks at the shop's feed is what a new review waits.
    "recommender-catches-up": {
        "task": "recommender.tasks.catch_up",
        "schedule": 1.0,
        "options": {"expires": 10},
    },
    # Four for a shopper read their own touches live: this is how soon those of others count.
    "recommender-learns": {
        "task": "recommender.tasks.learn_from_behaviour",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    # What a payment's confirmation, a refund or a mail waits at most.
    "outbox": {"task": "shop.tasks.deliver_outbox", "schedule": 1.0, "options": {"expires": 10}},
    "unpaid-orders": {"task": "shop.tasks.expire_orders", "schedule": 30.0, "options": {"expires": 60}},
    "delivered-orders": {
        "task": "shop.tasks.complete_orders",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "recommender-forgets-old-data": {
        "task": "recommender.tasks.forget_old_data",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "loan-desk": {"task": "loans.tasks.keep_desk", "schedule": 30.0, "options": {"expires": 60}},
    "loan-refunds": {"task": "loans.tasks.pay_out_refunds", "schedule": 30.0, "options": {"expires": 60}},
    "loans-age": {"task": "loans.tasks.age_loans", "schedule": 3600.0, "options": {"expires": 3600}},
    "ledgers": {"task": "shop.tasks.reconcile", "schedule": crontab(hour=3, minute=15)},
    "ledger-of-loans": {"task": "loans.tasks.reconcile", "schedule": crontab(hour=3, minute=30)},
    "loan-desk-forgets": {"task": "loans.tasks.purge_finances", "schedule": 24 * 3600.0},
    "shop-forgets-old-data": {"task": "shop.tasks.forget_old_data", "schedule": 24 * 3600.0},
}
# Shared by all processes: it holds how often a program has called the API.
CACHE_URL = env.text("CACHE_URL", CELERY_BROKER_URL if CELERY_BROKER_URL.startswith("redis") else "")
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "larder",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
    if CACHE_URL
    else {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(VAR_DIR / "cache"),
        "TIMEOUT": 2 * 86_400,  # what counting gives an entry anew here: longer than the longest rate
        "OPTIONS": {"MAX_ENTRIES": 2_000},
    },
    # Each process's own, for what may be some seconds old: shop.remembering.
    "process": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 3_000},
    },
}

BROWSING_HISTORY_DAYS = env.whole("BROWSING_HISTORY_DAYS", 90, at_least=1)

REVIEW_MODERATION = env.one_of("REVIEW_MODERATION", ("after", "before"))  # a review is published

ORDER_PAYMENT_MINUTES = env.whole("ORDER_PAYMENT_MINUTES", 30, at_least=1)
ORDER_COMPLETION_DAYS = env.whole("ORDER_COMPLETION_DAYS", 7)
ORDER_DESK_EMAIL = env.text("ORDER_DESK_EMAIL", "orders@localhost")
PAYMENT_PROVIDERS = env.words("PAYMENT_PROVIDERS", "sandbox")  # the sandbox moves no money
if unknown := set(PAYMENT_PROVIDERS) - {"sandbox", "alipay"}:
    raise ImproperlyConfigured(
        f"PAYMENT_PROVIDERS names {', '.join(sorted(unknown))}: set it to alipay, sandbox, or both."
    )
ALIPAY_APP_ID = env.text("ALIPAY_APP_ID", "")
ALIPAY_PRIVATE_KEY_FILE = env.text("ALIPAY_PRIVATE_KEY_FILE", "")
ALIPAY_PUBLIC_KEY_FILE = env.text("ALIPAY_PUBLIC_KEY_FILE", "")
ALIPAY_TEST_GATEWAY = env.flag("ALIPAY_TEST_GATEWAY", False)
if "alipay" in PAYMENT_PROVIDERS:
    for variable in ("ALIPAY_APP_ID", "ALIPAY_PRIVATE_KEY_FILE", "ALIPAY_PUBLIC_KEY_FILE"):
        if not env.text(variable, ""):
            raise ImproperlyConfigured(f"{variable} is not set, and PAYMENT_PROVIDERS names alipay.")
    # The form that starts a payment leads there, and a browser asks the policy about that, too.
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] += [
        "https://*.alipay.com",
        "https://*.alipaydev.com",
    ]

API_RATE_GUEST = env.rate("API_RATE_GUEST", "120/minute")  # of one address
API_RATE_CUSTOMER = env.rate("API_RATE_CUSTOMER", "300/minute")
API_TOKEN_DAYS = env.whole("API_TOKEN_DAYS", 30, at_least=1)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": (
        "shop.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ),
    "DEFAULT_PERMISSION_CLASSES": ("rest_framework.permissions.IsAuthenticated",),
    "DEFAULT_PARSER_CLASSES": ("shop.api.parsing.JsonBody",),
    "DEFAULT_RENDERER_CLASSES": ("rest_framework.renderers.JSONRenderer",),
    "DEFAULT_SCHEMA_CLASS": "shop.api.schema.ApiSchema",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_THROTTLE_CLASSES": ("shop.api.throttling.CallRate",),
    "EXCEPTION_HANDLER": "shop.api.errors.error_answer",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Larder",
    "DESCRIPTION": "A grocery shop that reads its own reviews.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ("rest_framework.permissions.AllowAny",),
    "PATH_CONVERTER_OVERRIDES": {"row": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}},
}

LABEL_MODEL_DIR = Path(env.text("LABEL_MODEL_DIR", str(BASE_DIR / "seq2label" / "checkpoints" / "default")))
BEHAVIOUR_DIR = env.folder("BEHAVIOUR_DIR", VAR_DIR / "behaviour")  # what the worker learns of shoppers
CREDIT_SCORE_DIR = Path(env.text("CREDIT_SCORE_DIR", str(BASE_DIR / "loans" / "artefacts" / "credit_score")))
# The first seals what shoppers say of their income, all of them open it; kept apart from the databases.
LOAN_KEYS = env.sealing_keys("LOAN_KEYS") or [secrets.kept_in(VAR_DIR / "loan_key", secrets.new_sealing_key)]
LOAN_MODEL_DIR = Path(env.text("LOAN_MODEL_DIR", str(BASE_DIR / "loans" / "artefacts" / "loan_model")))
LOAN_DESK_EMAIL = env.text("LOAN_DESK_EMAIL", "loans@localhost")
IMPRESSION_DAYS = env.whole("IMPRESSION_DAYS", 90, at_least=1)
RECOMMENDER_PAGE_TIMEOUT_MS = env.whole("RECOMMENDER_PAGE_TIMEOUT_MS", 150, at_least=1)
RECOMMENDER_SEARCH_TIMEOUT_MS = env.whole("RECOMMENDER_SEARCH_TIMEOUT_MS", 400, at_least=1)
RECOMMENDER_PASSAGES = env.whole("RECOMMENDER_PASSAGES", 32)
RECOMMENDER_ASK_TIMEOUT_MS = env.whole("RECOMMENDER_ASK_TIMEOUT_MS", 2000, at_least=1)

# OpenAI, or any server that speaks its protocol. Nothing here is needed; no model has a name by default,
# since they are retired one after the other.
OPENAI_BASE_URL = env.text("OPENAI_BASE_URL", "https://api.openai.com/v1")
OPENAI_API_KEY = env.text("OPENAI_API_KEY", "")
OPENAI_CHAT_MODEL = env.text("OPENAI_CHAT_MODEL", "")
OPENAI_CHAT_PRICE = env.token_price("OPENAI_CHAT_PRICE")
OPENAI_BATCH_PRICE = env.token_price("OPENAI_BATCH_PRICE")
OPENAI_TUNING_PRICE = env.token_price("OPENAI_TUNING_PRICE")
OPENAI_EMBEDDING_MODEL = env.text("OPENAI_EMBEDDING_MODEL", "")
OPENAI_EMBEDDING_PRICE = env.token_price("OPENAI_EMBEDDING_PRICE")
OPENAI_MONTHLY_BUDGET = env.amount("OPENAI_MONTHLY_BUDGET", "10")  # in the currency of the prices
INTENT_READER = env.one_of("INTENT_READER", ("local", "chat"))  # who reads what a shopper asks for
CHAT_TIMEOUT_MS = env.whole("CHAT_TIMEOUT_MS", 1500, at_least=1)
EMBEDDER = env.one_of(
    "EMBEDDER", ("minilm", "word2vec", "openai")
)  # manage.py rebuild_embeddings changes over

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"httpx2": {"level": "WARNING"}},  # a line for each call of the chat server is too much
    "root": {
        "handlers": ["console"],
        "level": env.one_of("LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
    },
}
