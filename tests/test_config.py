"""Settings: four sources, their precedence, clear errors."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub import config, settings_loader
from hubbub.config import OperatorSettings, Settings
from hubbub.errors import UsageError


def load(toml="", command_line=None, environ=None, *, tmp_path):
    file = tmp_path / "hubbub.toml"
    file.write_text(toml, "utf-8")
    return config.load(command_line, environ, file)


def refused(*args, **kwargs):
    with pytest.raises(UsageError) as caught:
        config.load(*args, **kwargs)
    return str(caught.value)


def test_without_a_word_everything_is_the_default():
    assert config.load() == Settings()
    assert (Settings().host, Settings().port) == ("127.0.0.1", 50000)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path):
    toml = "threads = 1\nport = 1001\nmax_clients = 11\n"
    environ = {"HUBBUB_THREADS": "2", "HUBBUB_PORT": "1002"}
    settings = load(toml, {"threads": "3"}, environ, tmp_path=tmp_path)
    assert (settings.threads, settings.port, settings.max_clients) == (3, 1002, 11)


def test_a_group_is_a_table_in_the_file_and_two_underscores_in_the_environment(tmp_path):
    settings = load(
        "[limits]\nnick_length = 20\n", environ={"HUBBUB_LIMITS__TARGETS": "9"}, tmp_path=tmp_path
    )
    assert (settings.limits.nick_length, settings.limits.targets) == (20, 9)
    assert settings.limits.topic_length == Settings().limits.topic_length


def test_every_type_from_text(tmp_path):
    settings = config.load(
        {
            "tls.enabled": "no",
            "limits.ping_seconds": "1.5",
            "proxy.trusted": "10.0.0.0/8, ::1",
            "tls.cert": "cert.pem",
            "operators.ann.password": "hash",
        }
    )
    assert settings.tls.enabled is False
    assert settings.limits.ping_seconds == 1.5
    assert settings.proxy.trusted == ("10.0.0.0/8", "::1")
    assert settings.tls.cert == Path("cert.pem")
    assert settings.operators == {"ann": OperatorSettings("hash")}


def test_the_environment_may_name_the_file_and_other_programs_variables_are_not_ours(tmp_path):
    file = tmp_path / "my.toml"
    file.write_text("threads = 7\n")
    environ = {"HUBBUB_CONFIG": str(file), "HUBBUB_NO_BOOTSTRAP": "1", "PORT": "no number"}
    assert config.load(environ=environ).threads == 7


def test_operators_are_tables_with_names_people_choose(tmp_path):
    toml = '[operators."a.b"]\npassword = "x"\nclasses = ["kill", "ban"]\n'
    settings = load(toml, tmp_path=tmp_path)
    assert settings.operators == {"a.b": OperatorSettings("x", ("kill", "ban"))}


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('[tls]\nceert = "x"', "tls.ceert: unknown setting, did you mean tls.cert?"),
        ("colour = 1", "colour: unknown setting"),
        ("[colours]\nred = 1", "colours: unknown setting"),
        ("[colours]", "colours: unknown setting"),
        ("limits = 3", "limits: this is a group of settings, not a setting"),
        ("[threads]\nn = 1", "threads: {'n': 1} is not a whole number"),
        ('port = "50000"', "port: '50000' is not a whole number"),
        ("port = true", "port: True is not a whole number"),
        ("port = 1.5", "port: 1.5 is not a whole number"),
        ("port = 65536", "port: 65536 is too large, the most is 65535"),
        ("threads = -1", "threads: -1 is too small, the least is 0"),
        ("log_text = 1", "log_text: 1 is not true or false"),
        ("host = '300.1.1.1'", "host: 300.1.1.1 is not an IPv4 address"),
        ("default_channel = 'lobby'", "default_channel: 'lobby' is not a channel name"),
        ("log_level = 'loud'", "log_level: 'loud' is not one of debug, info, warning, error"),
        ("proxy.trusted = ['x']", "proxy.trusted: 'x' is neither an address nor a network"),
        ("proxy.trusted = '::1'", "proxy.trusted: '::1' is not a list of texts"),
        ("limits.ping_seconds = nan", "limits.ping_seconds: nan is not a number to count with"),
        ("operators.ann.pass = 'x'", "operators.ann.pass: unknown setting"),
        ("port = ", "not TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_path_and_its_place(toml, message, tmp_path):
    file = tmp_path / "hubbub.toml"
    file.write_text(toml)
    said = refused(file=file)
    assert message in said
    assert str(file) in said
    assert "\n" not in said


def test_what_is_wrong_in_the_environment_and_on_the_command_line():
    assert refused(environ={"HUBBUB_PROT": "1"}) == (
        "prot: unknown setting, did you mean port? (HUBBUB_PROT)"
    )
    assert refused({"threads": "many"}) == "threads: 'many' is not a whole number (command line)"
    assert refused({"tls.enabled": "perhaps"}).startswith("tls.enabled: 'perhaps' is not true")


def test_a_file_that_is_not_there(tmp_path):
    assert refused(file=tmp_path / "none.toml").endswith("none.toml: No such file or directory")


def uncommented(sample):
    """The sample with every default taken as if somebody had written it."""
    return re.sub(r"^#(?=\w+ = )", "", sample, flags=re.MULTILINE)


def test_the_sample_loads_and_changes_nothing(tmp_path):
    assert load(config.sample(), tmp_path=tmp_path) == Settings()
    assert load(uncommented(config.sample()), tmp_path=tmp_path) == Settings()


def test_the_sample_names_every_setting():
    names = [
        o.path for o in settings_loader.options(Settings) if settings_loader.ANY_NAME not in o.path
    ]
    tables = tomllib.loads(uncommented(config.sample()))
    for path in names:
        here = tables
        for name in path:
            here = here[name]
    assert len(names) > 30


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@given(
    st.builds(
        Settings,
        port=st.integers(0, 65535),
        data_dir=st.just(Path("C:\\data ü")),
        password=texts,
        log_text=st.booleans(),
        motd_file=st.none() | st.just(Path("motd")),
        limits=st.builds(
            config.LimitSettings, ping_seconds=st.floats(0.1, 1e6), exempt=st.just(("10.0.0.0/8",))
        ),
        operators=st.dictionaries(
            texts, st.builds(OperatorSettings, password=st.text("ab").map("x".__add__))
        ),
    )
)
def test_the_sample_of_any_settings_loads_as_those_settings(tmp_path_factory, settings):
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(config.sample(settings).encode())
    assert config.load(file=file) == settings


def test_settings_are_never_changed_once_made():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1


@pytest.mark.parametrize("url", ["oauth.jwks_url", "oauth.introspection_url"])
def test_login_with_tokens_needs_an_audience_and_an_issuer(url):
    given = {url: "https://id.example/x"}
    assert refused(given) == "oauth.audience: is missing; login with tokens needs it"
    given["oauth.audience"] = "chat"
    assert refused(given) == "oauth.issuer: is missing; login with tokens needs it"
    given["oauth.issuer"] = "https://id.example"
    assert config.load(given).oauth.audience == "chat"


@pytest.mark.parametrize(
    "url", ["http://id.example/", "ftp://id.example", "id.example", "file:///x"]
)
def test_keys_and_tokens_travel_by_https(url):
    for name in ("jwks_url", "introspection_url"):
        assert "is not an https:// address" in refused({f"oauth.{name}": url})
