import pgvector.django.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    """Another graph of nearness. The old one answers until the new one is built."""

    atomic = False
    dependencies = [("recommender", "0024_product_price")]

    operations = [
        AddIndexConcurrently(
            "productentry",
            pgvector.django.indexes.HnswIndex(
                fields=["embedding"], name="product_nearness", m=24, ef_construction=128,
                opclasses=["halfvec_cosine_ops"],
            ),
        ),
        RemoveIndexConcurrently("productentry", "product_embedding_hnsw"),
    ]
