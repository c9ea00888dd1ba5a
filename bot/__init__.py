"""A bot that answers questions about interviews with the guest's own words.

What happens to a question, file by file:

    __main__.py    the command line: reads argv and environment, puts the parts together
    settings.py    the environment, read once and checked
    interview.py   the nouns, frozen
    pages.py       a page file → text, whatever its encoding
    intake/        whatever people have (HTML, Word, PDF, subtitles, chats, tables) → texts
    transcript/    a page's text → an interview                              pure
    importing.py   the import command: who was taken for whom, and the file
    yaml_text.py   YAML as people write it: texts that know their line, slips mended
    knowledge.py   a folder of files ↔ interviews and how people ask for them
    checks.py      proof that the knowledge is fit to serve                  pure
    text.py        two spellings of one question → the same string           pure
    query.py       a message, normalised once, and the questions in it       pure
    names.py       whose interview a question asks about                    pure
    search.py      a question → ranked exchanges                             pure
    passage.py     which of the guest's sentences to show                    pure
    encoder.py     sentence vectors, where the extra is installed
    progress.py    how far a long piece of work is
    index_cache.py what was built from the knowledge, kept for the next start
    whole_files.py files replaced whole or not at all
    followups.py   what a turn means that leans on the one before            pure
    claims.py      what a question says that the guest said                  pure
    policy.py      from which score on: every threshold, and who chose it    pure
    respond.py     a message and a conversation → replies: all is decided    pure
    edition.py     a folder of knowledge → what answers from it
    reloading.py   the next edition, when the folder's files have changed
    render.py      a reply → styled text, page by page                       pure
    words.py       every word that is ours                                   pure
    evaluate.py    question files → rates
    question_files.py  those of a folder of knowledge: faults by line
    suggest/       phrases that a language model drafts → a phrases file
    teaching/      what a curator accepts → the interview's files, and back
    terminal.py    the same conversation in a terminal
    cases.py       which questions without an answer mean the same           pure
    store/         what outlives a message: the inbox, conversations, answers, misses, cases
    ledger/        the cases: what waits, and what became of it
    metrics.py     what a monitor can ask: counts, durations, lengths
    tg/            Telegram; nothing above imports it
    deploy/        no code: image, compose, nginx, systemd unit
"""

import os

# A question costs one 96×96 solve. Split over threads that wait for each other on a busy machine
# it took 16 ms instead of 1.6 (2 cores, load 3). Read by numpy's and the encoder's libraries when
# they are first loaded, hence here, before anything else.
for _library in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_library, "1")

# Characters are read one by one; pypinyin's 47,000 phrases would cost 0.1 s at every start.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
