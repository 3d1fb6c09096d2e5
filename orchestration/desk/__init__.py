"""What the app's screens ask for: a user's jobs, runs in line, tables, review, pages."""
