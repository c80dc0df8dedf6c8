import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recommender", "0028_interactions_of_shopper"),
    ]

    operations = [
        migrations.AlterField(
            model_name="chatcall",
            name="called_at",
            field=models.DateTimeField(db_index=True, verbose_name="called at"),
        ),
        migrations.AlterField(
            model_name="chatcall",
            name="cost",
            field=models.DecimalField(
                decimal_places=8, help_text="Reserved, then as charged.", max_digits=16, verbose_name="cost"
            ),
        ),
        migrations.AlterField(
            model_name="chatcall",
            name="milliseconds",
            field=models.PositiveIntegerField(null=True, verbose_name="milliseconds"),
        ),
        migrations.AlterField(
            model_name="chatcall",
            name="model",
            field=models.CharField(max_length=128, verbose_name="chat model"),
        ),
        migrations.AlterField(
            model_name="chatcall",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("asked", "asked"),
                    ("answered", "answered"),
                    ("unusable", "unusable"),
                    ("failed", "failed"),
                ],
                default="asked",
                max_length=16,
                verbose_name="outcome",
            ),
        ),
        migrations.AlterField(
            model_name="chatcall",
            name="tokens_read",
            field=models.PositiveIntegerField(default=0, verbose_name="tokens read"),
        ),
        migrations.AlterField(
            model_name="chatcall",
            name="tokens_written",
            field=models.PositiveIntegerField(default=0, verbose_name="tokens written"),
        ),
        migrations.AlterField(
            model_name="impression",
            name="is_fallback",
            field=models.BooleanField(
                help_text="The most loved products took places.", verbose_name="fallback"
            ),
        ),
        migrations.AlterField(
            model_name="placement",
            name="decided_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, editable=False, verbose_name="decided at"
            ),
        ),
        migrations.AlterField(
            model_name="reviewentry",
            name="body",
            field=models.TextField(blank=True, verbose_name="text"),
        ),
        migrations.AlterField(
            model_name="reviewentry",
            name="is_published",
            field=models.BooleanField(verbose_name="published"),
        ),
        migrations.AlterField(
            model_name="reviewentry",
            name="labelled_with",
            field=models.CharField(blank=True, max_length=64, verbose_name="read by"),
        ),
        migrations.AlterField(
            model_name="reviewentry",
            name="product_id",
            field=models.BigIntegerField(verbose_name="product"),
        ),
        migrations.AlterField(
            model_name="reviewentry",
            name="review_id",
            field=models.BigIntegerField(primary_key=True, serialize=False, verbose_name="review"),
        ),
        migrations.AlterField(
            model_name="reviewentry",
            name="stars",
            field=models.PositiveSmallIntegerField(verbose_name="stars"),
        ),
        migrations.AlterField(
            model_name="reviewentry",
            name="title",
            field=models.CharField(blank=True, max_length=255, verbose_name="title"),
        ),
        migrations.CreateModel(
            name="WithdrawnLabel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("product_id", models.BigIntegerField(verbose_name="product")),
                ("label", models.CharField(max_length=80, verbose_name="label")),
                ("polarity", models.SmallIntegerField(verbose_name="polarity")),
                (
                    "note",
                    models.CharField(
                        blank=True,
                        help_text="Why; shoppers do not see it.",
                        max_length=200,
                        verbose_name="note",
                    ),
                ),
                ("withdrawn_by", models.BigIntegerField(null=True, verbose_name="by")),
                ("withdrawn_at", models.DateTimeField(auto_now_add=True, verbose_name="at")),
            ],
            options={
                "verbose_name": "label taken off a product",
                "verbose_name_plural": "labels taken off products",
                "ordering": ("-withdrawn_at", "-pk"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product_id", "label", "polarity"), name="label_withdrawn_once_a_product"
                    )
                ],
            },
        ),
    ]
