"""Rosters (值班表): who is on duty when, in turns; who stands in for whom, and who hears of a hand-over or a hole."""
