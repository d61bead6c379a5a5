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
_SCALARS = {"string": _Field.TYPE_STRING, "bytes": _Field.TYPE_BYTES}
_MAX_NESTING = 32
# message: (field, number, type); "repeated T", "map T" (from string), "oneof T" share one oneof.
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
        "HealthCheckResponse": (("status", 1, "enum ServingStatus"),),
    },
}
_SERVING_STATUS = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")


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
        except (DecodeError, UnicodeDecodeError, RecursionError) as error:
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
    file.dependency.append("google/protobuf/struct.proto")
    for name, fields in messages.items():
        declared = file.message_type.add(name=name)
        for field, number, kind in fields:
            _add_field(package, declared, field, number, kind)
    return file


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
        values = declared.enum_type.add(name=inner)
        for position, value in enumerate(_SERVING_STATUS):
            values.value.add(name=value, number=position)
        added.type, added.type_name = _Field.TYPE_ENUM, f".{package}.{declared.name}.{inner}"
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
