"""What is made from the record: exports now; recurring difficulties and the annual review to come."""
