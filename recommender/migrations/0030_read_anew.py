from django.db import migrations


class Migration(migrations.Migration):
    """Which labels a review carries and what a product holds are decided otherwise now: the worker reads all
    of them again, in turns, and what was read before stays until then."""

    dependencies = [("recommender", "0029_back_room")]

    operations = [
        migrations.RunSQL(
            "UPDATE recommender_reviewentry SET labelled_with = 'before 0030' WHERE labelled_with <> ''",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL("UPDATE recommender_productentry SET revision = revision + 1", migrations.RunSQL.noop),
    ]
