"""The stages, one module each. None imports another: they meet in :mod:`composer.pipeline`."""
