"""What people mean, and what the desk does about it."""
