"""A program that reads requests from standard input and speaks them through espeak-ng by ctypes.

The library keeps its state in global variables, never resets all of it and changes the locale, so
`refkd.data.espeak` runs this file as a process of its own. It needs the standard library alone.
"""

import ctypes
import json
import sys
from typing import Any

RETRIEVAL = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples go to the callback, not to a loudspeaker
PHONEME_EVENTS, IPA, DONT_EXIT = 1, 2, 0x8000  # espeakINITIALIZE_*
UTF8 = 1  # espeakCHARS_UTF8
WORDS_PER_MINUTE, PITCH = 1, 3  # espeak_PARAMETER
LIST_TERMINATED, PHONEME = 0, 7  # espeak_EVENT_TYPE
SEED = 1  # of the noise in breathy voices; by default the time of day


class Event(ctypes.Structure):
    """espeak_EVENT, with its union read as the text of a phoneme."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("symbol", ctypes.c_char * 8),
    )


class Voice(ctypes.Structure):
    """espeak_VOICE."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event)
)


class Speaker:
    """espeak-ng, ready to speak; one in a process."""

    def __init__(self, library: str, data: str) -> None:
        self.library = ctypes.CDLL(library)
        self.library.espeak_GetCurrentVoice.restype = ctypes.POINTER(Voice)
        self.library.espeak_Synth.argtypes = [
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
            *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
        ]
        self.library.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
        options = PHONEME_EVENTS | IPA | DONT_EXIT
        self.rate = self.library.espeak_Initialize(RETRIEVAL, 0, data.encode(), options)
        if self.rate <= 0:
            raise OSError(f"espeak-ng cannot read {data}")
        self.samples = bytearray()
        self.events: list[tuple[int, str]] = []
        self.callback = CALLBACK(self._receive)  # kept: the library holds only its address
        self.library.espeak_SetSynthCallback(self.callback)

    def find_voice(self, voice: str) -> str | None:
        """The library's own name of a voice, perhaps with `+` and a variant, or None."""
        base, plus, variant = voice.partition("+")
        if self.library.espeak_SetVoiceByName(base.encode()):
            language = Voice(languages=base.encode())
            if self.library.espeak_SetVoiceByProperties(ctypes.byref(language)):
                return None
            base = self._identifier().rpartition("/")[2]
        name = base + plus + variant
        self.library.espeak_SetVoiceByName(name.encode())
        return name if self._identifier().endswith(plus + variant) else None

    def speak(self, text: str, voice: str, words: int, pitch: int) -> None:
        """Speak a text into `samples`, native 16-bit, and `events`, first sample and IPA symbol.

        The text has no control characters, which are commands. At 450 words a minute and more the
        sound is shortened after its events are timed.
        """
        self.samples, self.events = bytearray(), []
        self.library.espeak_SetVoiceByName(voice.encode())
        self.library.espeak_SetParameter(WORDS_PER_MINUTE, words, 0)
        self.library.espeak_SetParameter(PITCH, pitch, 0)
        self.library.espeak_ng_SetRandSeed(SEED)
        encoded = text.encode()
        self.library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, UTF8, None, None)

    def _identifier(self) -> str:
        return str(self.library.espeak_GetCurrentVoice().contents.identifier, "utf-8")

    def _receive(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self.samples += ctypes.string_at(samples, 2 * count)
        n = 0
        while events[n].type != LIST_TERMINATED:
            if events[n].type == PHONEME:
                symbol = events[n].symbol.decode(errors="ignore")  # cut after eight bytes
                self.events.append((events[n].sample, symbol))
            n += 1
        return 0


def main() -> None:
    """Answer one request, JSON of UTF-8, by a line of JSON about voices, then the utterances.

    Each is a line of JSON, its events and its size in bytes, and after it the samples.
    """
    request = json.loads(sys.stdin.buffer.read())
    speaker = Speaker(request["library"], request["data"])
    voices = {voice: speaker.find_voice(voice) for voice in request["voices"]}
    unknown = [voice for voice, name in voices.items() if name is None]
    _write({"rate": speaker.rate, "unknown": unknown})
    for text, voice, words, pitch in request["utterances"] if not unknown else ():
        speaker.speak(text, voices[voice] or "", words, pitch)
        _write({"events": speaker.events, "bytes": len(speaker.samples)})
        sys.stdout.buffer.write(speaker.samples)


def _write(line: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")


if __name__ == "__main__":
    main()
