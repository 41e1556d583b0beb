"""The listener: judge a delivery, keep it, answer it. Every door enters at `Listener.handle`."""

import logging
import secrets
from collections.abc import Callable

import msgspec

from mock_cdp.configuration import Configuration, WriteFolder
from mock_cdp.contract.assembly import applications_of
from mock_cdp.contract.contract import Catalog, Contract, Listening
from mock_cdp.contract.entities import Credentials
from mock_cdp.contract.violation import Violation
from mock_cdp.core import addressing, replies
from mock_cdp.core.auth import authenticate
from mock_cdp.core.body import BodySettings, read_events
from mock_cdp.core.delivery import Delivery, Limits
from mock_cdp.core.explanation import explained, explained_refusal
from mock_cdp.core.fault import Fault, Faults, refusal_of
from mock_cdp.core.intake import judge
from mock_cdp.core.keeping import SECRET_IN_BODY, as_violation, hidden, masked, receipt_of
from mock_cdp.core.keyholder import Authenticated, AuthSettings, Keyholder
from mock_cdp.core.receipt import Draft, Receipt
from mock_cdp.core.refusal import ErrorCode, Refusal
from mock_cdp.core.replies import Reply
from mock_cdp.cpi.diagnosed import Diagnosis
from mock_cdp.sessions import Sessions
from mock_cdp.store.base import Settle, Store

log = logging.getLogger("mock_cdp")


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The switches of a listener: what nobody outside SAP can know. Defaults help a tester most."""

    answer_later: bool = False
    all_or_nothing: bool = False
    refuse_duplicates: bool = False
    check_data_centre: bool = False
    auth: AuthSettings = msgspec.field(default_factory=AuthSettings)
    body: BodySettings = msgspec.field(default_factory=BodySettings)


class Judged(msgspec.Struct, frozen=True):
    """A judged delivery: what to keep, how to complete it, and how to answer once it is kept."""

    draft: Draft
    settle: Settle
    answer: Callable[[Receipt], Reply]


class Listener:
    """Keeps the contracts.

    Attributes:
        store: Where receipts go.
        rules: The switches.
        configuration: The contracts in force, and how they are changed.
        sessions: Spaces of their own, with credentials of their own.
        faults: Programmed trouble, by session; see `Faults`.
        trouble: Why the last edit of the contracts was not taken up; empty when all is well.
        folder_revision: Of the files last taken up.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        *,
        rules: Rules | None = None,
        master_key: bytes,
        admin: Credentials | None = None,
        write_folder: WriteFolder | None = None,
    ) -> None:
        """Wire the listener up.

        Args:
            catalog: The contracts of a folder.
            store: Where to keep what arrives, and what is configured.
            rules: The switches.
            master_key: 32 bytes; session secrets and bearer tokens are derived from it.
            admin: Credentials that may configure everything.
            write_folder: See `Configuration`.
        """
        self.store = store
        self.rules = rules or Rules()
        self.faults = Faults()
        self.sessions = Sessions(store, master_key)
        self.trouble: tuple[str, ...] = ()
        self._master_key = master_key
        self._admin = admin
        self.configuration = Configuration(catalog, store, master_key=master_key, write_folder=write_folder)
        self.folder_revision = catalog.revision
        self._put_in_force(self.configuration.current())

    @property
    def limits(self) -> Limits:
        """Return how much a delivery may hold."""
        return self.rules.body.limits

    @property
    def token_key(self) -> bytes:
        """Return the key bearer tokens are signed with."""
        return self._master_key

    def use(self, catalog: Catalog) -> None:
        """Put *catalog*, read from an edited folder, in force for the next delivery."""
        self.configuration.use(catalog)
        self.folder_revision = catalog.revision
        self.trouble = ()

    @property
    def catalog(self) -> Catalog:
        """Return the contracts now in force."""
        self._refresh()
        return self._catalog

    def _refresh(self) -> None:
        """Take up what was configured, here or in another process."""
        catalog = self.configuration.current()
        if catalog is not self._catalog:
            self._put_in_force(catalog)

    def _put_in_force(self, catalog: Catalog) -> None:
        self._listening = catalog.listening
        self._holders = _holders(catalog, self._admin)
        self._catalog = catalog

    def listens(self, path: str) -> bool:
        """Return whether an event listens at *path*."""
        return path in self._listening

    # -- one delivery ------------------------------------------------------------------------------------------------

    def handle(self, delivery: Delivery) -> Reply:
        """Judge, keep and answer one delivery. Never raises: our own failure is answered as 500 in CDP's envelope."""
        try:
            judged = self._judged(delivery)
            if isinstance(judged, Reply):
                return judged
            return judged.answer(self.store.append(judged.draft, judged.settle))
        except Exception as error:  # noqa: BLE001  # whatever it is, the sender gets an answer
            return self._failed_on(delivery, error)

    def submit(self, delivery: Delivery, answer: Callable[[Reply], None]) -> None:
        """Do as `handle`, but return before the delivery is kept; *answer* is called once it is."""
        try:
            judged = self._judged(delivery)
            if isinstance(judged, Reply):
                answer(judged)
                return
            self.store.submit(judged.draft, judged.settle, lambda kept: answer(self._answered(delivery, judged, kept)))
        except Exception as error:  # noqa: BLE001  # whatever it is, the sender gets an answer
            answer(self._failed_on(delivery, error))

    def _answered(self, delivery: Delivery, judged: Judged, kept: Receipt | Exception) -> Reply:
        return self._failed_on(delivery, kept) if isinstance(kept, Exception) else judged.answer(kept)

    def _failed_on(self, delivery: Delivery, error: Exception) -> Reply:
        log.error("the mock failed on a delivery to %s", delivery.path, exc_info=error)
        return self.failed(delivery.received_at)

    def failed(self, now: float) -> Reply:
        """Answer 500 in CDP's envelope; the reason is in the log, not in the answer."""
        refusal = Refusal(
            code="mock-failed",
            error_code=ErrorCode.SERVER_ERROR,
            message="General server error",
            details="the mock itself failed; nothing was kept. See its log.",
        )
        return replies.unkept(new_call_id(), now, refusal)

    def _judged(self, delivery: Delivery) -> Reply | Judged:
        """Judge a delivery: what to keep and how to answer then, or the answer to something that is no delivery."""
        self._refresh()
        listening = self._listening.get(delivery.path)
        if listening is None:
            return self._not_listening(delivery)
        contract = listening.contract
        if delivery.method != "POST":
            return replies.unkept(new_call_id(), delivery.received_at, addressing.wrong_method(delivery), (("Allow", "POST"),))
        if self.rules.check_data_centre and (wrong := addressing.wrong_data_centre(contract, delivery.host)):
            return self._refuse(delivery, wrong, contract)
        who = self.authenticated(delivery, contract.application_path)
        if isinstance(who, Refusal):
            return self._refuse(delivery, who, contract)
        if disabled := addressing.disabled(contract):
            return self._refuse(delivery, disabled, contract, who)
        if self.faults and (fault := self.faults.take(who.holder.session, contract.path)):
            return self._troubled(delivery, listening, who, fault)
        return self._judge(delivery, listening, who)

    def _troubled(self, delivery: Delivery, listening: Listening, who: Authenticated, fault: Fault) -> Reply | Judged:
        """Do as *fault* says: judge and spoil the answer, or answer without judging."""
        if not fault.keeps:
            after = (("Retry-After", fault.retry_after),) if fault.retry_after else ()
            reply = replies.unkept(new_call_id(), delivery.received_at, refusal_of(fault), after)
            return msgspec.structs.replace(reply, delay_s=fault.delay_s, fate=fault.fate)
        judged = self._judge(delivery, listening, who)

        def answer(receipt: Receipt) -> Reply:
            return msgspec.structs.replace(judged.answer(receipt), delay_s=fault.delay_s, fate=fault.fate)

        return msgspec.structs.replace(judged, answer=answer)

    def _judge(self, delivery: Delivery, listening: Listening, who: Authenticated) -> Judged:
        contract, rules = listening.contract, self.rules
        events = read_events(delivery, many=listening.many, settings=rules.body)
        if isinstance(events, Refusal):
            starred = masked(delivery, who.holder.secret, self.limits)
            again = events if starred is delivery else read_events(starred, many=listening.many, settings=rules.body)
            return self._refuse(delivery, again if isinstance(again, Refusal) else events, contract, who)
        judgement = judge(contract, events.values, granted=who.purpose_ids, all_or_nothing=rules.all_or_nothing)
        receipt = receipt_of(delivery, contract, who, self._catalog.revision, self.limits)
        receipt.outcomes = judgement.outcomes
        receipt.violations = judgement.violations
        receipt.warnings = [*who.warnings, *events.warnings]
        if receipt.body is not delivery.body and who.method != "form":
            receipt.warnings = [*hidden(receipt.warnings, who.holder.secret, list[Violation]), SECRET_IN_BODY]
        if judgement.violations:
            receipt.diagnoses = explained(contract, events.values, judgement.violations, events.warnings)
            if receipt.body is not delivery.body:
                receipt.violations = hidden(receipt.violations, who.holder.secret, list[Violation])
                receipt.diagnoses = hidden(receipt.diagnoses, who.holder.secret, list[Diagnosis])
        many, later = listening.many, rules.answer_later
        refuse_duplicates = rules.refuse_duplicates

        def settle(receipt: Receipt) -> None:
            replies.settle(receipt, answer_later=later, many=many, refuse_duplicates=refuse_duplicates)

        draft = Draft(receipt=receipt, keys=judgement.keys)
        return Judged(draft, settle, lambda kept: replies.judged(kept, many=many, later=later))

    def _refuse(
        self,
        delivery: Delivery,
        refusal: Refusal,
        contract: Contract | None = None,
        who: Authenticated | None = None,
    ) -> Judged:
        receipt = receipt_of(delivery, contract, who, self._catalog.revision, self.limits)
        receipt.outcomes = ["discarded" if refusal.code == "event-disabled" else "rejected"]
        receipt.violations = [as_violation(refusal)]
        receipt.diagnoses = explained_refusal(refusal)
        receipt.warnings = list(who.warnings) if who else []

        def settle(receipt: Receipt) -> None:
            receipt.status = refusal.http_status
            receipt.error_code = refusal.error_code

        return Judged(Draft(receipt=receipt), settle, lambda kept: replies.refused(kept, refusal))

    def _not_listening(self, delivery: Delivery) -> Reply | Judged:
        refusal = addressing.unknown_path(delivery.path, self._listening)
        if delivery.method == "POST" and addressing.LISTENER_SHAPE.fullmatch(addressing.without_query(delivery.path)):
            return self._refuse(delivery, refusal)
        return replies.unkept(new_call_id(), delivery.received_at, refusal)

    # -- credentials -------------------------------------------------------------------------------------------------

    def authenticated(self, delivery: Delivery, application: str | None) -> Authenticated | Refusal:
        """Say who sent *delivery*, or why it cannot be told; without an *application* no permission is asked for."""
        return authenticate(
            delivery,
            application,
            find=self.holder,
            settings=self.rules.auth,
            token_key=self._master_key,
            claim_nonce=self.store.claim_nonce,
            now=delivery.received_at,
        )

    def holder(self, user_key: str) -> Keyholder | None:
        """Return who holds *user_key*: an application of the contracts, or a session."""
        self._refresh()
        holder = self._holders.get(user_key)
        return holder if holder is not None else self.sessions.holder(user_key)

    def close_session(self, session_id: str) -> bool:
        """Forget a session with all its receipts; whether there was one."""
        self.faults.drop(session_id)
        return self.sessions.close(session_id)


def new_call_id() -> str:
    """Return the id of a request that is not kept."""
    return secrets.token_hex(16)


def _holders(catalog: Catalog, admin: Credentials | None) -> dict[str, Keyholder]:
    """Return who holds which user key; one key may serve several applications of a folder."""
    found: dict[str, Keyholder] = {}
    for path, credentials in applications_of(catalog.units):
        known = found.get(credentials.user_key)
        found[credentials.user_key] = Keyholder(
            user_key=credentials.user_key,
            secret=credentials.user_secret,
            public_key=credentials.public_key,
            applications=(known.applications if known and known.applications else frozenset()) | {path},
        )
    if admin is not None:
        found[admin.user_key] = Keyholder(user_key=admin.user_key, secret=admin.user_secret, applications=frozenset(), admin=True)
    return found
