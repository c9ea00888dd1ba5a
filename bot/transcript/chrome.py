"""What stands on a page but is nobody's speech, each sort with its name."""

from __future__ import annotations

import re

from bot.transcript.page import Paragraph

_C = r"\s*[:：|｜/／丨]\s*"

_CREDIT_WORDS = (
    "来源|來源|出处|出處|责任编辑|責任編輯|值班编辑|责编|責編|编辑|編輯|作者|撰文|撰稿|文|文字|图|圖|"
    "图文|采写|採寫|采访|採訪|整理|校对|校對|审校|翻译|翻譯|译|譯|译者|监制|監製|编审|审核|排版|制图|製圖|"
    "摄影|攝影|摄|攝|视频|題圖|题图|封面图|图源|图片|圖片|图片来源|圖片來源|图片来自|圖片來自|实习生|实习编辑|运营|策划|总策划|"
    "主编|出品|美编|设计|统筹|來稿|原标题|原標題|原文链接|原文鏈接|原文|链接|标签|標籤|关键词|關鍵詞|"
    "微信号|微信|公众号|邮箱|电话|網址|网址|网站|投稿|联系|via|Photo|Photos|Source|Editor|Author|Text|Translator"
)
_CREDIT = re.compile(rf"[（(【\[]?(?:{_CREDIT_WORDS})(?:{_C}\S|\s*[:：]?$)", re.IGNORECASE)

_SORTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("rule", r"[-*_=~—–·.\s•●○◆◇■□★☆※]{2,}$|[-*_=~—–◆◇■□★☆※]$"),
        (
            "end mark",
            r"[（(【\[—\-\s]*(?:完|全文完|本文完|访谈结束|訪談完|END|The End|待续|未完待续)"
            r"[）)】\]—\-\s。.]*$",
        ),
        (
            "share bar",
            r"分享到|分享至|分享[:：]|【?\s*打印\s*】?\s*[|｜【]|打印本页|[【\[]?(?:关闭|打印|收藏|纠错)"
            r"(?:窗口|本页)?[】\]]?$|点击(?:上方|下方|图片|这里|查看|进入)|長按|长按|扫码|扫一扫|扫描"
            r"|(?:请)?(?:点个|点亮)?[“「]?(?:在看|点赞)|阅读原文|我要评论|发表评论|字号|喜欢此内容",
        ),
        (
            "related pages",
            r"[【\[]?(?:延伸阅读|延伸閱讀|相关阅读|相關閱讀|相关新闻|相關新聞|相关报道|相關報道|相关链接|"
            r"推荐阅读|推薦閱讀|猜你喜欢|往期|热门推荐|热门文章|热点新闻|更多新闻|更多>>|点击排行|新闻排行|"
            r"上一篇|下一篇|返回|相关评论|网友评论|最新评论)",
        ),
        (
            "copyright",
            r".{0,20}(?:版权声明|版權聲明|版权所有|版權所有|版权归|著作权|著作權|未经.{0,12}(?:授权|许可|同意)|"
            r"不得转载|请勿转载|請勿轉載|转载.{0,8}(?:请|需|须|授权)|商务合作|轉載請|转载须|"
            r"严禁转载|Copyright|©|All Rights Reserved)",
        ),
        (
            "site footer",
            r".*(?:ICP备|ICP证|公网安备|许可证号|许可证编号|举报电话|舉報電話|网站地图|"
            r"联系我们\s*[|｜]|月費訂戶|請加入成為|订阅我们|訂閱我們|加入会员|会员登录|公眾號[:：]|公众号[:：])|(?:关于我们|關於我們)(?:\s*[|｜]|$)",
        ),
        (
            "editor's note",
            r"[注註]\s*[:：︰]|[（(【\[*＊※]*(?:编者按|編者按|编按|編按|编者注|編者註|记者注|作者注|本文(?:首发|系|为|為|刊|由|来自|作者|經|经|原)|"
            r"原文(?:发表|刊|载|首发|来自|出自|出處|連結)|文章(?:来源|來源|出处|首发)|注释|註釋|注解|声明|聲明|"
            r"备注|備註|参考资料|參考資料|参考文献|参考[:：]|译者注|特别说明|更正[:：]|補充[:：]|文责自负|文章(?:为|仅|僅|只)?代表|文章为作者|.{0,12}不代表.{0,10}立场|观点仅|"
            r"背景资料|新闻背景)|[（(【\[][^，。：:（(]{0,12}(?:注|註|按)\s*[:：].*[）)】\]]$|"
            r"(?:关于|關於)[^，。？?！!、：:《「]{2,20}$",
        ),
        ("about the people", r"[（(【\[]?(?:受访者|受訪者|嘉宾|嘉賓|人物|作者)(?:简介|簡介)"),
        (
            "caption",
            r"[▲△▼↑↓](?![^，。,:：]{0,12}(?:记者|記者|主持人|问|問)\s*[:：])|[（(]?(?:图|圖|图片|圖片|Photo)\s*\d*\s*[:：/／|]|[（(]?[上下左右]图",
        ),
    )
)

_LINK = re.compile(
    r"\[[#\d]+\]:\s*\S.*|\[[^\[\]]*\]\([^()]*(?:\([^()]*\)[^()]*)?\)|\[?(?:https?://|www\.)[^\s\[\]]+\]?|[\w.+-]+@[\w.-]+\.\w+"
)
_BETWEEN_LINKS = " 　。｜|·、,，"
_CAPTION_TAIL = re.compile(
    r"(?:摄|攝|供图|供圖|提供|图片|圖片|資料圖|资料图|攝影|摄影|网络|網絡|截图|截圖|翻摄|製圖|制图|Getty|"
    r"新华社|中新社|AP|Reuters|AFP)\s*[）)】]?[。.]?$|圖片來源|图片来源|图源|图/|圖/|資料圖片|资料图片",
    re.IGNORECASE,
)
_ENDED = re.compile(r"[。．.！!？?…～~][”’」』）)》\]】\"']*$|[”」』][。]?$|[：:；;，,、]$")
_SENTENCE = re.compile(r"[。！!？?…～~；;][”’」』）)\"']*$")
_STATEMENT = re.compile(r"[。！!…～~；;][”’」』）)\"']*$")

_LONG_SORTS = tuple(sort for sort in _SORTS if sort[0] in ("copyright", "about the people"))
TAIL = 12
"""Closing marks and quotes at the end of a paragraph; enough to see how it ends."""
CAPTION_MOST = 80
"""Captions of the development pages have 4 to 78 characters; the paragraph after an image more."""
HEADING_MOST = 45
"""Headings have up to 44; a bold paragraph of speech without a full stop was always longer."""
PLAIN_HEADING_MOST = 30
"""An unmarked heading right before a question; longer unfinished lines there were speech."""
CREDIT_MOST = 70
"""A line of credits longer than this was speech that began like one."""

LINKS_MOST = 2_000
"""Looking for links in a longer paragraph could take time in proportion to its square."""
NARRATED_MOST = 40
"""A remark such as 某某沒有回答。; longer paragraphs with the guest's name were speech."""
_FIRST_PERSON = re.compile(r"我|俺|咱|\bI\b")
_QUOTATION = re.compile(r"「[^「」]{0,300}」|“[^“”]{0,300}”")
_REPORTED = re.compile(
    r"(?:指|指出|表示|稱|称|認為|认为|回應|回应|反駁|反驳|批評|批评|強調|强调|說|说|寫道|写道)[，：:「“]|[」”](?:他|她|.{0,6}(?:說|说))"
)
_REPORTED_WORK = re.compile(
    r"接受.{1,12}(?:查詢|查询)|(?:本报|本報|本刊|记者|記者|笔者|筆者|眾新聞).{0,14}(?:查詢|查询|获悉|獲悉|了解到|"
    r"注意到|搜尋|致电|致電|联系|聯絡|翻查|發現|发现)|从以上|從以上|以上(?:是|为|為)?.{0,6}(?:对话|對話|访谈|訪談|訪問|采访)|截至(?:发稿|發稿|截稿)"
)

LINE_MOST = 140
"""Bars, footers and notes of the development pages have up to 130 characters; longer is speech."""
_UNFINISHED = ("share bar", "site footer", "related pages")
"""Sorts that are never sentences: 扫码支付已经普及，……。 is speech."""

ENDS = frozenset(
    {"rule", "end mark", "share bar", "related pages", "copyright", "site footer", "editor's note",
     "credits", "heading", "link", "narrative", "about the people"}
)  # fmt: skip
"""The sorts of chrome that, in the last answer, mean that the interview is over."""


def sort_of(paragraph: Paragraph) -> str | None:
    """The name of the chrome that this is wherever it stands, or None where it may be speech."""
    text = paragraph.text
    if not text:
        return "image" if paragraph.image else "markup"
    if paragraph.caption:
        return "caption"
    words = _LINK.sub("", text) if len(text) <= LINKS_MOST else text
    if _CREDIT.match(text) and len(words) <= CREDIT_MOST:
        return "credits"
    if _LINK.match(text) and not words.strip(_BETWEEN_LINKS):
        return "link"
    sentence = bool(_SENTENCE.search(text[-TAIL:])) and len(text) > PLAIN_HEADING_MOST
    for name, pattern in _SORTS if len(text) <= LINE_MOST else _LONG_SORTS:
        if pattern.match(text) and not (sentence and name in _UNFINISHED):
            return name
    return None


def is_caption(paragraph: Paragraph, names: tuple[str, ...]) -> bool:
    """Whether a paragraph that follows an image describes it; `names` are the guests'."""
    text = paragraph.text
    if len(text) > CAPTION_MOST:
        return False
    named = any(len(name) > 1 and name in text for name in names)
    return named or paragraph.italic or bool(_CAPTION_TAIL.search(text)) or not ended(text)


def is_credit_caption(text: str) -> bool:
    """Whether a short line names its photographer or picture agency, image or none."""
    return len(text) <= CAPTION_MOST and bool(
        re.match(r"[（(].*[）)]$", text) and _CAPTION_TAIL.search(text)
    )


def is_heading(paragraph: Paragraph) -> bool:
    """Whether a paragraph without a label is set as a heading and reads like one."""
    if paragraph.heading:
        return len(paragraph.text) <= CAPTION_MOST and not _STATEMENT.search(paragraph.text[-TAIL:])
    short = len(paragraph.text) <= HEADING_MOST
    return paragraph.bold and short and not _SENTENCE.search(paragraph.text[-TAIL:])


def is_narrated(text: str, names: tuple[str, ...], last: bool, brief: bool) -> bool:
    """Whether a narrator speaks here of a guest; in the last answer, of anybody.

    `brief` says that the answers before had one paragraph each, so that a report is none of his.
    """
    if text[:1] in "“「":
        return False
    impersonal = not _FIRST_PERSON.search(_QUOTATION.sub("", text))
    named = impersonal and any(len(name) > 1 and name in text for name in names)
    if last:
        reported = brief and impersonal and _REPORTED.search(text)
        return named or bool(reported or _REPORTED_WORK.search(text))
    return named and len(text) <= NARRATED_MOST


def is_sentence(text: str) -> bool:
    """Whether it ends with a full stop, a question or an exclamation mark."""
    return bool(_SENTENCE.search(text[-TAIL:]))


def finished(text: str) -> bool:
    """Whether it ends as a whole sentence does, so that the next line does not continue it."""
    return bool(_SENTENCE.search(text[-TAIL:])) or text[-1:] in "”」』）)：:"


def ended(text: str) -> bool:
    """Whether it ends as a sentence or clause does, so that a short line is not a heading."""
    return bool(_ENDED.search(text[-TAIL:]))
