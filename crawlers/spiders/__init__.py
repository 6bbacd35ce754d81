"""How is each portal read? One Scrapy spider per portal; the parsers are pure and live beside this package."""
