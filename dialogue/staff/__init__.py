"""What the desk does with what its own people say."""
