"""What an engine makes up is not believed, and what people say is."""

from __future__ import annotations

import asyncio

import pytest

from dialogue.transcribing.doubts import LEAST_CONFIDENCE, doubts
from dialogue.transcribing.listening import Found, Listening
from dialogue.transcribing.words import Hints, Transcript, Unheard
from tests.voice.sound import encoded, speech

HINTS = Hints(("注塑机", "液压站", "密封圈", "停机", "报警"), "zh")
TRUE = [
    "注塑机停机了，屏幕上报警，请马上派人来。",
    "对对对对，就是那台",
    "换密封圈一个",
    "一三八零零一三八零二一",
    "Hello, the injection moulding machine stopped and shows E-07",
    "工单已经处理完，更换了传感器，试运行半小时正常，请客户确认。",
    "我订阅的那台打印机",
]
FALSE = {
    "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目": "subtitles",
    "字幕by索兰娅": "subtitles",
    "Thanks for watching!": "subtitles",
    "谢谢观看": "subtitles",
    "请订阅 请订阅 请订阅 请订阅 请订阅": "repeats",
    "我们的我们的我们的我们的我们的": "repeats",
    "啊啊啊啊啊啊啊啊啊啊": "repeats",
    "以下是普通话的设备报修语音，可能提到": "echo",
    "可能提到：注塑机、液压站、密封圈。": "echo",
    "注塑机、液压站、密封圈、停机、报警。": "echo",
    "": "nothing",
    "。。。": "nothing",
}


@pytest.mark.req("S68")
@pytest.mark.parametrize("text", TRUE)
def test_what_people_say_is_believed(text: str) -> None:
    assert doubts(Transcript(text, "whisper", 0.8), speech(8.0), HINTS) == ()


@pytest.mark.req("S68")
@pytest.mark.parametrize("text", FALSE)
def test_what_engines_make_up_is_not(text: str) -> None:
    assert FALSE[text] in doubts(Transcript(text, "whisper", 0.8), speech(8.0), HINTS)


@pytest.mark.req("S68")
def test_words_over_silence_guesses_and_too_many_words_are_not_believed() -> None:
    said = Transcript("空调漏水了", "whisper", 0.8)
    assert doubts(said, bytes(64_000), HINTS) == ("silence",)
    assert doubts(Transcript(said.text, "whisper", LEAST_CONFIDENCE - 0.01), speech(2.0), HINTS) == ("unsure",)
    assert doubts(Transcript(said.text, "whisper", 0.8, ("compressed",)), speech(2.0), HINTS) == ("compressed",)
    assert "too_much" in doubts(Transcript(TRUE[0] + TRUE[5], "whisper", 0.8), speech(1.0), HINTS)


class Engine:
    """Answers what it is told to: no engine at all."""

    def __init__(self, name: str, *answers: Transcript | Unheard) -> None:
        self.name, self._answers, self.asked = name, list(answers), 0

    async def transcribe(self, pcm: bytes, hints: Hints) -> Transcript:
        self.asked += 1
        answer = self._answers.pop(0)
        if isinstance(answer, Unheard):
            raise answer
        return answer

    async def close(self) -> None:
        """Nothing is open."""


def hear(*engines: Engine, content: bytes | None = None, declared: float | None = None) -> Found:
    return asyncio.run(Listening(engines).hear(content or encoded("opus"), declared, "zh"))


@pytest.mark.req("S68")
def test_the_next_engine_is_asked_where_one_fails_or_is_not_believed() -> None:
    first = Engine("first", Unheard("too_slow"))
    second = Engine("second", Transcript("谢谢观看", "second", 0.9))
    third = Engine("third", Transcript("空调漏水", "third"))
    found = hear(first, second, third)
    assert (found.words, found.engine, found.why) == ("空调漏水", "third", None)
    assert (first.asked, second.asked, third.asked) == (1, 1, 1)


@pytest.mark.req("S68")
def test_where_nobody_is_believed_it_is_told_why() -> None:
    found = hear(Engine("only", Transcript("字幕由志愿者提供", "only", 0.9)))
    assert (found.words, found.why) == (None, "only:subtitles")
    broken = Engine("only")
    assert hear(broken, content=b"<html>").why == "not_sound"
    assert hear(broken, declared=60.0).why == "cut_off"
    assert broken.asked == 0
