"""What goes wrong around the desk, with real parts: each test tells one story, and the history of the database is checked at its end."""
