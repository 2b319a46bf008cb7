"""The stages, a module or a package each. None imports another: they meet in :mod:`composer.pipeline`."""
