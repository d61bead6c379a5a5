"""The protobuf codec of the Connect protocol (application/proto), from a table of the messages that this door speaks.

Our own declarations of the facts (OpenTDF, messages: name, number, type), built into descriptors when the process
starts; the library maps them to the same proto3 JSON values that the JSON codec carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, struct_pb2, wrappers_pb2
from google.protobuf.message import DecodeError, Message

from relto.base.canonical import Json
from relto.kas.failures import RequestFailure

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {"string": _Field.TYPE_STRING, "bytes": _Field.TYPE_BYTES, "int32": _Field.TYPE_INT32}
_MAX_NESTING = 32
# message: (field, number, type); "repeated T", "map T" (from string), "enum T", "oneof T" share one oneof.
_MESSAGES: Mapping[str, Mapping[str, tuple[tuple[str, int, str], ...]]] = {
    "kas": {
        "PublicKeyRequest": (("algorithm", 1, "string"), ("fmt", 2, "string"), ("v", 3, "string")),
        "PublicKeyResponse": (("public_key", 1, "string"), ("kid", 2, "string")),
        "LegacyPublicKeyRequest": (("algorithm", 1, "string"),),
        "RewrapRequest": (("signed_request_token", 1, "string"),),
        "KeyAccessRewrapResult": (
            ("metadata", 1, "map google.protobuf.Value"),
            ("key_access_object_id", 2, "string"),
            ("status", 3, "string"),
            ("kas_wrapped_key", 4, "oneof bytes"),
            ("error", 5, "oneof string"),
        ),
        "PolicyRewrapResult": (("policy_id", 1, "string"), ("results", 2, "repeated kas.KeyAccessRewrapResult")),
        "RewrapResponse": (
            ("entity_wrapped_key", 2, "bytes"),
            ("session_public_key", 3, "string"),
            ("responses", 5, "repeated kas.PolicyRewrapResult"),
        ),
    },
    "wellknownconfiguration": {
        "GetWellKnownConfigurationRequest": (),
        "GetWellKnownConfigurationResponse": (("configuration", 1, "google.protobuf.Struct"),),
    },
    "grpc.health.v1": {
        "HealthCheckRequest": (("service", 1, "string"),),
        "HealthCheckResponse": (("status", 1, "enum grpc.health.v1.HealthCheckResponse.ServingStatus"),),
    },
    "policy": {
        "PageRequest": (("limit", 1, "int32"), ("offset", 2, "int32")),
        "PageResponse": (("current_offset", 1, "int32"), ("next_offset", 2, "int32"), ("total", 3, "int32")),
        "SimpleKasPublicKey": (("algorithm", 1, "enum policy.Algorithm"), ("kid", 2, "string"), ("pem", 3, "string")),
        "SimpleKasKey": (
            ("kas_uri", 1, "string"),
            ("public_key", 2, "policy.SimpleKasPublicKey"),
            ("kas_id", 3, "string"),
        ),
        "KeyAccessServer": (
            ("id", 1, "string"),
            ("uri", 2, "string"),
            ("source_type", 4, "enum policy.SourceType"),
            ("kas_keys", 5, "repeated policy.SimpleKasKey"),
            ("name", 20, "string"),
        ),
        "Namespace": (
            ("id", 1, "string"),
            ("name", 2, "string"),
            ("fqn", 3, "string"),
            ("active", 4, "google.protobuf.BoolValue"),
            ("kas_keys", 7, "repeated policy.SimpleKasKey"),
        ),
        "Value": (
            ("id", 1, "string"),
            ("value", 3, "string"),
            ("fqn", 6, "string"),
            ("active", 7, "google.protobuf.BoolValue"),
            ("kas_keys", 9, "repeated policy.SimpleKasKey"),
        ),
        "Attribute": (
            ("id", 1, "string"),
            ("namespace", 2, "policy.Namespace"),
            ("name", 3, "string"),
            ("rule", 4, "enum policy.AttributeRuleTypeEnum"),
            ("values", 5, "repeated policy.Value"),
            ("fqn", 7, "string"),
            ("active", 8, "google.protobuf.BoolValue"),
            ("kas_keys", 9, "repeated policy.SimpleKasKey"),
        ),
    },
    "policy.attributes": {
        "GetAttributeValuesByFqnsRequest": (("fqns", 1, "repeated string"),),
        "AttributeAndValue": (("attribute", 1, "policy.Attribute"), ("value", 2, "policy.Value")),
        "GetAttributeValuesByFqnsResponse": (("fqn_attribute_values", 1, "map policy.attributes.AttributeAndValue"),),
        "GetKeyMappingsByFqnsRequest": (("fqns", 1, "repeated string"),),
        "AttributeKeyMapping": (
            ("rule", 1, "enum policy.AttributeRuleTypeEnum"),
            ("keys", 2, "repeated policy.SimpleKasKey"),
        ),
        "GetKeyMappingsByFqnsResponse": (("fqn_key_mappings", 1, "map policy.attributes.AttributeKeyMapping"),),
    },
    "policy.kasregistry": {
        "ListKeyAccessServersRequest": (("pagination", 10, "policy.PageRequest"),),
        "ListKeyAccessServersResponse": (
            ("key_access_servers", 1, "repeated policy.KeyAccessServer"),
            ("pagination", 10, "policy.PageResponse"),
        ),
    },
}
# By package, then message ("" for the package itself): enumeration, its values by number.
_ENUMS: Mapping[tuple[str, str], Mapping[str, Mapping[str, int]]] = {
    ("grpc.health.v1", "HealthCheckResponse"): {
        "ServingStatus": {"UNKNOWN": 0, "SERVING": 1, "NOT_SERVING": 2, "SERVICE_UNKNOWN": 3}
    },
    ("policy", ""): {
        "SourceType": {"SOURCE_TYPE_UNSPECIFIED": 0, "SOURCE_TYPE_INTERNAL": 1, "SOURCE_TYPE_EXTERNAL": 2},
        "AttributeRuleTypeEnum": {
            "ATTRIBUTE_RULE_TYPE_ENUM_UNSPECIFIED": 0,
            "ATTRIBUTE_RULE_TYPE_ENUM_ALL_OF": 1,
            "ATTRIBUTE_RULE_TYPE_ENUM_ANY_OF": 2,
            "ATTRIBUTE_RULE_TYPE_ENUM_HIERARCHY": 3,
        },
        "Algorithm": {
            "ALGORITHM_UNSPECIFIED": 0,
            "ALGORITHM_RSA_2048": 1,
            "ALGORITHM_RSA_4096": 2,
            "ALGORITHM_EC_P256": 3,
            "ALGORITHM_EC_P384": 4,
            "ALGORITHM_EC_P521": 5,
            "ALGORITHM_HPQT_XWING": 6,
            "ALGORITHM_HPQT_SECP256R1_MLKEM768": 7,
            "ALGORITHM_HPQT_SECP384R1_MLKEM1024": 8,
            "ALGORITHM_MLKEM_768": 20,
            "ALGORITHM_MLKEM_1024": 21,
        },
    },
}


class ProtobufCodec:
    """application/proto: unknown fields ignored, an empty body is an empty message."""

    def __init__(self) -> None:
        """Builds the descriptors in a pool of its own."""
        pool = descriptor_pool.DescriptorPool()
        for known in (struct_pb2, wrappers_pb2):
            pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
        for package, messages in _MESSAGES.items():
            pool.AddSerializedFile(_file(package, messages).SerializeToString())
        names = [f"{package}.{name}" for package, messages in _MESSAGES.items() for name in messages]
        names.append("google.protobuf.StringValue")
        self._classes: dict[str, type[Message]] = {
            name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in names
        }
        self._pool = pool

    def read(self, message: str, data: bytes) -> Mapping[str, Json]:
        """See Codec."""
        try:
            found: dict[str, Json] = json_format.MessageToDict(self._classes[message].FromString(data))
        except (DecodeError, UnicodeDecodeError, RecursionError, json_format.Error) as error:
            raise RequestFailure("invalid_argument", "invalid request body") from error
        return found

    def write(self, message: str, value: Json) -> bytes:
        """See Codec; a field that the table does not name is a fault of this door, never left out in silence."""
        answer = self._classes[message]()
        spoken: Any = value
        json_format.ParseDict(spoken, answer, descriptor_pool=self._pool, max_recursion_depth=_MAX_NESTING)
        return bytes(answer.SerializeToString())


def _file(package: str, messages: Mapping[str, tuple[tuple[str, int, str], ...]]) -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name=f"relto/{package}.proto", package=package, syntax="proto3")
    file.dependency.extend(("google/protobuf/struct.proto", "google/protobuf/wrappers.proto"))
    if package.startswith("policy."):
        file.dependency.append("relto/policy.proto")
    _add_enums(file.enum_type, _ENUMS.get((package, ""), {}))
    for name, fields in messages.items():
        declared = file.message_type.add(name=name)
        _add_enums(declared.enum_type, _ENUMS.get((package, name), {}))
        for field, number, kind in fields:
            _add_field(package, declared, field, number, kind)
    return file


def _add_enums(place: Any, enums: Mapping[str, Mapping[str, int]]) -> None:
    for name, values in enums.items():
        declared = place.add(name=name)
        for value, number in values.items():
            declared.value.add(name=value, number=number)


def _add_field(package: str, declared: descriptor_pb2.DescriptorProto, field: str, number: int, kind: str) -> None:
    form, _, inner = kind.rpartition(" ")
    added = declared.field.add(name=field, number=number, label=_Field.LABEL_OPTIONAL)
    if form == "oneof":
        if not declared.oneof_decl:
            declared.oneof_decl.add(name="result")
        added.oneof_index = 0
    if form == "repeated":
        added.label = _Field.LABEL_REPEATED
    if form == "enum":
        added.type, added.type_name = _Field.TYPE_ENUM, f".{inner}"
    elif form == "map":
        entry = declared.nested_type.add(name="".join(part.capitalize() for part in field.split("_")) + "Entry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, label=_Field.LABEL_OPTIONAL, type=_Field.TYPE_STRING)
        entry.field.add(
            name="value", number=2, label=_Field.LABEL_OPTIONAL, type=_Field.TYPE_MESSAGE, type_name=f".{inner}"
        )
        added.label, added.type = _Field.LABEL_REPEATED, _Field.TYPE_MESSAGE
        added.type_name = f".{package}.{declared.name}.{entry.name}"
    elif inner in _SCALARS:
        added.type = _SCALARS[inner]
    else:
        added.type, added.type_name = _Field.TYPE_MESSAGE, f".{inner}"
