"""The recommender's own rows, in PostgreSQL. Shop rows are named by plain integers."""

from recommender.models.chat import ChatCall, ChatMonth, ChatOutcome, FineTuning, FineTuningStatus
from recommender.models.dimensions import DIMENSIONS
from recommender.models.embedders import EmbedderInUse, NextLabelVector, NextProductVector
from recommender.models.feeds import FeedCursor
from recommender.models.impressions import Click, Impression, Place
from recommender.models.interactions import Interaction
from recommender.models.labels import Label, ReviewLabel, TagCluster, WithdrawnLabel
from recommender.models.placements import Placement, PlacementKind
from recommender.models.products import Passage, ProductEntry
from recommender.models.reviews import ReviewEntry
from recommender.models.words import ProductWords, SearchTerm, Spelling

__all__ = [
    "DIMENSIONS",
    "ChatCall",
    "ChatMonth",
    "ChatOutcome",
    "Click",
    "EmbedderInUse",
    "FeedCursor",
    "FineTuning",
    "FineTuningStatus",
    "Impression",
    "Interaction",
    "Label",
    "NextLabelVector",
    "NextProductVector",
    "Passage",
    "Place",
    "Placement",
    "PlacementKind",
    "ProductEntry",
    "ProductWords",
    "ReviewEntry",
    "ReviewLabel",
    "SearchTerm",
    "Spelling",
    "TagCluster",
    "WithdrawnLabel",
]
