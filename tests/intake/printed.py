"""Makes printed.pdf beside this file: pip install reportlab && python tests/intake/printed.py

reportlab is nothing that the tests need, so the file is kept and not made anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate

FONT = "STSong-Light"
PARAGRAPHS = """
记者：您在山上守了多少年？当初又是谁让您去的？
周满仓：整整三十一年。我是一九九二年上去的，那一年我二十四岁，村里没有人愿意去，我父亲说，你去。我就背着一口锅上去了，锅现在还在。
头一年最难，晚上听见什么都怕，后来听不见什么才怕。
记者：山上最怕的是什么？
周满仓：怕火。一个烟头，一座山。所以我这里有个规矩：上山的人，先把打火机放在我桌上，下来的时候再还给他。桌上最多的一天放了两百多个。
记者：以后打算怎么办？有人接您的班吗？
周满仓：有，我女儿。她学的就是林业，去年回来的。她跟我说：“你守的是火，我守的是树。”我想了半天，觉得她说得对，就把那口锅给她了。
""".split()


def edges(canvas: Any, document: Any) -> None:
    canvas.setFont(FONT, 8)
    canvas.drawString(40, 380, "山林周报 2023年第7期")
    canvas.drawCentredString(150, 20, f"第 {document.page} 页")


def main() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    body = ParagraphStyle(
        "body", fontName=FONT, fontSize=11, leading=18, firstLineIndent=22, wordWrap="CJK"
    )
    title = ParagraphStyle("title", parent=body, fontSize=18, leading=28, firstLineIndent=0)
    story = [Paragraph("专访守林人", title), *(Paragraph(text, body) for text in PARAGRAPHS)]
    path = Path(__file__).with_name("printed.pdf")
    document = SimpleDocTemplate(
        str(path), pagesize=(300, 400), leftMargin=36, rightMargin=36, topMargin=50, bottomMargin=50
    )
    document.build(story, onFirstPage=edges, onLaterPages=edges)


if __name__ == "__main__":
    main()
