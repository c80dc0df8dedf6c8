"""What staff decide of recommendations, what shoppers got and why, and how all of it does."""

from recommender.admin import chat, impressions, placements, reviews, tags, withdrawn

__all__ = ["chat", "impressions", "placements", "reviews", "tags", "withdrawn"]
