"""The Celery application: `celery -A config worker`."""

import os

from celery import Celery

from config import folder_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

folder_broker.register()
app = Celery("larder")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
