"""Providers of SMS and voice at their own wire format, with the people who answer: for tests, rehearsals and the demo."""
