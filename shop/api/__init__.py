"""The shop for programs, under /api/v1/: serializer, one selector or service, answer."""
