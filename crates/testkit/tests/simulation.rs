//! The simulation of whole nodes: the real parts break no rule, broken ones do, and a seed always gives the same history.

#[path = "broken/implementations.rs"]
#[allow(dead_code, reason = "some of the broken implementations are for the laws alone")]
mod broken;
#[path = "support/flavours.rs"]
mod flavours;

use std::sync::Arc;

use auth_core::Issuer;
use broken::issuer::{self, Base};
use broken::service::{self, BrokenSessions};
use broken::store::{self, BrokenHarness};
use flavours::signing::Follows;
use flavours::{following, own, real, refreshed};
use testkit::simulation::{Rule, Setup, simulate};
use testkit::{MemoryHarness, Parts, StoreHarness};

/// Of the short run. `just simulate` does more.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=6;
const OPERATIONS: usize = 1000;

/// How many seeds are tried at most until something broken is found.
const SEARCHED: u64 = 100;

/// With this, that seed alone is replayed, and everything about it is printed.
const REPLAY: &str = "TESSERA_SIMULATE";

/// With this, every broken implementation is simulated, and not only the first of each kind: a minute or two, `just
/// simulate-all`.
const ALL: &str = "TESSERA_SIMULATE_ALL";

#[test]
fn the_real_parts_break_no_rule() {
    let replayed = std::env::var(REPLAY).ok().map(|seed| seed.parse().expect("a seed"));
    let seeds = replayed.map_or(SEEDS, |seed: u64| seed..=seed);
    for seed in seeds {
        let report = simulate(&real(MemoryHarness::new().ports(), OPERATIONS), seed);
        assert!(report.violation.is_none(), "{report}\nreplay it: {REPLAY}={seed}");
        if replayed.is_some() {
            println!("{report}");
        }
    }
}

#[test]
fn a_seed_gives_one_history() {
    let history = |seed| simulate(&real(MemoryHarness::new().ports(), 500), seed).digest;
    assert_eq!(history(1), history(1));
    assert_eq!(history(2), history(2));
    assert_ne!(history(1), history(2));
}

/// Stores that break something, as the laws know them. The others are known by the laws alone. Most of them break what the
/// simulation does not use (labels, lists, consumers, attributes, names). Of those that break what it does use, nothing is found of:
///
/// * `RecordsOutdated`: the sign-in that it records was under way while the owner's sessions ended, and may have come after;
/// * `FindsEndedSessions`: what it finds is the state at the sign-in, which the sound `rotate` then refuses to move;
/// * `MovesEndedSessions`: a refresh gets so far only if the session ends meanwhile, and then it may have come before;
/// * `SharedRightsStay`: a check reads the record again, and by its number, where its rights are sound;
/// * `ChangesAfterALook`, `RotatesAfterALook` and the like: here one operation of the store is one step;
/// * `EmergencySparesNextKeys`: what a spared key signs later was signed by an honest node.
const STORES: &[store::Flaw] = {
    use store::Flaw::*;
    &[
        LosesKeys,
        NewerGenerationDies,
        NamesAgain,
        UnknownFindsAnother,
        FindsRevoked,
        FindsOrphans,
        IgnoresParents,
        OlderGenerationLives,
        FindsAnySession,
        PredecessorMoves,
        SessionsNeverEnd,
        FirstTokensAreNeverIdle,
        RotatesTwice,
        RotationAddsARow,
        SharesNothing,
        SecondCallerMakesAnother,
        SharesAcrossFlavours,
        SharesOwnRecords,
        SharesEndedRecords,
        ReplacedGoOn,
        ReplacesInSilence,
        EndsAllOfTheOwner,
        EndsInSilence,
        FeedLosesSome,
        RoleEditsInSilence,
        PurgesEndless,
        PurgesTheCurrentGeneration,
        PurgesTheFeed,
        ListsTheDead,
        EndsNoSessions,
        EverythingGoesOn,
        IssuedRightsStay,
        RoleStays,
        AllRightsOfTheRole,
        BarsInSilence,
        BarsNobody,
        RoleChangesInSilence,
        FindsByLoginOnly,
        PasswordsEndNothing,
        PasswordsEndAlways,
        ChangesBlindly,
        UpgradesBlindly,
        UpgradesEndSessions,
        RotationEndsEveryPurpose,
        RotationPostpones,
        EmergencyIsOfItsTime,
    ]
};

#[test]
fn broken_stores_are_found() {
    all_are_found(store::Flaw::None, STORES, of_store);
}

fn of_store(flaw: store::Flaw) -> Setup {
    real(BrokenHarness::new(flaw).ports(), OPERATIONS)
}

const SERVICES: &[service::Flaw] = {
    use service::Flaw::*;
    &[
        KeepsToken,
        RetryRotates,
        RetrySignsIn,
        ForgivesReuse,
        ForgivesTheEnd,
        AnswersFromMemory,
        HalfIsEnough,
        SignsNobodyOut,
        EverybodySignsOut,
        ForgetsSignOuts,
        SignsOutAnyway,
        TroubleIsRefusal,
        TroubleBurns,
        GuessEnds,
    ]
};

#[test]
fn broken_services_are_found() {
    all_are_found(service::Flaw::None, SERVICES, of_service);
}

fn of_service(flaw: service::Flaw) -> Setup {
    Setup {
        wrap: Box::new(move |sessions, clock| BrokenSessions::around(sessions, flaw, clock)),
        ..real(MemoryHarness::new().ports(), OPERATIONS)
    }
}

/// Nothing is found of those that accept texts or keys that nobody presents here (`Trims`, `LenientKey` and the like), that print
/// or store what they should not, that err once in a way that looks like a fault (`RevokesOnce`), and of `EntitlesOutdated`
/// (see `RecordsOutdated`).
const ISSUERS: &[issuer::Flaw] = {
    use issuer::Flaw::*;
    &[
        OnlyTheLatest,
        SaysAnotherRealm,
        IssuesOneToken,
        HasLeeway,
        HasNoLeeway,
        NeverEnds,
        GoodOnce,
        OneFlavour,
        AnyKey,
        RevokesNothing,
        RevokesAllOfTheOwner,
        ChildrenLiveOn,
        ReenablesTokens,
        NewerGenerationDies,
        RemembersYes,
        RemembersYesInMemory,
        RightsStay,
        BelievesTheToken,
        TroubleIsNo,
        TroubleIsYes,
        IssuesWithoutRecord,
        SwallowsTrouble,
        Guesses,
        GivesMoreAtRefresh,
    ]
};

#[test]
fn broken_issuers_are_found() {
    all_are_found(issuer::Flaw::None, ISSUERS, of_issuer);
}

fn of_issuer(flaw: issuer::Flaw) -> Setup {
    let build = move |base| move |parts: &Parts| -> Arc<dyn Issuer> { issuer::build(parts, base, flaw) };
    Setup {
        flavours: vec![
            refreshed("mechanics", build(Base::Tracked), false),
            own("login", build(Base::KeyBound)),
            own("device", build(Base::Opaque)),
        ],
        ..real(MemoryHarness::new().ports(), OPERATIONS)
    }
}

const FOLLOWS: &[Follows] = &[
    Follows::KeepsTheOld,
    Follows::Never,
    Follows::OnlyTheOneThatSigns,
    Follows::WithoutTheNext,
];

#[test]
fn issuers_that_follow_their_keys_badly_are_found() {
    all_are_found(Follows::Soundly, FOLLOWS, of_follower);
}

fn of_follower(follows: Follows) -> Setup {
    following(follows, MemoryHarness::new().ports(), OPERATIONS)
}

/// Something that is broken.
#[derive(Clone, Copy, Debug)]
enum Broken {
    Store(store::Flaw),
    Service(service::Flaw),
    Issuer(issuer::Flaw),
    Keys(Follows),
}

impl Broken {
    fn setup(self) -> Setup {
        match self {
            Self::Store(flaw) => of_store(flaw),
            Self::Service(flaw) => of_service(flaw),
            Self::Issuer(flaw) => of_issuer(flaw),
            Self::Keys(follows) => of_follower(follows),
        }
    }

    fn name(self) -> String {
        match self {
            Self::Store(flaw) => format!("`{flaw:?}`"),
            Self::Service(flaw) => format!("`{flaw:?}`"),
            Self::Issuer(flaw) => format!("`{flaw:?}`"),
            Self::Keys(follows) => format!("`{follows:?}`"),
        }
    }
}

/// For each rule something that breaks it.
const BREAKS: [(Rule, Broken); 21] = [
    (Rule::RevocationsAreKept, Broken::Store(store::Flaw::FindsRevoked)),
    (
        Rule::LiveSessionsAreKept,
        Broken::Store(store::Flaw::NewerGenerationDies),
    ),
    (Rule::OneSuccessor, Broken::Store(store::Flaw::RotatesTwice)),
    (
        Rule::RefreshTokensWorkOnce,
        Broken::Service(service::Flaw::AnswersFromMemory),
    ),
    (Rule::GuessesRenewNothing, Broken::Service(service::Flaw::HalfIsEnough)),
    (Rule::NoHalfSession, Broken::Store(store::Flaw::RotationAddsARow)),
    (Rule::NoTokenOfADisabledAccount, Broken::Store(store::Flaw::BarsNobody)),
    (Rule::NoSignInOfADisabledAccount, Broken::Store(store::Flaw::BarsNobody)),
    (
        Rule::EnabledAccountsSignIn,
        Broken::Store(store::Flaw::UpgradesEndSessions),
    ),
    (Rule::OldPasswordsAreRefused, Broken::Store(store::Flaw::ChangesBlindly)),
    (
        Rule::ThePasswordIsAccepted,
        Broken::Store(store::Flaw::FindsByLoginOnly),
    ),
    (
        Rule::NoRightThatItsOwnerLacks,
        Broken::Store(store::Flaw::IssuedRightsStay),
    ),
    (Rule::TokensExpire, Broken::Issuer(issuer::Flaw::NeverEnds)),
    (Rule::SessionsEnd, Broken::Store(store::Flaw::SessionsNeverEnd)),
    (
        Rule::IdleSessionsEnd,
        Broken::Store(store::Flaw::FirstTokensAreNeverIdle),
    ),
    (Rule::SessionsHaveOneOwner, Broken::Store(store::Flaw::NamesAgain)),
    (
        Rule::TokensAreTheirOwners,
        Broken::Issuer(issuer::Flaw::SaysAnotherRealm),
    ),
    (Rule::OneSignOutEnds, Broken::Service(service::Flaw::EverybodySignsOut)),
    (Rule::NoAnswerWithoutTheFeed, Broken::Issuer(issuer::Flaw::Guesses)),
    (Rule::NoTokenOfAReplacedKey, Broken::Keys(Follows::KeepsTheOld)),
    (
        Rule::QuietServersAnswer,
        Broken::Store(store::Flaw::RotationEndsEveryPurpose),
    ),
];

/// A rule that nothing breaks would find nothing.
#[test]
fn every_rule_is_broken_by_something() {
    let mut missed = Vec::new();
    for (rule, broken) in BREAKS {
        let mut found = (1..=SEARCHED).filter_map(|seed| simulate(&broken.setup(), seed).violation);
        match found.find(|violation| violation.rule == rule) {
            Some(violation) => println!("{rule}: {}: {}", broken.name(), violation.how),
            None => missed.push((rule, broken)),
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}

/// Every rule has its row in the table of the docs, with what breaks it.
#[test]
fn every_rule_is_documented() {
    let page = include_str!("../../../docs/RELIABILITY.md");
    for (rule, (broken_rule, broken)) in Rule::ALL.iter().zip(BREAKS) {
        assert_eq!(*rule, broken_rule, "in the order of the rules");
        let row = page.lines().find(|line| line.starts_with(&format!("| {rule} |")));
        let row = row.unwrap_or_else(|| panic!("no row for {rule}"));
        assert!(row.contains(&broken.name()), "{rule}: {} is missing", broken.name());
    }
}

/// Without a flaw no rule is broken. With each of these one is, within a few seeds.
fn all_are_found<F: std::fmt::Debug + Copy>(none: F, flaws: &[F], setup: impl Fn(F) -> Setup) {
    let broken_by = |flaw: &F, seeds: u64| {
        let mut reports = (1..=seeds).map(|seed| simulate(&setup(*flaw), seed));
        reports.find(|report| report.violation.is_some())
    };
    let flaws = match std::env::var_os(ALL) {
        Some(_) => flaws,
        None => &flaws[..1],
    };
    let sound = broken_by(&none, 3);
    let mut missed = Vec::new();
    for flaw in flaws {
        let found = broken_by(flaw, SEARCHED).and_then(|report| Some((report.seed, report.violation?)));
        match found {
            Some((seed, violation)) => println!("{flaw:?}: {} (seed {seed}): {}", violation.rule, violation.how),
            None => missed.push(flaw),
        }
    }
    if let Some(report) = sound {
        panic!("without a flaw: {report}");
    }
    assert!(missed.is_empty(), "nothing was found of {missed:?}");
}
