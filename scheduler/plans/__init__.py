"""Plans of a stored clinic: asked for, searched, kept as drafts, published, undone."""
