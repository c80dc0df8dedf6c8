import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# What is loaded by now stays until the process ends: a collector that looks through it again and again, as
# every page makes some ten thousand objects, takes a tenth of the processor.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 10, 20)
