"""How news leaves the house: routes, windows, delivery."""
