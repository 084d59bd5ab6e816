"""Build hook: the app and what it ships travel inside a wheel; an editable install uses the checkout itself."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AppInsidePackage(BuildHookInterface):
    """Puts ``app.py``, ``pages/``, ``assets/`` and Streamlit's settings into ``musegen/_app`` of a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """See hatchling's build hook interface; ``version`` is "standard" or "editable"."""
        if version == "standard":
            for name in ("app.py", "pages", "assets", ".streamlit/config.toml"):
                build_data["force_include"][name] = f"musegen/_app/{name}"
