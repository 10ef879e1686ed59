"""The community's models, gathered from the subjects they belong to."""

from champions.announcements.models import Announcement, NoAnnouncements, Recipient
from champions.case_studies.models import (
    CaseStudy,
    ConsentItem,
    Highlight,
    PersonShown,
    Picture,
    PictureSize,
    Publication,
    PublishedTheme,
    Revision,
    Section,
)
from champions.charter.models import CharterSection, CharterVersion, Signature
from champions.commitments.models import (
    Commitment,
    CommittedMeasure,
    CommittedYear,
    Target,
)
from champions.directory.models import (
    AbuseReport,
    Enquiry,
    EnquiryMessage,
    ListedHelp,
    Listing,
    WritingBan,
)
from champions.events.models import Booking, Event
from champions.questions.models import Answer, Notices, PostReport, Question, SearchTerm
from champions.resources.models import Resource, ResourceVersion
from champions.training.models import Course, TrainingGiven

__all__ = [
    "AbuseReport",
    "Announcement",
    "Answer",
    "Booking",
    "CaseStudy",
    "CharterSection",
    "CharterVersion",
    "Commitment",
    "CommittedMeasure",
    "CommittedYear",
    "ConsentItem",
    "Course",
    "Enquiry",
    "EnquiryMessage",
    "Event",
    "Highlight",
    "ListedHelp",
    "Listing",
    "NoAnnouncements",
    "Notices",
    "PersonShown",
    "Picture",
    "PictureSize",
    "PostReport",
    "Publication",
    "PublishedTheme",
    "Question",
    "Recipient",
    "Resource",
    "ResourceVersion",
    "Revision",
    "SearchTerm",
    "Section",
    "Signature",
    "Target",
    "TrainingGiven",
    "WritingBan",
]
