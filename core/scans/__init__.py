"""What people scan: codes on devices, of customers and of teams."""
