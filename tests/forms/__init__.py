"""Forms: what they ask, what they take, and what they never give away."""
