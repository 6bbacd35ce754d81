"""The pages: unsubscribing, verdicts, digests, health."""
