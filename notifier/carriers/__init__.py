"""Carriers of SMS and voice calls: each a Phone of core/words.py whose rooms are numbers."""
