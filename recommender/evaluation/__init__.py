"""How well a shopper's next product is foreseen: the last held back, all ranked, peers in the same run."""
