"""The programs with which apps fetch a page to preview its link; they run no JavaScript."""

from collections import defaultdict
from html.parser import HTMLParser

CRAWLERS = {
    "Facebook": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Twitter": "Twitterbot/1.0",
    "WhatsApp": "WhatsApp/2.23.20.0 A",
    "Telegram": "TelegramBot (like TwitterBot)",
    "Slack": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "LinkedIn": "LinkedInBot/1.0 (compatible; Mozilla/5.0; +http://www.linkedin.com)",
    "Discord": "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
}


class Head(HTMLParser):
    """What is in a page's head: its title, and the contents of each meta by name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.title = ""
        self.metas: dict[str, list[str]] = defaultdict(list)
        self.canonical: str | None = None
        self._place: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record a meta or a link of the head."""
        values = {name: value or "" for name, value in attrs}
        if tag in ("head", "title", "body", "noscript"):
            self._place.append(tag)
        if self._place != ["head"]:
            return
        if tag == "meta":
            name = values.get("property") or values.get("name") or values.get("http-equiv") or ""
            self.metas[name].append(values.get("content", ""))
        if tag == "link" and values.get("rel") == "canonical":
            self.canonical = values["href"]

    def handle_endtag(self, tag: str) -> None:
        """Leave the head or the title."""
        if self._place[-1:] == [tag]:
            self._place.pop()

    def handle_data(self, data: str) -> None:
        """Record the title."""
        if self._place == ["head", "title"]:
            self.title += data

    def only(self, name: str) -> str:
        """Return the content of a meta that must appear exactly once."""
        (content,) = self.metas[name]
        return content
