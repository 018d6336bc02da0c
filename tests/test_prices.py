"""Prices by configuration: read exactly, nearest first, and refused in words that tell how to write them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan import prices
from airflow_provider_wan.dashscope import catalog, results
from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.estimates import at_most, estimate
from airflow_provider_wan.dashscope.price_list import LIST, Money, Price, PriceList, text_of
from airflow_provider_wan.dashscope.requests import (
    Animate,
    ImageToVideo,
    ReferenceToVideo,
    SpeechToVideo,
    VideoEdit,
    VideoOutpainting,
    VideoRepainting,
    Wan3Video,
    WanRequest,
)
from airflow_provider_wan.emulator import usage as emulated
from airflow_provider_wan.emulator.tasks import VideoFacts
from airflow_provider_wan.prices import PriceSettingsError
from tests.dashscope.properties import unhurried

BEIJING, SINGAPORE, FRANKFURT = "cn-beijing", "ap-southeast-1", "eu-central-1"
CLIP = "https://example.com/clip.mp4"
Configure = Callable[..., None]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Sets options of section `[wan]`."""

    def configure(**options: str) -> None:
        for name, value in options.items():
            monkeypatch.setenv(f"AIRFLOW__WAN__{name.upper()}", value)

    return configure


def read(prices_: Any, **more: str) -> PriceList:
    return prices.parsed(json.dumps(prices_), **more)


def amounts(list_: PriceList, model: str, region: str) -> dict[str, str]:
    return {tier: str(price.amount) for tier, price in list_.tiers(model, region).items()}


def test_without_configuration_every_price_is_the_catalogues() -> None:
    for model in catalog.MODELS:
        for region in catalog.REGIONS:
            listed = model.prices.get(catalog.find_region(region).price_scope, {})
            found = prices.configured().tiers(model.name, region)
            assert found == {
                tier: Price(amount, "CNY", catalog.PRICE_DATE) for tier, amount in listed.items()
            }


def test_one_price_of_a_model_counts_in_all_regions_and_tiers_and_by_any_of_its_names() -> None:
    for name in ("wan2.1-vace-plus", "wanx2.1-vace-plus"):
        own = read({name: "0.65"})
        assert amounts(own, "wanx2.1-vace-plus", BEIJING) == {"720P": "0.65"}
        assert amounts(own, "wan2.1-vace-plus", SINGAPORE) == {"720P": "0.65"}
    snapshot = read({"wan2.7-i2v": "0.1"})
    assert amounts(snapshot, "wan2.7-i2v-2026-04-25", BEIJING) == {"720P": "0.1", "1080P": "0.1"}
    assert amounts(snapshot, "wan2.7-t2v", BEIJING) == {"720P": "0.6", "1080P": "1.0"}


def test_the_nearest_price_counts() -> None:
    own = read(
        {
            "wan2.6-i2v": {
                "720P": "1",
                "1080P": "2",
                "mainland": {"720P": "3"},
                "ap-southeast-1": "4",
                "international": {"1080P": "5"},
                "us-east-1": {"720P": "6"},
            }
        }
    )
    assert amounts(own, "wan2.6-i2v", BEIJING) == {"720P": "3", "1080P": "2"}
    assert amounts(own, "wan2.6-i2v", SINGAPORE) == {"720P": "4", "1080P": "4"}
    assert amounts(own, "wan2.6-i2v", "us-east-1") == {"720P": "6", "1080P": "2"}
    assert amounts(own, "wan2.6-i2v", FRANKFURT) == {"720P": "1", "1080P": "2"}


def test_a_tiers_own_price_goes_before_the_one_for_all_tiers_of_the_place() -> None:
    own = PriceList({("wan2.7-i2v", None, None): Decimal(1), ("wan2.7-i2v", None, "720P"): Decimal(2)})
    assert amounts(own, "wan2.7-i2v", BEIJING) == {"720P": "2", "1080P": "1"}


def test_a_price_for_all_tiers_counts_for_those_that_a_region_has_no_list_price_of() -> None:
    assert list(LIST.tiers("wan2.2-i2v-flash", SINGAPORE)) == ["480P", "720P"]
    own = read({"wan2.2-i2v-flash": "0.3"})
    assert amounts(own, "wan2.2-i2v-flash", SINGAPORE) == {"480P": "0.3", "720P": "0.3", "1080P": "0.3"}


def test_a_price_where_the_catalogue_has_none_makes_one() -> None:
    assert amounts(LIST, "wan2.2-kf2v-flash", SINGAPORE) == {}
    own = read({"wan2.2-kf2v-flash": "0.2", "wan9-new": "0.9"})
    assert set(amounts(own, "wan2.2-kf2v-flash", SINGAPORE).values()) == {"0.2"}
    new = {"duration": 10, "SR": 720}
    assert results.cost("wan9-new", SINGAPORE, new) is None
    assert results.cost("wan9-new", SINGAPORE, new, own) == {"amount": "9.00", "currency": "CNY"}


def test_cost_is_in_the_currency_of_its_price_and_exact() -> None:
    own = read({"wan2.7-videoedit": {"720P": "0.1"}}, currency="USD", date="2026-10-01")
    cheap, dear = ({"duration": 10.07, "SR": rate} for rate in (720, 1080))
    assert results.cost("wan2.7-videoedit", BEIJING, cheap, own) == {"amount": "1.007", "currency": "USD"}
    assert results.cost("wan2.7-videoedit", BEIJING, dear, own) == {"amount": "10.07", "currency": "CNY"}
    assert own.tiers("wan2.7-videoedit", BEIJING)["720P"].date == "2026-10-01"


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ("[1", r"isn't JSON \("),
        ("[]", r"is \[\]"),
        (
            '{"wan2.7-i2v": {"4K": "1"}}',
            r"has '4K' for wan2.7-i2v, which is none of its tiers \(1080P, 720P\)",
        ),
        ('{"wan2.7-i2v": {"mainland": {"4K": "1"}}}', "has '4K' for wan2.7-i2v"),
        ('{"wan2.7-i2v": "cheap"}', "has 'cheap' for wan2.7-i2v, which is no amount"),
        ('{"wan2.7-i2v": {"mainland": {"720P": -1}}}', "has '-1' for wan2.7-i2v, mainland, 720P"),
        ('{"wan2.7-i2v": true}', "has True for"),
        ('{"wan2.7-i2v": null}', "has None for"),
        ('{"wan2.7-i2v": "NaN"}', "has 'NaN' for"),
        ('{"wan2.7-i2v": NaN}', "has nan for"),
        ('{"wan2.7-i2v": "1e99"}', "has '1e99' for"),
        ('{"wan2.7-i2v": "1", "wan2.7-i2v": "2"}', "'wan2.7-i2v' stands there twice"),
        ('{"wan2.1-vace-plus": "1", "wanx2.1-vace-plus": "2"}', "names wan2.1-vace-plus twice"),
    ],
)
def test_mistake_in_prices_is_named_with_the_way_to_write_them(
    configure: Configure, found: str, says: str
) -> None:
    configure(prices=found)
    with pytest.raises(PriceSettingsError, match=rf"^\[wan\] prices .*{says}.*") as refused:
        prices.configured()
    assert '{"wan2.1-vace-plus": "0.65"} for all tiers and regions' in str(refused.value)


@pytest.mark.parametrize("wrong", ["cny", "CN¥", "EURO", "us dollars"])
def test_what_is_no_currency_is_refused(configure: Configure, wrong: str) -> None:
    configure(currency=wrong)
    with pytest.raises(PriceSettingsError, match=r"^\[wan\] currency is .* Write three capitals"):
        prices.currency()
    with pytest.raises(PriceSettingsError, match=r"^\[wan\] currency is "):
        prices.configured()


def test_numbers_in_json_lose_no_digit() -> None:
    own = prices.parsed('{"wan2.1-vace-plus": 0.733924000000000001, "wan2.7-t2v": {"720P": 1}}')
    assert amounts(own, "wan2.1-vace-plus", BEIJING) == {"720P": "0.733924000000000001"}
    assert amounts(own, "wan2.7-t2v", BEIJING)["720P"] == "1"


def test_finished_edit_keeps_its_result_where_prices_cant_be_read(
    configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    configure(prices="0.65")
    with caplog.at_level(logging.ERROR):
        assert prices.cost_of("wan2.1-vace-plus", SINGAPORE, {"video_duration": 5}) is None
    assert "A finished job has no price. [wan] prices is '0.65'" in caplog.text
    assert prices.price_date("wan2.1-vace-plus", SINGAPORE) is None


def test_price_date_is_the_one_of_the_prices_that_count(configure: Configure) -> None:
    assert prices.price_date("wan2.1-vace-plus", SINGAPORE) == catalog.PRICE_DATE
    assert prices.price_date("wan9-new", SINGAPORE) is None
    configure(prices='{"wan2.1-vace-plus": "0.6"}', price_date="2026-11-02")
    assert prices.price_date("wan2.1-vace-plus", SINGAPORE) == "2026-11-02"
    assert prices.price_date("wan2.7-t2v", SINGAPORE) == catalog.PRICE_DATE
    configure(price_date="")
    assert prices.price_date("wan2.1-vace-plus", SINGAPORE) is None


def test_limit_of_a_run_is_read_and_a_mistake_in_it_is_named(configure: Configure) -> None:
    assert prices.max_cost_per_run() is None
    configure(max_cost_per_run=" 12.50 ")
    assert prices.max_cost_per_run() == Decimal("12.50")
    configure(max_cost_per_run="plenty", currency="USD")
    with pytest.raises(
        PriceSettingsError, match=r"^\[wan\] max_cost_per_run='plenty': must be an amount in USD"
    ):
        prices.max_cost_per_run()


@pytest.mark.parametrize("wrong", ["ten", "-1", "NaN", "sNaN", "Infinity", "1e99", True, [1], {}])
def test_what_is_no_amount_is_no_limit_either(wrong: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"^max_cost="):
        prices.as_money(wrong)


@unhurried
@given(st.decimals(0, 1000, places=6), st.decimals(0, 1000, places=2))
def test_amounts_are_exact_to_a_millionth_and_readable(price: Decimal, seconds: Decimal) -> None:
    said = text_of(Price(price).of(seconds).amount)
    assert abs(Decimal(said) - price * seconds) <= Decimal("0.0000005")
    assert "E" not in said
    assert 2 <= len(said.partition(".")[2]) <= 6


# -- bounds of an edit -------------------------------------------------------------------------------------------------

WHO = "https://example.com/who.png"
REQUESTS: dict[str, WanRequest] = {
    "repaint": VideoRepainting(video_url=CLIP, prompt="ink", control_condition="depth"),
    "widen": VideoOutpainting(video_url=CLIP, prompt="wider", left_scale=1.5),
    "edit": VideoEdit(video_url=CLIP, prompt="ink"),
    "edit cut to 3 s": VideoEdit(video_url=CLIP, prompt="ink", duration=3, resolution="720P"),
    "HappyHorse": VideoEdit(video_url=CLIP, prompt="ink", model="happyhorse-1.0-video-edit"),
    "image": ImageToVideo(img_url=WHO, prompt="it moves", model="wan2.6-i2v-flash"),
    "silent image": ImageToVideo(img_url=WHO, prompt="it moves", model="wan2.6-i2v-flash", audio=False),
    "animate": Animate(model="wan2.2-animate-move", image_url=WHO, video_url=CLIP, mode="wan-pro"),
    "speech": SpeechToVideo(image_url=WHO, audio_url="https://example.com/a.mp3", resolution="720P"),
}


@pytest.mark.parametrize("seconds", [2.0, 3.03, 4.98, 9.999])
@pytest.mark.parametrize("name", REQUESTS)
def test_an_edit_costs_at_most_its_bound_whether_its_inputs_length_is_known_or_not(
    name: str, seconds: float
) -> None:
    body = REQUESTS[name].body(BEIJING)
    model = catalog.find(body["model"])
    assert model is not None
    parameters: dict[str, Any] = body.get("parameters", {})
    fixed = parameters.get("duration") or model.default_duration
    made = min(seconds, 5) if name == "repaint" else fixed or min(seconds, 15)
    bill = emulated.bill(model, parameters, VideoFacts(1280, 720, 30.0, float(made), min(seconds, 15), True))
    price = catalog.price(model, BEIJING, bill.tier)
    assert price is not None
    cost = price * Decimal(str(bill.seconds))
    roles = {"video_url", "video", "audio_url"}
    bounds = [at_most(body, BEIJING, dict.fromkeys(roles, seconds)), at_most(body, BEIJING)]
    for bound in bounds:
        assert bound is not None
        assert cost <= bound.amount
    assert bounds[0] is not None
    assert bounds[0].amount <= cost + price * Decimal("4.1"), "a bound that is known to be near"


@pytest.mark.parametrize(
    ("request_", "lengths", "seconds"),
    [
        (REQUESTS["edit"], None, "20"),  # 10 s in, 10 s out
        (REQUESTS["edit"], {"video": 4.0}, "8.00"),
        (REQUESTS["edit cut to 3 s"], {"video": 4.0}, "7.00"),
        (REQUESTS["HappyHorse"], {"video": 40.0}, "30.00"),  # it uses the first 15 s
        (REQUESTS["repaint"], {"video_url": 30.0}, "5"),
        (REQUESTS["repaint"], {"video_url": 2.2}, "3"),  # whole seconds
        (REQUESTS["animate"], None, "30"),
        (REQUESTS["speech"], {"audio_url": 7.25}, "7.25"),
        (REQUESTS["speech"], None, "20"),
        (
            ReferenceToVideo(prompt="a", reference_video_urls=[CLIP, CLIP], duration=7, model="wan2.7-r2v"),
            None,
            "12",  # all inputs together count 5 s at most
        ),
        (
            Wan3Video(prompt="a", reference_video_urls=[CLIP, CLIP], duration=10),
            None,
            "25",  # all inputs together have 15 s at most
        ),
        (Wan3Video(prompt="a", duration=-1), None, "30"),
    ],
)
def test_bound_counts_what_the_model_bills(
    request_: WanRequest, lengths: dict[str, float] | None, seconds: str
) -> None:
    body = request_.body(BEIJING)
    one = PriceList({(body["model"], None, None): Decimal(1)}, currency="USD")
    assert at_most(body, BEIJING, lengths, one) == Money(Decimal(seconds), "USD")


def test_without_a_price_or_a_model_there_is_no_bound() -> None:
    assert at_most({"model": "wan9-new", "input": {}}, BEIJING) is None
    body = {"model": "wan2.2-kf2v-flash", "input": {"first_frame_url": WHO}}
    assert at_most(body, SINGAPORE) is None


def test_no_bound_where_prices_that_may_count_are_in_different_currencies() -> None:
    own = read({"wan2.2-animate-move": {"wan-std": "0.1"}}, currency="USD")
    body = REQUESTS["animate"].body(BEIJING)
    assert at_most(body, BEIJING, None, own) == Money(Decimal("18.00"), "CNY")
    del body["parameters"]["mode"]
    assert at_most(body, BEIJING, None, own) is None


def test_estimate_says_whose_prices_it_goes_by() -> None:
    body = REQUESTS["widen"].body(SINGAPORE)
    own = read({"wan2.1-vace-plus": "0.1"}, currency="USD", date="2026-11-02")
    said = estimate(body, SINGAPORE, [5.0], prices=own)
    assert (said.amount, said.currency) == (Decimal("0.5"), "USD")
    assert "at most 0.50 USD by the price list of 2026-11-02" in str(said)
    undated = read({"wan2.1-vace-plus": "0.1"})
    assert "0.50 CNY by this deployment's own prices" in str(estimate(body, SINGAPORE, [5.0], prices=undated))


def test_options_are_ones_that_airflow_knows() -> None:
    from airflow_provider_wan import get_provider_info
    from airflow_provider_wan.deployment import Tariff

    options = get_provider_info()["config"]["wan"]["options"]
    assert set(Tariff.__dataclass_fields__) <= set(options)
    example = prices.parsed(options["prices"]["example"], options["currency"]["example"])
    assert example.tiers("wan2.7-videoedit", BEIJING)["720P"] == Price(Decimal("0.48"), "USD")
