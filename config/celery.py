"""The Celery application: `celery -A config worker`."""

import os
import signal
from typing import Any

from celery import Celery
from celery.signals import worker_process_init
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TRANSPORT_ALIASES.update(
    folder="config.folder_broker:Transport",
    redis="config.redis_broker:Transport",
    rediss="config.redis_broker:Transport",
)
app = Celery("larder")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def finish_the_task_first(**sent: Any) -> None:
    """`make run`, a terminal and systemd tell the whole group to end: a process of the pool leaves that to
    its worker, which waits for the task that it is at."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
