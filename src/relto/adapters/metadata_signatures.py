"""Signed bindings: the XML signature profile of ADatP-4778.2 Ed A chapter 2, by the library signxml.

What is written: one ds:Signature as first child of BindingInformation, exclusive canonical XML, SHA-384 digests,
RSA-SHA256 or ECDSA-SHA256, X509Data, a wsu:Timestamp; one reference for each MetadataBinding, and a ds:Manifest with
the digest of the raw bytes of everything that a binding refers to, because no library fetches `pack:` or a sidecar's
file.

What is demanded on reading, beyond the library:
 1. The signer's certificate is one that the caller pins; a chain to an authority is not built here.
 2. Each MetadataBinding of the document is covered by a reference, and what was signed is what is read: the two are
    compared element by element, so that nothing can be wrapped around a signature.
 3. References have no transform but canonicalisation and no target but the document itself; SHA-1, MD5, SHA-224 and
    KeyName are refused.
 4. The manifest and the timestamp are signed; each object that a binding refers to is in the manifest, and its bytes,
    read by the caller, have the digest that stands there.

"Conformant" in the standard includes unsigned (trap T14); a verified binding here never is. Container extensions and
what else stands outside a MetadataBinding are not covered by the profile, so nothing of it is given back. The profile's
text was not read; its rules come from secondary sources (labels.md section 3).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.signer import SignatureReference, XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from relto.base.errors import MalformedInput, NotVerified, UnknownValue
from relto.base.instants import Instant, instant_text
from relto.labels.nato.binding import NAMESPACE, BindingInformation, MetadataBinding, Reference
from relto.labels.nato.binding_xml import LIMITS, SIGNATURE_NAMESPACE, binding_element, binding_of
from relto.labels.nato.bounded_xml import canonical, date_time, parse, serialise

DIGEST: Final = "sha384"
ALLOWED_SKEW: Final = timedelta(minutes=5)
MAX_SIGNATURES = 8
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST_METHODS = frozenset({DigestAlgorithm.SHA384, DigestAlgorithm.SHA256, DigestAlgorithm.SHA512})
_DIGESTS = {method.value: method.name.lower() for method in _DIGEST_METHODS}
_METHODS = frozenset(
    {
        *(SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512),
        *(SignatureMethod.ECDSA_SHA256, SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512),
    }
)
_CANONICAL = frozenset(
    {
        CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0.value,
        CanonicalizationMethod.CANONICAL_XML_1_0.value,
        CanonicalizationMethod.CANONICAL_XML_1_1.value,
    }
)
_EXCLUSIVE = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0

# At its debug level the library writes what it canonicalises, labels and names among it, and no log may hold those.
logging.getLogger("signxml").setLevel(logging.INFO)

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
DigestOf = Callable[[str, str], bytes | None]


@dataclass(frozen=True, slots=True)
class VerifiedBinding:
    """A binding whose every MetadataBinding a trusted certificate signed. `created`: the signer's own word for when."""

    bindings: tuple[MetadataBinding, ...]
    signer: x509.Certificate
    created: Instant


def sign_binding(
    binding: BindingInformation,
    digests: Mapping[str, bytes],
    key: SigningKey,
    certificates: Sequence[x509.Certificate],
    at: Instant,
) -> bytes:
    """The binding with one more signature; a MetadataBinding without an identifier gets one.

    `digests`: SHA-384 of the raw bytes behind each URI that the binding refers to. `certificates`: the signer's first.
    Raises MalformedInput when a digest is missing, UnknownValue for another kind of key.
    """
    named = _with_identifiers(binding)
    signature_id = f"signature-{len(binding.signatures) + 1}"
    root = binding_element(named)
    stub = etree.Element(_ds("Signature"), nsmap={"ds": SIGNATURE_NAMESPACE})
    root.insert(len(binding.signatures), stub)
    signed = [each.identifier for each in named.bindings if each.identifier is not None]
    uris = _uris(named.bindings)
    if uris:
        signed.append(f"{signature_id}-manifest")
        stub.append(_manifest(signed[-1], uris, digests))
    signed.append(f"{signature_id}-properties")
    stub.append(_properties(signed[-1], signature_id, at))
    signer = XMLSigner(
        method=SignatureConstructionMethod.detached,
        signature_algorithm=_method(key),
        digest_algorithm=DigestAlgorithm.SHA384,
        c14n_algorithm=_EXCLUSIVE,
    )
    references = [SignatureReference(URI=f"#{identifier}", c14n_method=_EXCLUSIVE) for identifier in signed]
    signature = signer.sign(root, key=key, cert=list(certificates), reference_uri=references, id_attribute="Id")
    signature.set("Id", signature_id)
    signature.extend(list(stub))
    root.replace(stub, signature)
    return serialise(root)


def verify_binding(
    data: bytes, trusted: Collection[x509.Certificate], at: Instant, digest_of: DigestOf
) -> VerifiedBinding:
    """The binding, if every rule above holds at an instant.

    `digest_of(uri, algorithm)`: the digest of the raw bytes behind a URI, None when there are none. Signatures of
    certificates that are not trusted say nothing and are passed over; one by a trusted certificate that does not hold
    refuses the whole. Raises TooLarge, MalformedInput or UnknownValue for what is no binding, NotVerified for the rest.
    """
    root = parse(data, LIMITS, "stanag4778")
    binding = binding_of(root)
    signatures = root.findall(_ds("Signature"))
    if not signatures or len(signatures) > MAX_SIGNATURES:
        raise NotVerified("binding.unsigned", field="Signature", expected=f"1 to {MAX_SIGNATURES} signatures")
    verified = []
    for index, signature in enumerate(signatures):
        signer = _signer(signature, trusted)
        if signer is not None:
            signed = _signed_parts(root, index, signer, at)
            _check_coverage(root, signed)
            _check_digests(_uris(binding.bindings), dict(_manifest_digests(signed.values())), digest_of)
            verified.append(VerifiedBinding(binding.bindings, signer, _timestamp(signed.values(), at)))
    if not verified:
        raise NotVerified("binding.signer", field="X509Data", expected="a certificate that is trusted here")
    return verified[0]


def _signed_parts(root: etree._Element, index: int, signer: x509.Certificate, at: Instant) -> dict[str, etree._Element]:
    """What one signature covers, as it was signed, by identifier. Raises NotVerified."""
    alone = deepcopy(root)
    for other, element in enumerate(alone.findall(_ds("Signature"))):
        if other != index:
            alone.remove(element)
    targets = _targets(alone.findall(_ds("Signature"))[0])
    configuration = SignatureConfiguration(
        location="./",
        expect_references=False,
        signature_methods=_METHODS,
        digest_algorithms=_DIGEST_METHODS,
        verification_time=at,
    )
    try:
        results = XMLVerifier().verify(alone, x509_cert=signer, expect_config=configuration, id_attribute="Id")
    except (SignXMLException, etree.LxmlError, ValueError, TypeError, KeyError) as error:
        raise NotVerified("binding.signature", field="Signature", expected="a signature that holds") from error
    found = results if isinstance(results, list) else [results]
    pairs = zip(targets, found, strict=True)
    return {target: result.signed_xml for target, result in pairs if result.signed_xml is not None}


def _check_coverage(root: etree._Element, signed: Mapping[str, etree._Element]) -> None:
    for element in root.iter(f"{{{NAMESPACE}}}MetadataBinding"):
        what = signed.get(element.get("Id") or "")
        if what is None or canonical(what) != canonical(element):
            raise NotVerified("binding.uncovered", field="MetadataBinding", expected="a signature over each binding")


def _targets(signature: etree._Element) -> list[str]:
    """The identifiers that the references of a signature name, none twice (rule 3)."""
    information = signature.find(_ds("SignedInfo"))
    references = [] if information is None else information.findall(_ds("Reference"))
    targets = []
    for reference in references:
        uri = reference.get("URI") or ""
        transforms = [one.get("Algorithm") for one in reference.iterfind(f"{_ds('Transforms')}/{_ds('Transform')}")]
        if not uri.startswith("#") or len(uri) == 1 or not set(transforms) <= _CANONICAL:
            raise NotVerified("binding.reference", field="Reference", expected="a part of this document, canonical")
        targets.append(uri[1:])
    method = None if information is None else information.find(_ds("CanonicalizationMethod"))
    if method is None or method.get("Algorithm") not in _CANONICAL:
        raise NotVerified("binding.reference", field="CanonicalizationMethod", expected="canonical XML")
    if signature.find(f"{_ds('KeyInfo')}/{_ds('KeyName')}") is not None:
        raise NotVerified("binding.key", field="KeyName", expected="X509Data alone")
    if len(set(targets)) != len(targets):
        raise NotVerified("binding.reference", field="Reference", expected="each target once")
    return targets


def _signer(signature: etree._Element, trusted: Collection[x509.Certificate]) -> x509.Certificate | None:
    """The trusted certificate that the signature names; None when it names none of them."""
    path = f"{_ds('KeyInfo')}/{_ds('X509Data')}/{_ds('X509Certificate')}"
    for element in signature.iterfind(path):
        encoded = _bytes(element.text)
        found = next((one for one in trusted if one.public_bytes(Encoding.DER) == encoded), None)
        if found is not None:
            return _may_sign(found)
    return None


def _may_sign(certificate: x509.Certificate) -> x509.Certificate:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return certificate
    if not usage.digital_signature:
        raise NotVerified("binding.signer", field="X509Data", expected="a certificate for digital signatures")
    return certificate


def _manifest_digests(signed: Collection[etree._Element]) -> Iterator[tuple[str, tuple[str, bytes]]]:
    for manifest in signed:
        if manifest.tag != _ds("Manifest"):
            continue
        for reference in manifest.iterfind(_ds("Reference")):
            method, value = reference.find(_ds("DigestMethod")), reference.find(_ds("DigestValue"))
            name = None if method is None else _DIGESTS.get(method.get("Algorithm") or "")
            digest = None if value is None else _bytes(value.text)
            if name is None or digest is None or reference.find(_ds("Transforms")) is not None:
                raise NotVerified("binding.manifest", field="Manifest", expected="a digest of the raw bytes")
            yield reference.get("URI") or "", (name, digest)


def _bytes(text: str | None) -> bytes | None:
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _check_digests(uris: Sequence[str], signed: Mapping[str, tuple[str, bytes]], digest_of: DigestOf) -> None:
    for uri in uris:
        if uri not in signed:
            raise NotVerified("binding.uncovered", field="Manifest", expected="each object that the binding refers to")
        algorithm, expected = signed[uri]
        found = digest_of(uri, algorithm)
        if found is None:
            raise NotVerified("binding.missing", field="DataReference", expected="the object that it refers to")
        if not hmac.compare_digest(found, expected):
            raise NotVerified("binding.changed", field="DataReference", expected="the bytes that were signed")


def _timestamp(signed: Collection[etree._Element], at: Instant) -> Instant:
    path = f"{{{_WSU}}}Timestamp/{{{_WSU}}}Created"
    found = [
        created.text or ""
        for properties in signed
        if properties.tag == _ds("SignatureProperties")
        for one in properties.iterfind(_ds("SignatureProperty"))
        for created in one.iterfind(path)
    ]
    if len(found) != 1:
        raise NotVerified("binding.timestamp", field="Timestamp", expected="one signed wsu:Timestamp")
    created = date_time(found[0], "Timestamp", "stanag4778")
    if created > at + ALLOWED_SKEW:
        raise NotVerified("binding.timestamp", field="Timestamp", expected="a time that has come")
    return created


def _with_identifiers(binding: BindingInformation) -> BindingInformation:
    taken = {each.identifier for each in binding.bindings}
    fresh = (name for number in range(1, len(taken) + 10_000) if (name := f"binding-{number}") not in taken)
    containers = tuple(
        replace(
            container,
            bindings=tuple(
                each if each.identifier is not None else replace(each, identifier=next(fresh))
                for each in container.bindings
            ),
        )
        for container in binding.containers
    )
    return replace(binding, containers=containers)


def _uris(bindings: Sequence[MetadataBinding]) -> list[str]:
    """What the bindings refer to, data and metadata, each once."""
    named = [one.uri for each in bindings for one in (*each.metadata, *each.data) if isinstance(one, Reference)]
    return list(dict.fromkeys(named))


def _manifest(identifier: str, uris: Sequence[str], digests: Mapping[str, bytes]) -> etree._Element:
    holder = etree.Element(_ds("Object"), nsmap={"ds": SIGNATURE_NAMESPACE})
    manifest = etree.SubElement(holder, _ds("Manifest"), Id=identifier)
    for uri in uris:
        if uri not in digests:
            raise MalformedInput("stanag4778.digest", field="DataReference", expected="a digest for each reference")
        reference = etree.SubElement(manifest, _ds("Reference"), URI=uri)
        etree.SubElement(reference, _ds("DigestMethod"), Algorithm=DigestAlgorithm.SHA384.value)
        etree.SubElement(reference, _ds("DigestValue")).text = base64.b64encode(digests[uri]).decode("ascii")
    return holder


def _properties(identifier: str, signature_id: str, at: Instant) -> etree._Element:
    holder = etree.Element(_ds("Object"), nsmap={"ds": SIGNATURE_NAMESPACE})
    properties = etree.SubElement(holder, _ds("SignatureProperties"), Id=identifier)
    one = etree.SubElement(properties, _ds("SignatureProperty"), Target=f"#{signature_id}")
    timestamp = etree.SubElement(one, f"{{{_WSU}}}Timestamp", nsmap={"wsu": _WSU})
    etree.SubElement(timestamp, f"{{{_WSU}}}Created").text = instant_text(at)
    return holder


def _method(key: SigningKey) -> SignatureMethod:
    if isinstance(key, rsa.RSAPrivateKey):
        return SignatureMethod.RSA_SHA256
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return SignatureMethod.ECDSA_SHA256
    raise UnknownValue("stanag4778.key", field="key", expected="an RSA or elliptic curve key")


def _ds(local: str) -> str:
    return f"{{{SIGNATURE_NAMESPACE}}}{local}"
