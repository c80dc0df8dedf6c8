"""The demo shop: an invented catalogue, its reviews, and the pictures drawn of its products.

`entries` reads and checks the JSON files, `pictures` draws; `shop.services.demo` puts both into a shop.
"""
