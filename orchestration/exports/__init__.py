"""Results as files: JSON, JSONL, CSV, Parquet and Excel."""
