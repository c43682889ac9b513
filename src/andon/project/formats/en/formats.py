"""Dates in English as most of the world reads them: the day first, 24 hours, no full stop inside a sentence.

A time of day names its zone: the answering page shows the browser's, and the two may differ.
"""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y, H:i T"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
