"""Two spellings of one question become the same string. Pure; the home of OpenCC and pypinyin."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

from opencc import OpenCC

_SIMPLIFY = OpenCC("t2s")

# Zero-width, joiners, direction marks, soft hyphen, variation selectors, BOM, lone surrogates.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffc\ud800-\udfff]"
)
# Telegram user names are 5 to 32 of these characters and start with a letter.
MENTION = re.compile(r"@[A-Za-z][A-Za-z0-9_]{4,31}")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_TOKEN = re.compile(r"[a-z]+|\d+(?:\.\d+)?%?|[\u3007\u3400-\u9fff\U00020000-\U0003ffff]")

# Longest first, so that 我想了解一下 goes before 一下.
_POLITE = re.compile(
    "|".join(
        sorted(
            (
                "请问一下 请问 请教一下 想请教 我想了解一下 我想了解 想了解一下 "
                "我想问一下 我想问 想问一下 想问问 我想知道 想知道 麻烦问一下 麻烦 "
                "劳驾 求问 跪求 急求 在线等 有人知道 谁知道 你知道 "
                "能不能跟我们介绍一下 跟我们介绍一下 介绍一下 能不能告诉我 可以告诉我 "
                "能告诉我 告诉我 跟我说说 给我讲讲 给我说说 帮我查一下 帮我看看 "
                "谢谢你 谢谢您 谢谢 多谢 您好 你好 那个啥 话说 "
            ).split(),
            key=len,
            reverse=True,
        )
    )
)


@cache
def traditional(ours: str) -> str:
    """Words of ours in Traditional Chinese as in Taiwan (群, 回覆, 訊息): one usage throughout.

    The guest's words never pass through here.
    """
    # OpenCC takes the 者回 of 或者回复 for a word, and then the 复 for another one.
    return str(_traditionaliser().convert(ours)).replace("回復", "回覆")


@cache
def _traditionaliser() -> OpenCC:
    return OpenCC("s2twp")


def clean(text: str) -> str:
    """The text in Simplified Chinese, half width and lower case, without invisible marks.

    Punctuation and word order stay; bot mentions and emoji go; white space is folded.
    """
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    text = _SIMPLIFY.convert(MENTION.sub(" ", _INVISIBLE.sub("", text))).lower()
    text = text.replace("著", "着")  # as Taiwan writes it, which OpenCC leaves alone
    text = _THOUSANDS.sub("", text)
    text = "".join(" " if unicodedata.category(c) in _NOT_SPOKEN else c for c in text)
    return " ".join(text.split())


# Emoji and other symbols, modifiers, controls, private use, unassigned.
_NOT_SPOKEN = frozenset({"So", "Sk", "Cc", "Cf", "Co", "Cn", "Cs"})


def tokens(cleaned: str) -> tuple[str, ...]:
    """The characters, numbers and Latin words of a cleaned text, without punctuation."""
    return tuple(_TOKEN.findall(cleaned))


def essence(tokens: Sequence[str]) -> str:
    """What is asked, without courtesy and punctuation; the whole where fewer than two remain."""
    whole = "".join(tokens)
    bare = _POLITE.sub("", whole)
    return bare if len(bare) >= 2 else whole


READINGS: dict[str, str] = {}
"""How each character that was met is read, in pinyin without tones."""


def _reading(character: str) -> str:
    if character not in READINGS:
        from pypinyin import lazy_pinyin  # only now: it takes as long to import as numpy

        found = lazy_pinyin(character, errors="ignore")
        READINGS[character] = found[0] if found else character
    return READINGS[character]


# Southern speakers and voice input merge these; both sides are folded the same way.
_FOLD = ((re.compile(r"^([zcs])h"), r"\1"), (re.compile(r"([aei])ng$"), r"\1n"))


@cache
def _folded(syllable: str) -> str:
    for pattern, replacement in _FOLD:
        syllable = pattern.sub(replacement, syllable)
    return syllable


# Every toneless syllable of the standard language that pypinyin gives a common character.
_SYLLABLES = frozenset(
    (
        "a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca "
        "cai can cang cao ce cen ceng cha chai chan chang chao che chen cheng chi chong chou "
        "chu chua chuai chuan chuang chui chun chuo ci cong cou cu cuan cui cun cuo da dai "
        "dan dang dao de den deng di dian diao die ding diu dong dou du duan dui dun duo e ei "
        "en eng er fa fan fang fei fen feng fiao fo fou fu ga gai gan gang gao ge gei gen "
        "geng gong gou gu gua guai guan guang gui gun guo ha hai han hang hao he hei hen heng "
        "hong hou hu hua huai huan huang hui hun huo ji jia jian jiang jiao jie jin jing "
        "jiong jiu ju juan jue jun ka kai kan kang kao ke ken keng kong kou ku kua kuai kuan "
        "kuang kui kun kuo la lai lan lang lao le lei leng li lia lian liang liao lie lin "
        "ling liu lo long lou lu luan lun luo lv lve ma mai man mang mao me mei men meng mi "
        "mian miao mie min ming miu mo mou mu na nai nan nang nao ne nei nen neng ni nian "
        "niang niao nie nin ning niu nong nou nu nuan nun nuo nv nve o ou pa pai pan pang pao "
        "pei pen peng pi pian piao pie pin ping po pou pu qi qia qian qiang qiao qie qin qing "
        "qiong qiu qu quan que qun ran rang rao re ren reng ri rong rou ru rua ruan rui run "
        "ruo sa sai san sang sao se sen seng sha shai shan shang shao she shen sheng shi shou "
        "shu shua shuai shuan shuang shui shun shuo si song sou su suan sui sun suo ta tai "
        "tan tang tao te teng ti tian tiao tie ting tong tou tu tuan tui tun tuo wa wai wan "
        "wang wei wen weng wo wu xi xia xian xiang xiao xie xin xing xiong xiu xu xuan xue "
        "xun ya yan yang yao ye yi yin ying yo yong you yu yuan yue yun za zai zan zang zao "
        "ze zei zen zeng zha zhai zhan zhang zhao zhe zhen zheng zhi zhong zhou zhu zhua "
        "zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun zuo "
    ).split()
)


_LONGEST_WORD = 60  # letters; ten characters typed in pinyin without a space


@lru_cache(maxsize=4096)
def _spelled(word: str) -> tuple[str, ...] | None:
    """A Latin word as the fewest pinyin syllables, or None where it is not pinyin."""
    if len(word) > _LONGEST_WORD:
        return None
    shortest: list[tuple[str, ...] | None] = [(), *([None] * len(word))]
    for start in range(len(word)):
        before = shortest[start]
        if before is None:
            continue
        for end in range(start + 1, min(start + 6, len(word)) + 1):
            best = shortest[end]
            if word[start:end] in _SYLLABLES and (best is None or len(before) + 1 < len(best)):
                shortest[end] = (*before, word[start:end])
    return shortest[len(word)]


def is_pinyin(tokens: Sequence[str]) -> bool:
    """Whether the words are Latin throughout and each can be read as pinyin: zhiyong zuli."""
    words = [token for token in tokens if token.isalpha()]
    return bool(words) and all(word.isascii() and _spelled(word) for word in words)


def syllables(tokens: Iterable[str]) -> tuple[str, ...]:
    """How the tokens sound: toneless pinyin, folded; numbers and foreign words as they are."""
    sounds: list[str] = []
    for token in tokens:
        if token[0] >= "\u3007":
            sounds.append(_folded(_reading(token)))
        else:
            spelled = _spelled(token) if token.isalpha() else None
            sounds.extend(map(_folded, spelled) if spelled else [token])
    return tuple(sounds)
