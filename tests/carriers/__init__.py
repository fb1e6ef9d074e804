"""Carriers of SMS and voice against what they speak to."""
