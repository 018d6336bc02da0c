"""Masks what signs the addresses that operators are given."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_wan.masking import mask_signatures


class TakesSignedAddresses(BaseOperator):
    """An operator whose inputs may be another task's result, with its signed address.

    Airflow shows rendered fields, so what signs an address in them is masked first.
    """

    def _do_render_template_fields(self, parent: Any, *args: Any, **kwargs: Any) -> None:
        # Overridden at this depth because mapped tasks render through it too.
        super()._do_render_template_fields(parent, *args, **kwargs)
        mask_signatures([getattr(self, name, None) for name in self.template_fields])
