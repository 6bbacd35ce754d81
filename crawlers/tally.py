"""Under which names does a run count? Keys of Scrapy's stats, shared by gate, spiders, store and run."""

from typing import Final

REQUESTS: Final = "anbudsvakt/requests"
BYTES: Final = "anbudsvakt/bytes"  # as they came over the wire
SEEN: Final = "anbudsvakt/seen"
NEW: Final = "anbudsvakt/new"
CHANGED: Final = "anbudsvakt/changed"
UNCHANGED: Final = "anbudsvakt/unchanged"
QUARANTINED: Final = "anbudsvakt/quarantined"
VALIDATORS: Final = "anbudsvakt/validators"  # url -> Validators
NEXT_CHECK: Final = "anbudsvakt/next_check_at"  # an aware datetime
ERROR: Final = "anbudsvakt/error"  # why the run has failed; the first reason stands
