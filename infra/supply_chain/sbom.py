"""Writes a CycloneDX SBOM of each place from its pins: the same pins give the same file."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cyclonedx import model
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import bom as bom_model
from cyclonedx.model import component as component_model
from cyclonedx.model.component import ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from infra.supply_chain.pins import DOCKER, PYPI, Pin

_LICENCES = LicenseFactory()
# The decorators of these classes hide their types.
_Bom: Any = bom_model.Bom
_Component: Any = component_model.Component
_XsUri: Any = model.XsUri
_HashType: Any = model.HashType
_ExternalReference: Any = model.ExternalReference
_TYPES = {DOCKER: ComponentType.CONTAINER}


def package_url(pin: Pin) -> PackageURL:
    """Return the package URL of a pin."""
    return PackageURL(pin.kind, pin.group or None, pin.name, pin.version, dict(pin.qualifiers) or None)


def component(pin: Pin) -> Any:
    """Return the component of a pin. Several checksums are those of the files of which one is installed."""
    url = package_url(pin)
    hashes = [_HashType(alg=model.HashAlgorithm.SHA_256, content=digest) for digest in pin.sha256]
    if pin.sha512:
        hashes.append(_HashType(alg=model.HashAlgorithm.SHA_512, content=pin.sha512))
    licence = pin.licence or (_installed_licence(pin) if pin.kind == PYPI else None)
    files = _ExternalReference(
        type=model.ExternalReferenceType.DISTRIBUTION,
        url=_XsUri(url.to_string()),
        hashes=hashes,
        comment="one of these files",
    )
    return _Component(
        type=_TYPES.get(pin.kind, ComponentType.LIBRARY),
        group=pin.group or None,
        name=pin.name,
        version=pin.version,
        purl=url,
        bom_ref=url.to_string(),
        hashes=hashes if len(hashes) == 1 else [],
        external_references=[files] if len(hashes) > 1 else [],
        licenses=[_LICENCES.make_from_string(licence)] if licence else [],
    )


def _installed_licence(pin: Pin) -> str | None:
    """Return the SPDX expression that a Python package declares, if this version of it is installed here."""
    try:
        found = distribution(pin.name)
    except PackageNotFoundError:
        return None
    metadata: Any = found.metadata
    return metadata.get("License-Expression") if found.version == pin.version else None


def write_sbom(name: str, pins: Iterable[Pin]) -> str:
    """Return the SBOM of a place as JSON."""
    components = {part.bom_ref.value: part for part in map(component, pins)}
    bom = _Bom(components=components.values())
    bom.serial_number = uuid5(NAMESPACE_URL, f"sluice/{name}/{','.join(sorted(map(str, components)))}")
    bom.metadata.component = _Component(type=ComponentType.APPLICATION, name=f"sluice-{name}", bom_ref=f"sluice-{name}")
    bom.register_dependency(bom.metadata.component, components.values())
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"
