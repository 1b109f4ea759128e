"""The dates in irssi's logs, in many languages."""

from datetime import date, datetime

import pytest

from hubbub.archive.importing.days import MONTHS, day_in, time_in
from hubbub.cli import main

# What strftime("%a %b %d %Y") gives on 2024-03-05, a Tuesday, and on 2024-10-31, a Thursday.
WRITTEN = {
    "en": ("Tue Mar 05 2024", "Thu Oct 31 2024"),
    "de": ("Di Mär 05 2024", "Do Okt 31 2024"),
    "fr": ("mar. mars 05 2024", "jeu. oct. 31 2024"),
    "fr_CA": ("mar mar 05 2024", "jeu oct 31 2024"),
    "es": ("mar mar 05 2024", "jue oct 31 2024"),
    "it": ("mar mar 05 2024", "gio ott 31 2024"),
    "pt": ("ter mar 05 2024", "qui out 31 2024"),
    "nl": ("di mrt 05 2024", "do okt 31 2024"),
    "pl": ("wto mar 05 2024", "czw paź 31 2024"),
    "cs": ("Út bře 05 2024", "Čt říj 31 2024"),
    "hr": ("uto ožu 05 2024", "čet lis 31 2024"),
    "ru": ("Вт мар 05 2024", "Чт окт 31 2024"),
    "uk": ("вт бер 05 2024", "чт жов 31 2024"),
    "el": ("Τρι Μαρ 05 2024", "Πεμ Οκτ 31 2024"),
    "tr": ("Sal Mar 05 2024", "Prş Eki 31 2024"),
    "fi": ("ti maalis 05 2024", "to loka 31 2024"),
    "hu": ("k márc 05 2024", "cs okt 31 2024"),
    "ca": ("dt. de març 05 2024", "dj. d’oct. 31 2024"),
    "he": ("ג' מרץ 05 2024", "ה' אוק 31 2024"),
    "ar": ("ث مار 05 2024", "خ أكت 31 2024"),
    "ar_SY": ("ث آذار 05 2024", "خ تشرين الأول 31 2024"),
    "th": ("อ. มี.ค. 05 2024", "พฤ. ต.ค. 31 2024"),
    "vi": ("T3 Thg 3 05 2024", "T5 Thg 10 31 2024"),
    "ja": ("火  3月 05 2024", "木 10月 31 2024"),
    "zh": ("二 3月 05 2024", "四 10月 31 2024"),
    "ko": ("화  3월 05 2024", "목 10월 31 2024"),
    "full": ("Dienstag März 05 2024", "Donnerstag Oktober 31 2024"),
    "zh, full": ("星期二 三月 05 2024", "星期四 十月 31 2024"),
    "another order": ("Di 05. Mär 2024", "31 Oct 2024"),
    "no names": ("2024-03-05", "2024年10月31日"),
}


@pytest.mark.parametrize("language", WRITTEN)
def test_days_are_read_in_the_languages_that_people_use(language):
    march, october = WRITTEN[language]
    assert day_in(march) == date(2024, 3, 5)
    assert day_in(october) == date(2024, 10, 31)
    assert day_in(october.replace("2024", "23:58:01 2024")) == date(2024, 10, 31)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("pią lis 01 2024", date(2024, 11, 1)),  # Polish
        ("Pá lis 01 2024", date(2024, 11, 1)),  # Czech
        ("uto lis 01 2024", date(2024, 10, 1)),  # Croatian
        ("sub lip 01 2024", date(2024, 6, 1)),
        ("śro lip 31 2024", date(2024, 7, 31)),
    ],
)
def test_the_day_of_the_week_tells_which_month_a_name_is(written, day):
    assert day_in(written) == day


def test_a_name_is_two_months_in_few_languages():
    several = {name for name, months in MONTHS.items() if len(months) > 1}
    assert several == {"lip", "lis", "listopad", "listopada", "srp"}


@pytest.mark.parametrize(
    "written", ["lis 02 2024", "Xyz Foo 31 2024", "Wed Jan 31", "05/03/2024", "Fri Feb 30 2024", ""]
)
def test_what_could_be_two_days_or_none_is_refused(written):
    with pytest.raises(ValueError, match=r"no month is known|no day that can be read|out of range"):
        day_in(written)


def test_a_log_in_another_language_comes_in_and_an_unknown_one_leaves_nothing(tmp_path, capsys):
    path = tmp_path / "#tea.log"
    path.write_text(
        "--- Log opened Mi Jan 31 23:58:01 2024\n"
        "23:58 < ann> hallo\n"
        "--- Day changed Fr Mär 01 2024\n"
        "00:00 < ann> guten Morgen\n"
        "--- Log closed Fr Mär 01 00:02:00 2024\n",
        "utf-8",
    )
    asked = ["import", str(path), "--data-dir", str(tmp_path / "data"), "--timezone", "UTC"]
    assert main(asked) == 0
    assert "2 messages and 0 reactions imported" in capsys.readouterr().out
    path.write_text(
        path.read_text("utf-8").replace("Mär", "Mmm").replace("23:58 <", "23:57 <"), "utf-8"
    )
    assert main([*asked, "--strict"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "#tea.log, line 3: no month is known by its name in 'Fr Mmm 01 2024'" in error
    path.write_text(path.read_text("utf-8").replace("Mmm", "Mär"), "utf-8")
    assert main(asked) == 0
    assert "1 messages" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-01-31 10:00:05", "2024-01-31T10:00:05"),
        ("2024/01/31 10:00", "2024-01-31T10:00"),
        ("2024-01-31 10:00:05 PM", "2024-01-31T22:00:05"),
        ("2024-01-31 12:00:05am", "2024-01-31T00:00:05"),
        ("2024-01-31 12:30 p.m.", "2024-01-31T12:30"),
        ("2024-01-31T10:00:05.123456Z", "2024-01-31T10:00:05.123456+00:00"),
        ("2024-01-31 10:00:05 +0200", "2024-01-31T10:00:05+02:00"),
        ("2024-01-31 10:00:05-03:30", "2024-01-31T10:00:05-03:30"),
        ("2024-01-31 10:00:05 CET", "2024-01-31T10:00:05+01:00"),
        ("Wed 31 Jan 2024 10:00:05 AM CET", "2024-01-31T10:00:05+01:00"),
        ("Wed Jan 31 11:00:05 PM EST 2024", "2024-01-31T23:00:05-05:00"),
        ("Wed Jan 31 10:00:05 +0100 2024", "2024-01-31T10:00:05+01:00"),
        ("Mi 31 Jan 2024 10:00:05 MEZ", "2024-01-31T10:00:05"),  # a name that the table lacks
    ],
)
def test_times_with_zones_and_halves_of_the_day(written, read):
    assert time_in(written) == datetime.fromisoformat(read)
    assert time_in(written).tzinfo == datetime.fromisoformat(read).tzinfo


@pytest.mark.parametrize("written", ["2024-01-31", "2024-01-31 13:00 PM", "2024-01-31 25:00"])
def test_what_is_no_time(written):
    with pytest.raises(ValueError, match=r"time|there is no|hour"):
        time_in(written)


@pytest.mark.parametrize(
    "opened",
    [
        "Mon Jan 01 10:00:00 AM CET 2024", "Mon 01 Jan 2024 10:00:00 AM CET",
        "Mon Jan 01 10:00:00 +0100 2024", "Mon 01 Jan 2024 22:00:00 +01", "2024/01/01 22:00",
    ],
)  # fmt: skip
def test_days_with_a_zone_or_half_a_day_behind(opened):
    assert day_in(opened) == date(2024, 1, 1)
