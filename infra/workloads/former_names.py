"""Aliases of renamed components: an existing stack keeps their resources instead of replacing them."""

from pulumi import Alias, ResourceOptions


def formerly(name: str, type_: str | None = None, opts: ResourceOptions | None = None) -> ResourceOptions:
    """`opts` with an alias of the resource's former name and, where that has changed too, type.

    Children of a component inherit the alias, unless their names begin with the component's new name: Pulumi then takes
    them for renamed too.
    """
    alias = Alias(name=name, type_=type_) if type_ else Alias(name=name)
    return ResourceOptions.merge(opts, ResourceOptions(aliases=[alias]))
