"""The shop credit score: how likely a shopper orders again, from their own paid orders alone.

It measures shopping activity, not creditworthiness. Scoring needs neither pandas nor scikit-learn:
those are loaded by the modules that train and measure.
"""

from loans.scoring.model import ScoreModel, ShopScore, score_model
from loans.scoring.reasons import REASON_TEXT

__all__ = ["REASON_TEXT", "ScoreModel", "ShopScore", "score_model"]
