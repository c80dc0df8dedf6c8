from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recommender", "0023_passages")]

    operations = [
        migrations.AddIndex(
            "productentry", models.Index(fields=["selling_price"], name="product_price")
        ),
    ]
