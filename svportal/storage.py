"""How static files are served: compressed, and under names that change with what is in them."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StorageAway(OSError):
    """The store of files does not answer, or refuses: nothing is known about any file."""


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Also gives the scripts that scripts import their changing names, so none is ever stale."""

    support_js_module_import_aggregation = True
