"""`make bench-shop`: our pages beside django-oscar's, the same catalogue, clients and machine, in one run."""
