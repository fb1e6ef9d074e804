"""Pages for staff and customers, and the HTTP shell of webhooks."""
