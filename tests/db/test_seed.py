"""Do the reference tables take an official list without losing what they knew?"""

import pytest
from sqlalchemy.engine import URL

from db.migrate import upgrade
from db.seed import import_cpv, load

NORWEGIAN = "'35113400': {nob: 'Verneklær, offisielt'}\n'03111900': {nob: Soyabønner}\n".encode()


def test_the_built_in_names_are_in_force(database: URL) -> None:
    assert load().cpv_name("35113400", "nb")
    assert load().cpv_name("35113400", "sv")


def test_what_is_no_list_is_refused(database: URL) -> None:
    with pytest.raises(ValueError, match=r"YAML|code"):
        import_cpv(b"neither")


def test_an_upgrade_keeps_an_imported_list(database: URL) -> None:
    swedish = load().cpv_name("35113400", "sv")
    assert import_cpv(NORWEGIAN) == 2
    upgrade()
    load.cache_clear()
    assert load().cpv_name("35113400", "nb") == "Verneklær, offisielt"
    assert load().cpv_name("35113400", "sv") == swedish
