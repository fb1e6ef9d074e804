"""How something misbehaves: phrases of the lexicon, and what every language can say of any machine (打不开, 不出标签, 没反应)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dialogue.understanding.exact.hit import Hit
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.phrases import one_of

_STOP = "了的吗嘛啊呢吧呀哦哈么么能请麻快你我他她它怎已好都也就又还再在有和跟但可是不没一这那什啥咋帮派来去过给让叫要会应该今明昨前后上下谢急电型报"
_OBJECT = rf"(?:(?![{_STOP}])[\u4e00-\u9fff]){{0,3}}"
_VERB = (
    "打开关连接装插登扫充刷启发联加压推拉拧升降停转走动用看听刹点拔弹吸喷排冲抓夹封切锁显识印输放收按热冷冻抽烧下进出送供传"
    "读写摇举抬撑拖翻合滑吃投卷缩搅磨焊贴粘洗测灌填调校搬喂铺剪裁钻"
)
"""Characters that may begin a symptom of the form V不C where C is a verb itself (抬不动, but not 指针不动)."""
_NO_VERB = "说讲想知觉懂是要对能会可受舍差好用了的都也就还再又吗呢吃找来去等买付给走我你他算谈赔退换修改约"
"""Characters that begin no symptom of the form V不C: 来不了, 等不及, 说不清 speak of people."""
_GENERAL = re.compile(
    "|".join(
        (
            rf"(?![{_NO_VERB}])[\u4e00-\u9fff](?:机|动|起|网|电)?不(?:起来|出来|进去|下去|下来|上去|上来|进来|干净|出去|到位|清楚|"
            rf"了(?!解)|上|着|住|严|紧|死|牢|透|清|掉|成){_OBJECT}",
            rf"[{_VERB}](?:机|动|起|网|电)?不(?:开|动|起|到|出|进|响|满|齐|准|稳|热|冷|凉|完|断|亮|来|下|(?<!打不)通){_OBJECT}",
            rf"(?<![能会受想起得好差行说看听讲一])不(?:制冷|制热|出水|出风|出纸|出墨|出粉|出料|出货|出油|出气|出冰|出票|出卡|出标|出火|进纸|"
            rf"进料|进水|进气|上水|上料|上电|下水|下料|排水|"
            rf"排气|排风|通电|通风|通气|通水|通|供水|供电|供油|工作|运转|运行|转动|转|走纸|走料|走|动弹|动|亮|响|热|冷|凉|加热|加水|"
            rf"升温|升降|降温|保温|脱水|进风|吸水|吸尘|吸风|吸|"
            rf"充电|显示|识别|认卡|认|读卡|读盘|读|扫描|扫|打印|打火|点火|启动|起动|回弹|弹|喷水|喷墨|喷|粘|关门|开门|关|开机|开|"
            rf"停机|停|跳闸|断电|复位|归零|归位|回零|回位|清零|"
            rf"对齐|对焦|对位|同步|联网|上网|连接|连|接通|稳定|稳|准确|准|灵敏|灵|平整|平|均匀|匀|牢固|牢|严实|严|清晰|清楚|清|脱模|"
            rf"脱料|成型|落料|落|送料|送纸|送风|送丝|送|"
            rf"换气|换向|到位|锁|锁模|合模|开模|自动|报警|计数|称重|出(?![来去问现差错])|上锁|吃纸|吃料|夹紧|松开|松){_OBJECT}",
            r"没(?:有)?(?:反应|动静|信号|显示|图像|画面|声音|声|电|网络|网|水|热水|冷水|气|风|冷气|热气|暖气|压力|油|火|墨|光|蒸汽|"
            r"吸力|力|动力|输出|响应|温度|流量|转速|读数|波形|热风|数据|画面|图片|墨水|纸|粉|料|冷凝)(?!话|题|关系|站|梯|费|用)",
            r"(?:一直|老是|总是|经常|时不时|偶尔|频繁|反复|自动|突然|自己|动不动就?|三天两头|有时候?|不停地?)(?:在|会|就|又)?"
            rf"(?:停机|停|关机|关|重启|开|断|断开|掉|掉线|跳|跳闸|跳停|响|叫|闪|报警|报错|卡|卡死|死机|滴水|转|抖|晃|冒|堵|漏|错|丢|"
            rf"偏|弹|刮{_OBJECT}|蹭{_OBJECT}|磨{_OBJECT}|打滑|黑屏|熄火|断电|断网)",
            rf"(?:打|连|接|装|读|扫|识别|登录|充|印)(?:不了|不上){_OBJECT}",
        )
    )
)
_ALARM_NAME = re.compile("器|代码|码|号|灯")
_FIXED = re.compile(r"^(?:了|，| )*(?:已经)?(?:好了|修好|正常了|解决了|没事了)")


@dataclass(frozen=True)
class Symptoms:
    """Finds fault symptoms. Vague ones (坏了) are kept apart: they say nothing."""

    known: re.Pattern[str]
    vague: re.Pattern[str]
    usual: Mapping[str, str]

    @classmethod
    def of(cls, lexicon: Lexicon) -> Symptoms:
        usual = lexicon.usual("symptom_synonyms")
        phrases = (*lexicon.words("symptoms"), *lexicon.words("english_symptoms"), *usual)
        return cls(one_of(phrases), one_of(lexicon.words("vague_symptoms")), usual)

    def find(self, text: str) -> Iterator[Hit]:
        """Every specific symptom; what overlaps is one symptom. The value is the usual name of what has several."""
        spans = sorted([match.span() for form in (self.known, _GENERAL) for match in form.finditer(text)])
        joined: list[tuple[int, int]] = []
        for start, end in spans:
            if joined and start < joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            elif end > start:
                joined.append((start, end))
        for start, end in joined:
            named = text[start:end].endswith("报警") and _ALARM_NAME.match(text, end)
            if not named and not _FIXED.match(text[end : end + 8]):
                yield Hit("fault_symptom", start, end, self.usual.get(text[start:end]))

    def is_vague(self, text: str) -> bool:
        """Whether the text says that something is broken, whatever it is."""
        return bool(self.vague.search(text))
