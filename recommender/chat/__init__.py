"""OpenAI, or a server that speaks its protocol: it may read wishes and label pairs. Nothing needs it."""
