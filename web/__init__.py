"""The pages: unsubscribing, digests, health."""
