"""Settings, packs, lexicons, and the composition root: all rooms meet here."""
