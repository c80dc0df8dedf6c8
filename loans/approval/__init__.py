"""The approval model: how likely a bank would approve a home loan, from public applications.

It is no probability of default, and the shop's own loans are unlike those that it learnt from. Asking it
needs neither pandas nor scikit-learn: those are loaded by the modules that train and measure.
"""

from loans.approval.model import ApprovalForest, approval_model

__all__ = ["ApprovalForest", "approval_model"]
