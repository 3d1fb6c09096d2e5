"""Results held against gold: figures by field and site, and gold sets made of reviewed jobs."""
