from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0062_view_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("price", "price"),
                    ("stock", "stock on hand"),
                    ("sale", "on and off sale"),
                    ("status", "status"),
                    ("lock", "lock of a customer"),
                    ("tags", "tags of a product"),
                    ("loan", "loan"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
    ]
