"""Questions about the shop. They never write."""
