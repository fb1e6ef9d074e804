// Every word of the pages, once per language.

const zh = {
  desk: "报修服务台",
  deskHint: "通常几秒内回复",
  placeholder: "说说哪台设备出了什么问题…",
  send: "发送",
  attach: "发照片或文件",
  sending: "发送中",
  failed: "没发出去，点这里重试",
  tooLarge: "文件不能超过 10 MB",
  welcome: "您好！哪台设备出了什么问题，直接说就行，发照片也可以。",
  offline: "网络断了，恢复后会自动更新",
  examples: ["空调不制冷，一直滴水", "3号机床报警停机了", "打印机卡纸"],
  download: "下载",
  open: "打开页面",
  photo: "照片",
  now: "刚刚",
  board: "工单看板",
  columns: { unassigned: "待分配", accepted: "工程师接单", on_site: "现场诊断", waiting_part: "配件待到货", over: "已关闭" },
  status: { done: "待确认", closed: "已关闭", cancelled: "已取消", on_hold: "挂起" },
  overdue: "首响超时",
  reopened: "返修",
  favoured: "A类客户",
  nobody: "还没人接",
  offered: (name) => `已派给 ${name}，等他接`,
  report: "报修",
  boardEmpty: "现在没有工单。客户在聊天里说一句，这里马上出现一张。",
  minutes: (n) => `${n} 分钟`,
  hours: (n) => `${n} 小时`,
  days: (n) => `${n} 天`,
  stay: (text) => `已 ${text}`,
  // demonstration
  demo: "演示 · 数据是虚构的，重启即清空",
  roles: { customer: "客户", engineer: "工程师 · 值班", manager: "值班经理" },
  clock: "时钟",
  skips: { 10: "+10 秒", 600: "+10 分", 3600: "+1 小时", 86400: "+1 天", 259200: "+3 天" },
  skipHint: "拨快演示时钟：途中到点的事会按顺序发生",
  guide: "一分钟走完一单",
  steps: ["客户报修", "工程师接单", "工程师完成", "客户问“修好了吗”"],
  listening: "服务台先等客户说完（3 秒），再回复客户、通知工程师…",
  finished: "走完了！再试试：把时钟拨快 3 天，看工单自己关闭；或者以客户身份说“没修好”。",
  staffPlaceholder: "例如：接单 1001",
  staffWelcome: "值班中。有新工单会立刻发到这里。",
  managerWelcome: "没人接的单、找人的客户，会到您这里。",
  customerSays: ["二楼会议室投影仪打不开", "修好了吗", "单号多少", "没修好"],
  engineerSays: (n) => [
    `接单 ${n}`,
    "到了",
    `完成 ${n} 投影仪电源线松动导致无法开机，已重新插紧并更换老化的插座，开机连续投影二十分钟画面正常，遥控器换了新电池，客户当场试用没有问题`,
    "我的单",
  ],
  managerSays: (n) => [`查 ${n}`, "待接的单"],
};

const en = {
  desk: "Service desk",
  deskHint: "usually answers within seconds",
  placeholder: "Which machine, what trouble?",
  send: "Send",
  attach: "Send a photo or file",
  sending: "sending",
  failed: "Not sent. Tap to try again",
  tooLarge: "A file may have at most 10 MB",
  welcome: "Hello! Just say which machine has what trouble; a photo will do as well.",
  offline: "No network; this page catches up by itself",
  examples: ["The air conditioner leaks and does not cool", "Machine 3 stopped with an alarm", "The printer is jammed"],
  download: "Download",
  open: "Open the page",
  photo: "photo",
  now: "just now",
  board: "Ticket board",
  columns: { unassigned: "Unassigned", accepted: "Accepted", on_site: "On site", waiting_part: "Waiting for part", over: "Closed" },
  status: { done: "to be confirmed", closed: "closed", cancelled: "cancelled", on_hold: "on hold" },
  overdue: "no response in time",
  reopened: "reopened",
  favoured: "A customer",
  nobody: "nobody yet",
  offered: (name) => `offered to ${name}`,
  report: "report",
  boardEmpty: "No tickets now. One sentence of a customer in the chat makes one.",
  minutes: (n) => `${n} min`,
  hours: (n) => `${n} h`,
  days: (n) => `${n} d`,
  stay: (text) => `for ${text}`,
  demo: "Demonstration · fictional data, cleared on restart",
  roles: { customer: "Customer", engineer: "Engineer · on duty", manager: "Duty manager" },
  clock: "Clock",
  skips: { 10: "+10 s", 600: "+10 min", 3600: "+1 h", 86400: "+1 day", 259200: "+3 days" },
  skipHint: "Move the clock forward: whatever falls due on the way happens in its order",
  guide: "One ticket in one minute",
  steps: ["Customer reports", "Engineer accepts", "Engineer finishes", "Customer asks “is it fixed?”"],
  listening: "The desk lets the customer finish (3 s), then answers and tells the engineer…",
  finished: "Done! Now move the clock 3 days on and see the ticket close itself, or say “not fixed” as the customer.",
  staffPlaceholder: "for example: accept 1001",
  staffWelcome: "On duty. New tickets arrive here at once.",
  managerWelcome: "Tickets that nobody takes, and customers who ask for a person, come to you.",
  customerSays: ["The projector in the meeting room on the second floor won't turn on", "Is it fixed?", "What is my ticket number?", "Not fixed"],
  engineerSays: (n) => [
    `accept ${n}`,
    "arrived",
    `complete ${n} loose power cable found, cable reseated and worn socket replaced, projector ran for twenty minutes without fault, customer tried it`,
    "my tickets",
  ],
  managerSays: (n) => [`status ${n}`, "open tickets"],
};

const chosen = localStorage.getItem("lang") || (navigator.language || "zh").slice(0, 2);
export const lang = chosen === "zh" ? "zh" : "en";
export const words = lang === "zh" ? zh : en;
document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";

export function switchLanguage() {
  localStorage.setItem("lang", lang === "zh" ? "en" : "zh");
  location.reload();
}

// How long something has lasted, in one unit.
export function lasted(us) {
  const minutes = Math.floor(us / 60_000_000);
  if (minutes < 1) return words.now;
  if (minutes < 60) return words.stay(words.minutes(minutes));
  if (minutes < 48 * 60) return words.stay(words.hours(Math.floor(minutes / 60)));
  return words.stay(words.days(Math.floor(minutes / 1440)));
}
