"""Parts: what a repair waits for, and who gets it (S16, S19, S95)."""
