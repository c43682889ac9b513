"""Pages made comparable: what differs at each visit is taken out."""

import re


def without_tokens(page: bytes) -> bytes:
    return re.sub(rb'(content|value)="\w{64}"', rb"", page)
