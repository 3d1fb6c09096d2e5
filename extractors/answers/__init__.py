"""From a passage to values: prompt, grammar, decoding, evidence, confidence."""
