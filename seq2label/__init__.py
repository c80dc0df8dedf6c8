"""Seq2Label: two reviews of a product in, the two short labels a shop would print out."""
