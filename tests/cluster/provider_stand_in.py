"""Base class of the stand-ins for Pulumi providers: the gRPC protocol with the engine."""
# ruff: noqa: N802 the methods are named as the protocol names them

import traceback
from abc import abstractmethod
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Never

import grpc
from google.protobuf.empty_pb2 import Empty
from google.rpc import status_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from tests.cluster.pulumi_values import decoded, differences, encoded, plain

Values = dict[str, Any]
_KINDS = {"add": provider_pb2.PropertyDiff.ADD, "delete": provider_pb2.PropertyDiff.DELETE}
_REPLACING = {"add": provider_pb2.PropertyDiff.ADD_REPLACE, "delete": provider_pb2.PropertyDiff.DELETE_REPLACE}


class ProviderError(Exception):
    """A stand-in rejects the resource, or does not support it."""


class NotInitializedError(ProviderError):
    """A resource was created and does not work: the engine stores it with this error."""

    def __init__(self, message: str, *, identity: str, outputs: Values) -> None:
        super().__init__(message)
        self.details = provider_pb2.ErrorResourceInitFailed(
            id=identity, properties=encoded(outputs), inputs=encoded(outputs), reasons=[message]
        )


class StandIn(provider_pb2_grpc.ResourceProviderServicer):
    """Implements the provider protocol; subclasses implement the resources."""

    version: str

    @abstractmethod
    def check(self, *, kind: str, name: str, news: Values, olds: Values, seed: bytes) -> Values:
        """Return the completed inputs; raises ProviderError."""

    @abstractmethod
    def create(self, *, kind: str, name: str, inputs: Values) -> tuple[str, Values]:
        """Create the resource and return id and outputs; raises ProviderError."""

    @abstractmethod
    def read(self, *, kind: str, identity: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None:
        """Return current outputs and inputs; None if the resource is gone."""

    @abstractmethod
    def update(self, *, kind: str, identity: str, inputs: Values) -> Values:
        """Update the resource and return the outputs; raises ProviderError."""

    @abstractmethod
    def delete(self, *, kind: str, identity: str, inputs: Values) -> None:
        """Delete the resource and wait until it is gone; raises ProviderError."""

    @abstractmethod
    def replaces(self, *, kind: str, path: str, inputs: Values) -> bool:
        """Return whether a change of this path replaces the resource."""

    def configured(self, settings: Values) -> None:
        """Called with the settings of each provider that the program configures."""

    # Methods called by the engine.

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: Any) -> Any:
        return Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self.version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        self.configured(decoded(request.args))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:
        news, olds = decoded(request.news), decoded(request.olds)
        with _reporting_errors(context):
            inputs = self.check(kind=request.type, name=request.name, news=news, olds=olds, seed=request.randomSeed)
            return provider_pb2.CheckResponse(inputs=encoded(inputs))

    def Diff(self, request: Any, context: Any) -> Any:
        old, new = plain(decoded(request.old_inputs)), plain(decoded(request.news))
        found = dict(differences(old, new))
        replaces = [path for path in found if self.replaces(kind=request.type, path=path, inputs=new)]
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=replaces,
            diffs=sorted({path.partition(".")[0].partition("[")[0] for path in found}),
            detailedDiff={path: _difference(how, replace=path in replaces) for path, how in found.items()},
            hasDetailedDiff=True,
            deleteBeforeReplace=self.deletes_first(old=old, new=new),
        )

    def deletes_first(self, *, old: Values, new: Values) -> bool:
        """Return whether the old resource must be deleted before the new one is created."""
        return False

    def Create(self, request: Any, context: Any) -> Any:
        inputs = decoded(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        with _reporting_errors(context):
            identity, outputs = self.create(kind=request.type, name=request.name, inputs=inputs)
            return provider_pb2.CreateResponse(id=identity, properties=encoded(outputs))

    def Read(self, request: Any, context: Any) -> Any:
        inputs, outputs = decoded(request.inputs), decoded(request.properties)
        with _reporting_errors(context):
            found = self.read(kind=request.type, identity=request.id, inputs=inputs, outputs=outputs)
            if found is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(id=request.id, properties=encoded(found[0]), inputs=encoded(found[1]))

    def Update(self, request: Any, context: Any) -> Any:
        if request.preview:
            return provider_pb2.UpdateResponse(properties=request.news)
        with _reporting_errors(context):
            outputs = self.update(kind=request.type, identity=request.id, inputs=decoded(request.news))
            return provider_pb2.UpdateResponse(properties=encoded(outputs))

    def Delete(self, request: Any, context: Any) -> Any:
        with _reporting_errors(context):
            self.delete(kind=request.type, identity=request.id, inputs=decoded(request.old_inputs))
            return Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        return Empty()

    def Invoke(self, request: Any, context: Any) -> Never:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the stand-in has no function {request.tok}")
        raise AssertionError

    def Construct(self, request: Any, context: Any) -> Never:
        context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"the stand-in makes no component {request.type}: use typed resources or apiextensions.CustomResource",
        )
        raise AssertionError


def _difference(how: str, *, replace: bool) -> Any:
    if replace:
        kind = _REPLACING.get(how, provider_pb2.PropertyDiff.UPDATE_REPLACE)
    else:
        kind = _KINDS.get(how, provider_pb2.PropertyDiff.UPDATE)
    return provider_pb2.PropertyDiff(kind=kind, inputDiff=True)


@contextmanager
def _reporting_errors(context: Any) -> Generator[None]:
    """Report exceptions to the engine: a ProviderError by its message, any other with its traceback."""
    try:
        yield
    except NotInitializedError as error:
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
        status.details.add().Pack(error.details)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, str(error))
    except ProviderError as error:
        context.abort(grpc.StatusCode.UNKNOWN, str(error))
    except Exception:
        context.abort(grpc.StatusCode.INTERNAL, traceback.format_exc())
