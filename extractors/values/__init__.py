"""From the page's words to data: one module a kind of value, `normalise` their door."""
