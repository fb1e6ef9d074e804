"""What must be exact: one extractor per kind of thing, each a linear reading of the text, none of them guessing."""
