"""Temporary storage for inputs: a policy, a form with the file at its end, an `oss://` address for 48 hours.

Source: Model Studio, get-temporary-file-url, 2026-02-11. Object storage's own answers follow its
documentation of PostObject.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from airflow_provider_wan.emulator.clock import iso_utc
from airflow_provider_wan.emulator.results import ACCESS_KEY_ID, Signer, StorageRefusal
from airflow_provider_wan.emulator.service_errors import ServiceRefusal

POLICY_SECONDS = 300
LIFE = 48 * 3600.0


@dataclass(frozen=True, slots=True)
class Owner:
    """Who may use an upload: it is bound to a region, a main account and a model."""

    region: str
    account: str
    model: str


@dataclass(frozen=True, slots=True)
class _Upload:
    owner: Owner
    file: Path
    at: float


class Uploads:
    """The temporary storage of one emulator.

    Args:
        folder: Where the files go.
        signer: Signs the policies.
        max_mb: Largest file taken.
    """

    def __init__(self, folder: Path, signer: Signer, max_mb: int) -> None:
        self._folder = folder
        self._signer = signer
        self._max_mb = max_mb
        self._owners: dict[str, Owner] = {}
        self._uploads: dict[str, _Upload] = {}

    def policy(self, owner: Owner, host: str, now: float) -> dict[str, Any]:
        """Give leave to upload into a new folder, for 300 seconds."""
        account = hashlib.sha256(owner.account.encode()).hexdigest()[:32]
        folder = f"dashscope-instant/{account}/{iso_utc(now)[:10]}/{uuid.uuid4()}"
        self._owners[folder] = owner
        conditions = [
            ["content-length-range", 0, self._max_mb * 1024 * 1024],
            ["starts-with", "$key", folder],
            {"bucket": "dashscope-file-emulator"},
        ]
        text = json.dumps(
            {
                "expiration": iso_utc(now + POLICY_SECONDS),
                "until": now + POLICY_SECONDS,
                "folder": folder,
                "conditions": conditions,
            }
        )
        policy = base64.b64encode(text.encode()).decode()
        return {
            "policy": policy,
            "signature": self._signer.sign(policy),
            "upload_dir": folder,
            "upload_host": host,
            "expire_in_seconds": POLICY_SECONDS,
            "max_file_size_mb": self._max_mb,
            "capacity_limit_mb": 999999999,
            "oss_access_key_id": ACCESS_KEY_ID,
            "x_oss_object_acl": "private",
            "x_oss_forbid_overwrite": "true",
        }

    def receive(self, fields: Mapping[str, str], file: IO[bytes], size: int, now: float) -> None:
        """Take a posted form.

        Args:
            fields: The form's fields before the file.
            file: The file.
            size: Its length in bytes.
            now: The service's time.

        Raises:
            StorageRefusal: As object storage refuses it.
        """
        key = fields.get("key", "")
        folder = self._check_policy(fields, key, now)
        if size > self._max_mb * 1024 * 1024:
            raise StorageRefusal(
                400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size."
            )
        if key in self._uploads and fields.get("x-oss-forbid-overwrite") == "true":
            raise StorageRefusal(
                409,
                "FileAlreadyExists",
                "The object you specified already exists and can not be overwritten.",
            )
        target = self._folder / f"{uuid.uuid4().hex}{Path(key).suffix}"
        with target.open("wb") as copy:
            shutil.copyfileobj(file, copy)
        self._uploads[key] = _Upload(self._owners[folder], target, now)

    def _check_policy(self, fields: Mapping[str, str], key: str, now: float) -> str:
        policy = fields.get("policy", "")
        if not policy or fields.get("OSSAccessKeyId") != ACCESS_KEY_ID:
            raise StorageRefusal(403, "AccessDenied", "The bucket you access does not belong to you.")
        if not self._signer.agrees(policy, fields.get("Signature", "")):
            raise StorageRefusal(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            )
        terms = json.loads(base64.b64decode(policy))
        if now >= terms["until"]:
            raise StorageRefusal(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        folder: str = terms["folder"]
        if not key.startswith(f"{folder}/"):
            raise StorageRefusal(
                403,
                "AccessDenied",
                f'Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "{folder}"]',
            )
        return folder

    def find(self, url: str, owner: Owner, now: float) -> Path:
        """Return the file behind an `oss://` address.

        Raises:
            ServiceRefusal: There is none any more, or it belongs to another account or model.
        """
        upload = self._uploads.get(url.removeprefix("oss://"))
        if upload is None or now >= upload.at + LIFE:
            raise ServiceRefusal(
                400,
                "InvalidParameter.DataInspection",
                "Failed to find the requested media resource during the data inspection process.",
            )
        if upload.owner != owner:
            raise ServiceRefusal(
                400,
                "InvalidParameter.DataInspection",
                "Don't have authorization to access the media resource during the data inspection process.",
            )
        return upload.file
