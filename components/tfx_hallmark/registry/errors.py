"""Everything that can go wrong for a user of the registry: one class per situation.

Each message is one line that says what is wrong, where, and what to do about it.
"""


class HallmarkError(Exception):
    """Base of every error that hallmark raises on purpose."""


class InvalidNameError(HallmarkError):
    """A model name, label or version reference that cannot be used."""


class InvalidTimeError(HallmarkError):
    """A time that cannot be read, or that cannot be asked about."""


class NotFoundError(HallmarkError):
    """A model, version, release or object that the registry does not have."""


class InvalidModelError(HallmarkError):
    """A directory that is not a complete SavedModel which TF Serving can load."""


class DigestMismatchError(HallmarkError):
    """Bytes that are not the ones that were tagged, evaluated or recorded."""


class CorruptLogError(HallmarkError):
    """An event file that is missing, truncated or edited."""


class NewerSchemaError(HallmarkError):
    """A record written by a newer hallmark than this one."""


class ForeignEntryError(HallmarkError):
    """Something in a TF Serving base path that hallmark did not put there."""


class StorageError(HallmarkError):
    """A registry root or an artifact that cannot be read or written: full, read-only, out of reach, not permitted."""


class VersionExistsError(HallmarkError):
    """A semantic version that already names other content."""


class RollbackRefusedError(HallmarkError):
    """A version that `stable` may not go back to, or none that it could go back to."""


class PromotionRefusedError(HallmarkError):
    """A version that may not have a label."""


class WithdrawalRefusedError(HallmarkError):
    """A label that may not be taken off."""


class HoldRefusedError(HallmarkError):
    """A version whose files cannot be kept any more."""


class NothingToLiftError(HallmarkError):
    """A quarantine or a hold that is to be lifted, and is not there."""


class ChangedMeanwhileError(HallmarkError):
    """A label or version that another process changed while an operation on it was under way."""


class EvidenceError(HallmarkError):
    """An evaluation or blessing that is missing, unreadable or of another model."""


class DataError(HallmarkError):
    """Training or evaluation data that is missing or cannot be read."""


class PredictionError(HallmarkError):
    """A model that cannot be asked: it cannot be loaded or gives no answer, or TensorFlow is not here."""


class ReproductionError(HallmarkError):
    """A version that cannot be trained again: something it was made from is missing, or the training fails."""


class ConfigError(HallmarkError):
    """Settings that can never work, found before anything runs."""


class GateRulesError(ConfigError):
    """Rules of a gate that cannot be read, or that nobody can have meant."""


class NotComparableError(HallmarkError):
    """Versions that cannot be set side by side: fewer than two, or of several models."""


class SigningKeyError(HallmarkError):
    """A key file that cannot sign, or cannot check signatures."""


class SignatureError(HallmarkError):
    """A version without a good signature where signatures are required."""


class AdoptionRefusedError(HallmarkError):
    """A directory of releases that cannot be taken over as it stands."""


class ArchiveError(HallmarkError):
    """An archive that is none, is damaged, or was made by somebody who means harm."""


class ImportRefusedError(HallmarkError):
    """An archive that contradicts what the registry holds, or that would serve unasked."""


class LocalRootError(HallmarkError):
    """Something that needs a registry root on a file system, asked of one in an object store."""


class InvalidAddressError(HallmarkError):
    """A text that is no address of a model server."""


class ModelServerError(HallmarkError):
    """Model servers that cannot be asked, or that do not come to serve what they should."""


class GitError(HallmarkError):
    """A git repository that cannot be read, or that a tag cannot be written into as asked."""


class SearchError(HallmarkError):
    """A search that cannot be read, or that asks for what there is not."""


class MirrorError(HallmarkError):
    """A mirror that cannot be named, reached or written to."""


class DeliveryError(HallmarkError):
    """An event that did not arrive at a webhook or at people, or was not taken there.

    Args:
        message: What happened, in one line without anything secret.
        lasting: Whether another attempt can only fail too until somebody changes something, here or there.
        status: The HTTP status that was answered with, if one was: 410 says that the address is no more.
        retry_after: Seconds for which the receiver asked to be left alone; None if it did not.
    """

    def __init__(
        self,
        message: str,
        *,
        lasting: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.lasting = lasting
        self.status = status
        self.retry_after = retry_after
