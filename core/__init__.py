"""The desk itself: tickets, people, clocks and the store. Knows no platform, no vendor and no wall clock."""
