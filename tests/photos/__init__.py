"""Photos: opened in a process of their own, marked, and kept as evidence."""
