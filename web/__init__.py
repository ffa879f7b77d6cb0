"""The page where clerks work: search, reports, difficulties, the annual review, uploads; and the same as a JSON API."""
