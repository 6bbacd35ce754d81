"""What do the reference tables hold? What this release ships, and whatever official list was imported over it."""

from collections.abc import Iterable
from functools import lru_cache

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from db import rates, reference
from db.models import BuyerName, CpvName, NutsName
from db.reference.rates import SEED_DAY, SEED_RATES
from db.session import transaction

BUILT_IN = "built in"
OFFICIAL = "official"


def seed(bind: Engine) -> None:
    """Write this release's names; official CPV names that an administrator imported stay."""
    names = reference.builtin()
    with Session(bind) as session, session.begin():
        _put_cpv(session, names.cpv.values(), origin=BUILT_IN)
        session.execute(delete(NutsName))
        session.execute(
            insert(NutsName), [{"code": n.code, "nb": n.nb, "sv": n.sv, "en": n.en} for n in names.nuts.values()]
        )
        rates.keep(session, SEED_DAY, SEED_RATES)
        session.execute(delete(BuyerName))
        session.execute(
            insert(BuyerName),
            [
                {
                    "digits": buyer.digits,
                    "country": buyer.country,
                    "name": buyer.name,
                    "scope": str(buyer.scope),
                    "aliases": list(buyer.aliases),
                }
                for buyer in names.buyers
            ],
        )


def import_cpv(body: bytes) -> int:
    """Take the official CPV list (eForms genericode or YAML); gives how many codes it named.

    Raises ValueError with a clear text when the file is neither.
    """
    rows = reference.read_cpv_list(body)
    with transaction() as session:
        _put_cpv(session, rows, origin=OFFICIAL)
    load.cache_clear()
    return len(rows)


def _put_cpv(session: Session, rows: Iterable[reference.CpvName], *, origin: str) -> None:
    statement = insert(CpvName)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["code"],
        # The official lists speak one country's language each; an empty name never takes a known one away.
        set_={
            name: func.coalesce(func.nullif(getattr(new, name), ""), getattr(CpvName, name))
            for name in ("nb", "sv", "en")
        }
        | {"origin": new.origin},
        # Our short table never overwrites the official list.
        where=(new.origin == OFFICIAL) | (CpvName.origin == BUILT_IN),
    )
    session.execute(
        statement,
        [{"code": row.code, "nb": row.nb, "sv": row.sv, "en": row.en, "origin": origin} for row in rows],
    )


@lru_cache(maxsize=1)
def load() -> reference.Reference:
    """The names in force: the shipped ones with the official list, if imported, laid over them."""
    with transaction() as session:
        if not session.scalar(select(func.count()).where(CpvName.origin == OFFICIAL)):
            return reference.builtin()
        official = session.scalars(select(CpvName).where(CpvName.origin == OFFICIAL))
        return reference.builtin().with_cpv(
            reference.CpvName(code=row.code, nb=row.nb, sv=row.sv, en=row.en) for row in official
        )
