"""Access tokens from the application default credentials (`gcloud auth application-default login`)."""

import google.auth
import google.auth.exceptions

from infra.gcp.google_session import token_request

_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


def access_token() -> str:
    """A token for Google's APIs, valid for an hour; raises ValueError that says how to log in."""
    try:
        credentials, _ = google.auth.default(scopes=_SCOPES)
        credentials.refresh(token_request())
    except google.auth.exceptions.GoogleAuthError as error:
        raise ValueError(f"not logged in: gcloud auth application-default login ({error})") from error
    return str(credentials.token)
