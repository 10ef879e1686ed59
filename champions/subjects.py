"""The subjects of the network, in the order in which every page shows them."""

from champions.announcements.subject import SUBJECT as ANNOUNCEMENTS
from champions.case_studies.subject import SUBJECT as CASE_STUDIES
from champions.charter.subject import SUBJECT as CHARTER
from champions.commitments.subject import SUBJECT as COMMITMENTS
from champions.directory.subject import SUBJECT as DIRECTORY
from champions.events.subject import SUBJECT as EVENTS
from champions.practice.subject import SUBJECT as PRACTICE
from champions.questions.subject import SUBJECT as QUESTIONS
from champions.resources.subject import SUBJECT as RESOURCES
from champions.subject import Subject
from champions.training.subject import SUBJECT as TRAINING

SUBJECTS: tuple[Subject, ...] = (
    CHARTER,
    CASE_STUDIES,
    COMMITMENTS,
    DIRECTORY,
    PRACTICE,
    QUESTIONS,
    EVENTS,
    TRAINING,
    RESOURCES,
    ANNOUNCEMENTS,
)
