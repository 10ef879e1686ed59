"""Django's checks of a new password, saying what to do instead of what is wrong."""

from django.contrib.auth import password_validation


class LongEnough(password_validation.MinimumLengthValidator):
    """Refuses a short password."""

    def get_error_message(self) -> str:
        return f"Choose a password of at least {self.min_length} characters"


class NotLikeThePerson(password_validation.UserAttributeSimilarityValidator):
    """Refuses a password that is nearly the person's name or address."""

    def get_error_message(self) -> str:
        return "Choose a password that is less like your name or your e-mail address"


class NotCommon(password_validation.CommonPasswordValidator):
    """Refuses the passwords that are tried first."""

    def get_error_message(self) -> str:
        return "Choose a password that is harder to guess: this one is used by many people"


class NotOnlyDigits(password_validation.NumericPasswordValidator):
    """Refuses a password without letters."""

    def get_error_message(self) -> str:
        return "Choose a password that has letters as well as digits"
