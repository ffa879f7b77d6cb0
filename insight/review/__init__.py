"""The annual review: what the reports of a year say, chosen, ordered and cited; nothing that no report says."""

from baocao.insight.review.compose import review
from baocao.insight.review.model import Followed, Returning, Review, ReviewRequest

__all__ = ["Followed", "Returning", "Review", "ReviewRequest", "review"]
