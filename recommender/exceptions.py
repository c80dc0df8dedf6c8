"""What can be so in the recommender that stops a piece of work."""


class RecommenderError(Exception):
    """Base of the recommender's domain errors."""


class ModelMismatch(RecommenderError):
    """A vector that does not fit the column it is meant for."""

    def __init__(self, model_version: str, dimensions: int, expected: int) -> None:
        super().__init__(
            f"Vectors of {model_version} have {dimensions} dimensions, the database has room for {expected}: "
            "choose a model of that size."
        )
        self.model_version, self.dimensions, self.expected = model_version, dimensions, expected


class RecommenderUnavailable(RecommenderError):
    """The vector database is down or too slow for a page to wait for."""
