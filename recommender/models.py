"""The recommender's own rows, in PostgreSQL. Shop rows are named by plain integers."""

from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Count, Deferrable, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField, HnswIndex

from shop.label_names import local_label
from shop.selectors.feed import FeedPosition

DIMENSIONS = 384  # of every vector stored


class FeedCursor(models.Model):
    """How far a feed of the shop has been read. Moves in the transaction that stores what was read."""

    feed = models.CharField(max_length=32, primary_key=True)
    changed_at = models.DateTimeField()
    row_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.feed} up to {self.changed_at:%Y-%m-%d %H:%M:%S}"

    @property
    def position(self) -> FeedPosition:
        return FeedPosition(self.changed_at, self.row_id)


class ProductEntryQuerySet(models.QuerySet["ProductEntry"]):
    def stale(self) -> "ProductEntryQuerySet":
        """Those whose tags or vector are older than what they are made of."""
        return self.filter(revision__gt=F("published_revision"))

    def mark_stale(self, product_ids: Iterable[int]) -> int:
        wanted = sorted(set(product_ids))
        return self.filter(product_id__in=wanted).update(revision=F("revision") + 1) if wanted else 0


class ProductEntry(models.Model):
    """A product as the recommender knows it: what search filters on, and its vector."""

    product_id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=255)
    text = models.TextField(help_text="Name, brief, brand and path: what the text vector is made of.")
    path = models.CharField(
        max_length=255, blank=True, help_text="Aisle and shelf: what kind of thing it is."
    )
    detail = models.TextField(
        blank=True, help_text="The long description: what it is made of often stands only there."
    )
    terms_zh = models.TextField(
        blank=True, help_text="Chinese texts as characters and pairs of them, which any index can hold."
    )
    name_zh = models.CharField(max_length=255, blank=True)
    path_zh = models.CharField(max_length=255, blank=True)
    # Both are written by `documents`, with terms of its own making: PostgreSQL splits no Chinese.
    document = SearchVectorField(null=True, help_text="All that search by words reads of it.")
    holds = SearchVectorField(null=True, help_text="What is in it.")
    category_ids = ArrayField(models.BigIntegerField(), help_text="From the department down.")
    selling_price = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    is_available = models.BooleanField(default=False)
    embedding = HalfVectorField(dimensions=DIMENSIONS, null=True)
    model_version = models.CharField(max_length=64, blank=True)
    # A change raises `revision`; publishing stores the revision that it read. A change that arrives in
    # between stays visible, whatever the order of the two writes.
    revision = models.PositiveBigIntegerField(default=1)
    published_revision = models.PositiveBigIntegerField(default=0)

    objects = ProductEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("product entry")
        verbose_name_plural = _("product entries")
        indexes = (
            HnswIndex(
                name="product_nearness", fields=["embedding"], m=24, ef_construction=128,
                opclasses=["halfvec_cosine_ops"],
            ),
            GinIndex(name="product_categories", fields=["category_ids"]),
            models.Index(name="product_price", fields=["selling_price"]),
            GinIndex(name="product_document", fields=["document"]),
            models.Index(
                fields=("product_id",), name="product_stale",
                condition=Q(revision__gt=F("published_revision")),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.name


class Passage(models.Model):
    """A sentence of a product's text or of a review of it, by its digest, and what it means."""

    product_id = models.BigIntegerField()
    digest = models.BinaryField(max_length=16, help_text="BLAKE2 of the sentence.")
    embedding = HalfVectorField(dimensions=DIMENSIONS)
    model_version = models.CharField(max_length=64, help_text="Of the embedding.")

    class Meta:
        verbose_name = _("passage")
        verbose_name_plural = _("passages")
        constraints = (
            models.UniqueConstraint(
                fields=("product_id", "model_version", "digest"), name="passage_once_a_product"
            ),
        )

    def __str__(self) -> str:
        return f"{self.product_id}: {bytes(self.digest).hex()}"


class SearchTerm(models.Model):
    """A term of the documents, and in how many of them it stands."""

    text = models.CharField(max_length=64, primary_key=True)
    product_count = models.IntegerField(help_text="Products whose document has it.")

    class Meta:
        verbose_name = _("search term")
        verbose_name_plural = _("search terms")
        indexes = (models.Index(fields=("-product_count",), name="commonest_term"),)

    def __str__(self) -> str:
        return self.text


class Spelling(models.Model):
    """A word by which products are called or kept, as it is spelt, and how many are."""

    text = models.CharField(max_length=64, primary_key=True)
    product_count = models.IntegerField(help_text="Products that are called or kept by it.")

    def __str__(self) -> str:
        return self.text


class ProductWords(models.Model):
    """The words of a product as they are counted: its entry may say others before its document does."""

    product_id = models.BigIntegerField(primary_key=True)
    words = ArrayField(models.CharField(max_length=64))

    def __str__(self) -> str:
        return f"{self.product_id}: {' '.join(self.words)}"


class ReviewEntryQuerySet(models.QuerySet["ReviewEntry"]):
    def published(self) -> "ReviewEntryQuerySet":
        return self.filter(is_published=True)

    def to_label(self, model_version: str) -> "ReviewEntryQuerySet":
        """Those that this version of the model has not read, as ranges that an index can walk."""
        return self.published().filter(
            Q(labelled_with__lt=model_version) | Q(labelled_with__gt=model_version)
        )

    def other_reader(self, model_version: str) -> str | None:
        """Another version that has read some: "", for nobody, before all others."""
        versions = self.published().order_by("labelled_with").values_list("labelled_with", flat=True)
        first = versions.filter(labelled_with__lt=model_version).first()
        return versions.filter(labelled_with__gt=model_version).first() if first is None else first


class ReviewEntry(models.Model):
    """A review as ingested. `labelled_with` names the model that has read it, empty until then."""

    review_id = models.BigIntegerField(_("review"), primary_key=True)
    product_id = models.BigIntegerField(_("product"))
    stars = models.PositiveSmallIntegerField(_("stars"))
    title = models.CharField(_("title"), max_length=255, blank=True)
    body = models.TextField(_("text"), blank=True)
    is_published = models.BooleanField(_("published"))
    labelled_with = models.CharField(_("read by"), max_length=64, blank=True)

    objects = ReviewEntryQuerySet.as_manager()
    product_name = ""  # known where somebody looked it up in the shop

    class Meta:
        verbose_name = _("review entry")
        verbose_name_plural = _("review entries")
        indexes = (
            models.Index(fields=("product_id", "review_id"), name="review_of_product"),
            models.Index(
                fields=("labelled_with", "product_id", "review_id"), name="review_by_reader",
                condition=Q(is_published=True),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return gettext("review %(number)d") % {"number": self.review_id}


class LabelQuerySet(models.QuerySet["Label"]):
    def count_products(self, texts: Iterable[str]) -> int:
        """Bring `product_count` of these labels up to date."""
        carriers = ReviewLabel.objects.filter(label=OuterRef("pk")).order_by().values("label")
        counted = carriers.annotate(n=Count("product_id", distinct=True)).values("n")
        return self.filter(pk__in=sorted(texts)).update(product_count=Coalesce(Subquery(counted), 0))


class Label(models.Model):
    """A label that some review carries, once for the whole shop."""

    text = models.CharField(max_length=80, primary_key=True)
    polarity = models.SmallIntegerField()
    embedding = HalfVectorField(dimensions=DIMENSIONS)
    model_version = models.CharField(max_length=64, help_text="Of the embedding.")
    product_count = models.PositiveIntegerField(
        default=0, help_text="Products with a review that carries it: a label that many share says little."
    )

    objects = LabelQuerySet.as_manager()

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")

    def __str__(self) -> str:
        return self.text


class ReviewLabel(models.Model):
    """A label that Seq2Label read in a review, when it read it together with `partner_id`."""

    review_id = models.BigIntegerField()
    product_id = models.BigIntegerField(db_index=True)
    label = models.ForeignKey(Label, models.CASCADE, related_name="review_labels", db_index=False)
    score = models.FloatField(help_text="Probability, 0 to 1.")
    partner_id = models.BigIntegerField(null=True, help_text="The other review of the pair; empty if alone.")
    model_version = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("review label")
        verbose_name_plural = _("review labels")
        constraints = (models.UniqueConstraint(fields=("review_id", "label"), name="label_once_a_review"),)
        indexes = (models.Index(fields=("label", "product_id"), name="products_of_label"),)

    def __str__(self) -> str:
        return f"{self.review_id}: {self.label_id}"


class TagCluster(models.Model):
    """A product's tag: a cluster of its labels, named by the medoid. The id stays while the opinion does."""

    product_id = models.BigIntegerField(db_index=True)
    medoid = models.ForeignKey(Label, models.CASCADE, related_name="clusters")
    members = ArrayField(models.CharField(max_length=80), help_text="The labels of the cluster.")
    polarity = models.SmallIntegerField()
    count = models.PositiveIntegerField(help_text="Reviews that carry one of the labels.")
    share = models.FloatField(help_text="Of the product's labelled reviews, 0 to 1.")
    rank = models.PositiveSmallIntegerField()

    product_name = ""  # known where somebody looked it up in the shop

    class Meta:
        verbose_name = _("tag cluster")
        verbose_name_plural = _("tag clusters")
        ordering = ("product_id", "rank")
        constraints = (
            # Deferred, since two clusters of a product may swap names in one transaction.
            models.UniqueConstraint(
                fields=("product_id", "medoid"), name="medoid_once_a_product", deferrable=Deferrable.DEFERRED
            ),
        )
        indexes = (GinIndex(name="tag_members", fields=["members"]),)

    def __str__(self) -> str:
        return f"{self.product_name or self.product_id}: {local_label(self.medoid_id)}"


class WithdrawnLabel(models.Model):
    """A label that staff took off a product: no tag of it is made of the label, whoever reads it there again.

    It is meant as it was read: the same text with another polarity says something else.
    """

    product_id = models.BigIntegerField(_("product"))
    label = models.CharField(_("label"), max_length=80)
    polarity = models.SmallIntegerField(_("polarity"))
    note = models.CharField(
        _("note"), max_length=200, blank=True, help_text=_("Why; shoppers do not see it.")
    )
    withdrawn_by = models.BigIntegerField(_("by"), null=True)
    withdrawn_at = models.DateTimeField(_("at"), auto_now_add=True)

    product_name = ""  # known where somebody looked it up in the shop

    class Meta:
        verbose_name = _("label taken off a product")
        verbose_name_plural = _("labels taken off products")
        ordering = ("-withdrawn_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("product_id", "label", "polarity"), name="label_withdrawn_once_a_product"
            ),
        )

    def __str__(self) -> str:
        return f"{self.product_name or self.product_id}: {local_label(self.label)}"


class Interaction(models.Model):
    """Somebody touched a product: a copy of a row of the shop, from which behaviour is learnt."""

    kind = models.CharField(max_length=8, help_text="As in shop.selectors.touched.TouchKind.")
    source_id = models.BigIntegerField(help_text="The row of the shop that says so.")
    shopper = models.CharField(max_length=40, help_text="c and a customer's id, or v and a guest's token.")
    product_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("interaction")
        verbose_name_plural = _("interactions")
        constraints = (models.UniqueConstraint(fields=("kind", "source_id"), name="interaction_once"),)
        indexes = (models.Index(fields=("shopper",), name="interaction_of_shopper"),)

    def __str__(self) -> str:
        return f"{self.shopper} {self.kind} {self.product_id}"


class EmbedderInUse(models.Model):
    """Whose vectors the products and labels have. One row; none where nothing has a vector yet."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    name = models.CharField(max_length=16)
    model = models.CharField(max_length=128, blank=True, help_text="As a server calls it.")
    model_version = models.CharField(max_length=64)
    since = models.DateTimeField()

    class Meta:
        verbose_name = _("embedder in use")
        verbose_name_plural = _("embedders in use")

    def __str__(self) -> str:
        return self.model_version


class NextVector(models.Model):
    """A vector by an embedder that is to take over, kept until all are there."""

    embedding = HalfVectorField(dimensions=DIMENSIONS)
    model_version = models.CharField(max_length=64)

    class Meta:
        abstract = True


class NextProductVector(NextVector):
    product_id = models.BigIntegerField(primary_key=True)
    revision = models.PositiveBigIntegerField(help_text="`published_revision` of what it was made of.")

    class Meta:
        verbose_name = _("next vector of a product")
        verbose_name_plural = _("next vectors of products")

    def __str__(self) -> str:
        return f"{self.product_id}: {self.model_version}"


class NextLabelVector(NextVector):
    text = models.CharField(max_length=80, primary_key=True)

    class Meta:
        verbose_name = _("next vector of a label")
        verbose_name_plural = _("next vectors of labels")

    def __str__(self) -> str:
        return f"{self.text}: {self.model_version}"


class ChatMonth(models.Model):
    """What calls of the chat server cost in a month, with what those under way may cost."""

    month = models.DateField(primary_key=True, help_text="Its first day, in UTC.")
    spent = models.DecimalField(max_digits=16, decimal_places=8, default=0)

    class Meta:
        verbose_name = _("month of the chat server")
        verbose_name_plural = _("months of the chat server")

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.spent}"


class ChatOutcome(models.TextChoices):
    ASKED = "asked", _("asked")  # and no answer seen: under way, too late, or its process was killed
    ANSWERED = "answered", _("answered")
    UNUSABLE = "unusable", _("unusable")  # an answer, and not to what was asked
    FAILED = "failed", _("failed")


class ChatCall(models.Model):
    """A wish that the chat server was asked to read. The sentence is kept as a hash; who asked is not."""

    question = models.CharField(max_length=64, help_text="SHA-256 of model, instructions and sentence.")
    model = models.CharField(_("chat model"), max_length=128)
    outcome = models.CharField(_("outcome"), max_length=16, choices=ChatOutcome, default=ChatOutcome.ASKED)
    answer = models.JSONField(null=True, help_text="As it was read; forgotten after a day.")
    cost = models.DecimalField(
        _("cost"), max_digits=16, decimal_places=8, help_text=_("Reserved, then as charged.")
    )
    tokens_read = models.PositiveIntegerField(_("tokens read"), default=0)
    tokens_written = models.PositiveIntegerField(_("tokens written"), default=0)
    milliseconds = models.PositiveIntegerField(_("milliseconds"), null=True)
    called_at = models.DateTimeField(_("called at"), db_index=True)

    class Meta:
        verbose_name = _("call of the chat server")
        verbose_name_plural = _("calls of the chat server")
        ordering = ("-called_at",)
        indexes = (
            models.Index(
                fields=("question", "-called_at"), name="answered_question",
                condition=Q(outcome="answered", answer__isnull=False),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.model}, {localize(timezone.localtime(self.called_at))}: {self.get_outcome_display()}"


class FineTuningStatus(models.TextChoices):
    BEGUN = "begun", _("begun")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")


class FineTuning(models.Model):
    """A chat model being taught to read wishes: the one `is_used` does, of those at the server in use."""

    digest = models.CharField(
        max_length=64, primary_key=True, help_text="SHA-256 of the examples, the base model and the server."
    )
    base_url = models.CharField(max_length=255)
    base_model = models.CharField(max_length=128)
    ticket = models.CharField(
        max_length=32, help_text="The job's name at the server, noted before it begins."
    )
    ticket_at = models.DateTimeField(null=True, help_text="When it was handed in; empty before.")
    job_id = models.CharField(max_length=128, blank=True)
    status = models.CharField(max_length=16, choices=FineTuningStatus, default=FineTuningStatus.BEGUN)
    model = models.CharField(max_length=255, blank=True, help_text="What it is called, once it is taught.")
    trained_tokens = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    is_used = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("fine-tuning")
        verbose_name_plural = _("fine-tunings")

    def __str__(self) -> str:
        return f"{self.base_model}: {self.status}"


class Place(models.TextChoices):
    """Where on the shop's pages four products are shown."""

    ALIKE = "alike", _("alike")
    ASK = "ask", _("ask")
    FOR_YOU = "for-you", _("for you")


class PlacementKind(models.TextChoices):
    PIN = "pin", _("pinned: shown first")
    HIDE = "hide", _("hidden: never recommended")


class PlacementQuerySet(models.QuerySet["Placement"]):
    def current(self) -> "PlacementQuerySet":
        return self.filter(Q(until=None) | Q(until__gt=Now()))


class Placement(models.Model):
    """What staff decided of a product, whatever its score: one decision a product."""

    product_id = models.BigIntegerField(_("product"), primary_key=True)
    kind = models.CharField(
        _("decision"), max_length=4, choices=PlacementKind,
        help_text=_("A pinned product stands first of the four on the home page; a hidden one in no four."),
    )  # fmt: skip
    until = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("Empty: until it is deleted.")
    )
    note = models.CharField(
        _("note"), max_length=200, blank=True, help_text=_("Why; shoppers do not see it.")
    )
    decided_by = models.BigIntegerField(_("decided by"), null=True, editable=False)
    decided_at = models.DateTimeField(_("decided at"), default=timezone.now, editable=False)

    objects = PlacementQuerySet.as_manager()
    product_name = ""  # known where somebody looked it up in the shop

    class Meta:
        verbose_name = _("pinned or hidden product")
        verbose_name_plural = _("pinned and hidden products")
        ordering = ("-decided_at", "product_id")

    def __str__(self) -> str:
        return f"{self.product_name or self.product_id}: {self.get_kind_display()}"


class Impression(models.Model):
    """Four products as they were shown to somebody, each with its reason. Guests leave no name here."""

    token = models.UUIDField(_("token"), primary_key=True)
    place = models.CharField(_("place"), max_length=16, choices=Place)
    customer_id = models.BigIntegerField(_("customer"), null=True, help_text=_("Empty for guests."))
    beside_id = models.BigIntegerField(
        _("beside product"), null=True, help_text=_("The product on whose page they stood.")
    )
    product_ids = ArrayField(models.BigIntegerField(), verbose_name=_("products"))
    reasons = models.JSONField(
        _("reasons"), help_text=_("In the order of the products: kind, label, reviews.")
    )
    parts = models.JSONField(
        _("parts of the scores"), default=list, blank=True,
        help_text=_("In the order of the products: what each score is made of, where it is known."),
    )  # fmt: skip
    is_fallback = models.BooleanField(_("fallback"), help_text=_("The most loved products took places."))
    shown_at = models.DateTimeField(_("shown at"), db_index=True)

    class Meta:
        verbose_name = _("impression")
        verbose_name_plural = _("impressions")
        ordering = ("-shown_at",)
        indexes = (
            models.Index(
                fields=("customer_id",), name="impression_of_customer", condition=Q(customer_id__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_place_display()}, {localize(timezone.localtime(self.shown_at))}"


class Click(models.Model):
    """One of the shown products was opened. The second time counts no more than the first."""

    impression = models.ForeignKey(Impression, models.CASCADE, related_name="clicks")
    product_id = models.BigIntegerField()
    clicked_at = models.DateTimeField()

    class Meta:
        verbose_name = _("click")
        verbose_name_plural = _("clicks")
        constraints = (
            models.UniqueConstraint(fields=("impression", "product_id"), name="click_once_an_impression"),
        )

    def __str__(self) -> str:
        return f"{self.product_id} from {self.impression_id}"
