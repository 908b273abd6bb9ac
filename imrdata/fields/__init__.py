"""What a letter says, field by field, each with its span into the cleaned text.

`header` dates and priority, `reviewer` licences and specialties, `patient` age and sex, `requests` what was
asked for and decided, `citations` the guidelines. A reader of one field knows nothing of the others.
"""
