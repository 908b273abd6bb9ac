"""What needs a person's eye: doubtful fields, drawn samples, marks, measured accuracy.

``queue`` lists the fields in doubt, ``sample`` draws fields at random. ``open`` shows either in JupyterLab beside the
letters, ``form`` writes it as a CSV to fill in. ``read_marks`` and ``merge`` read what people marked, and ``accuracy``
says how right the tables are.
"""

from imrdata.review.doubts import queue as queue
from imrdata.review.drawing import sample as sample
from imrdata.review.marks import form as form
from imrdata.review.marks import merge as merge
from imrdata.review.marks import read_marks as read_marks
from imrdata.review.measured import accuracy as accuracy

__all__ = ["accuracy", "form", "merge", "queue", "read_marks", "sample"]
