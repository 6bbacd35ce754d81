"""Which of the sandbox's Swedish notices are on Kommers too, and under which numbers?"""

from dataclasses import dataclass

from demo.notice import Notice

SITE = "https://www.kommersannons.se"
# Where a buyer publishes. The serial numbers of an instance begin where a notice's case number minus this ends up.
INSTANCES = {
    "fmv": (f"{SITE}/fmv", 988_000),
    "polis": ("https://upphandling.polisen.se", 983_000),
    "trafik": ("https://upphandling.trafikverket.se", 971_000),
    "elite": (f"{SITE}/elite", 917_000),
}
_BUYERS = {"fmv": "fmv", "polisen": "polis", "trafikverket": "trafik"} | dict.fromkeys(
    ("ostersund", "sundsvall", "falun", "gavle", "borlange", "ornskoldsvik"), "elite"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A purchase's numbers in Kommers: in the Supplier Hub, in its instance, and in the link that TED carries."""

    instance: str
    hub: int
    procurement: int
    dispatch: int

    @property
    def overview_url(self) -> str:
        """The notice's page in its instance."""
        return f"{INSTANCES[self.instance][0]}/Notice/NoticeOverview.aspx?ProcurementId={self.procurement}"

    @property
    def dispatch_url(self) -> str:
        """The link that the notice on TED carries."""
        return f"{INSTANCES[self.instance][0]}/Notice/NoticeDispatch.aspx?NoticeId={self.dispatch}"


def numbers_of(instance: str, case: int) -> Numbers:
    """The numbers that a case has."""
    return Numbers(
        instance=instance, hub=case - 967_000, procurement=case - INSTANCES[instance][1], dispatch=case - 930_000
    )


def mirrored(notice: Notice) -> Numbers | None:
    """The numbers of a notice of a buyer who publishes at Kommers; a corrigendum has those of what it corrects."""
    instance = _BUYERS.get(notice.buyer.key)
    return numbers_of(instance, notice.case) if instance else None
