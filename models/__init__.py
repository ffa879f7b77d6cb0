"""What is learnt or curated: gazetteers, lexicons, training sentences and the classifier's artefact."""
