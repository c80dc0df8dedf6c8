from collections import Counter
from itertools import islice

import django.contrib.postgres.fields
from django.db import migrations, models

from recommender.words import spelt_words

BATCH_SIZE = 10_000


def count_words(apps, schema_editor):
    """Of the products that are here already: to make their documents anew would embed them anew."""
    database = schema_editor.connection.alias
    entries, words, spellings = (
        apps.get_model("recommender", name).objects.using(database)
        for name in ("ProductEntry", "ProductWords", "Spelling")
    )
    counts = Counter()
    rows = (
        words.model(pk=pk, words=spelt_words(f"{name} {text}"))
        for pk, name, text in entries.values_list("pk", "name", "text").iterator()
    )
    while batch := list(islice(rows, BATCH_SIZE)):
        words.bulk_create(batch)
        for row in batch:
            counts.update(row.words)
    spellings.bulk_create(
        (spellings.model(text=text, product_count=n) for text, n in counts.items()), batch_size=BATCH_SIZE
    )


class Migration(migrations.Migration):
    dependencies = [("recommender", "0025_wider_graph")]

    operations = [
        migrations.CreateModel(
            name="Spelling",
            fields=[
                ("text", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("product_count", models.IntegerField(help_text="Products that are called or kept by it.")),
            ],
        ),
        migrations.CreateModel(
            name="ProductWords",
            fields=[
                ("product_id", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "words",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), size=None
                    ),
                ),
            ],
        ),
        migrations.RunPython(count_words, migrations.RunPython.noop),
    ]
