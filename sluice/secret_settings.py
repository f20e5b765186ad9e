"""Secrets in connectors' settings, and in the texts that quote them: found by name and form, and masked.

A placeholder such as ${env:NAME} is no secret: Connect replaces it in its workers.
"""

import re
from collections.abc import Collection, Iterable, Mapping

MASK = "(hidden)"
"""Shown in place of a secret."""
_KEYS = "private|access|account|api|shared|encryption|signing|master|sas|keystore|client|storage|service|ssl|tls"
_WORDS = "passw(?:or)?d|passphrase|pwd|secret|credential|token"
_NAME = re.compile(
    rf"{_WORDS}|jaas|user[._-]?info|authorization|cookie|key[._-]?material|(?:^|[._-])pass$|"
    rf"(?:{_KEYS})[._-]?key(?!store)",
    re.IGNORECASE,
)
_PLACEHOLDER = r"\$\{[\w.-]+:[^{}]*\}"
_IS_PLACEHOLDER = re.compile(_PLACEHOLDER)
_USER_INFO = re.compile(r"(://)((?:(?!://)[^\s\"'<>])*)@")
_ONLY_PLACEHOLDERS = re.compile(rf"(?:{_PLACEHOLDER}|:)*")
_VALUE = rf"\"[^\"]*\"|'[^']*'|(?:{_PLACEHOLDER}|[^\s,;&(){{}}\[\]\"'])+"
_ASSIGNED = re.compile(
    rf"((?<![\w.-])[\w.-]{{0,80}}?(?:{_WORDS}|(?:{_KEYS})[._-]?key)[\w.-]{{0,80}}[\"']?\s{{0,4}}=\s{{0,4}})({_VALUE})",
    re.IGNORECASE,
)
_TOLD = re.compile(
    rf"((?:passw(?:or)?d|passphrase|pwd|secret|(?:{_KEYS})[._-]?key|token[\"'])[\"']?\s{{0,4}}:(?!:)\s{{0,4}})({_VALUE})",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"\b(Bearer|Basic)\s+(?=[\w+/.~-]*[\d+/=.])[\w+/.~-]{6,}=*")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_NO_SECRETS = {"yes", "no", "true", "false", "null", "none", "", MASK}
"""Values that tell nothing: `Access denied for user 'a'@'b' (using password: YES)`."""
_WHOLE_WORD = 6
"""Length up to which a secret is masked only where it is a whole word: the password `on` is no part of `connection`."""
_MAX_TEXT = 20_000
"""Length at which a text is cut: a trace may quote a record."""


def is_secret_name(name: str) -> bool:
    """Return whether a setting of this name holds a secret."""
    return _NAME.search(name) is not None


def is_placeholder(value: str) -> bool:
    """Return whether a value is nothing but a placeholder, such as ${env:NAME}."""
    return _IS_PLACEHOLDER.fullmatch(value) is not None


def mask_settings(config: Mapping[str, str]) -> dict[str, str]:
    """Return settings for display: each secret replaced by MASK, placeholders as they are."""
    secrets = secret_values(config)
    return {
        name: MASK if is_secret_name(name) and value and not is_placeholder(value) else mask_text(value, secrets)
        for name, value in config.items()
    }


def secret_values(config: Mapping[str, str]) -> frozenset[str]:
    """Return the secrets that the settings hold in clear, also the parts of a login in them."""
    found: set[str] = set()
    for name, value in config.items():
        logins = [user_info for _, user_info in _USER_INFO.findall(value)]
        if is_secret_name(name):
            logins.append(value)
        found.update(_assigned_values(value), logins)
        # Of user:password, the password alone too.
        found.update(part for login in logins for part in _IS_PLACEHOLDER.sub("", login).split(":", 1)[1:])
    return frozenset(one for one in found if one.lower() not in _NO_SECRETS and not _ONLY_PLACEHOLDERS.fullmatch(one))


def mask_text(text: str, secrets: Collection[str] = ()) -> str:
    """Return a text in which these secrets, and whatever has the form of one, are replaced by MASK."""
    if len(text) > _MAX_TEXT:
        text = text[:_MAX_TEXT] + " …"
    for secret in sorted(secrets, key=len, reverse=True):
        pattern = re.escape(secret)
        if len(secret) <= _WHOLE_WORD:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        text = re.sub(pattern, MASK, text)
    text = _PRIVATE_KEY.sub(MASK, text)
    text = _USER_INFO.sub(_mask_user_info, text)
    text = _LOGIN.sub(rf"\1 {MASK}", text)
    return _TOLD.sub(_mask_value, _ASSIGNED.sub(_mask_value, text))


def _mask_user_info(match: re.Match[str]) -> str:
    return match[0] if _ONLY_PLACEHOLDERS.fullmatch(match[2]) else f"{match[1]}{MASK}@"


def _mask_value(match: re.Match[str]) -> str:
    value = match[2].strip("\"'")
    quote = match[2][0] if match[2][0] in "\"'" else ""
    return match[0] if value.lower() in _NO_SECRETS or is_placeholder(value) else f"{match[1]}{quote}{MASK}{quote}"


def _assigned_values(text: str) -> Iterable[str]:
    for pattern in (_ASSIGNED, _TOLD):
        yield from (value.strip("\"'") for _, value in pattern.findall(text))
