"""A page's bytes as text in blocks, each with the way back to its element."""
