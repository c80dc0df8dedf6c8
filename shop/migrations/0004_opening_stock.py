from django.db import migrations

AT_ONCE = 2000


def open_the_ledger(apps, schema_editor):
    """What stood on the shelves before the ledger did becomes its first lines."""
    Product = apps.get_model("shop", "Product")
    StockMovement = apps.get_model("shop", "StockMovement")
    stocked = Product.objects.filter(on_hand__gt=0).order_by("pk").values_list("pk", "on_hand")
    StockMovement.objects.bulk_create(
        (
            StockMovement(product_id=product_id, kind="opening", on_hand_change=on_hand)
            for product_id, on_hand in stocked.iterator(chunk_size=AT_ONCE)
        ),
        batch_size=AT_ONCE,
    )


class Migration(migrations.Migration):

    dependencies = [
        ("shop", "0003_orders"),
    ]

    operations = [
        migrations.RunPython(open_the_ledger, migrations.RunPython.noop),
    ]
