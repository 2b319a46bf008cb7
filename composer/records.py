"""Data classes as `dataclasses` has them, whose methods are made when they are first called.

To a type checker the names here *are* those of `dataclasses`, and whoever reads a class may take them for that. At run time a class
costs a tenth: the standard decorator compiles up to nine methods of each class while its module is imported, which was half the time
between the start of a run and its first line of work, and most of these methods are never called.

What differs: that nobody changes a frozen record is held by the type checker alone (in return one is made in less than half the time);
there is no ``__dataclass_fields__``; and the decorator and `field` take the parameters that are used in this package, and no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["asdict", "dataclass", "field", "replace"]

if TYPE_CHECKING:
    from dataclasses import asdict, dataclass, field, replace
else:
    _NONE = object()
    """Stands for a parameter that was not given."""

    class _Field:
        """What is known of a field: how it gets its value, and which methods look at it."""

        __slots__ = ("compare", "default", "default_factory", "hash", "init", "repr")

        def __init__(self, default, default_factory, init, repr, hash, compare):
            self.default = default
            self.default_factory = default_factory
            self.init = init
            self.repr = repr
            self.hash = hash
            self.compare = compare

    def field(*, default=_NONE, default_factory=_NONE, init=True, repr=True, hash=None, compare=True):
        """Describe a field that is more than a type and a default."""
        return _Field(default, default_factory, init, repr, compare if hash is None else hash, compare)

    def dataclass(*, frozen=False, slots=False, eq=True, order=False):
        """Return a decorator that makes a class of annotated names a record of them."""

        def decorate(cls):
            fields = _fields(cls)
            made = _with_slots(cls) if slots else cls
            made.__record_fields__ = fields
            made.__match_args__ = tuple(name for name, told in fields.items() if told.init)
            _make_later(made, "__init__", _init)
            _make_later(made, "__replace__", _replace)
            if "__repr__" not in cls.__dict__:
                made.__repr__ = _repr
            if eq and "__eq__" not in cls.__dict__:
                _make_later(made, "__eq__", _eq)
                if frozen:
                    _make_later(made, "__hash__", _hash)
                else:
                    made.__hash__ = None
            if order:
                made.__lt__ = _lt
            return made

        return decorate

    def replace(record, /, **changes):
        """Return a record that differs in these fields."""
        return record.__replace__(**changes)

    def asdict(record):
        """Return the fields by name; records inside, and in tuples, lists and maps inside, become maps too."""
        return {name: _plain(getattr(record, name)) for name in record.__record_fields__}

    def _plain(value):
        if hasattr(value, "__record_fields__"):
            return asdict(value)
        if isinstance(value, list | tuple):
            return type(value)(_plain(item) for item in value)
        if isinstance(value, dict):
            return {_plain(key): _plain(item) for key, item in value.items()}
        return value

    # --- classes ------------------------------------------------------------------------------------------------------

    def _fields(cls):
        """Return the fields by name, those of base classes first; what described one is no attribute of the class any more."""
        fields = {}
        for base in reversed(cls.__mro__[1:]):
            fields |= base.__dict__.get("__record_fields__", {})
        for name in cls.__annotations__:
            written = cls.__dict__.get(name, _NONE)
            fields[name] = written if isinstance(written, _Field) else field(default=written)
            if isinstance(written, _Field):
                delattr(cls, name)
        return fields

    def _with_slots(cls):
        """Return the class made anew, for slots can only be given at birth."""
        taken = {name for base in cls.__mro__[1:] for name in base.__dict__.get("__slots__", ())}
        names = tuple(name for name in cls.__annotations__ if name not in taken)
        left_out = {"__dict__", "__weakref__", *names}
        namespace = {name: value for name, value in cls.__dict__.items() if name not in left_out}
        made = type(cls)(cls.__name__, cls.__bases__, {**namespace, "__slots__": names})
        made.__qualname__ = cls.__qualname__
        return made

    # --- methods ------------------------------------------------------------------------------------------------------

    def _make_later(cls, name, source):
        """Give a class a method that is compiled when it is first called; ``source`` prints it, and names what it needs."""

        def first_call(self, *args, **kwargs):
            names = {"_NONE": _NONE}
            exec("\n".join(source(cls, names)), names)  # noqa: S102 - made of names of this package's own fields
            method = names[name]
            method.__qualname__ = f"{cls.__qualname__}.{name}"
            setattr(cls, name, method)
            return method(self, *args, **kwargs)

        setattr(cls, name, first_call)

    def _init(cls, names):
        parameters, body = ["self"], []
        for name, told in cls.__record_fields__.items():
            value = name
            if told.default is not _NONE:
                names[f"_default_{name}"] = told.default
                parameter = value = f"_default_{name}"
            elif told.default_factory is not _NONE:
                names[f"_make_{name}"] = told.default_factory
                parameter, value = "_NONE", f"_make_{name}()"
            else:
                parameter = None
            if told.init:
                parameters.append(name if parameter is None else f"{name}={parameter}")
                value = f"{value} if {name} is _NONE else {name}" if parameter == "_NONE" else name
            elif parameter is None:
                continue  # `__post_init__` sets it
            body.append(f"    self.{name} = {value}")
        if hasattr(cls, "__post_init__"):
            body.append("    self.__post_init__()")
        return [f"def __init__({', '.join(parameters)}):", *(body or ["    pass"])]

    def _replace(cls, names):
        names["_made"] = cls
        given = cls.__match_args__
        yield f"def __replace__(self, *, {', '.join(f'{name}=_NONE' for name in given)}):"
        yield f"    return _made({', '.join(f'self.{name} if {name} is _NONE else {name}' for name in given)})"

    def _eq(cls, _):
        compared = [name for name, told in cls.__record_fields__.items() if told.compare]
        yield "def __eq__(self, other):"
        yield "    if other.__class__ is not self.__class__:"
        yield "        return NotImplemented"
        yield f"    return {' and '.join(f'self.{name} == other.{name}' for name in compared) or True}"

    def _hash(cls, _):
        hashed = [name for name, told in cls.__record_fields__.items() if told.hash]
        yield "def __hash__(self):"
        yield f"    return hash(({', '.join([*(f'self.{name}' for name in hashed), ''])}))"

    def _lt(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        names = [name for name, told in self.__record_fields__.items() if told.compare]
        return [getattr(self, name) for name in names] < [getattr(other, name) for name in names]

    def _repr(self):
        shown = [f"{name}={getattr(self, name)!r}" for name, told in self.__record_fields__.items() if told.repr]
        return f"{type(self).__qualname__}({', '.join(shown)})"
