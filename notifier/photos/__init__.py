"""Photos made fit to leave the desk: marked, and without what their camera tells."""
