"""Result files behind signed URLs that expire, as object storage serves them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from airflow_provider_wan.emulator.clock import iso_utc

ACCESS_KEY_ID = "LTAI5tEmulatedWan000"


class StorageRefusal(Exception):  # noqa: N818 (it is an answer, not a fault of ours)
    """Object storage says no, in XML."""

    def __init__(self, http_status: int, code: str, message: str, **details: str) -> None:
        self.http_status = http_status
        self.code = code
        self.message = message
        self.details = details
        super().__init__(f"{http_status} {code}: {message}")

    def xml(self, request_id: str) -> str:
        """Write the answer's body."""
        fields = {"Code": self.code, "Message": self.message, "RequestId": request_id, **self.details}
        inner = "".join(f"  <{name}>{escape(text)}</{name}>\n" for name, text in fields.items())
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n{inner}</Error>\n'


class Signer:
    """Signs and checks with a secret of this run."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(20)

    def sign(self, text: str) -> str:
        """Return the signature object storage would give."""
        return base64.b64encode(hmac.new(self._secret, text.encode(), hashlib.sha1).digest()).decode()

    def agrees(self, text: str, signature: str) -> bool:
        """Whether a signature is ours."""
        # As bytes: of texts it takes ASCII alone.
        return hmac.compare_digest(self.sign(text).encode(), signature.encode())


class Results:
    """The finished videos of one emulator.

    Args:
        signer: Signs the URLs.
    """

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._files: dict[str, Path] = {}

    def keep(self, task_id: str, file: Path) -> None:
        """Serve a file as a job's result."""
        self._files[self.path(task_id)] = file

    @staticmethod
    def path(task_id: str) -> str:
        """Return the path of a job's result, as it stands in the URL."""
        return f"/results/{task_id}.mp4"

    def query(self, task_id: str, expires: float) -> str:
        """Return the signed query string; it works until `expires`, seconds since 1970."""
        until = str(int(expires))
        signature = self._signer.sign(f"GET\n\n\n{until}\n{self.path(task_id)}")
        return urlencode({"Expires": until, "OSSAccessKeyId": ACCESS_KEY_ID, "Signature": signature})

    def open(self, path: str, query: Mapping[str, str], now: float) -> Path:
        """Return the file behind a signed URL.

        Raises:
            StorageRefusal: 403 without a signature, with a wrong one, or too late; 404 for no such file.
        """
        until = query.get("Expires", "")
        if not until.isdigit() or "Signature" not in query or "OSSAccessKeyId" not in query:
            raise StorageRefusal(403, "AccessDenied", "You have no right to access this object.")
        if not self._signer.agrees(f"GET\n\n\n{until}\n{path}", query["Signature"]):
            raise StorageRefusal(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. "
                "Check your key and signing method.",
            )
        if now >= int(until):
            raise StorageRefusal(
                403,
                "AccessDenied",
                "Request has expired.",
                Expires=iso_utc(int(until)),
                ServerTime=iso_utc(now),
            )
        try:
            return self._files[path]
        except KeyError:
            raise StorageRefusal(404, "NoSuchKey", "The specified key does not exist.") from None
