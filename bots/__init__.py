"""Chat platforms, one file each: they translate and carry; they never decide, store, wait or retry."""
