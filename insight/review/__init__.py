"""The annual review: what the reports of a year say, chosen, ordered and cited; nothing that no report says."""

from baocao.insight.review.compose import review
from baocao.insight.review.model import Followed, Returning, Review, ReviewRequest
from baocao.insight.review.write import write_review

__all__ = ["Followed", "Returning", "Review", "ReviewRequest", "review", "write_review"]
