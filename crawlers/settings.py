"""With which settings does Scrapy run? Its defaults serve scraping, not us: each line here says why it departs.

Keys that begin with ANBUDSVAKT_ are ours, read by :mod:`crawlers.guard`; tests lower them, nothing raises them.
"""

from importlib.metadata import version
from typing import Any, Final

from crawlers.robots import PRODUCT
from net.addresses import PUBLIC_ONLY, Allowance
from settings import get_settings

MEBIBYTE: Final = 1024 * 1024
STORE: Final = "crawlers.pipeline.StorePipeline"


def user_agent() -> str:
    """Who we are, with a page to reach us by. No disguise; the compatible form is what TED's firewall lets in."""
    return f"Mozilla/5.0 (compatible; {PRODUCT}/{version('anbudsvakt')}; +{get_settings().contact_url})"


def scrapy_settings(
    *, delay_s: float = 1.0, allowance: Allowance = PUBLIC_ONLY, pipeline: str = STORE, **changes: Any
) -> dict[str, Any]:
    """Scrapy's settings for one run; ``changes`` override single ones and are meant for tests.

    Raises RuntimeError where Scrapy is too old to know that certificates are to be verified: it would not say a word.
    """
    from scrapy.settings import default_settings

    if not hasattr(default_settings, "DOWNLOAD_VERIFY_CERTIFICATES"):
        raise RuntimeError("this Scrapy cannot verify certificates; 2.19 or newer is needed")
    return (
        _network(allowance)
        | _politeness(delay_s)
        | _ceilings()
        | _quiet()
        | {"ITEM_PIPELINES": {pipeline: 300}}
        | changes
    )


def _network(allowance: Allowance) -> dict[str, Any]:
    return {
        # The one gate, nearest to the network: it sees every request as it leaves and every answer as it comes.
        "DOWNLOADER_MIDDLEWARES": {
            "crawlers.guard.Gate": 1000,
            # Scrapy's own lets through what waits for robots.txt (promises.md 3.14); the gate reads it instead.
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            # Scrapy's own holds on to what a bomb unfolded to.
            "crawlers.unfold.Unfold": 590,
            "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
            # No source of ours has a log-in, and a password in an address is refused.
            "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
            # A page may not send us elsewhere by its HTML; a portal that moves says so in its status.
            "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
        },
        "ANBUDSVAKT_ALLOWANCE": allowance,
        "TWISTED_DNS_RESOLVER": "crawlers.resolver.PublicResolver",
        # Off by default in Scrapy: any certificate would do, even none that anybody issued.
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_TLS_MIN_VERSION": "TLSv1.2",
        # By default file:// reads this machine's disk, and s3:// and ftp:// go out unseen by the gate's rules.
        "DOWNLOAD_HANDLERS": {
            "http": "crawlers.wire.BoundedHandler",
            "https": "crawlers.wire.BoundedHandler",
            "data": None,
            "file": None,
            "ftp": None,
            "s3": None,
        },
        # A proxy resolves names itself: our look at the answer would be worth nothing.
        "HTTPPROXY_ENABLED": False,
        # Both open a port into the running process.
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        # Without cookies nobody can follow us from run to run. The one list that wants a session (NSPA's) has its spider
        # bring back by hand, within a run, what the first page gave.
        "COOKIES_ENABLED": False,
        "REFERRER_POLICY": "no-referrer",
        "REDIRECT_MAX_TIMES": 5,
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
    }


def _politeness(delay_s: float) -> dict[str, Any]:
    return {
        "USER_AGENT": user_agent(),
        "ANBUDSVAKT_DELAY_S": delay_s,
        # The gate keeps the pauses, from the end of an answer. A second clock in Scrapy would only disagree with it.
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        # One source has one or two hosts; more requests in the air would only wait at the gate.
        "CONCURRENT_REQUESTS": 2,
        # How many notices of one answer may wait for the store together; the default would cut a page of TED in two.
        "CONCURRENT_ITEMS": 250,
        # 429 and 503 are the gate's (Retry-After); of the rest, what may be over in a moment.
        "RETRY_HTTP_CODES": [408, 500, 502, 504, 522, 524],
        "RETRY_TIMES": 2,
        # A wait up to so long is waited within the run; a longer one ends it and is written down.
        "ANBUDSVAKT_PATIENCE_S": 300.0,
        # Waits when a portal says "too many" without saying how long (TED never does): 1, 5, 30 minutes.
        "ANBUDSVAKT_BACKOFF_S": (60.0, 300.0, 1800.0),
        "DEFAULT_REQUEST_HEADERS": {"Accept": "*/*"},
        # A refusal reaches the spiders too: its body says what was wrong.
        "HTTPERROR_ALLOW_ALL": True,
    }


def _ceilings() -> dict[str, Any]:
    return {
        # promises.md C6. A day of TED and Doffin together is some hundred requests.
        "ANBUDSVAKT_MOST_REQUESTS": 2000,
        "ANBUDSVAKT_MOST_BYTES": 200 * MEBIBYTE,
        # Two minutes less than the 20 at which the worker kills the process: the last answer may take one of them.
        "ANBUDSVAKT_MOST_SECONDS": 18 * 60.0,
        # At a request a second, so that a first run (30 days, some 1,500 notices on Doffin) ends well within its time.
        # What is left over is stored as its search hit says, and its XML is fetched by the next run.
        "ANBUDSVAKT_MOST_DOWNLOADS": 600,
        # Of Doffin's web client, which nobody has promised us: two ordinary days' notices, so that a first run of 30 days
        # takes no more of it than any other.
        "ANBUDSVAKT_MOST_DETAILS": 100,
        # Also what a compressed body may unfold to; the default is 1 GiB, and a bomb of 2 MB reaches it.
        "DOWNLOAD_MAXSIZE": 32 * MEBIBYTE,
        "DOWNLOAD_WARNSIZE": 16 * MEBIBYTE,
        "DOWNLOAD_TIMEOUT": 60,
        "DNS_TIMEOUT": 20,
        # Reads ru_maxrss, which a child inherits from the worker that started it: every crawl would look too big.
        "MEMUSAGE_ENABLED": False,
    }


def _quiet() -> dict[str, Any]:
    return {
        # Records go to the process's own handlers, not to a second one of Scrapy's.
        "LOG_INSTALL_ROOT_HANDLER": False,
        "LOG_LEVEL": get_settings().log_level,
        # By default a notice is logged whole when it is stored, and once more when that fails.
        "LOG_FORMATTER": "crawlers.spiders.base.BriefLog",
        "STATS_DUMP": False,
        "LOGSTATS_INTERVAL": 0,
    }
