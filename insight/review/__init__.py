"""The annual review: what the reports of a year say, chosen, ordered and cited; nothing that no report says."""
