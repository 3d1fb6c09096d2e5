"""Which parts of a page state what a schema asks for, and are shown to a model."""
