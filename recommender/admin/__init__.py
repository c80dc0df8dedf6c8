"""What staff decide of recommendations, and what shoppers got and why."""

from recommender.admin import impressions, placements, reviews, tags, withdrawn

__all__ = ["impressions", "placements", "reviews", "tags", "withdrawn"]
