"""One module per database, each the same interface: `engrammic.backend.Backend`."""
