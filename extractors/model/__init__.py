"""The model behind a worker: its weights, the graph compiled from them, and what runs it."""
