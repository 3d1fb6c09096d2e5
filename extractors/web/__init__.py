"""Pages from the web: polite, checked against private addresses, cached as HTTP allows."""
