"""Where people talk with the desk: one file a channel, each with its settings and its plug.

A new channel is named in `Channels` and in `PLUGS`, and nowhere else in config (docs/add-a-channel.md).
"""

from __future__ import annotations

from collections.abc import Mapping

from config.channels.dingtalk import PLUG as DINGTALK
from config.channels.dingtalk import Dingtalk
from config.channels.dingtalk_notice import PLUG as DINGTALK_NOTICE
from config.channels.dingtalk_notice import DingtalkNotice
from config.channels.dingtalk_robot import PLUG as DINGTALK_ROBOT
from config.channels.dingtalk_robot import DingtalkRobot
from config.channels.email import PLUG as EMAIL
from config.channels.email import Email
from config.channels.feishu import PLUG as FEISHU
from config.channels.feishu import Feishu
from config.channels.feishu_robot import PLUG as FEISHU_ROBOT
from config.channels.feishu_robot import FeishuRobot
from config.channels.plug import Plug
from config.channels.slack import PLUG as SLACK
from config.channels.slack import Slack
from config.channels.telegram import PLUG as TELEGRAM
from config.channels.telegram import Telegram
from config.channels.webchat import PLUG as WEBCHAT
from config.channels.webchat import Webchat
from config.channels.webhook import PLUG as WEBHOOK
from config.channels.webhook import Webhook
from config.channels.wechat_mp import PLUG as WECHAT_MP
from config.channels.wechat_mp import WechatMp
from config.channels.wecom import PLUG as WECOM
from config.channels.wecom import Wecom
from config.channels.wecom_aibot import PLUG as WECOM_AIBOT
from config.channels.wecom_aibot import WecomAibot
from config.channels.wecom_kf import PLUG as WECOM_KF
from config.channels.wecom_kf import WecomKf
from config.channels.wecom_webhook import PLUG as WECOM_WEBHOOK
from config.channels.wecom_webhook import WecomWebhook
from config.section import Section


class Channels(Section):
    """渠道 · where people talk with the desk"""

    wecom: Wecom = Wecom()
    wecom_kf: WecomKf = WecomKf()
    wecom_aibot: WecomAibot = WecomAibot()
    wecom_webhook: WecomWebhook = WecomWebhook()
    wechat_mp: WechatMp = WechatMp()
    dingtalk: Dingtalk = Dingtalk()
    dingtalk_notice: DingtalkNotice = DingtalkNotice()
    dingtalk_robot: DingtalkRobot = DingtalkRobot()
    feishu: Feishu = Feishu()
    feishu_robot: FeishuRobot = FeishuRobot()
    slack: Slack = Slack()
    telegram: Telegram = Telegram()
    email: Email = Email()
    webchat: Webchat = Webchat()
    webhook: Webhook = Webhook()


PLUGS: Mapping[str, Plug] = {
    "wecom": WECOM,
    "wecom_kf": WECOM_KF,
    "wecom_aibot": WECOM_AIBOT,
    "wecom_webhook": WECOM_WEBHOOK,
    "wechat_mp": WECHAT_MP,
    "dingtalk": DINGTALK,
    "dingtalk_notice": DINGTALK_NOTICE,
    "dingtalk_robot": DINGTALK_ROBOT,
    "feishu": FEISHU,
    "feishu_robot": FEISHU_ROBOT,
    "slack": SLACK,
    "telegram": TELEGRAM,
    "email": EMAIL,
    "webchat": WEBCHAT,
    "webhook": WEBHOOK,
}
"""Every channel by its name, which is that of its settings, its file in bots/ and its page in docs/channels/."""
