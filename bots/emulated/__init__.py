"""Each platform's server at its own wire format, for tests, rehearsals and the demo."""
