"""Which part of the network may we reach? Known to crawls and to webhooks alike, and itself knowing nobody."""
