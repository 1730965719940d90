//! Stores that break one promise each: the store in memory, with a flaw.

mod accounts;
mod audit;
mod consumers;
mod imports;
mod keys;
mod resource_servers;
mod token_admin;
mod tokens;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use auth_core::{
    Account, ChangeNotices, ChangeWatch, ImportedDigest, NewToken, Realm, RefreshSession, Selector, Subject, Timestamp,
    TokenDigest, TokenId, TokenRecord,
};
use consumer_auth::PreviousSecret;
use keystore::StoredKey;
use store_memory::MemoryStore;
use testkit::law::Supported;
use testkit::{Ports, StoreHarness};

use super::lock;

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Nothing: with this one every law is kept, so that it is the flaw alone that breaks one.
    None,
    LosesKeys,
    NoEndIsTheEndOfTime,
    LosesLabels,
    RecordsOutdated,
    IgnoresParents,
    RefusedLeavesARow,
    NamesAgain,
    UnknownFindsAnother,
    FindsRevoked,
    FindsOrphans,
    OlderGenerationLives,
    NewerGenerationDies,
    HasAClock,
    FindsAnySession,
    FindsEndedSessions,
    LosesLineage,
    PredecessorMoves,
    MovesEndedSessions,
    SessionsNeverEnd,
    FirstTokensAreNeverIdle,
    RotatesTwice,
    TellsWrongTimes,
    RotationAddsARow,
    SharesNothing,
    SecondCallerMakesAnother,
    SharesAcrossFlavours,
    SharesOwnRecords,
    SharesEndedRecords,
    SharesExpiredRecords,
    ReplacedGoOn,
    ReplacesInSilence,
    SharesWithOutdated,
    SharedRightsStay,
    EverybodyEnded,
    EndsAllOfTheOwner,
    EndsTheSessionToo,
    EndsInSilence,
    EndIsTooSoonForgotten,
    EndlessIsForgotten,
    FeedBackwards,
    FeedUnbounded,
    FeedLosesSome,
    FeedForgetsItsNumbers,
    FeedForgetsItsTokens,
    FeedChangesItsIdentity,
    NoticesNothing,
    NoticesTooSoon,
    NoticesWithoutEnd,
    RoleEditsInSilence,
    RoleChangesInSilence,
    UsesGoBack,
    StopsAtUnknownUses,
    PurgesAtTheMoment,
    PurgesAllAtOnce,
    PurgesEndless,
    PurgesTheCurrentGeneration,
    PurgeRevives,
    PurgesTheFeed,
    ListsOldestFirst,
    ListsUnbounded,
    ListsTheDead,
    ListsNoLabels,
    EndsNoSessions,
    EverythingGoesOn,
    EverythingEndsInTheNext,
    PurgesNothing,
    SortsPermissions,
    ListsRolesOfAllRealms,
    RolesOfAllRealms,
    DamagedRolesGive,
    IssuedRightsStay,
    RoleStays,
    NewRolesReplace,
    DemotesTheLast,
    DemotesAfterALook,
    DemotesNobody,
    AttributesAreAdded,
    AllRightsOfTheRole,
    FoldsLogins,
    UnknownFindsFirstAccount,
    NumbersAsItLikes,
    AliasesUnchecked,
    NamesAreGlobal,
    NamesAreTakenTwice,
    PagesRepeatTheirLast,
    BeginningsAreAnywhere,
    BarsInSilence,
    BarsNobody,
    BarsAnybody,
    FindsByLoginOnly,
    TrimsHashes,
    PasswordsEndNothing,
    PasswordsEndAlways,
    ChangesBlindly,
    ChangesAfterALook,
    AnybodyHasAPassword,
    UpgradesBlindly,
    UpgradesEndSessions,
    PrintsHashes,
    ImportsTwice,
    TriesForReal,
    ImportsInSilence,
    ImportsIgnoreNames,
    ImportsTakeTokensOver,
    FindsAnyScheme,
    ImportsGiveAll,
    ImportsRevive,
    /// A token that was revoked here is one that is there already.
    ImportsHideRevocations,
    /// A hash keeps the pepper that it was imported with.
    ImportsKeepPeppers,
    ImportsResetPasswords,
    RecordsSignedEachTime,
    RecordsSignedOfAnybody,
    KeysInAnyCase,
    TakesConsumersOver,
    ConsumersStayBarred,
    ConsumersAreNeverBarred,
    RotationEndsTheTokenBefore,
    NewOrganisationsReplace,
    NewConsumersReplace,
    ConsumersHaveThreeTokens,
    AnyTokenOfAConsumerRotates,
    PutKeepsTheTokenBefore,
    OrganisationsUnbounded,
    ConsumersFromTheStart,
    EveryAudienceIsAll,
    PutResourceServersStayDisabled,
    ResourceServersAreNeverDisabled,
    AnAudienceEnables,
    RotationEndsTheSecretBefore,
    ResourceServersHaveThreeSecrets,
    AnySecretOfAResourceServerRotates,
    AnyConsumerGetsClients,
    FindingCreatesClients,
    ForgetsWhoVouched,
    ClientsUnbounded,
    RecordsWhoVouchedLater,
    LosesClientNames,
    OverwritesClients,
    ClientsAreMadeTwice,
    OneOrganisation,
    ClientsAreOperators,
    BarredClientsAreHidden,
    CutsSealedKeys,
    ListsLaterKeysFirst,
    FirstKeysBesideRetired,
    FirstKeysAfterALook,
    RotationEndsEveryPurpose,
    RotationPostpones,
    RotationEndsBeforeItAdds,
    RotatesAfterALook,
    RotatesInTwoSteps,
    RotatesBesideTheNext,
    RefusesRotationsAfterALook,
    EmergencyRemoves,
    RetiresNothing,
    RetirementPostpones,
    UnknownKeysRetire,
    LastKeysRetire,
    LastKeysNeverRetire,
    RetiresAfterALook,
    ShortensNothing,
    NeverIdles,
    ImportsKeepEnds,
    MadeTokensAreUnlinked,
    MakesFromAnyToken,
    ReplacementsAreUnlinked,
    ReplacedTokensGoOn,
    ReplacementsEndWithTheOverlap,
    UsesPassTheEnd,
    ShorteningPostpones,
    ErasesWhatRetires,
    ErasureRemoves,
    EmergencySparesNextKeys,
    EmergencyIsOfItsTime,
    EmergencySparesOtherAlgorithms,
    EmergencyAddsAnyway,
    EmergencyTakesNames,
    EverythingIsWhatIsReplaced,
    RotationForgetsEmergencies,
    IssuesWithoutEntry,
    RevokesWithoutReason,
    PasswordsWithoutEntry,
    RotatesConsumersTwiceInTheLog,
    KeysWithoutEntry,
    RefusedRotationsAreEntries,
    EntriesOfNobody,
    EntriesHaveHashes,
    FindsEntriesOfAnyEvent,
    SettlesAPageTwice,
    SealsOverSeals,
    ForgetsEntriesOnly,
    RestartsWithoutEntry,
    ForgetsTheFloor,
    ResourceServersWithoutEntry,
}

/// A store in memory with one flaw.
pub(crate) struct BrokenStore {
    inner: MemoryStore,
    flaw: Flaw,
    seen: Mutex<Seen>,
    /// Of the keys, which are not in the store within, and of whatever is noticed wrongly.
    notices: ChangeNotices,
}

/// What a flaw needs to remember.
#[derive(Default)]
struct Seen {
    issued: HashMap<TokenId, (NewToken, TokenRecord)>,
    order: Vec<TokenId>,
    shared: Vec<TokenRecord>,
    shared_calls: HashMap<Subject, usize>,
    revoked: HashSet<TokenId>,
    sessions: HashMap<Selector, RefreshSession>,
    moved_from: Vec<TokenDigest>,
    uses: HashMap<TokenId, Timestamp>,
    purged: bool,
    times_told: i64,
    accounts: Vec<Account>,
    password: String,
    put: HashMap<(Realm, String), auth_core::Scopes>,
    clients: HashMap<String, usize>,
    /// A token before that a flaw keeps.
    previous: Option<PreviousSecret>,
    /// Clients that a flaw records when it is called the next time.
    unrecorded: Vec<Subject>,
    /// All signing keys: this store keeps them itself, since their flaws are in how it changes them.
    keys: Vec<StoredKey>,
    /// The keys at the first look, for flaws that look and write apart.
    looked: Option<Vec<StoredKey>>,
    /// The ends that a rotation has not written yet: those of these keys.
    late: Option<(Vec<StoredKey>, Timestamp)>,
    /// The first password hash that was set, for a flaw that does not look again.
    first_password: Option<String>,
    /// The digests of tokens that were imported.
    imported: Vec<ImportedDigest>,
    /// Records that a flaw has made again for an imported text.
    revived: Vec<(ImportedDigest, TokenId)>,
    /// The latest time that a caller has named.
    latest: Option<Timestamp>,
}

impl BrokenStore {
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        lock(&self.seen)
    }
}

impl fmt::Debug for BrokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = if self.has(Flaw::PrintsHashes) {
            self.seen().password.clone()
        } else {
            String::new()
        };
        write!(f, "{:?} {password}", self.flaw)
    }
}

/// The harness of a store with one flaw.
#[derive(Debug)]
pub(crate) struct BrokenHarness(Arc<BrokenStore>);

impl BrokenHarness {
    pub(crate) fn new(flaw: Flaw) -> Self {
        Self(Arc::new(BrokenStore {
            inner: MemoryStore::new(),
            flaw,
            seen: Mutex::default(),
            notices: ChangeNotices::new(),
        }))
    }
}

impl BrokenStore {
    /// How the store within notices something, or how it is noticed wrongly.
    fn flawed_watch(&self, rightly: ChangeWatch) -> ChangeWatch {
        self.notices.set_live(true);
        let notices = self.notices.clone();
        match self.flaw {
            Flaw::NoticesNothing | Flaw::NoticesTooSoon => notices.watch(),
            Flaw::NoticesWithoutEnd => {
                let watch = notices.watch();
                tokio::spawn(async move {
                    loop {
                        notices.notify();
                        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                    }
                });
                watch
            }
            _ => rightly,
        }
    }
}

#[async_trait]
impl StoreHarness for BrokenHarness {
    fn ports(&self) -> Ports {
        Ports::of(self.0.clone())
    }

    async fn token_rows(&self) -> Supported<u64> {
        Ok(self.0.inner.token_rows())
    }

    async fn last_used(&self, id: TokenId) -> Supported<Option<Timestamp>> {
        match self.0.has(Flaw::UsesGoBack) {
            true => Ok(self.0.seen().uses.get(&id).copied()),
            false => Ok(self.0.inner.last_used(id)),
        }
    }

    async fn label_of(&self, id: TokenId) -> Supported<Option<String>> {
        Ok(self.0.inner.label_of(id))
    }

    async fn damage_role(&self, realm: &Realm, role: &str, raw: &str) -> Supported<()> {
        self.0.inner.damage_role(realm, role, raw);
        Ok(())
    }
}
