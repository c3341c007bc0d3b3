"""From manifests of several formats to items."""
