"""S20: a hostile peer sends markup and control characters in every field; none of it ever runs."""

from __future__ import annotations

from browsing import People, Site

RUN = "globalThis.pwned=1"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg/onload={RUN}>",
    f'"><svg onload="{RUN}">',
    f"'-{RUN}-'",
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}//https://a.example",
    f"data:text/html,<script>{RUN}</script>",
    f"[x](javascript:{RUN})",
    f"https://a.example/\"onmouseover='{RUN}'x='",
    f"https://a.example/<script>{RUN}</script>",
    f"www.x.example/'><script>{RUN}</script>",
    f"`<script>{RUN}</script>`",
    f"```<script>{RUN}</script>```",
    f"*<b onclick={RUN}>*",
    f"</textarea><script>{RUN}</script>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"<a href=javascript:{RUN}>x</a>",
    f"${{{RUN}}} {{{{{RUN}}}}} {{nick}} {{n}}",
    f"<math><mi xlink:href='javascript:{RUN}'>",
    "\x1b]0;title\x07\x1b[2J\x1b[31mred",
    "\u202egnp.exe\u202c \u2066\u2067 \u200f\u200e",
    "\x02\x03" + "99,99" + "\x04zzzzzz\x16\x1d\x1f\x11\x1e\x0f",
    "__proto__ constructor toString hasOwnProperty",
    "\u0000\u0001\u0085\u2028\u2029",
    "a\u0300" * 400,
    "\U0001f468\u200d" * 200,
    "﷽" * 100,
]


def test_nothing_a_peer_can_say_runs_or_becomes_markup(person: People, site: Site) -> None:
    fake = site.fake
    fake.topics["#lobby"] = PAYLOADS[1]
    anna = person("#lobby")

    def attack() -> None:
        [victim] = fake.sessions
        for i, payload in enumerate(PAYLOADS):
            text = payload.replace("\0", "").replace("\r", "").replace("\n", "")
            tag = text.replace(";", "\\:").replace(" ", "\\s")
            word = "".join(text.split()) or "x"
            who = f":{word.replace('!', '')}!{word}@{word}"
            tags = {"msgid": f"evil{i}{tag}", "time": "2026-11-22T10:00:00.000Z"}
            victim.send(f"{who} JOIN #lobby {word} :{text}", **tags)
            victim.send(f"{who} PRIVMSG #lobby :{text}", **{**tags, "msgid": f"said{i}"})
            victim.send(f"{who} PRIVMSG #lobby :\x01ACTION {text}\x01", msgid=f"act{i}")
            victim.send(f"{who} PRIVMSG {victim.nick} :{text}", msgid=f"dm{i}", account=tag)
            victim.send(
                f"{who} TAGMSG #lobby",
                **{"+reply": f"said{i}", "+draft/react": tag, "+typing": "active"},
            )
            victim.send(f"{who} PRIVMSG #lobby :answer", **{"+reply": tag, "msgid": f"re{i}"})
            victim.send(f"{who} EDIT #lobby said{i} :{text} edited")
            victim.send(f"{who} TOPIC #lobby :{text}")
            victim.send(f"{who} MODE #lobby +b {word}")
            victim.send(f"{who} AWAY :{text}")
            victim.send(f"{who} SETNAME :{text}")
            victim.send(f"{who} INVITE {victim.nick} #{word}")
            victim.send(f":fake FAIL X {word} {word} :{text}")
            victim.send(f":fake 404 {victim.nick} {word} :{text}")
            victim.send(f":fake 322 {victim.nick} #{word} 1 :{text}")
            victim.send(f":fake 372 {victim.nick} :{text}")
            victim.send(f"{who} KICK #lobby {word} :{text}")
            if i % 2:
                victim.send(f"{who} QUIT :{text}")

    elements = (
        "document.querySelectorAll('script, iframe, object, embed, style, math, base').length"
    )
    before = anna.page.evaluate(elements)
    site.call(attack)
    anna.until(f"hubbub.buffer.live.byId.has('said{len(PAYLOADS) - 1}')")
    everywhere = [
        "hubbub.ui.togglePanel('members')",
        "hubbub.ui.open('about', { buffer: '#lobby' })",
        "hubbub.ui.open('channels')",
        "hubbub.ui.open('motd')",
        "hubbub.ui.open('switcher')",
        "hubbub.ui.open('profile', { nick: [...hubbub.buffer.members.values()][0].nick })",
        "hubbub.ui.closeDialog()",
        "hubbub.ui.panel = 'search'",
        "import('/js/searching.js').then(({ search }) => search(hubbub, 'script'))",
        "[...hubbub.state.buffers.values()].slice(0, 40)"
        ".forEach((b) => hubbub.conversations.show(b.name))",
    ]
    for view in everywhere:
        anna.page.evaluate(view)
        anna.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
        assert anna.page.evaluate("globalThis.pwned") is None, view
    anna.page.evaluate("hubbub.conversations.show('#lobby')")
    for link in anna.page.locator("a[href]").evaluate_all("all => all.map(a => a.href)"):
        assert link.startswith(("http://", "https://", "mailto:")), link
    assert anna.page.evaluate(elements) == before
    assert anna.page.locator("img[src=x]").count() == 0
    handlers = """[...document.querySelectorAll('*')].flatMap((e) => [...e.attributes])
        .filter((attribute) => /^on/i.test(attribute.name)).length"""
    assert anna.page.evaluate(handlers) == 0
    controls = "/[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]/.test(document.body.innerText)"
    assert anna.page.evaluate(controls) is False
