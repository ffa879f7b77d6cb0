"""Vietnamese as it stands when the input method is off: Telex (“khos khawn”) or VNI (“kho1 kha8n”), read.

Both are the usual input methods of Vietnamese keyboards: a key behind a letter gives it its mark, a key behind a vowel
gives the syllable its tone. No key of one means another thing in the other, so one table reads both.
"""

import re
import unicodedata

_TONES = dict(zip("sfrxj12345", "\u0301\u0300\u0309\u0303\u0323" * 2, strict=True))
_MARKS = {
    "aa": "â", "ee": "ê", "oo": "ô", "aw": "ă", "ow": "ơ", "uw": "ư", "dd": "đ",
    "a6": "â", "e6": "ê", "o6": "ô", "a8": "ă", "o7": "ơ", "u7": "ư", "d9": "đ",
}  # fmt: skip
_VOWELS = "aăâeêioôơuưy"
_SYLLABLE = re.compile(
    rf"(qu|gi(?=[{_VOWELS}])|ngh?|[cgknpt]h|tr|[bcdđghklmnprstvx])?([{_VOWELS}]{{1,3}})(ch|ng|nh|[cmnpt])?"
)


def read_keys(word: str) -> str | None:
    """Return the syllable that was meant by keys of Telex or VNI, in small letters, or None where they make none."""
    letters: list[str] = []
    tone = ""
    for key in word.lower():
        if key in _TONES and any(letter in _VOWELS for letter in letters):
            tone = _TONES[key]
        elif not _mark(letters, key):
            letters.append("ư" if key == "w" else key)
    found = _SYLLABLE.fullmatch("".join(letters))
    if found is None:
        return None
    onset, vowels, coda = found[1] or "", found[2], found[3] or ""
    at = _toned(vowels, closed=bool(coda))
    read = unicodedata.normalize("NFC", f"{onset}{vowels[: at + 1]}{tone}{vowels[at + 1 :]}{coda}")
    return None if read == word.lower() else read


def _mark(letters: list[str], key: str) -> bool:
    """Let a key mark the last letter that it can; tell whether there is one."""
    for at in range(len(letters) - 1, -1, -1):
        if marked := _MARKS.get(letters[at] + key):
            after_u = letters[at - 1 : at] == ["u"] and letters[at - 2 : at - 1] != ["q"]
            if marked == "ơ" and after_u:
                letters[at - 1] = "ư"  # one key for both: nguowif, người
            if marked == "ă" and after_u:
                at, marked = at - 1, "ư"  # muaw, mưa
            letters[at] = marked
            return True
    return False


def _toned(vowels: str, *, closed: bool) -> int:
    """Return which vowel bears the tone: one with a mark, else the last before a consonant, else the one but last."""
    marked = [i for i, vowel in enumerate(vowels) if vowel in "ăâêôơư"]
    if marked or closed or len(vowels) == 1:
        return marked[-1] if marked else len(vowels) - 1
    return len(vowels) - 2
