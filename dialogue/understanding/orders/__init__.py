"""Commands of staff: which action, on which ticket, with what."""
