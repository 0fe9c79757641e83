"""Turning text into vectors: one file per family of models."""
