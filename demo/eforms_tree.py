"""How are eForms elements put on the tree without repeating their namespaces?"""

from lxml import etree
from lxml.etree import _Element as Element

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
EFORMS = "http://data.europa.eu/p27/eforms-ubl-extension"
NAMESPACES = {
    "cac": f"{UBL}CommonAggregateComponents-2",
    "cbc": f"{UBL}CommonBasicComponents-2",
    "ext": f"{UBL}CommonExtensionComponents-2",
    "efext": f"{EFORMS}s/1",
    "efac": f"{EFORMS}-aggregate-components/1",
    "efbc": f"{EFORMS}-basic-components/1",
}
EXTENSION = "ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent/efext:EformsExtension"


def new_root(name: str) -> Element:
    """An empty document element of UBL's own namespace for that name, all prefixes declared."""
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return etree.fromstring(f'<{name} xmlns="{UBL}{name}-2" {declared}/>')


def add(parent: Element, path: str, text: str | None = None, **attributes: str) -> Element:
    """Append a chain of new elements, as in `cac:Language/cbc:ID`, and return the last, which gets text and attributes."""
    for name in path.split("/"):
        prefix, _, local = name.partition(":")
        parent = etree.SubElement(parent, f"{{{NAMESPACES[prefix]}}}{local}")
    for key, value in attributes.items():
        parent.set(key, value)
    parent.text = text
    return parent
