"""How fast the desk is: `python -m benchmarks`. Every figure stands beside its cheapest alternative, measured in the same run."""
