"""Which notices collide in every way? Few keys, few portals, many chances, for property tests of kinship."""

from hypothesis import strategies as st
from kinfolk import notice, uuid

from crawlers.notice import ParsedNotice, Stage

TITLES = (
    "Rammeavtale sveisearbeid og stålkonstruksjoner på Værnes",
    "Rammeavtale sveisearbeid og stålkonstruksjoner på Værnes leir",
    "Rammeavtale sveisearbeid Værnes",
    "Hansker",
)
few = st.integers(1, 3)
maybe = st.none() | few


@st.composite
def notices(draw: st.DrawFn) -> list[ParsedNotice]:
    """Up to eight notices of few keys, so that they collide in every way."""
    made = []
    for number in range(draw(st.integers(2, 8))):
        chosen = {name: draw(maybe) for name in ("uuid", "procedure", "changes", "previous", "reference", "link")}
        made.append(
            notice(
                draw(st.sampled_from(["doffin", "ted", "kommers"])),
                str(number),
                stage=draw(st.sampled_from([Stage.PLANNING, Stage.COMPETITION, Stage.RESULT])),
                notice_uuid=chosen["uuid"] and uuid(chosen["uuid"]),
                procedure_uuid=chosen["procedure"] and uuid(10 + chosen["procedure"]),
                changes_notice=chosen["changes"] and f"{uuid(chosen['changes'])}-01",
                previous_notices=(f"{uuid(chosen['previous'])}-01",) if chosen["previous"] else (),
                reference=chosen["reference"] and f"sak 2026/{chosen['reference']}",
                link=chosen["link"] and f"https://docs.example/case/1000{chosen['link']}",
                title=draw(st.sampled_from(TITLES)),
                day=draw(st.none() | st.integers(0, 2)),
                cpv=draw(st.sampled_from([(), ("45262670",), ("33100000",)])),
            )
        )
    return made
