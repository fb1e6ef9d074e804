"""What the desk does with what customers say."""
