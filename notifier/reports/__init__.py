"""The service report as a document: drawn, sealed, signed, checked."""
