"""Long histories and high message rates: the page stays responsive."""

from __future__ import annotations

import asyncio

from browsing import People, Site

# Scroll to the top and back in steps, as a wheel does; the time between frames meanwhile.
SCROLL = """async () => {
  const log = hubbub.scroller.element, gaps = [];
  let before = performance.now();
  const frame = () => new Promise((done) => requestAnimationFrame(() => {
    const now = performance.now(); gaps.push(now - before); before = now; done();
  }));
  for (let i = 0; i < 120; i++) { log.scrollTop -= 400; await frame(); }
  for (let i = 0; i < 60; i++) { log.scrollTop += 400; await frame(); }
  gaps.sort((a, b) => a - b);
  return { half: gaps[gaps.length >> 1], most: gaps[Math.floor(gaps.length * 0.95)] };
}"""

# How long the page takes to answer while messages come in: a task asked for, until it runs.
ANSWERS = """async (seconds) => {
  const waits = [], end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const asked = performance.now();
    await new Promise((done) => { const c = new MessageChannel(); c.port1.onmessage = done;
                                  c.port2.postMessage(0); });
    waits.push(performance.now() - asked);
    await new Promise((done) => setTimeout(done, 10));
  }
  waits.sort((a, b) => a - b);
  return { count: waits.length, half: waits[waits.length >> 1],
           most: waits[Math.floor(waits.length * 0.95)] };
}"""


def test_ten_thousand_messages_scroll_in_a_window(person: People, site: Site) -> None:
    anna = person("#lobby")
    anna.page.evaluate(
        """() => {
          const buffer = hubbub.buffer, words = 'tea pot leaf water cup steam kettle'.split(' ');
          for (let i = 0; i < 10000; i++) buffer.live.add({
            id: `t${i}`, key: `t${i}`, rev: 0, nick: `p${i % 7}`, time: 1.7e12 + i * 1000,
            kind: 'message',
            text: `${i}: *${words[i % 7]}* https://a.example/${i} `.repeat(i % 4 + 1),
            mine: false, mention: false, replyTo: '', reactions: null, edited: 0, deleted: null });
          buffer.live.atStart = true;
          hubbub.invalidate();
        }"""
    )
    anna.until("document.querySelectorAll('.message').length > 100")
    gaps = anna.page.evaluate(SCROLL)
    rows = anna.page.locator(".message").count()
    print(
        f"{rows} rows drawn of 10,000; a frame each {gaps['half']:.0f} ms, 95 % {gaps['most']:.0f}"
    )
    assert rows <= 160
    assert anna.page.locator("*").count() < 4_000
    assert gaps["half"] < 5_000  # as below
    anna.page.evaluate("hubbub.scroller.toPresent()")
    anna.until("hubbub.scroller.stuck")


def test_two_hundred_messages_a_second_leave_the_page_answering(person: People, site: Site) -> None:
    anna = person("#lobby")

    async def flood() -> None:
        [session] = site.fake.sessions
        for i in range(60):
            for k in range(10):
                n = i * 10 + k
                line = f":p{n % 9}!u@h PRIVMSG #lobby :{n} some *words* and https://a.example/{n}"
                session.send(line, msgid=f"f{n}", time="2026-11-22T10:00:00.000Z")
            await asyncio.sleep(0.05)

    asyncio.run_coroutine_threadsafe(flood(), site.loop)
    waits = anna.page.evaluate(ANSWERS, 3)
    anna.until("hubbub.buffer.live.byId.has('f599')")
    print(f"200 messages/s: answers in {waits['half']:.1f} ms, 95 % in {waits['most']:.1f} ms")
    assert waits["half"] < 5_000  # for a busy machine; alone it is a thousandth of that
    assert anna.page.locator(".message").count() <= 160
    anna.until("hubbub.scroller.stuck && hubbub.scroller.atEnd()")
