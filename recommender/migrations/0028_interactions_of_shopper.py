from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """A customer's export, and learning from one shopper after another, read few rows. Shoppers go on touching.

    One that was left half built is begun anew.
    """

    atomic = False
    dependencies = [("recommender", "0027_review_by_reader")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS interaction_of_shopper", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            "interaction", models.Index(fields=["shopper"], name="interaction_of_shopper")
        ),
    ]
