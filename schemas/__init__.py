"""What Fieldwise talks about: documents, schemas, records, errors. Frozen data, no I/O."""
