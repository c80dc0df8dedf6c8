from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """An index that gives the reviews of one reader in the order in which they are read.

    One that was left half built is begun anew.
    """

    atomic = False
    dependencies = [("recommender", "0026_spellings")]

    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS review_by_reader", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "reviewentry",
            models.Index(
                fields=["labelled_with", "product_id", "review_id"], name="review_by_reader",
                condition=models.Q(is_published=True),
            ),
        ),
        RemoveIndexConcurrently("reviewentry", "review_to_label"),
    ]
