"""Every word that is ours, in Chinese and in English. Pure; nothing here is ever a guest's.

Chinese is written in Simplified characters; Traditional ones are made from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from bot.text import traditional

Language: TypeAlias = Literal["zh-hans", "zh-hant", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-hans", "zh-hant", "en")

_TRADITIONAL = ("hant", "tw", "hk", "mo")


def language(code: str | None) -> Language:
    """The language for someone whose client says that it speaks `code`, an IETF tag.

    The interviews are in Chinese, and so are we, except to those whose client speaks English.
    """
    first, *rest = (code or "zh").lower().replace("_", "-").split("-")
    if first == "zh":
        return "zh-hant" if any(part in _TRADITIONAL for part in rest) else "zh-hans"
    return "en" if first == "en" else "zh-hans"


def say(word: str, language: Language = "zh-hans", variant: int = 0, **values: object) -> str:
    """Our words in a language, with values in their places; the values are left as they are.

    Where there are several wordings, neighbouring variants differ.
    """
    wordings = (_WORDS[word], *_OTHERWISE.get(word, ()))
    chinese, english = wordings[variant % len(wordings)]
    match language:
        case "en":
            ours = english
        case "zh-hant":
            ours = traditional(chinese)
        case "zh-hans":
            ours = chinese
    return ours.format(**values) if values else ours


_WORDS: Mapping[str, tuple[str, str]] = {
    # Small talk, by kind
    "greeting": (
        "你好！想知道嘉宾在访谈里说了什么，直接问就行。",
        "Hello! Just ask what you want to know about the interview.",
    ),
    "thanks": ("不客气，还想问什么尽管问。", "You're welcome. Ask whatever else you like."),
    "goodbye": ("再见，随时再来问。", "Goodbye, come back any time."),
    "identity": (
        "我是访谈问答机器人，只用嘉宾的原话回答，不会自己编。",
        "I'm an interview bot. I answer only in the guest's own words and make nothing up.",
    ),
    "capability": (
        "用平常的话问访谈里的事，我用嘉宾的原话回答。可以问这些：",
        "Ask about the interview in your own words; I answer in the guest's. For example:",
    ),
    "acknowledge": ("好的，还想问什么尽管问。", "All right. Ask whatever else you like."),
    "praise": ("谢谢夸奖，话都是嘉宾说的。", "Thank you, but every word is the guest's."),
    "complaint": (
        "抱歉没帮上忙。换个说法再问一次，或者看看可以问的问题。",
        "Sorry that I couldn't help. Try other words, or look at the list of questions.",
    ),
    "feelings": (
        "我只会转述这次访谈，陪不了别的，抱歉。",
        "I can only pass on what was said in the interview, sorry.",
    ),
    "manipulation": (
        "我只引用访谈原文，不编、不仿、不改他的话。",
        "I only quote the interview. I don't invent, imitate or change the guest's words.",
    ),
    "insult": (
        "没答好，对不住。换个说法再问一次试试？",
        "Sorry, that wasn't good enough. Would you try other words?",
    ),
    "laugh": ("😄 还想问点什么？", "😄 What else would you like to ask?"),
    "goodnight": ("晚安，做个好梦。", "Good night, sleep well."),
    "puzzled": (
        "没说清楚？换个说法问我，或者发“全文”看整段回答。",
        "Was that unclear? Ask in other words, or send 全文 to read the whole answer.",
    ),
    "wordless": ("😊 想问什么，打字告诉我就行。", "😊 Just type what you'd like to ask."),
    "opinion": (
        "我没有看法，只转述嘉宾的原话。",
        "I have no opinions; I only pass on what the guest said.",
    ),
    "rewrite": (
        "我只引用原话，不概括、不翻译、不改写、不续写。",
        "I only quote; I don't summarise, translate, rewrite or continue.",
    ),
    "joke": (
        "这个我不会，我只会转述访谈。",
        "I can't do that; I only pass on what was said in the interview.",
    ),
    # About the page
    "page_date": ("发表于 {published}。", "Published {published}."),
    "page_source": ("来源：{source}。", "Source: {source}."),
    "page_verbatim": (
        "是原话：逐字引自{source}的访谈页面，一字未改；哪些话是我说的，会另外标明。",
        "Yes: quoted character for character from the page published by {source}. What I say "
        "myself is marked as mine.",
    ),
    "page_guest": ("受访的是{guest}。", "The interviewee is {guest}."),
    "page_host": ("提问的是{host}。", "The questions are asked by {host}."),
    "page_host_only": (
        "提问的是{host}，页面没有写名字。",
        "The questions are asked by {host} (the host); the page gives no name.",
    ),
    "page_editor": ("责任编辑：{editor}。", "Editor: {editor}."),
    "page_title": ("标题是《{title}》。", "The title is 《{title}》."),
    "page_length": (
        "一共{count}问{count}答，回答约{characters}字。",
        "{count} questions and answers, about {characters} characters.",
    ),
    "page_place": ("这是第{number}问，一共{count}问。", "This is question {number} of {count}."),
    "page_unstated": ("页面上没有写。", "The page doesn't say."),
    # Replies
    "offer": ("不太确定你问的是哪一个：", "I'm not sure which of these you mean:"),
    "offer_one": ("你是不是想问：", "Do you mean:"),
    "nothing": (
        "访谈里没有谈到这个。可以问：",
        "The interview doesn't speak of that. You can ask:",
    ),
    "nearest": (
        "访谈里没有谈到这个。最接近的原话：",
        "The interview doesn't speak of that. What comes nearest:",
    ),
    "nearest_number": (
        "{guest}没有说具体数字。最接近的原话：",
        "{guest} gives no figure for that. What comes nearest:",
    ),
    "nearest_time": (
        "{guest}没有说具体时间。最接近的原话：",
        "{guest} gives no time for that. What comes nearest:",
    ),
    "nearest_name": (
        "{guest}没有说具体是谁、是哪里。最接近的原话：",
        "{guest} gives no name for that. What comes nearest:",
    ),
    "nearest_claim": (
        "{guest}没有这么说。最接近的原话：",
        "{guest} doesn't say that. What comes nearest:",
    ),
    "nearest_example": (
        "这个回答里没有举例子。刚才那一句：",
        "There is no example in this answer. Once more the passage:",
    ),
    "guest": ("嘉宾", "The guest"),
    "more_by_typing": ("（发“全文”看整段）", "(send 全文 to read the whole answer)"),
    "whole": ("全文", "Whole answer"),
    "look": ("看“{topic}”这一问", "See: {topic}"),
    "already": ("刚刚回答过 ⤴", "Answered a moment ago ⤴"),
    "hint": (
        "我只看得懂文字，把问题打成字发给我吧。",
        "I only understand text. Please type your question.",
    ),
    "unknown_command": (
        "没有这个命令。直接发问题给我就行，/help 有说明。",
        "There is no such command. Just send me your question; /help explains more.",
    ),
    "ask_usage": (
        "把问题写在命令后面，例如：{ask} {topic}；或者用它回复别人的提问。",
        "Put the question after the command, as in {ask} {topic}, or reply with it to a question.",
    ),
    "apology": ("抱歉，出了点问题，请再问一次。", "Sorry, something went wrong. Please ask again."),
    "flooded": (
        "问题来得比我能答的快，请慢一点；前面的会一个一个回答。",
        "Questions come faster than I can answer. Please slow down; I take them one by one.",
    ),
    "unsure": (
        "刚才的回复可能没有送到。没看到的话，请再问一次。",
        "My reply may not have reached you. If you don't see it, please ask again.",
    ),
    # Lists
    "questions": ("可以问的问题：", "What you can ask:"),
    "interviews": ("可以问的访谈：", "The interviews that you can ask about:"),
    "other_interviews": ("其他访谈", "Other interviews"),
    "no_questions": ("还没有可以问的访谈。", "There is no interview to ask about yet."),
    # Buttons
    "previous": ("◀ 上一问", "◀ Previous"),
    "next": ("下一问 ▶", "Next ▶"),
    "others": ("其他问题", "Other questions"),
    "useful": ("👍 有用", "👍 Helpful"),
    "useless": ("👎 没用", "👎 Not helpful"),
    "delete": ("🗑 删除", "🗑 Delete"),
    "private": ("私聊继续问", "Ask in private"),
    "page": ("{page}/{pages}", "{page}/{pages}"),
    # What a press is answered with
    "expired": ("按钮已过期", "This button has expired"),
    "noted": ("谢谢，记下了", "Thank you, noted"),
    "not_yours": (
        "只有提问的人和管理员可以删除",
        "Only the person who asked and admins can delete this",
    ),
    "admins_only": ("只有群管理员可以设置", "Only the group's admins can change this"),
    "gone": ("已删除", "Deleted"),
    "stuck": (
        "太久了，Telegram 不让我删，请管理员来删",
        "Telegram no longer lets me delete this; an admin can",
    ),
    # Commands
    "start": (
        "你好！这里是访谈问答：用平常的话提问，我用嘉宾在访谈里的原话回答，一字不改。可以问：",
        "Hello! Ask about the interview in your own words (in Chinese), and I answer in the "
        "guest's, quoted word for word. You can ask:",
    ),
    "help": (
        "直接把问题发给我，一条消息里最多三个问题。答案都是嘉宾的原话：先是最切题的一句，再是整段。\n"
        "可以追问“还有呢”“那农村呢”“第二个问题呢”；改了问题，答案也跟着改。\n"
        "群里：{ask} 加问题，或者回复我的消息；回复别人的提问只发 {ask}，我就回答他。\n"
        "任何聊天里：输入 {mention} 和关键词，选一条发出去。\n"
        "/questions 看全部问题，/about 看出处，/privacy 看我记下什么。",
        "Just send me your question, up to three in a message. Answers are the guest's own words: "
        "first the sentence that fits best, then the whole answer.\n"
        "You can follow up (还有呢, 第二个问题呢); edit a question and its answer changes.\n"
        "In groups: {ask} and a question, or reply to me; reply to someone's question with just "
        "{ask} and I answer them.\n"
        "Anywhere: type {mention} and a keyword, and pick what to send.\n"
        "/questions lists them all, /about says where the words come from, /privacy what I keep.",
    ),
    "group_help": (
        "在群里这样问：\n• {ask} 加问题\n• 回复我的消息\n• 回复别人的提问，只发 {ask}\n"
        "答案都是嘉宾的原话。",
        "How to ask in a group:\n• {ask} and your question\n• reply to one of my messages\n"
        "• reply to someone's question with just {ask}\nAll answers are the guest's own words.",
    ),
    "about": (
        "答案逐字引自下列访谈，一字不改；只有按钮、提示和出处这一行是我写的。",
        "Every answer is quoted word for word from the interviews below. Only buttons, notices "
        "and the line with the source are mine.",
    ),
    "about_more": ("……共 {count} 篇。", "… {count} in all."),
    "privacy": (
        "我记下：\n"
        "• 你的消息：答完就抹去文字和来处，留一个指纹，免得答两遍，两天后删\n"
        "• 每个聊天里最近谈到的那一问（文字），连同你的用户编号：用来听懂追问，三十天不问就删\n"
        "• 我的答案答的是谁的哪条消息、前后谈到什么（文字）：用来跟着改、让你能删，两天后删\n"
        "• 没答上和答了没用的问题（文字和时间，不记是谁问的）：用来改进，一年后删，"
        "还没处理完的留到处理完\n"
        "• “有用 / 没用”，连同你的用户编号：用来改进，一年后删\n"
        "• 问了什么以后选了哪个答案，记作认不出是谁的记号：用来改进，一年后删\n"
        "• 你请人来答的：你的用户编号、这一问的文字和位置；有回音后三十天删，没有就留到你撤回\n"
        "• 编者的名字和编号，连同经手的问题：问题结了，一年后删\n"
        "• 每个聊天能不能发言、提示过没有、换没换编号，群里还有管理员的设置；"
        "每天问了多少（只有数）：一直留着\n"
        "群里没叫我的话看过就抹去。日志里没有任何人写的话。不给别人，不做广告。\n"
        "/forget 删掉我记下的关于你的一切。",
        "I keep:\n"
        "• your messages: text and chat until they are answered, a fingerprint for two days, so "
        "that none is answered twice\n"
        "• the question we last spoke of in each chat (its text), with your user id, to understand "
        "follow-ups: until thirty days of silence\n"
        "• whose message each of my answers replies to and what we spoke of before and after "
        "(text), to follow your edits and let you delete it: for two days\n"
        "• questions I could not answer or not helpfully (text and time, not who asked), to get "
        "better: for a year, "
        "or until somebody has seen to them\n"
        "• “helpful” and “not helpful”, with your user id, to get better: for a year\n"
        "• which answer was chosen after which question, under a mark that names nobody: for a "
        "year\n"
        "• what you asked a person for: your user id, the question's text and place, until thirty "
        "days after the reply, or until you withdraw it\n"
        "• curators' names and ids, with the questions they saw to: for a year after these were "
        "closed\n"
        "• of each chat, whether I may write there, whether a hint was given and whether its id "
        "changed, of groups also what their admins set; how much is asked in a day (numbers "
        "only): without end\n"
        "What is said in groups without calling me is erased once I have seen it. Logs contain "
        "nothing that anybody wrote. Nothing is passed on or used for advertising. /forget deletes "
        "all that I keep of you.",
    ),
    "forgotten": (
        "删掉了：我记下的关于你的一切。没答上的问题里本来就没有你的名字。",
        "Deleted: all that I kept of you. Questions I could not answer never had your name.",
    ),
    # For those who run the bot
    "status": (
        "版本 {version}，知识 {knowledge}（{exchanges} 段问答）\n"
        "运行 {uptime}，上次听到 Telegram 是 {heard} 前，上一条更新是 {last} 前\n"
        "排队 {queue} 条，最久 {age}\n一天来：答 {answers}，没答上 {misses}，出错 {errors}\n"
        "数据库 {size} MB，知识的错误 {faults} 处",
        "Version {version}, knowledge {knowledge} ({exchanges} exchanges)\nUp {uptime}, Telegram "
        "last heard {heard} ago, the update before this one {last} ago\nWaiting: {queue}, the "
        "oldest for {age}\nIn a day: {answers} answered, {misses} not, {errors} failed\n"
        "Database: {size} MB; faults of the knowledge: {faults}",
    ),
    "status_chat": ("这个群的编号：{chat}", "This group's id: {chat}"),
    "status_no_database": ("数据库现在用不了。", "The database cannot be used just now."),
    "reloaded": ("换上了新的知识 {version}。", "Knowledge {version} is in service."),
    "unchanged": ("知识文件没有变。", "The knowledge has not changed."),
    "refused_knowledge": (
        "新的知识有错，仍用原来的：\n{faults}",
        "The new knowledge has faults; the old stays in service:\n{faults}",
    ),
    "faulty_knowledge": (
        "知识里有错，错的没有用上：\n{faults}",
        "The knowledge has faults, which were left out:\n{faults}",
    ),
    "not_here": (
        "我只在约定的群里回答，先退出了。",
        "I only answer in groups that were agreed upon, so I leave.",
    ),
    # Groups
    "deaf": (
        "但隐私模式开着，群里没叫我的话我收不到：把我设为管理员，或在 @BotFather 里用 "
        "/setprivacy 关掉隐私模式，再把我移出群重新加入。",
        "But privacy mode is on, and what is said without calling me does not reach me: make "
        "me an admin, or turn privacy mode off in @BotFather with /setprivacy, then remove me and "
        "add me again.",
    ),
    "greet": (
        "大家好，我用访谈嘉宾的原话回答问题。\n这样问我：{ask} 加问题；或者回复我的消息；"
        "或者用 {ask} 回复别人的提问。",
        "Hello, I answer questions in the words of an interview's guest.\nTo ask: {ask} and your "
        "question; or reply to my messages; or reply with {ask} to someone's question.",
    ),
    "privacy_mode": (
        "管理员请注意：隐私模式开着，我收不到单独的 {mention}。要让 {mention} 也管用，二选一："
        "① 把我设为管理员；② 在 @BotFather 里用 /setprivacy 关掉隐私模式，再把我移出群重新加入。",
        "For the admins: privacy mode is on, so a plain {mention} does not reach me. To change "
        "that, either ① make me an admin, or ② turn privacy mode off in @BotFather with "
        "/setprivacy, then remove me and add me again.",
    ),
    "mention_too": ("直接 {mention} 也可以。", "A plain {mention} works too."),
    "settings": (
        "本群设置（只有管理员能改）\n主动回答：没人叫我时，只有非常有把握才回答。现在：{state}",
        "Settings of this group (admins only)\nAnswering unasked: only when I am very sure. "
        "Now: {state}",
    ),
    "on": ("开", "on"),
    "off": ("关", "off"),
    "turn_on": ("打开主动回答", "Answer unasked"),
    "turn_off": ("关闭主动回答", "Answer only when asked"),
    "only_groups": ("这个命令只在群里用。", "This command is for groups."),
    "snoozed": (
        "好的，{minutes} 分钟内不说话。/resume 可以提前叫我回来。",
        "All right, silent for {minutes} minutes. /resume calls me back earlier.",
    ),
    "snooze_usage": (
        "写上分钟数，1 到 10080，例如 /snooze 60。",
        "Say for how many minutes, 1 to 10080, as in /snooze 60.",
    ),
    "resumed": ("我回来了。", "I'm back."),
    # Orders
    "order": ("请人来答（会记下往哪儿答）", "Ask a person (I keep where to reply)"),
    "order_placed": (
        "好，交给编者了。有回音就在这里告诉你；为此我记下了你的编号和这一问的位置，"
        "/myorders 可以看，也可以撤回。",
        "Passed on to the curators. You will hear here; for that I keep your user id and where "
        "this question is. /myorders shows your orders and withdraws them.",
    ),
    "order_again": (
        "这一问你已经请人答了，有回音就告诉你。/myorders 可以看。",
        "You have asked for this already and will hear of it. See /myorders.",
    ),
    "order_full": (
        "你已经有五问在等了，等有了回音再请，或者用 /myorders 撤回一问。",
        "Five questions of yours are waiting. Wait for one, or withdraw one with /myorders.",
    ),
    "order_closed": (
        "编者看过这一问了：访谈没有谈到。",
        "The curators have looked at this: the interview doesn't speak of it.",
    ),
    "my_orders": ("你请人答的：", "What you have asked for:"),
    "no_orders": ("你没有请人答的问题。", "You have asked for nothing."),
    "orders_in_private": ("这个在私聊里看。", "See them in private."),
    "order_waiting": ("在等人接", "waiting for somebody to take it"),
    "order_promised": ("有人接了，说好最晚{day}答复", "taken, promised by {day}"),
    "order_ended": ("答复了", "answered"),
    "order_replied": ("编者答复了", "a curator has replied"),
    "order_not_covered": ("访谈没有谈到", "the interview doesn't speak of it"),
    "order_unreachable": ("没能送到", "could not be delivered"),
    "withdraw": ("撤回第 {number} 问", "Withdraw no. {number}"),
    "withdrawn": ("撤回了", "Withdrawn"),
    "day": ("{month}月{day}日", "{month}/{day}"),
    "told_taken": (
        "你请人答的“{asked}”有人接了，说好最晚{day}答复。",
        "Somebody has taken your question “{asked}” and promised a reply by {day}.",
    ),
    "told_later": (
        "你请人答的“{asked}”要晚一些，改为最晚{day}答复。",
        "Your question “{asked}” takes longer; the new promise is {day}.",
    ),
    "told_back": (
        "你请人答的“{asked}”，接的人没能答成，重新在等人接。",
        "Whoever took your question “{asked}” could not reply; it waits for somebody else.",
    ),
    "told_aside": (
        "你请人答的“{asked}”先搁下了，暂时没有答复。",
        "Your question “{asked}” was put aside; there is no reply for now.",
    ),
    "told_answer": (
        "你请人答的“{asked}”，现在答得上了：",
        "Your question “{asked}” has an answer:",
    ),
    "told_ended": (
        "你请人答的“{asked}”编者看过了，没有可以引的原话。",
        "The curators have looked at your question “{asked}”; there is nothing to quote.",
    ),
    "told_not_covered": (
        "你请人答的“{asked}”编者看过了：访谈没有谈到。",
        "The curators have looked at your question “{asked}”: the interview doesn't speak of it.",
    ),
    "told_replied": (
        "你请人答的“{asked}”有回音了。\n编者答复，非嘉宾原话：\n{words}",
        "There is a reply to your question “{asked}”.\nA curator's words, not the guest's:\n"
        "{words}",
    ),
    # Inline
    "inline_nothing": ("没找到，私聊问我试试", "Nothing found; ask me in private"),
    "inline_help": ("私聊问我", "Ask me in private"),
    # What Telegram shows about the bot
    "description": (
        "用平常的话问访谈里的事，我用嘉宾的原话回答，一字不改。私聊、群里、任何聊天里都能用。",
        "Ask about the interview in your own words and get the guest's, quoted word for word. "
        "Works in private, in groups, and inline anywhere.",
    ),
    "short_description": (
        "访谈问答：只用嘉宾的原话回答。",
        "Answers about interviews, only in the guest's own words.",
    ),
    "command_start": ("开始", "Start"),
    "command_ask": ("提问：/ask 加问题", "Ask: /ask and your question"),
    "command_questions": ("可以问的问题", "What you can ask"),
    "command_help": ("怎么用", "How to use me"),
    "command_about": ("每句话的出处", "Where every word comes from"),
    "command_privacy": ("我记下什么", "What I keep"),
    "command_forget": ("删掉我记下的关于你的一切", "Delete all that I keep of you"),
    "command_myorders": ("请人答的问题", "What I asked people for"),
    "command_settings": ("本群设置", "Settings of this group"),
    "command_snooze": ("安静一会儿：/snooze 60", "Be silent for a while: /snooze 60"),
    "command_resume": ("恢复回答", "Answer again"),
}
# Further wordings of what may have to be said twice in a row.
_OTHERWISE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "greeting": (("你好，请直接问。", "Hi, go ahead and ask."),),
    "thanks": (("不用谢，接着问也行。", "My pleasure. Ask on if you like."),),
    "goodbye": (("慢走，有空再来。", "See you."),),
    "identity": (
        (
            "机器人一个，答案都是嘉宾的原话。",
            "Just a bot; every answer is in the guest's own words.",
        ),
    ),
    "capability": (
        ("这些都可以问，用你自己的话问就行：", "These, for example, in your own words:"),
    ),
    "acknowledge": (("嗯，你说。", "Yes, go on."),),
    "praise": (("过奖了，功劳是嘉宾的。", "Too kind; the credit is the guest's."),),
    "complaint": (
        (
            "是我没听懂，对不住。说得具体一点，我再找找。",
            "I didn't get it, sorry. Put it more precisely and I'll look again.",
        ),
    ),
    "feelings": (
        (
            "这个我帮不上，访谈里的事尽管问。",
            "I can't help with that, but do ask about the interview.",
        ),
    ),
    "manipulation": (
        ("这个做不到：嘉宾没说过的话我不会说。", "I can't: I never say what the guest didn't."),
    ),
    "insult": (
        (
            "骂得对不对先不说，你想问的我再找一遍：换几个词？",
            "Fair enough. Give me other words and I'll look again.",
        ),
    ),
    "laugh": (("哈哈，接着问吧。", "Ha, go on."),),
    "goodnight": (("晚安，明天再聊。", "Good night, until tomorrow."),),
    "puzzled": (
        ("哪里不明白？把问题说具体一点。", "What is unclear? Put the question more precisely."),
    ),
    "wordless": (("🙂 我在，你问。", "🙂 I'm here, go ahead."),),
    "opinion": (("这得你自己判断，我只管引用。", "That is for you to judge; I only quote."),),
    "rewrite": (
        ("改写的事我不做，原话可以给你找。", "No rewriting, but I can find you the original."),
    ),
    "joke": (("这个真不会，换个访谈里的问题吧。", "Not my trade. Ask about the interview?"),),
    "offer": (("你问的是下面哪一个？", "Which of these is it?"),),
    "offer_one": (("是想问这个吗：", "Is it this one:"),),
    "nothing": (
        (
            "这个问题，访谈里没有谈到。可以问：",
            "That isn't covered in the interview. You can ask:",
        ),
    ),
    "nearest": (
        (
            "这个问题，访谈里没有谈到。相近的原话：",
            "That isn't covered in the interview. The nearest it comes:",
        ),
    ),
    "nearest_number": (
        (
            "这个数字，{guest}在访谈里没有给。相近的原话：",
            "That figure isn't in the interview. The nearest {guest} comes:",
        ),
    ),
    "nearest_time": (
        (
            "这个时间，{guest}在访谈里没有提。相近的原话：",
            "That time isn't in the interview. The nearest {guest} comes:",
        ),
    ),
    "nearest_name": (
        (
            "{guest}在访谈里没有点名。相近的原话：",
            "{guest} names nobody there. The nearest it comes:",
        ),
    ),
    "nearest_claim": (
        (
            "这话不是{guest}说的。相近的原话：",
            "Those aren't {guest}'s words. The nearest it comes:",
        ),
    ),
    "nearest_example": (
        ("例子，这个回答里没有。刚才那一句：", "No example here. Once more the passage:"),
    ),
}
WORDS = tuple(_WORDS)


def to_curators(word: str, **values: object) -> str:
    """What is said in the curators' chat, which is held in the interviews' language."""
    return _TO_CURATORS[word].format(**values) if values else _TO_CURATORS[word]


_TO_CURATORS: Mapping[str, str] = {
    # The card of a case
    "head": "#{number} ",
    "counted": "问了 {times} 次，{variants} 种说法，{span}",
    "useless": "，其中 {count} 次是答了没用",
    "again": "，结了以后又问了 {count} 次",
    "ordered": "刚有人点单，{span}",
    "span": "{first}到{last}",
    "also": "还这样问：",
    "waiting": "{count} 人在等答复",
    "lost": "{count} 人没能送到",
    "chosen": "{people} 人问了之后选了 {topic}",
    "against": "（{count} 人说没用）",
    "proposed": "——够了：建议加为问法。",
    "now": "现在问它，机器人会：",
    "near": "最接近的原话（嘉宾原话，一字不改；数字越大越接近）：",
    "within": "里的原话（嘉宾原话，一字不改）：",
    "cut": "（下略）",
    "long": "（原话一句就很长，看全文）",
    "whole": "整段回答",
    "past": "之前：",
    "taught": "{by}加为问法“{text}” → {topic}：",
    "declined": "{by}记为访谈没有谈到：“{text}”：",
    "lesson_wanted": "正在写……",
    "lesson_answered": "写好了，现在问它就是这个结果。",
    "lesson_taught": "写进去了，但现在问它还不是这个结果：{now}{second}",
    "second": "；其次是 {topic} {score}",
    "lesson_undone": "已经撤销。",
    "lesson_refused": "没有写成。",
    "refused_files": "写进去了，但知识文件里有错，还没有用上：{faults}",
    "no_folder": "知识文件在这里写不了，不能加问法：请让运行机器人的人把知识文件夹设为可写。",
    # How a case stands, and what became of it
    "open": "开着，还没有人接",
    "taken": "{by}接了，说好最晚{day}答复",
    "late": "{by}接了，说好最晚{day}答复，已经过了",
    "closed": "{by}结了：{how}",
    "aside": "{by}搁置了",
    "reopened": "{by}重新打开了",
    "given_back": "{by}退回了",
    "became_open": "第一次没答上",
    "untaught": "{by}撤销了",
    "ordered_again": "有人点单，重新打开了",
    "lapsed": "说好的时间过了一天，自动退回",
    "somebody": "有人",
    "the_admin": "管理员",
    "replied": "编者回复",
    "as_phrase": "加为问法：{topic}",
    "taken_back": "撤销",
    # What to do, in each stage of a card
    "do_open": "→ 访谈里有答案：点“加为问法”，选出原话，以后这样问就用它答。确实没讲：点"
    "“访谈没有谈到”。这两样要“确认”了才算数，在等的人会收到结果。一时办不了：点“接单”，选个期限。"
    "先不办：点“搁置”。",
    "do_waiting": "想用自己的话答复在等的人：点“回复”，只有他们看得到。",
    "do_taken": "→ 由接的人处理：访谈里有就“加为问法”，没讲就“访谈没有谈到”；来不及就“改期”，"
    "不办了就“退回”给大家。",
    "do_late": "→ 说好的时间过了：选一个新的期限，或者“退回”。过一天没有动静会自动退回。",
    "do_closed": "→ 已经结了，不用再做什么。",
    "do_aside": "→ 搁置着，在等的人知道暂时没有答复。要处理就点“重新打开”。",
    "do_undo": "弄错了：一天之内可以“撤销”，写下的收回，这一件重新打开。",
    "do_dates": "→ 最晚哪天答复？在等的人会听到这个日期。",
    "do_exchanges": "→ 哪一问的回答能答它？最接近的在前面。",
    "do_passages": "→ 哪一段原话能答它？点号码；要整段就点“整段回答”。",
    "do_checking": "→ 正在核对，几秒钟就好……",
    "do_preview": "→ 看好了就点“确认”。以后这样问就会这样答。",
    "do_objected": "→ 没有写，也没有发给谁。确实能这样答，就“换个说法”再试；答不了，就“返回”另选。",
    "do_drafting": "→ 正在拟三个说法，要等一会儿……",
    "do_drafts": "→ 用哪个说法？点号码。",
    "do_reply": "→ {who}：请对这张卡片用 Telegram 的“回复”（按住或右击这条消息），写下给在等的 "
    "{count} 人的话（最多 3000 字）。发出去就收不回来。",
    "do_wording": "→ {who}：请对这张卡片用 Telegram 的“回复”（按住或右击这条消息），写下更好的"
    "说法，一句话。",
    "do_busy": "→ 正在办，不用等在这里。",
    # Previews
    "will_teach": "要加的问法：“{text}”\n这样问，就答 {topic}（{key}）：",
    "will_decline": "要记为访谈没有谈到的：“{text}”\n以后这样问，就说{title}没有谈到。",
    "objections": "不能写，因为：",
    "checked": "核对过了，没有问题。",
    "weighing": "还在算对别的问题有什么影响……",
    "unweighed": "对别的问题有什么影响，没有算出来。",
    "no_effect": "问题文件里的 {count} 句，答法都不变。",
    "effect": "问题文件里的 {count} 句，有 {changed} 句会答得和原来不同：",
    "worse": "（变坏）",
    "better": "（变好）",
    "more": "……还有 {count} 句",
    "too_long": "太长了：最多 {most} 字，这里有 {count} 字。",
    "drafts": "拟的三个说法：",
    "no_drafts": "没有拟出合适的说法。",
    "drafts_failed": "拟不了：{why}",
    # Buttons
    "take": "接单",
    "redate": "改期",
    "today": "今天",
    "three_days": "3 天",
    "a_week": "一周",
    "give_back": "退回",
    "teach": "加为问法",
    "teach_this": "加为问法：{topic}（{people} 人选了）",
    "decline": "访谈没有谈到",
    "reply": "回复",
    "put_aside": "搁置",
    "reopen": "重新打开",
    "undo": "撤销：{topic}",
    "confirm": "确认",
    "reword": "换个说法",
    "draft": "拟三个说法",
    "back": "返回",
    "busy": "正在办……",
    # What a press is answered with
    "not_a_curator": "只有这个群的成员可以；也可能是现在查不到，那就再按一次",
    "no_card": "这张卡片不用了，看新的那张",
    "changed": "这张卡片刚变了，再看一眼",
    "too_late": "过了一天，不能在这里撤销了",
    "on_its_way": "卡片马上来",
    "has_card": "这一件已经有卡片了",
    "stands": "现在是：{state}",
    "not_done": "没有做：{state}",
    # Reminders and digests
    "remind": "#{number} “{text}”：{by}说好最晚{day}答复，时间过了。请在卡片上选新期限，或者退回。",
    "digest": "还有 {count} 件没有发卡片，问得最多的（点号码发卡片）：",
    "digest_line": "#{number} · {times} 次 · {text}",
    "adrift": "这几件的卡片可能没有发出来（没看到就点号码重发）：",
    "carded": "#{number} {by}",
}
