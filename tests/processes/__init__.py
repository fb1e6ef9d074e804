"""Several processes on one PostgreSQL database: what holds although each knows nothing of the others but what lies there."""
