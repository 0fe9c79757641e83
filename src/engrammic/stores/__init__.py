"""Stores: one file per noun, each a schema plus verbs over `Backend` and `Embedder`."""
