import pgvector.django.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    """Another graph of nearness. The old one answers until the new one is built.

    One that was left half built is begun anew. Built by one process: several would need shared memory
    (/dev/shm), of which containers have little.
    """

    atomic = False
    dependencies = [("recommender", "0024_product_price")]

    operations = [
        migrations.RunSQL(
            [
                "SET max_parallel_maintenance_workers = 0",
                "DROP INDEX CONCURRENTLY IF EXISTS product_nearness",
            ],
            migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            "productentry",
            pgvector.django.indexes.HnswIndex(
                fields=["embedding"], name="product_nearness", m=24, ef_construction=128,
                opclasses=["halfvec_cosine_ops"],
            ),
        ),
        RemoveIndexConcurrently("productentry", "product_embedding_hnsw"),
        migrations.RunSQL("RESET max_parallel_maintenance_workers", migrations.RunSQL.noop),
    ]
