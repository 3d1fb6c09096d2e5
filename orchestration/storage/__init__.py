"""What is kept of jobs: results, people's corrections and who said them, in SQLite."""
