"""From a recording to words: decoded in a bounded process, heard by an engine, and doubted (S68, S82)."""
