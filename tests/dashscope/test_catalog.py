from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import MODELS, REGIONS, Model
from airflow_provider_wan.dashscope.errors import ConnectionSettingsError, InvalidRequestError


def known(name: str) -> Model:
    model = catalog.find(name)
    assert model is not None, name
    return model


def test_both_spellings_and_snapshots_find_their_model() -> None:
    assert known("wanx2.1-vace-plus") is known("wan2.1-vace-plus")
    assert known("wan2.7-i2v-2026-04-25") is known("wan2.7-i2v")
    assert catalog.find("wan9.9-vace") is None


@pytest.mark.parametrize(
    ("region", "id_"), [("cn-beijing", "wanx2.1-vace-plus"), ("ap-southeast-1", "wan2.1-vace-plus")]
)
def test_model_is_spelled_as_its_region_does(region: str, id_: str) -> None:
    assert catalog.spelling(known("wan2.1-vace-plus"), region) == id_
    assert catalog.spelling(known("wan2.1-vace-plus"), region, id_) == id_


def test_snapshot_stays_a_snapshot() -> None:
    name = "wan2.7-t2v-2026-06-12"
    assert catalog.spelling(known(name), "cn-beijing", name) == name


def test_spelling_of_another_region_is_refused_with_the_right_one() -> None:
    with pytest.raises(InvalidRequestError, match=r"is spelled wanx2\.1-vace-plus in Beijing \(cn-beijing\)"):
        catalog.spelling(known("wan2.1-vace-plus"), "cn-beijing", "wan2.1-vace-plus")


def test_model_that_a_region_lacks_is_refused_with_where_it_is_and_what_the_region_has() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        catalog.spelling(known("wan2.6-i2v-flash"), "us-east-1")
    assert "in Beijing (cn-beijing), Singapore (ap-southeast-1)" in str(caught.value)
    assert "in Virginia: wan2.6-i2v, wan2.6-i2v-us." in str(caught.value)


def test_unknown_region_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConnectionSettingsError, match="ap-southeast-1"):
        catalog.spelling(known("wan2.7-i2v"), "eu-west-1")


def test_prices_follow_the_region_and_the_tier() -> None:
    flash = known("wan2.6-i2v-flash")
    assert catalog.price(flash, "cn-beijing", "1080P") == Decimal("0.5")
    assert catalog.price(flash, "cn-beijing", "1080P_silent") == Decimal("0.25")
    assert catalog.price(flash, "ap-southeast-1", "720P") == Decimal("0.366962")
    assert catalog.price(known("wan2.6-i2v"), "us-east-1", "720P") == Decimal("0.6")
    assert catalog.price(known("wan2.6-i2v-us"), "us-east-1", "720P") == Decimal("0.733924")


def test_price_that_nobody_publishes_is_none() -> None:
    assert catalog.price(known("wan2.2-i2v-flash"), "ap-southeast-1", "1080P") is None
    assert catalog.price(known("wan3.0-video"), "cn-hongkong", "1080P") is None


def test_every_id_belongs_to_one_model() -> None:
    ids = [id_ for model in MODELS for id_ in {*model.spellings.values(), *model.snapshots}]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_defaults_are_allowed_values(model: Model) -> None:
    assert model.default_resolution in (model.resolutions or [None])
    assert model.default_size in (model.sizes or [None])
    assert model.default_duration in (model.durations or [None])
    assert model.default_ratio in (None, *model.ratios)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_is_priced_for_each_tier_somewhere(model: Model) -> None:
    tiers = {tier for prices in model.prices.values() for tier in prices}
    assert tiers
    assert tiers >= set(model.resolutions)
    assert set(model.spellings) <= set(REGIONS)


def test_importing_the_catalogue_needs_no_heavy_import() -> None:
    code = "import airflow_provider_wan.dashscope.catalog, sys; print(*sys.modules)"
    assert not {"pydantic", "httpx", "airflow", "tomllib"} & set(printed_by(code).split())


def test_importing_the_operators_doesn_t_read_the_file() -> None:
    # A DAG file is imported again and again, and most of the time nothing of the catalogue is asked for.
    code = (
        "import airflow_provider_wan.operators\n"
        "from airflow_provider_wan.dashscope.catalog import MODELS, find, load\n"
        "print(load.read.cache_info().misses, find('wan2.7-i2v') in MODELS, load.read.cache_info().misses)"
    )
    assert printed_by(code).split()[-3:] == ["0", "True", "1"]


def printed_by(code: str) -> str:
    here = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=here, capture_output=True, text=True, check=True)
    return done.stdout


def test_models_are_a_sequence() -> None:
    assert MODELS[0] is known("wanx2.1-vace-plus")
    assert MODELS[-1] is list(MODELS)[-1]
    assert MODELS[:2] == (MODELS[0], MODELS[1])
    assert len(MODELS) == len(set(map(id, MODELS))) == 38


def test_dates_are_dates() -> None:
    assert date.fromisoformat(catalog.CATALOG_DATE) >= date.fromisoformat(f"{catalog.PRICE_DATE}-01")


def test_name_that_the_catalogue_doesn_t_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'MODEL'"):
        catalog.MODEL  # noqa: B018
