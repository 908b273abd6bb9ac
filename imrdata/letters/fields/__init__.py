"""What a letter says, field by field, each with its span into the cleaned text.

`header` dates and priority, `reviewer` licences and specialties, `patient` age and sex, `requests` the parts of a
request, `treatments`, `drugs` and `amounts` what is asked for, `guideline_lines` and
`rationale_pages` the guidelines that are cited (`guideline_names` has their names), `contradictions` where a letter
contradicts itself. `lexicon` matches vocabularies.
"""
