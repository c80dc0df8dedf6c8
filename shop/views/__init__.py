"""HTTP: a form, one service or selector, a response."""
