"""How near learned rules come to a statistical classifier, on tickets that neither has seen.

`python -m tests.triage.accuracy [NAME ...]`: on each labelled set whose name begins so, rules are
learned from 70 % of the tickets and scored on the others, beside TF-IDF with a linear SVM (of
single words and of words and pairs: the better of both counts) that had the same.
"""

import argparse
import time
from collections.abc import Sequence

from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]
from sklearn.svm import LinearSVC  # type: ignore[import-untyped]

from services.triage.domain.language import LanguageDetector
from services.triage.domain.learning.examples import Example
from services.triage.domain.learning.proposing import Wish, propose
from services.triage.domain.learning.scores import score
from services.triage.domain.triage import Triage
from tests.triage.accuracy.sets import DATA, SETS

LEAST_SHARE = 0.95
HEAD = f"{'set':42} {'learned':>7} {'unseen':>6} {'labels':>6} {'SVM':>7} {'rules':>7} {'share':>6}"


def of_svm(seen: Sequence[Example], unseen: Sequence[Example], longest: int) -> float:
    vectors = TfidfVectorizer(ngram_range=(1, longest), sublinear_tf=True)
    known = vectors.fit_transform([_text(example) for example in seen])
    machine = LinearSVC().fit(known, [example.label for example in seen])
    said = machine.predict(vectors.transform([_text(example) for example in unseen]))
    return score([example.label for example in unseen], said.tolist()).macro_f1


def of_rules(
    seen: Sequence[Example], unseen: Sequence[Example], key: str, detector: LanguageDetector
) -> tuple[float, int]:
    """The macro-F1, and how many weights the rules have."""
    proposal = propose(seen, Wish(key), detector, None)
    triage = Triage(proposal.rules, "", detector)
    said = [triage.read(example.subject, example.body).category for example in unseen]
    labels = [proposal.labels.get(example.label, example.label) for example in unseen]
    return score(labels, said).macro_f1, sum(map(len, proposal.words.values()))


def _text(example: Example) -> str:
    return f"{example.subject}\n{example.body}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.triage.accuracy", description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of sets' names; none: all")
    names = tuple(parser.parse_args().names) or ("",)
    if not DATA.is_dir():
        print(f"the labelled tickets are not at {DATA}")
        return 2
    detector = LanguageDetector()
    worst = 1.0
    print(HEAD)
    for labelled in SETS:
        if not labelled.name.startswith(names):
            continue
        seen, unseen = labelled.split()
        svm = max(of_svm(seen, unseen, 1), of_svm(seen, unseen, 2))
        start = time.process_time()
        rules, weights = of_rules(seen, unseen, labelled.label, detector)
        seconds = time.process_time() - start
        share = rules / svm
        worst = min(worst, share)
        labels = len({example.label for example in seen})
        print(
            f"{labelled.name:42} {len(seen):7,} {len(unseen):6,} {labels:6} {svm:7.4f} "
            f"{rules:7.4f} {share:6.1%}   {weights:,} weights, {seconds:.0f} s CPU",
            flush=True,
        )
    print(f"the least share is {worst:.1%}; wanted {LEAST_SHARE:.0%}")
    return 0 if worst >= LEAST_SHARE else 1


if __name__ == "__main__":
    raise SystemExit(main())
