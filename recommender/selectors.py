"""Questions of pages about products, tags and vectors. They never write."""
