from andon.features.rounds import public as rounds

REQUEST = rounds.FoundingRequest(
    "0123456789abcdef0123456789abcdef",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "2026-11-23T21:00:00Z",
    "2027-12-23T21:00:00Z",
)
# What the browser makes of the same key and terms: client/tests/setup.test.ts.
SIGNED = rounds.FoundingSignatures(
    "6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw",
    "2Sd0Iqm6azA3im--o8xjIddnkdJzLVVUJfzVfRYAZ-V9WONrmNknXDU0nQ3HEkrT3_BbNapCtRLWbpWbPNp-DQ",
    "lvlrOWUcD9EczwWQh5RuKxNfVOf0z5PflBITwNCcSez8NBFVHxuSaa0HQu8apfj7J8WfRh2kfVqD7_qi4mGBCQ",
)


def test_a_founding_is_signed_as_the_browser_does():
    assert rounds.sign_founding(REQUEST, b"\x07" * 32) == SIGNED


def test_another_key_signs_otherwise():
    assert rounds.sign_founding(REQUEST, b"\x08" * 32).genesis != SIGNED.genesis
