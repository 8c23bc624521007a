"""Every case of the operator suite."""

from . import chains, elementwise, folded, linear, numbers, reductions, shapes, unsigned


def all_models():
    models = []
    for module in (linear, elementwise, reductions, shapes, folded, chains, unsigned, numbers):
        models += module.models()
    names = [m.name for m in models]
    assert len(set(names)) == len(names), sorted(n for n in names if names.count(n) > 1)
    return models
