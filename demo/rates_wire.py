"""What does the European Central Bank's document of daily rates look like? The form is the bank's, the rates are round ones."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

PATH: Final = "/stats/eurofxref/eurofxref-daily.xml"
RATES: Final[Mapping[str, str]] = {
    "USD": "1.1600", "DKK": "7.4600", "GBP": "0.87000", "SEK": "11.0000", "NOK": "11.8000", "ISK": "147.00",
}  # fmt: skip


def document(today: date) -> bytes:
    """The newest document on a day: of that day, or of the Friday before a weekend."""
    day = today - timedelta(days=max(0, today.weekday() - 4))
    cubes = "".join(f"\t\t\t<Cube currency='{currency}' rate='{rate}'/>\n" for currency, rate in RATES.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" '
        'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">\n'
        "\t<gesmes:subject>Reference rates</gesmes:subject>\n"
        "\t<gesmes:Sender>\n\t\t<gesmes:name>European Central Bank</gesmes:name>\n\t</gesmes:Sender>\n"
        f"\t<Cube>\n\t\t<Cube time='{day}'>\n{cubes}\t\t</Cube>\n\t</Cube>\n</gesmes:Envelope>"
    ).encode()
