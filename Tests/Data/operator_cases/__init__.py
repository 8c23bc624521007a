"""Every case of the operator suite."""

from . import chains, elementwise, linear, reductions, shapes


def all_models():
    models = []
    for module in (linear, elementwise, reductions, shapes, chains):
        models += module.models()
    names = [m.name for m in models]
    assert len(set(names)) == len(names), sorted(n for n in names if names.count(n) > 1)
    return models
