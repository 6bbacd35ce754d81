"""What does an answer of the JSON API look like? One firm, one notice and their match, as the OpenAPI document shows them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

BRIEF: Final[dict[str, Any]] = {
    "id": 4711,
    "procurement_id": 4200,
    "source": "doffin",
    "source_id": "2026-104711",
    "version": 1,
    "stage": "competition",
    "title": {"nb": "Rammeavtale sveisearbeid og stålkonstruksjoner, Værnes"},
    "language": "nb",
    "buyers": [{"name": "Forsvarsbygg", "identifier": "975950662", "country": "NO"}],
    "country": "NO",
    "cpv": ["45262670"],
    "nuts": ["NO060"],
    "nationwide": False,
    "published_at": "2026-11-23T07:00:00Z",
    "deadline_at": "2027-01-14T11:00:00Z",
    "deadline_kind": "tender",
    "deadline_date_only": False,
    "value": {"amount": "4000000.00", "currency": "NOK"},
    "scope": "defence",
    "cancelled": False,
    "url": "https://www.doffin.no/notices/2026-104711",
}
NOTICE: Final[dict[str, Any]] = {
    **BRIEF,
    "description": {"nb": "Leverandøren skal utføre sveising av bærende stålkonstruksjoner i EXC3."},
    "notice_type": "cn-standard",
    "legal_basis": "32014L0024",
    "procedure_type": "open",
    "contract_nature": "works",
    "framework": True,
    "sme_suitable": True,
    "security_clearance": None,
    "reference": "2026/1190",
    "links": [{"kind": "documents", "url": "https://kgv.doffin.no/2026-104711"}],
    "lots": [],
    "versions": [
        {
            "id": 5001,
            "number": 1,
            "current": True,
            "read_at": "2026-11-23T07:05:12Z",
            "published_at": "2026-11-23T07:00:00Z",
            "deadline_at": "2027-01-14T11:00:00Z",
            "wire_format": "eforms",
            "corrects": None,
            "changes": None,
        }
    ],
    "lineage": [
        {
            "id": 4100,
            "source": "doffin",
            "source_id": "2026-101190",
            "stage": "planning",
            "title": {"nb": "Veiledende kunngjøring: stålarbeid, Værnes"},
            "published_at": "2026-05-04T06:00:00Z",
            "tie": None,
        }
    ],
}
WRITTEN: Final[dict[str, Any]] = {
    "key": "sveising",
    "name": "Sveising",
    "sentences": ["Vi sveiser bærende konstruksjoner etter NS-EN 1090, EXC3."],
    "language": "nb",
    "cpv": ["45262670"],
    "nuts": ["NO06"],
    "countries": ["NO", "SE"],
    "words_in": ["trykkprøving"],
    "words_out": [],
    "value_min": None,
    "value_max": "20000000.00",
    "value_currency": "NOK",
    "stages": ["planning", "competition", "intent"],
    "scopes": ["defence", "preparedness"],
    "cadence": None,
}
PROFILE: Final[dict[str, Any]] = {
    **WRITTEN,
    "id": 12,
    "subscriber_id": 7,
    "active": True,
    "met": True,
    "created_at": "2026-11-20T09:30:00Z",
}
MATCH: Final[dict[str, Any]] = {
    "id": 90210,
    "profile_id": 12,
    "profile_key": "sveising",
    "notice": BRIEF,
    "score": 0.8123,
    "line": 0.6,
    "standing": "above",
    "barred_by": None,
    "evidence": {
        "notice_sentence": "Leverandøren skal utføre sveising av bærende stålkonstruksjoner i EXC3.",
        "profile_sentence": "Vi sveiser bærende konstruksjoner etter NS-EN 1090, EXC3.",
        "section": "description",
        "lot": None,
        "words": [["sveising", "sveiser"]],
        "words_in": [],
        "shared_cpv": ["45262670"],
    },
    "model_rev": "anbudsvakt-2026-11",
    "matched_at": "2026-11-23T07:06:00Z",
    "alert_id": 311,
    "verdict": None,
}
VERDICT: Final[dict[str, Any]] = {"alert_id": 311, "verdict": "relevant", "said_at": "2026-11-24T08:15:00Z"}
THRESHOLD: Final[dict[str, Any]] = {
    "profile_id": 12,
    "profile_key": "sveising",
    "line": "0.620",
    "own": True,
    "history": [
        {
            "value": "0.600",
            "moved_from": None,
            "drawn": "start",
            "why": "profiles import",
            "at": "2026-11-20T09:30:00Z",
        },
        {
            "value": "0.620",
            "moved_from": "0.600",
            "drawn": "learned",
            "why": "5 of 6 just above it were not relevant",
            "at": "2026-11-23T04:10:00Z",
        },
    ],
}
PROBLEM: Final[dict[str, Any]] = {
    "type": "about:blank",
    "title": "Not Found",
    "status": 404,
    "detail": "There is nothing here, or nothing that this token may see.",
    "faults": [],
}
# By the name that the form has in the document.
EXAMPLES: Final[Mapping[str, dict[str, Any]]] = MappingProxyType(
    {
        "NoticeBrief": BRIEF,
        "NoticeWhole": NOTICE,
        "NoticePage": {"notices": [BRIEF], "next": None},
        "ProfileWritten": WRITTEN,
        "ProfileTold": PROFILE,
        "ProfilePage": {"profiles": [PROFILE], "next": None},
        "MatchTold": MATCH,
        "MatchPage": {"matches": [MATCH], "next": None},
        "VerdictGiven": {"alert_id": 311, "verdict": "relevant"},
        "VerdictKept": VERDICT,
        "ThresholdTold": THRESHOLD,
        "ThresholdPage": {"thresholds": [THRESHOLD], "next": None},
        "Problem": PROBLEM,
    }
)
