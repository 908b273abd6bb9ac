"""Read the fields of a letter, each with its span in the cleaned text.

`header` reads dates and priority, `reviewer` licenses and specialties, `patient` age and sex, `requests` the parts of a
request, `treatments`, `drugs` and `amounts` what is requested, and `guideline_lines` and `rationale_pages` the cited
guidelines (`guideline_names` has their names). `contradictions` finds contradictions in a letter, and `lexicon` matches
vocabularies.
"""
