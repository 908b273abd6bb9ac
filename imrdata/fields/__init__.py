"""What a letter says, field by field, each with its span into the cleaned text.

`header` dates and priority, `reviewer` licences and specialties, `patient` age and sex, `requests` the parts of a
request, `treatments`, `drugs` and `amounts` what is asked for, `citations` and `page_citations` the guidelines
(`guidelines` knows their names), `contradictions` where a letter contradicts itself. `lexicon` matches vocabularies,
`found` is a value with its span.
"""
