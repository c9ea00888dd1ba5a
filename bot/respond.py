"""A message and a conversation become replies. Pure: the one place where anything is decided.

Sure: `Answer`. Nearly, or two exchanges close: `Choices`. Otherwise `NotCovered`, with what comes
nearest. What Telegram, the terminal and the batch command show for the same words in the same
conversation is decided here, and so is when to speak unasked and what an inline query lists.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from bot import followups, passage
from bot.claims import claimed, lacks_figure, specific
from bot.followups import Correction, Number, Place, Wish
from bot.interview import Exchange
from bot.names import Named
from bot.policy import Policy
from bot.query import Query, questions, read
from bot.search import RIDGE, Index, Match, Ranking, Topic

Extent: TypeAlias = Literal["usual", "passage", "whole"]
"""How much of an answer is wanted: the passage and the whole, only the passage, all of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The exchange to quote, the passage of it that answers most directly, and how much to show."""

    exchange: Exchange
    quote: str
    extent: Extent = "usual"


@dataclass(frozen=True, slots=True)
class Choice:
    """An exchange on offer, a few words that say what of it is meant, ours or his, and whose it is
    where the offer is between guests."""

    exchange: Exchange
    meant: str = ""
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """The nearest exchanges, at most three, for the person to choose from."""

    options: tuple[Choice, ...]
    variant: int = 0

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        return tuple(option.exchange for option in self.options)


Lacking: TypeAlias = Literal["", "number", "time", "name", "claim", "example"]


@dataclass(frozen=True, slots=True)
class NotCovered:
    """The interviews do not speak of it: neither of what was asked, nor, where it is a particular
    that is `lacking`, of that. `nearest` and its passage come closest, if anything does; `variant`
    counts the replies, so that none need be worded like the one before."""

    nearest: Exchange | None = None
    quote: str = ""
    lacking: Lacking = ""
    variant: int = 0


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """A greeting, thanks, a question about the bot or about the page: `kind` is one of the everyday
    kinds, `about` the exchange that is talked about."""

    kind: str
    about: Exchange | None = None
    variant: int = 0


Reply: TypeAlias = Answer | Choices | NotCovered | SmallTalk


@dataclass(frozen=True, slots=True)
class Conversation:
    """What one person and the bot spoke of in one chat: all that a follow-up needs.

    The question last answered, the exchange and the passage shown for it, what was offered last,
    the exchanges shown so far, the last one last, and the number of replies.
    """

    question: str = ""
    exchange: str | None = None
    quote: str = ""
    offered: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    replies: int = 0

    def back_to(self, earlier: Conversation) -> Conversation:
        """This conversation, speaking again of what it spoke of at an earlier point."""
        return replace(
            self,
            question=earlier.question,
            exchange=earlier.exchange,
            quote=earlier.quote,
            offered=earlier.offered,
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, the reply, what to remember afterwards, and the ranking that led to it."""

    question: str
    reply: Reply
    conversation: Conversation
    score: float = 1.0
    ranking: Ranking = field(default_factory=Ranking)


# What stands against a short question being about what was just shown: the one line outside that
# is nearest to it, and its length in tokens; what many lines outside share says little, since 多少
# and 怎么 are everywhere. See `follow` in policy for what they were chosen on.
AGAINST, LENGTH = 3.0, 0.1


def principal(turns: Sequence[Turn]) -> Turn:
    """Of the replies to one message the one that counts: the first answer, else the first."""
    return next((turn for turn in turns if isinstance(turn.reply, Answer)), turns[0])


AT_ONCE = 3  # questions of one message that are answered
REMEMBERED = 8  # exchanges of a conversation that are not shown whole again
CHOICES = 3


class Responder:
    """An index and policies: together they turn messages into replies, and keep no state.

    `thinner` are the policies of interviews, by their id, for which less has been written.
    """

    def __init__(
        self, index: Index, policy: Policy, thinner: Mapping[str, Policy] | None = None
    ) -> None:
        self._index = index
        self._policy = policy
        self._thinner = thinner or {}
        self._order = list(index.exchanges)
        self._guests = index.guests

    @property
    def index(self) -> Index:
        """What is searched."""
        return self._index

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that can be answered with, interview by interview, in page order."""
        return tuple(self._index.exchanges.values())

    def forget(self) -> None:
        """Forget what was found for the questions that were asked."""
        self._index.forget()

    # A message

    def respond(self, message: str, conversation: Conversation) -> tuple[Turn, ...]:
        """The replies to a message: one, or one for each of its questions, at most three.

        What is put as a question counts, else, where nothing is, what can be answered.
        """
        query = read(message)
        conversation = self._remembered(conversation)
        parts = questions(query)
        asked = [part for part in parts if part.asks]
        turns: list[Turn] = []
        for part in asked or parts:
            after = turns[-1].conversation if turns else conversation
            turn = self._reply(part, after)
            if _counts(turn, turns, bool(asked)):
                turns.append(turn)
        return (
            tuple(turns[:AT_ONCE]) if len(turns) > 1 else (self._whole(query, parts, conversation),)
        )

    def overheard(self, message: str) -> Turn | None:
        """The answer to what nobody asked us, where there is no doubt."""
        turn = self._reply(read(message), Conversation())
        is_found = bool(turn.ranking.matches) and turn.score >= self._policy.unasked
        return turn if is_found and isinstance(turn.reply, Answer) else None

    def listing(self, typed: str) -> tuple[Answer, ...]:
        """What fits to a text that may be unfinished, best first; everything where it is empty."""
        every = self._index.exchanges.values()
        query = read(typed)
        if not query.text:
            return tuple(Answer(exchange, "") for exchange in every)
        found = _replied(self._reply(query, Conversation()).reply)
        named = [
            Answer(exchange, "")
            for exchange in every
            if query.text in read(f"{exchange.topic} {exchange.question}").text
        ]
        return tuple({answer.exchange.key: answer for answer in (*named, *found)}.values())

    def show(
        self, key: str, conversation: Conversation, extent: Extent | None = None, quote: str = ""
    ) -> Turn:
        """The reply to somebody who picked an exchange by its key rather than by asking.

        `extent` None leaves it to the conversation how much is shown; `quote` is the passage to
        put first, in place of the one that answers the host.
        """
        exchange = self._index.exchanges[key]
        asked = exchange.topic or exchange.question
        quote = quote or self._index.opening(exchange)
        return self._answer(asked, exchange, quote, conversation, extent)

    def _remembered(self, conversation: Conversation) -> Conversation:
        """The conversation without exchanges that are no longer in the knowledge."""
        known = self._index.exchanges
        conversation = replace(
            conversation,
            offered=tuple(key for key in conversation.offered if key in known),
            shown=tuple(key for key in conversation.shown if key in known),
        )
        if conversation.exchange and conversation.exchange not in known:
            return replace(conversation, question="", exchange=None, quote="")
        return conversation

    # One question

    def _whole(self, query: Query, parts: tuple[Query, ...], conversation: Conversation) -> Turn:
        """The reply to a message as one question, or to its end, or to its clearest part."""
        turn = self._reply(query, conversation)
        if not parts or isinstance(turn.reply, SmallTalk):
            return turn
        if isinstance(turn.reply, Answer):
            # People tell first and ask at the end: that says which passage they want.
            end = self._reply(parts[-1], conversation)
            return end if end.conversation.exchange == turn.conversation.exchange else turn
        others = [self._reply(part, conversation) for part in reversed(parts)]
        answers = [other for other in others if isinstance(other.reply, Answer)]
        return max(answers, key=lambda other: other.score, default=turn)

    def _reply(self, query: Query, conversation: Conversation) -> Turn:
        if not query.essence:
            return self._small_talk(query, _wordless(query), conversation)
        move = followups.move(query)
        if move and (turn := self._moved(move, query, conversation)):
            return turn
        if chosen := self._named(query, conversation.offered):
            return self.show(chosen, conversation)
        return self._understood(query, conversation)

    def _moved(self, move: followups.Move, query: Query, conversation: Conversation) -> Turn | None:
        """The reply to a turn that says by its form what it wants, if there is what it wants."""
        here = conversation.exchange
        match move:
            case Number(number):
                offered = conversation.offered
                if 1 <= number <= len(offered):
                    return self.show(offered[number - 1], conversation)
                if not query.essence.isdecimal():
                    return self._moved(Place("nth", number), query, conversation)
            case Place():
                if pointed := _at(move, here, self._order):
                    return self.show(pointed, conversation)
                return self._small_talk(query, "page_length", conversation)
            case Correction(meant):
                return self._understood(meant, conversation, corrected=True)
            case "more" | "whole" | "brief" | "example" if here:
                return self._wished(move, self._index.exchanges[here], conversation)
        return None

    def _wished(self, wish: Wish, exchange: Exchange, conversation: Conversation) -> Turn:
        asked, quote = conversation.question, conversation.quote
        match wish:
            case "more":
                quote = passage.following(exchange, quote)
                return self._answer(asked, exchange, quote, conversation, "passage", stands=True)
            case "whole":
                return self._answer(asked, exchange, quote, conversation, "whole")
            case "brief":
                return self._answer(asked, exchange, quote, conversation, "passage")
            case "example":
                example = passage.example(exchange)
                if example:
                    return self._answer(asked, exchange, example, conversation, "passage")
                return self._refuse(asked, exchange, quote, "example", conversation)

    def _named(self, query: Query, offered: tuple[str, ...]) -> str | None:
        """The offered exchange that the words name by its topic, or by a word of it."""
        words = _CHOOSING.sub("", query.essence)
        if not words:
            return None
        topics = {key: "".join(read(self._index.exchanges[key].topic).tokens) for key in offered}
        named = [key for key, topic in topics.items() if words in topic]
        return named[0] if len(named) == 1 else None

    def _understood(
        self, query: Query, conversation: Conversation, corrected: bool = False
    ) -> Turn:
        """The reply to a question whose words have to be understood, alone or after the last."""
        if named := self._index.names.found(query):
            return self._addressed(query, named, conversation)
        topic = _topic(conversation)
        lean = self._lean(query, topic) if topic else None
        if topic and (lean == "plainly" or corrected):
            ranking = self._leaning(query, topic)
        else:
            here = (conversation.exchange or "").partition("/")[0]
            ranking = self._ranked(query, None, here)
        is_about_it = bool(lean and topic and self._sure_here(ranking, query, topic))
        kind = None if is_about_it else self._smalltalk_in(ranking)
        if kind:
            return self._small_talk(query, kind, conversation, ranking)
        return self._decided(query, ranking, conversation, is_about_it)

    def _decided(
        self, query: Query, ranking: Ranking, conversation: Conversation, is_about_it: bool = False
    ) -> Turn:
        """Sure: the answer. Nearly: an offer. Otherwise that it is not covered."""
        if is_about_it or self._sure(ranking, query):
            first = ranking.matches[0]
            quote = first.quote or self._index.opening(first.exchange)
            shown = passage.led_up_to(first.exchange, quote)
            if first.score < self._policy.unasked and lacks_figure(query, shown):
                return self._refuse(
                    query.said, first.exchange, quote, "number", conversation, ranking
                )
            return self._answer(query.said, first.exchange, quote, conversation, ranking=ranking)
        return self._unsure(query, ranking, conversation)

    def _addressed(self, query: Query, named: Named, conversation: Conversation) -> Turn:
        """The reply to a question that names whose interview it is about; with a name alone, to
        the question before, else to one of those that the interview can be asked."""
        rest = named.rest
        if not _ASKS_NOTHING.sub("", rest.essence):
            earlier = read(conversation.question)
            rest = found.rest if (found := self._index.names.found(earlier)) else earlier
        first = [e for e in self.exchanges if e.interview in named.interviews][:CHOICES]
        if not rest.essence:
            return self._offer(query, [Choice(e) for e in first], conversation, 0.0, Ranking())
        ranking = self._ranked(rest, named.interviews, "")
        if kind := self._smalltalk_in(ranking):
            here = replace(conversation, exchange=first[0].key) if first else conversation
            return self._small_talk(query, kind, here, ranking)
        return self._decided(replace(rest, said=query.said), ranking, conversation)

    def _ranked(self, query: Query, among: Collection[str] | None, here: str) -> Ranking:
        """What each interview that may be meant would say alone, by its own measure, together.

        `here` is the interview that is talked about: it comes first if it is nearly as good.
        """
        names = self._index.nearest(query) if among is None else sorted(among)
        rankings = {name: self._within(query, name) for name in names}
        if len(rankings) == 1:
            return rankings[names[0]]
        merits = {n: _score(r) / self._policy_of(r).sure for n, r in rankings.items()}
        best = max(merits, key=lambda name: merits[name])
        if merits[best] and merits.get(here, 0.0) >= NEARLY * merits[best]:
            return rankings[here]
        sure = self._policy_of(rankings[best]).sure
        matches = [
            replace(match, score=match.score * sure / self._policy_of(ranking).sure)
            for ranking in rankings.values()
            for match in ranking.matches
        ]
        first = sorted(matches, key=lambda m: -m.score)
        return replace(rankings[best], matches=tuple(first))

    def _within(self, query: Query, interview: str) -> Ranking:
        only = frozenset((interview,))
        return self._index.rank(query, self._index.explain(query, among=only), among=only)

    def _lean(self, query: Query, topic: Topic) -> followups.Lean | None:
        """How the question leans; not plainly if it turns to what the topic does not speak of."""
        lean, subject = followups.leans(query), followups.subject(query)
        if lean != "plainly" or subject is None:
            return lean
        spoken = max(self._index.speaks_of(key, subject) for key in topic.exchanges)
        return "plainly" if spoken >= self._policy.spoken else "perhaps"

    def _leaning(self, query: Query, topic: Topic) -> Ranking:
        """The ranking of a question that leans on the one before, unless it is clear by itself."""
        joined = self._index.in_context(query, topic)
        alone = self._index.by_words(query, topic)
        if self._sure(alone, query) and _score(alone) > _score(joined):
            return alone
        if self._sure(joined, query):
            return joined
        alone = self._ranked(query, None, topic.exchanges[0].partition("/")[0])
        return max(joined, alone, key=_score)

    def _unsure(self, query: Query, ranking: Ranking, conversation: Conversation) -> Turn:
        policy, best = self._policy_of(ranking), _score(ranking)
        near = [m for m in ranking.matches[:CHOICES] if m.score >= policy.offer]
        is_claim = claimed(query, self._guests) is not None
        # What was just shown is no help to somebody who goes on asking.
        fresh = [m for m in near if m.exchange.key != conversation.exchange]
        is_outside = sum(m.share for m in near) <= policy.far * ranking.far
        if fresh and not is_claim and not is_outside:
            options = [Choice(m.exchange, self._meant(m)) for m in near]
            return self._offer(query, options, conversation, best, ranking)
        declined = ranking.outside - ranking.far
        is_far = _share(ranking) + declined <= policy.near * ranking.far
        if (is_outside or not near) and (is_far or best < policy.alike):
            return self._refuse(query.said, None, "", "", conversation, ranking)
        nearest, quote = self._nearest(query, ranking, conversation)
        lacking: Lacking = "claim" if is_claim else specific(query)
        return self._refuse(query.said, nearest, quote, lacking, conversation, ranking)

    def _offer(
        self,
        query: Query,
        options: Sequence[Choice],
        before: Conversation,
        score: float,
        ranking: Ranking,
    ) -> Turn:
        """The exchanges to choose from; between several interviews each with its guest."""
        if len({option.exchange.interview for option in options}) > 1:
            told = self._index.told_by
            options = [
                replace(o, whose=o.exchange.speaker or told[o.exchange.interview]) for o in options
            ]
        after = replace(
            before,
            question=query.said,
            offered=tuple(option.exchange.key for option in options),
            replies=before.replies + 1,
        )
        return Turn(query.said, Choices(tuple(options), before.replies), after, score, ranking)

    def _nearest(
        self, query: Query, ranking: Ranking, conversation: Conversation
    ) -> tuple[Exchange | None, str]:
        """The exchange that comes nearest, and its passage: what is talked about, where the
        question is short enough to be about it."""
        here = conversation.exchange if followups.leans(query) else None
        matches = sorted(ranking.matches, key=lambda m: m.exchange.key != here)
        if not matches:
            return None, ""
        first = matches[0]
        return first.exchange, first.quote or self._index.opening(first.exchange)

    # Decisions

    def _policy_of(self, ranking: Ranking) -> Policy:
        """The policy for the interview of what comes first."""
        interview = ranking.matches[0].exchange.interview if ranking.matches else ""
        return self._thinner.get(interview, self._policy)

    def _sure(self, ranking: Ranking, query: Query) -> bool:
        policy = self._policy_of(ranking)
        sure = policy.sure * (policy.particular if specific(query) else 1.0)
        return self._clear(ranking, max(sure, self._claim_bar(ranking, query)))

    def _sure_here(self, ranking: Ranking, query: Query, topic: Topic) -> bool:
        """Whether what is talked about comes first, for which less will do."""
        if not ranking.matches or ranking.matches[0].exchange.key not in topic.exchanges:
            return False
        if self._claim_bar(ranking, query):
            return False
        share = ranking.matches[0].share
        against = AGAINST * ranking.against + LENGTH * len(query.tokens) + RIDGE
        return share / (share + against) >= self._policy_of(ranking).follow

    def _clear(self, ranking: Ranking, bar: float) -> bool:
        second = ranking.matches[1].score if len(ranking.matches) > 1 else 0.0
        best = _score(ranking)
        return best >= bar and best - second >= self._policy_of(ranking).gap

    def _claim_bar(self, ranking: Ranking, query: Query) -> float:
        """The score that a question needs that says what the guest said, unless he did say it."""
        claim = claimed(query, self._guests) if ranking.matches else None
        if claim is None:
            return 0.0
        said = self._index.said_of(claim, ranking.matches[0].exchange)
        return 0.0 if said >= self._policy.said else self._policy.claim

    def _smalltalk_in(self, ranking: Ranking) -> str | None:
        """The kind of small talk that it is, where it is clearly some."""
        kind, share = ranking.smalltalk or ("", 0.0)
        return (
            kind if kind and share >= max(self._policy_of(ranking).chat, _share(ranking)) else None
        )

    # Turns

    def _answer(
        self,
        asked: str,
        exchange: Exchange,
        quote: str,
        before: Conversation,
        extent: Extent | None = None,
        stands: bool = False,
        ranking: Ranking | None = None,
    ) -> Turn:
        """An answer, whose passage is led up to so that it stands, unless it does as it is; the
        second time in a conversation only the passage."""
        if not stands:
            quote = passage.led_up_to(exchange, quote)
        if extent is None:
            extent = "passage" if exchange.key in before.shown else "usual"
        others = [key for key in before.shown if key != exchange.key]
        shown = (*others, exchange.key)[-REMEMBERED:]
        after = Conversation(asked, exchange.key, quote, (), shown, before.replies + 1)
        score = _score(ranking) if ranking else 1.0
        return Turn(asked, Answer(exchange, quote, extent), after, score, ranking or Ranking())

    def _refuse(
        self,
        asked: str,
        nearest: Exchange | None,
        quote: str,
        lacking: Lacking,
        before: Conversation,
        ranking: Ranking | None = None,
    ) -> Turn:
        if nearest:
            quote = passage.led_up_to(nearest, quote)
        reply = NotCovered(nearest, quote, lacking, before.replies)
        after = replace(before, replies=before.replies + 1)
        score = _score(ranking) if ranking else 0.0
        return Turn(asked, reply, after, score, ranking or Ranking())

    def _small_talk(
        self, query: Query, kind: str, before: Conversation, ranking: Ranking | None = None
    ) -> Turn:
        about = self._index.exchanges[before.exchange] if before.exchange else None
        reply = SmallTalk(kind, about, before.replies)
        after = replace(before, replies=before.replies + 1)
        score = _score(ranking) if ranking else 0.0
        return Turn(query.said, reply, after, score, ranking or Ranking())

    def _meant(self, match: Match) -> str:
        """What of an exchange on offer is meant: the nearest phrase of ours if it is short and near
        enough, else the beginning of the passage."""
        phrase = match.phrase.text.strip()
        theirs = (match.exchange.question, match.exchange.topic, *match.exchange.said)
        is_near = match.phrase_share >= NEAR_ENOUGH and phrase not in theirs
        if is_near and len(phrase) <= LONGEST_MEANT:
            return phrase
        return match.quote or self._index.opening(match.exchange)


# What is left of a question about somebody that asks nothing new: 那罗振宇呢, 陈冲怎么看.
_ASKS_NOTHING = re.compile(
    "^(?:那|那么)?(?:怎么|咋|如何|又|也)*(?:看|说|想|讲|回答|认为)?(?:的)?呢?$"
)
# What share of the best interview's merit the one that is talked about must reach to come first; a
# merit is a score by what answers there.
NEARLY = 0.8
LONGEST_MEANT = 16
NEAR_ENOUGH = 0.1  # a phrase that explains less of a question says something else
# What may stand around the topic of a choice: 就是治庸那个吧.
_CHOOSING = re.compile(
    "^(?:我?(?:要|选|想问|问|说|指)的?(?:是|就是)?|就是?|是|那就?|嗯|对)+|(?:那个|这个|那一?[条项]|的|吧|呢|啊|方面)+$"
)


def _topic(conversation: Conversation) -> Topic | None:
    """What is being talked about: what was offered last, else what was shown."""
    if conversation.offered:
        return Topic(read(conversation.question), conversation.offered)
    if conversation.exchange:
        here = (conversation.exchange,)
        return Topic(read(conversation.question), here, conversation.quote)
    return None


def _counts(turn: Turn, turns: list[Turn], is_asked: bool) -> bool:
    """Whether the reply to one part of a message deserves its place beside the earlier ones."""
    shown = {(t.reply.exchange.key, t.reply.quote) for t in turns if isinstance(t.reply, Answer)}
    match turn.reply:
        case Answer(exchange, quote):
            return (exchange.key, quote) not in shown
        case Choices() as reply:
            return is_asked and not {key for key, _ in shown}.issuperset(
                exchange.key for exchange in reply.exchanges
            )
        case NotCovered():
            return is_asked
        case SmallTalk():
            return False


def _replied(reply: Reply) -> list[Answer]:
    match reply:
        case Answer():
            return [reply]
        case Choices() as offer:
            return [Answer(exchange, "") for exchange in offer.exchanges]
    return []


def _wordless(query: Query) -> str:
    """What is meant by a message that holds no word: a question mark asks, an emoji only smiles."""
    return "puzzled" if "?" in query.text else "wordless"


def _score(ranking: Ranking) -> float:
    return ranking.matches[0].score if ranking.matches else 0.0


def _share(ranking: Ranking) -> float:
    return ranking.matches[0].share if ranking.matches else 0.0


def _at(place: Place, here: str | None, order: list[str]) -> str | None:
    """The exchange at a place, counted in the interview that we are in."""
    interview = (here or order[0]).partition("/")[0]
    keys = [key for key in order if key.partition("/")[0] == interview]
    at = keys.index(here) if here in keys else None
    match place.where:
        case "nth":
            index = place.number - 1
        case "last":
            index = len(keys) - 1
        case "before" | "after" if at is None:
            return None
        case "before":
            index = at - 1
        case "after":
            index = at + 1
    return keys[index] if 0 <= index < len(keys) else None
