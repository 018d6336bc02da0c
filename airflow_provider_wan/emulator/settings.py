"""What an emulator serves, and how it behaves where the documentation doesn't say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

DEFAULT_REGION = "ap-southeast-1"
DEFAULT_KEY = "sk-emulator"
DEFAULT_ACCOUNT = "emulator"


@dataclass(frozen=True, slots=True)
class RegionSettings:
    """One region of the service, on a port of its own.

    Attributes:
        region: Region id; decides which models are offered, under which spelling, at which price.
        port: TCP port; 0 takes a free one.
        keys: API key -> main account. Keys of one account share limits, tasks and uploads.
    """

    region: str = DEFAULT_REGION
    port: int = 0
    keys: Mapping[str, str] = field(default_factory=lambda: {DEFAULT_KEY: DEFAULT_ACCOUNT})


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Run times that scatter by a factor: most near the median, a few several times as long.

    Attributes:
        median: Half of all jobs run shorter; service seconds, more than 0.
        sigma: Standard deviation of the logarithm. At 0.5 one job in ten runs longer than 1.9 medians, one in
            a thousand longer than 4.7.
    """

    median: float
    sigma: float

    def __post_init__(self) -> None:
        if self.median <= 0 or self.sigma < 0:
            raise ValueError(f"{self}: `median` must be more than 0, and `sigma` must not be negative.")


@dataclass(frozen=True, slots=True)
class EmulatorSettings:
    """All that can be set; the defaults follow the documentation as far as it goes.

    Attributes:
        regions: What to serve; one port per region.
        host: Address to listen on.
        base_path: Path before every route of the service.
        speed: Service seconds per real second.
        media_root: Folder served under `/media/`, for inputs; None: none.
        render: Make a real video that follows from the request (needs the `emulator` extra). Without it each
            result is one tiny constant MP4 and usage is worked out from the request.
        render_threads: How many videos to render at once. No job ends before its video is there, so at a high
            speed it is rendering that takes the time.
        fetch_inputs: Fetch the inputs of a job when it starts, and keep their lengths and hashes
            (`RunningEmulator.inputs`), also where nothing is rendered; None: as `render`.
        seed: Seeds the run time of jobs.
        run_seconds: Run times of jobs in service seconds: the shortest and the longest of evenly spread ones, or
            a `LogNormal`; None: as usual for the model.
        running_slots: Jobs of one model and account that run at once; None: as the model's limits say.
        queue_limit: Jobs that may wait for a slot; None: as the model's limits say.
        submit_rps: Submissions a second of one model and account; None: as the model's limits say.
        query_qps: Queries a second, for each of query, list and cancel.
        policy_qps: Upload policies a second, for each account and model.
        max_page_size: Most rows of one list page; a larger `page_size` is cut to it.
        list_array: Name of the array with a list's rows; one of the vendor's SDKs expects `tasks`.
        oldest_first: List the oldest jobs first.
        model_lists: Serve the list of models and the account's limits, which not every host is documented to.
        max_upload_mb: Largest file temporary storage takes.
        async_header_first: Check the async header before the key.
        parameters_before_throttle: Check parameters before limits.
        parameter_errors: When a parameter error shows: at submit, as a FAILED job, or each as it is documented.
        input_errors: When an input that can't be fetched or read shows.
        unknown_model: Status for a model this region doesn't have: 400 "Model not exist." or 404 ModelNotFound.
        lenient_spelling: Take the spelling of another region too.
        shared_query_budget: One `query_qps` for query, list and cancel together.
        failed_with_times: Show times on FAILED jobs of all models.
        overdue_accounts: Accounts that have to pay first.
        workspaces: Workspace ids that exist; empty: any is taken.
        access_log: Print a line per request.
    """

    regions: tuple[RegionSettings, ...] = (RegionSettings(),)
    host: str = "127.0.0.1"
    base_path: str = "/api/v1"
    speed: float = 1.0
    media_root: Path | None = None
    render: bool = True
    render_threads: int = 1
    fetch_inputs: bool | None = None
    seed: int = 0
    run_seconds: tuple[float, float] | LogNormal | None = None
    running_slots: int | None = None
    queue_limit: int | None = None
    submit_rps: int | None = None
    query_qps: int = 20
    policy_qps: int = 100
    max_page_size: int = 100
    list_array: str = "data"
    oldest_first: bool = False
    model_lists: bool = True
    max_upload_mb: int = 100
    async_header_first: bool = False
    parameters_before_throttle: bool = False
    parameter_errors: Literal["documented", "submit", "task"] = "documented"
    input_errors: Literal["submit", "task"] = "task"
    unknown_model: Literal[400, 404] = 400
    lenient_spelling: bool = False
    shared_query_budget: bool = False
    failed_with_times: bool = False
    overdue_accounts: frozenset[str] = frozenset()
    workspaces: frozenset[str] = frozenset()
    access_log: bool = False

    @property
    def fetches(self) -> bool:
        """Whether the inputs of a job are fetched."""
        return self.render if self.fetch_inputs is None else self.fetch_inputs
