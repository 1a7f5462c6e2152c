"""What operators write wrong into triage.yaml, and the exact texts that they are told."""

GOOD = """\
languages: {among: [en, de]}
categories:
  billing:
    words:
      en: {invoice*: 3}
      de: [Rechnung]
    sub:
      double: {words: {en: [charged twice]}}
cues:
  urgent: {en: [urgent]}
priority:
  matrix:
    low: {low: low, medium: low, high: medium}
    medium: {low: low, medium: medium, high: high}
    high: {low: medium, medium: high, high: critical}
  steps:
    - name: hurry
      when: {cue: [urgent], category: [billing/double]}
      urgency: {up: 1}
"""

MISTAKES = {
    "a language that the desk does not speak": (
        "de: [Rechnung]",
        "fr: [facture]",
        "6: categories.billing.words.fr: is none of languages.among; here: any, en, de",
    ),
    "a language that cannot be told apart": (
        "[en, de]",
        "[en, xx]",
        '1: languages.among.1: "xx" is no language that can be told apart',
    ),
    "a language by its name": (
        "[en, de]",
        "[en, german]",
        (
            '1: languages.among.1: "german" is no language: write its two letters '
            '(ISO 639-1), like "de"'
        ),
    ),
    "the same phrase in another spelling": (
        "{invoice*: 3}",
        "{invoice*: 3, Invoice*: 2}",
        (
            '5: categories.billing.words.en.Invoice*: is the same as "invoice*": case, '
            "accents and signs do not count"
        ),
    ),
    "the same phrase twice": (
        "{invoice*: 3}",
        "{invoice*: 3, invoice*: 2}",
        "5: categories.billing.words.en.invoice*: stands here twice; first on line 5",
    ),
    "a star inside a word": (
        "invoice*: 3",
        "in*oice: 3",
        (
            '5: categories.billing.words.en.in*oice: has a star inside "in*oice"; a star '
            "stands at the end of a word"
        ),
    ),
    "no weight": (
        "invoice*: 3",
        "invoice*: 0",
        (
            "5: categories.billing.words.en.invoice*: weighs nothing; give a weight above "
            "0, or below 0 if it speaks against"
        ),
    ),
    "a weight in words": (
        "invoice*: 3",
        "invoice*: high",
        '5: categories.billing.words.en.invoice*: must be a number, not "high"',
    ),
    "a weight beyond measure": (
        "invoice*: 3",
        "invoice*: 3000",
        ("5: categories.billing.words.en.invoice*: must be less than or equal to 100, not 3000"),
    ),
    "a category called general": (
        "  billing:\n",
        "  general:\n",
        (
            "3: categories.general: is what a ticket gets when nothing is found; give this "
            "category another name"
        ),
    ),
    "a category's name with a blank": (
        "  billing:\n",
        "  Billing stuff:\n",
        (
            '3: categories.Billing stuff: "Billing stuff" is no name: small letters, '
            "digits and _, a letter first, at most 63"
        ),
    ),
    "no category": (
        GOOD[GOOD.index("categories") : GOOD.index("cues")],
        "",
        "1: categories: must be given",
    ),
    "a field misspelt": (
        "    words:\n",
        "    worts:\n",
        '4: categories.billing.worts: unknown field; did you mean "words"?',
    ),
    "a cue that is not there": (
        "cue: [urgent]",
        "cue: [urgnt]",
        ('18: priority.steps.0.when.cue.0: there is no cue "urgnt"; did you mean "urgent"?'),
    ),
    "a category that is not there": (
        "[billing/double]",
        "[it]",
        (
            '18: priority.steps.0.when.category.0: there is no category "it"; there are '
            "general, billing, billing/double"
        ),
    ),
    "a product that is not there": (
        "cue: [urgent]",
        "product: [shop]",
        ('18: priority.steps.0.when.product.0: there is no product "shop"; there are none'),
    ),
    "a tier misspelt": (
        "cue: [urgent]",
        "tier: [enterprize]",
        (
            "18: priority.steps.0.when.tier.0: must be one of free, standard, premium, "
            'enterprise, not "enterprize"; did you mean "enterprise"?'
        ),
    ),
    "a condition without a list": (
        "cue: [urgent]",
        "cue: urgent",
        '18: priority.steps.0.when.cue: must be a list, not "urgent"',
    ),
    "no condition": (
        "{cue: [urgent], category: [billing/double]}",
        "{}",
        (
            "18: priority.steps.0.when: says nothing: give at least one condition, like "
            "cue: [outage]"
        ),
    ),
    "no effect": (
        "      urgency: {up: 1}\n",
        "",
        "17: priority.steps.0: has no effect: give impact, urgency or priority",
    ),
    "bounds that cross": (
        "{up: 1}",
        "{at_least: high, at_most: low}",
        "19: priority.steps.0.urgency: at_least high is above at_most low",
    ),
    "a step down upwards": (
        "{up: 1}",
        "{up: -1}",
        "19: priority.steps.0.urgency.up: must be greater than or equal to 0, not -1",
    ),
    "an urgency that is none": (
        "urgency: {up: 1}",
        "urgency: {at_least: critical}",
        ('19: priority.steps.0.urgency.at_least: must be one of low, medium, high, not "critical"'),
    ),
    "a matrix with a hole": (
        "{low: low, medium: medium, high: high}",
        "{low: low, high: high}",
        "14: priority.matrix.medium.medium: must be given",
    ),
    "a priority that is none": (
        "high: critical}",
        "high: urgent}",
        ('15: priority.matrix.high.high: must be one of low, medium, high, critical, not "urgent"'),
    ),
    "two steps of one name": (
        "  steps:\n",
        "  steps:\n    - {name: hurry, when: {vip: true}, urgency: {up: 1}}\n",
        '18: priority.steps.1.name: another step is called "hurry" already',
    ),
    "a type that is none": (
        "cues:\n",
        "types:\n  incidents: {en: [broken]}\ncues:\n",
        (
            "10: types.incidents: must be one of incident, service_request, question, "
            'complaint, not "incidents"; did you mean "incident"?'
        ),
    ),
    "a star in front without quotes": (
        "[Rechnung]",
        "[*rechnung]",
        (
            "6: this is not valid YAML: found undefined alias; put quotes around what begins "
            'with a star, like "*word"'
        ),
    ),
    "a tab": (
        "    words:\n",
        "\twords:\n",
        (
            "4: this is not valid YAML: found character that cannot start any token (while "
            "scanning for the next token); indent with blanks, not with tabs; put quotes around "
            "@ and `"
        ),
    ),
    "a bracket that is not closed": (
        "{up: 1}",
        "{up: 1",
        (
            "20: this is not valid YAML: did not find expected ',' or '}' (while parsing a flow "
            "mapping); a bracket is not closed, or a comma is missing"
        ),
    ),
    "words without a language": (
        "  urgent: {en: [urgent]}",
        "  urgent: [urgent]",
        "10: cues.urgent: write words by language, like {en: [refund*], any: [paypal]}",
    ),
    "a word without brackets": (
        "[Rechnung]",
        "Rechnung",
        "6: categories.billing.words.de: write a list or weights: [Rechnung] or {Rechnung: 3}",
    ),
    "a weight without a colon": (
        "invoice*: 3",
        "invoice* 3",
        "5: categories.billing.words.en.invoice* 3: must be a number, but nothing is written",
    ),
    "a stem that would be found everywhere": (
        "invoice*: 3",
        "in*: 3",
        '5: categories.billing.words.en.in*: needs 3 letters beside the star in "in*"',
    ),
    "a signal that is none": (
        "invoice*: 3",
        "<asks>: 3",
        (
            '5: categories.billing.words.en.<asks>: has no such signal "<asks>"; there are '
            "<asking>, <exclaiming>, <shouting>"
        ),
    ),
    "a sentence as a phrase": (
        "[Rechnung]",
        f"[{'x' * 81}]",
        (
            f"6: categories.billing.words.de.{'x' * 81}: is longer than 80 characters; take its "
            "telling words"
        ),
    ),
    "a category that nothing can find": (
        GOOD[GOOD.index("    words:") : GOOD.index("cues:")],
        "    title: Bills\n",
        (
            "3: categories.billing: has no words: give some by language, like words: "
            "{en: {invoice*: 4}}"
        ),
    ),
    "a label of two categories": (
        "  billing:\n",
        "  billing:\n    labels: [Bill, Bill]\n",
        '4: categories.billing.labels.1: "Bill" is a label of billing already; leave it to one',
    ),
    "a learned word that is written by hand too": (
        "  billing:\n",
        "  billing:\n    learned: {Invoice*: 2}\n",
        (
            '4: categories.billing.learned.Invoice*: stands under words too, as "invoice*"; '
            "strike out one of them"
        ),
    ),
    "boilerplate that has no place": (
        "cues:\n",
        "boilerplate: {en: [sent + phone]}\ncues:\n",
        (
            '9: boilerplate.en.sent + phone: is two phrases with a "+"; give one, by which its '
            "line can be told"
        ),
    ),
    "a threshold below nothing": (
        "languages: {among: [en, de]}",
        "languages: {among: [en, de]}\nthresholds: {least_score: -1}",
        "2: thresholds.least_score: must be greater than 0, not -1",
    ),
    "no language": (
        "[en, de]",
        "[]",
        "1: languages.among: must have at least 1, not 0",
    ),
}
