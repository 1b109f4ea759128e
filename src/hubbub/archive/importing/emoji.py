"""The most common names of emoji, as Slack and Mattermost write reactions."""

from __future__ import annotations

_NAMED = {
    "+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "heart": "❤️", "joy": "😂",
    "smile": "😄", "smiley": "😃", "grinning": "😀", "grin": "😁", "laughing": "😆", "wink": "😉",
    "slightly_smiling_face": "🙂", "blush": "😊", "heart_eyes": "😍", "thinking_face": "🤔",
    "thinking": "🤔", "sob": "😭", "cry": "😢", "scream": "😱", "open_mouth": "😮", "rage": "😡",
    "tada": "🎉", "rocket": "🚀", "fire": "🔥", "eyes": "👀", "clap": "👏", "pray": "🙏",
    "raised_hands": "🙌", "ok_hand": "👌", "wave": "👋", "muscle": "💪", "point_up": "☝️",
    "white_check_mark": "✅", "heavy_check_mark": "✔️", "x": "❌", "100": "💯", "star": "⭐",
    "sparkles": "✨", "warning": "⚠️", "question": "❓", "exclamation": "❗", "bulb": "💡",
    "coffee": "☕", "beer": "🍺", "beers": "🍻", "birthday": "🎂", "cake": "🍰", "pizza": "🍕",
    "sunglasses": "😎", "party_parrot": "🦜", "robot_face": "🤖", "bug": "🐛", "lock": "🔒",
    "sunny": "☀️", "snowflake": "❄️", "rainbow": "🌈", "moneybag": "💰", "trophy": "🏆",
    "handshake": "🤝", "hugging_face": "🤗", "facepalm": "🤦", "shrug": "🤷", "skull": "💀",
    "broken_heart": "💔", "green_heart": "💚", "blue_heart": "💙", "yellow_heart": "💛",
    "purple_heart": "💜", "upside_down_face": "🙃", "rolling_on_the_floor_laughing": "🤣",
    "rofl": "🤣", "see_no_evil": "🙈", "zap": "⚡", "boom": "💥", "checkered_flag": "🏁",
    "hourglass": "⌛", "alarm_clock": "⏰", "calendar": "📅", "memo": "📝", "pushpin": "📌",
    "link": "🔗", "mag": "🔍", "speech_balloon": "💬", "point_right": "👉", "point_left": "👈",
    "crossed_fingers": "🤞", "v": "✌️", "metal": "🤘", "salute": "🫡", "melting_face": "🫠",
}  # fmt: skip


def emoji(name: str) -> str:
    """The character for a name such as `thumbsup`; unknown names become `:name:`."""
    return _NAMED.get(name.split("::")[0], f":{name}:")
