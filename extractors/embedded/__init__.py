"""What a page says in its markup for programs: JSON-LD, microdata, RDFa, Open Graph."""
