"""Which addresses may a crawl reach? Those of :mod:`net.addresses`, by the same table as webhooks."""

from net.addresses import PUBLIC_ONLY, SCHEMES, Allowance, is_public, refusal

__all__ = ["PUBLIC_ONLY", "SCHEMES", "Allowance", "is_public", "refusal"]
