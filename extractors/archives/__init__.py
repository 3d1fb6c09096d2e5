"""Pages out of archives, streamed: zip, tar, WARC, MHTML."""
