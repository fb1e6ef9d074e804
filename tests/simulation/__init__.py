"""Deterministic simulation: the real desk among emulated platforms, its processes killed at any statement, as a seed says."""
