"""Every language on offer says everything that English says, with the same things filled in."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.architecture.repository import ROOT
from tests.languages import catalogue, extracting
from tests.pages.test_client_language import tokens

FOREIGN = [language for language, _name in settings.LANGUAGES if language != "en"]


@pytest.fixture(scope="module")
def templates() -> dict[str, str]:
    return {domain: extracting.extracted(domain) for domain in extracting.DOMAINS}


def file_of(language: str, domain: str) -> Path:
    return extracting.LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


@pytest.mark.parametrize("domain", extracting.DOMAINS)
@pytest.mark.parametrize("language", FOREIGN)
def test_a_catalogue_is_whole_and_fills_in_the_same(language: str, domain: str, templates: dict[str, str]) -> None:
    faults = list(catalogue.faults(file_of(language, domain).read_text(), templates[domain]))
    assert faults == [], "`make messages` brings the catalogue up to the sources; then translate what is empty in it."


@pytest.mark.parametrize("domain", extracting.DOMAINS)
@pytest.mark.parametrize("language", FOREIGN)
def test_gettext_takes_the_catalogue_and_a_second_run_of_make_messages_changes_nothing(
    language: str, domain: str, templates: dict[str, str]
) -> None:
    file = file_of(language, domain)
    extracting.gettext("msgfmt", "--check-format", "--output-file=/dev/null", str(file))
    assert extracting.merged(file, templates[domain]) == file.read_text(), "`make messages` was not run."


@pytest.mark.parametrize("language", FOREIGN)
def test_what_the_service_reads_is_what_the_catalogue_says(language: str, tmp_path: Path) -> None:
    file = file_of(language, "django")
    extracting.gettext("msgfmt", f"--output-file={tmp_path / 'now.mo'}", str(file))
    assert file.with_suffix(".mo").read_bytes() == (tmp_path / "now.mo").read_bytes(), "`make setup` compiles it."


def test_there_is_a_folder_for_each_language_on_offer_and_no_other() -> None:
    assert sorted(folder.name for folder in extracting.LOCALE.iterdir()) == sorted(FOREIGN)


HEADER = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
SAID = """
msgid "Hello %(name)s, <a href=\\"%(url)s\\">look</a>"
msgstr ""

msgid "%(n)s round"
msgid_plural "%(n)s rounds"
msgstr[0] ""
msgstr[1] ""

msgid "{n} of 100%%"
msgstr ""
"""
SOUND = """
msgid "Hello %(name)s, <a href=\\"%(url)s\\">look</a>"
msgstr "Hallo %(name)s, <a href=\\"%(url)s\\">sieh nach</a>"

msgid "%(n)s round"
msgid_plural "%(n)s rounds"
msgstr[0] "%(n)s Runde"
msgstr[1] "%(n)s Runden"

msgid "{n} of 100%%"
msgstr "{n} von 100%%"
"""


def faults_of(texts: str) -> list[str]:
    return list(catalogue.faults(f"{HEADER}{texts}", f"{extracting.HEADER}{SAID}"))


def test_a_whole_catalogue_has_no_faults() -> None:
    assert faults_of(SOUND) == []
    assert faults_of(SOUND.replace('%(n)s Runde"', 'eine Runde"')) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('"{n} von 100%%"', '""', "without a translation"),
        ('msgid "{n} of 100%%"\nmsgstr "{n} von 100%%"', "", "not in the catalogue"),
        ('msgid "{n}', '#, fuzzy, python-format\nmsgid "{n}', "fuzzy"),
        ('msgid "{n} of 100%%"\nmsgstr', '#~ msgid "{n} of 100%%"\n#~ msgstr', "obsolete"),
        ("{n} of", "{n} out of", "said nowhere any more"),
        ("Hallo %(name)s", "Hallo", "other placeholders"),
        ("Hallo %(name)s", "Hallo %(who)s", "other placeholders"),
        ("Hallo %(name)s", "Hallo %(name)s %(name)d", "other placeholders"),
        ("{n} von", "{m} von", "other placeholders"),
        ("von 100%%", "von 100%", "other placeholders"),
        ("%(n)s Runden", "Runden", "other placeholders"),
        ("nach</a>", "nach</b>", "other markup"),
        ('href=\\"%(url)s\\">sieh', 'class=\\"%(url)s\\">sieh', "other markup"),
        ('msgstr[1] "%(n)s Runden"\n', "", "has 1 forms of 2"),
        ('msgstr[1] "%(n)s Runden"\n', 'msgstr[1] "%(n)s Runden"\nmsgstr[2] "%(n)s Runden"\n', "has 3 forms of 2"),
        ('"{n} von 100%%"', '" {n} von 100%%"', "begins with a space in one of both"),
        ('"{n} von 100%%"', '"{n} von 100%%\\n"', "ends with a line break in one of both"),
    ],
)
def test_what_a_translator_missed_is_named(before: str, after: str, fault: str) -> None:
    assert before in SOUND
    assert any(found.startswith(fault) for found in faults_of(SOUND.replace(before, after))), faults_of(
        SOUND.replace(before, after)
    )


def test_a_new_text_of_a_page_and_of_the_browser_would_be_missed(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/new.html").write_text('{% load i18n %}<p>{% translate "Nobody translated this" %}</p>')
    (tmp_path / "new.py").write_text('from django.utils.translation import gettext as _\n_("Nor this")\n')
    (tmp_path / "new.ts").write_text("const said: string = gettext('Nor %(what)s', { what });")
    files = [tmp_path / "new.py", tmp_path / "templates/new.html"]
    of_server = extracting.server_texts(files, tmp_path)
    assert [message.text for message in catalogue.read(of_server)[1:]] == ["Nor this", "Nobody translated this"]
    of_client = extracting.client_texts([tmp_path / "new.ts"], tmp_path)
    known = file_of("de", "djangojs").read_text()
    assert "not in the catalogue: 'Nor %(what)s'" in catalogue.faults(known, of_client)


def said_in(source: str) -> set[str]:
    """What TypeScript hands to gettext and ngettext, found without GNU gettext: by the words of the language."""
    found, listed = set(), tokens(source)
    for at, token in enumerate(listed):
        if token.text in {"gettext", "ngettext"} and listed[at + 1].text == "(" and listed[at - 1].text != "function":
            text = listed[at + 2]
            assert text.kind == "text", f"line {token.line}: what is translated is written where it is translated"
            assert text.text[0] != "`", f"line {token.line}: a template is not one text but many"
            found.add(re.sub(r"\\(.)", r"\1", text.text[1:-1]))
    return found


def test_every_text_of_the_browser_is_found(templates: dict[str, str]) -> None:
    said = set().union(*(said_in(file.read_text()) for file in sorted((ROOT / "client/src").glob("*.ts"))))
    assert {message.text for message in catalogue.read(templates["djangojs"])[1:]} == said
    assert len(said) > 150


@pytest.mark.parametrize("planted", ["gettext(`${n} rounds`)", "gettext(words)", "ngettext(one, 'many', n)"])
def test_a_text_that_no_translator_could_find_is_seen(planted: str) -> None:
    with pytest.raises(AssertionError):
        said_in(planted)


def test_make_messages_says_no_dates_and_no_lines() -> None:
    for domain in extracting.DOMAINS:
        for file in extracting.catalogues(domain):
            text = file.read_text()
            assert not re.search(r"^#: .*:\d+$|POT-Creation-Date|PO-Revision-Date", text, re.MULTILINE)


def test_gettext_says_what_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "broken.po").write_text('msgid "x\n')
    with pytest.raises(extracting.CannotExtract, match=r"broken\.po"):
        extracting.gettext("msgfmt", "--output-file=/dev/null", str(tmp_path / "broken.po"))


def languages_without_scripts(page: str) -> set[str]:
    """The languages in which the page says that it needs scripts; without them it cannot know whom it speaks to."""
    [said] = re.findall(r"<noscript>(.*?)</noscript>", page, re.DOTALL)
    return {"en", *re.findall(r'<\w+ lang="([\w-]+)">', said)}


@pytest.mark.parametrize("name", ["answer.html", "frame.html"])
def test_a_page_that_needs_scripts_says_so_in_every_language(name: str) -> None:
    page = (ROOT / "client/pages" / name).read_text()
    assert languages_without_scripts(page) == {"en", *FOREIGN}
    assert languages_without_scripts(page.replace('lang="de"', "")) != {"en", *FOREIGN}
