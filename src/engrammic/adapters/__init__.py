"""Adapters: the vocabulary of other systems, spoken over our stores."""
