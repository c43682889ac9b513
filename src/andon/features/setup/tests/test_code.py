from concurrent.futures import ThreadPoolExecutor

from andon.features.setup import code


def test_the_code_is_made_once_and_for_the_services_account_only(tmp_path):
    made = code.make(tmp_path)
    assert code.make(tmp_path) == made
    assert len(made) == 16
    assert (tmp_path / code.NAME).stat().st_mode & 0o777 == 0o600


def test_it_is_read_as_people_type_it(tmp_path):
    made = code.make(tmp_path)
    assert code.is_right(tmp_path, f" {code.shown(made).lower()} ")
    assert not code.is_right(tmp_path, made[:-1])
    assert not code.is_right(tmp_path, "")


def test_after_ten_wrong_tries_the_right_one_is_worth_nothing_until_a_new_one_is_made(tmp_path):
    made = code.make(tmp_path)
    for _ in range(code.TRIES - 1):
        assert not code.is_right(tmp_path, "wrong")
    assert code.is_right(tmp_path, made)
    assert not code.is_right(tmp_path, "wrong")
    assert not code.is_right(tmp_path, made)
    assert code.current(tmp_path) is None
    new = code.make(tmp_path)
    assert new != made
    assert code.is_right(tmp_path, new)


def test_guesses_at_once_are_counted_one_by_one(tmp_path):
    made = code.make(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: code.is_right(tmp_path, "wrong"), range(code.TRIES)))
    assert not code.is_right(tmp_path, made)


def test_without_a_code_nothing_is_right(tmp_path):
    assert not code.is_right(tmp_path, "")
    assert code.tag(tmp_path, "key") == ""
    (tmp_path / code.NAME).write_text("")
    assert not code.is_right(tmp_path, "")


def test_a_strangers_guessing_does_not_throw_out_who_is_setting_up(tmp_path):
    code.make(tmp_path)
    before = code.tag(tmp_path, "key")
    for _ in range(code.TRIES):
        code.is_right(tmp_path, "wrong")
    assert code.tag(tmp_path, "key") == before != ""
    code.make(tmp_path)
    assert code.tag(tmp_path, "key") != before
