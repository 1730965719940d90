//! Every result equals that of the `bcrypt` crate, for every password, batch and width.

#![allow(clippy::unwrap_used, reason = "a test may panic on a surprise")]

use bcrypt_batch::{Cost, Job, Password, StoredHash, Workspace};
use proptest::collection::vec;
use proptest::prelude::*;

fn cost(exponent: u32) -> Cost {
    Cost::new(exponent).unwrap()
}

/// The hash that the `bcrypt` crate makes.
fn oracle(password: &[u8], salt: [u8; 16], cost: Cost) -> String {
    bcrypt::hash_with_salt(password, cost.exponent(), salt)
        .unwrap()
        .format_for_version(bcrypt::Version::TwoB)
}

fn password(bytes: &[u8]) -> Password<'_> {
    Password::dangerous_raw(bytes).unwrap()
}

/// A salt that differs from job to job.
fn salt(seed: usize) -> [u8; 16] {
    core::array::from_fn(|i| (seed * 31 + i * 97) as u8)
}

/// Hashes `passwords` in one run, each with its own salt, and compares them all.
fn assert_all_equal(workspace: &mut Workspace, passwords: &[Vec<u8>], cost: Cost) {
    let mut jobs: Vec<_> = passwords
        .iter()
        .enumerate()
        .map(|(i, bytes)| Job::hash(password(bytes), salt(i), cost))
        .collect();
    workspace.run(&mut jobs);
    for (i, (job, bytes)) in jobs.iter().zip(passwords).enumerate() {
        let hashed = job.hashed().map(StoredHash::to_text);
        assert_eq!(hashed, Some(oracle(bytes, salt(i), cost)), "password {bytes:?}");
    }
}

#[test]
fn every_length_from_0_to_72() {
    let passwords: Vec<_> = (0..=72)
        .map(|length| (1..=255).cycle().skip(length).take(length).collect())
        .collect();
    assert_all_equal(&mut Workspace::new(), &passwords, Cost::LOWEST);
}

#[test]
fn every_byte_value() {
    let alone: Vec<_> = (0..=255).map(|byte| vec![byte]).collect();
    assert_all_equal(&mut Workspace::new(), &alone, Cost::LOWEST);
    let filling: Vec<_> = (0..=255).step_by(5).map(|byte| vec![byte; 72]).collect();
    assert_all_equal(&mut Workspace::new(), &filling, Cost::LOWEST);
}

#[test]
fn every_width_at_costs_4_to_8() {
    for exponent in 4..=8 {
        for width in 1..=Workspace::MAX_WIDTH {
            let passwords: Vec<_> = (0..width)
                .map(|i| format!("{exponent} {width} {i}").into_bytes())
                .collect();
            assert_all_equal(&mut Workspace::with_width(width), &passwords, cost(exponent));
        }
    }
}

#[test]
fn every_number_of_jobs_at_several_widths() {
    for width in [1, 3, Workspace::BEST_WIDTH, Workspace::MAX_WIDTH] {
        let mut workspace = Workspace::with_width(width);
        for jobs in 0..=2 * width + 1 {
            let passwords: Vec<_> = (0..jobs).map(|i| format!("{width} {i}").into_bytes()).collect();
            assert_all_equal(&mut workspace, &passwords, Cost::LOWEST);
        }
    }
}

#[test]
fn one_hash_alone_is_the_same_hash() {
    let mut workspace = Workspace::new();
    for exponent in 4..=8 {
        let hashed = workspace.hash(password(b"alone"), salt(exponent), cost(exponent as u32));
        assert_eq!(
            hashed.to_text(),
            oracle(b"alone", salt(exponent), cost(exponent as u32))
        );
    }
}

#[test]
fn a_small_stack_is_enough() {
    let mut workspace = Workspace::with_width(Workspace::MAX_WIDTH);
    let passwords = vec![b"small stack".to_vec(); 2 * Workspace::MAX_WIDTH];
    let mut jobs: Vec<_> = passwords
        .iter()
        .map(|bytes| Job::hash(password(bytes), salt(1), Cost::LOWEST))
        .collect();
    std::thread::scope(|scope| {
        // Half the size of the states of this batch, so they cannot be on the stack.
        let small = std::thread::Builder::new().stack_size(16 * 1024);
        small.spawn_scoped(scope, || workspace.run(&mut jobs)).unwrap();
    });
    assert_eq!(
        jobs[15].hashed().map(StoredHash::to_text),
        Some(oracle(b"small stack", salt(1), Cost::LOWEST))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_passwords_with_any_salts_in_any_batch(
        batch in vec((vec(any::<u8>(), 0..=72), any::<[u8; 16]>(), 4..=6_u32), 1..=9),
        width in 1..=Workspace::MAX_WIDTH,
    ) {
        let mut jobs: Vec<_> =
            batch.iter().map(|(bytes, salt, exponent)| Job::hash(password(bytes), *salt, cost(*exponent))).collect();
        Workspace::with_width(width).run(&mut jobs);
        for (job, (bytes, salt, exponent)) in jobs.iter().zip(&batch) {
            let hashed = job.hashed().map(StoredHash::to_text);
            prop_assert_eq!(hashed, Some(oracle(bytes, *salt, cost(*exponent))));
        }
    }

    /// Hashes of the `bcrypt` crate verify here, no other password matches them, and other jobs in the batch make no
    /// difference.
    #[test]
    fn a_stored_hash_matches_its_password_and_no_other(
        bytes in vec(1..=255_u8, 1..=72),
        at in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
        salt: [u8; 16],
    ) {
        let mut other = bytes.clone();
        other[at.index(bytes.len())] ^= flip;
        prop_assume!(!other.contains(&0));

        let stored = StoredHash::parse(&oracle(&bytes, salt, Cost::LOWEST), &Cost::ACCEPTED).unwrap();
        let mut jobs = [
            Job::verify(password(&other), &stored),
            Job::verify(password(&bytes), &stored),
            Job::decoy(Cost::LOWEST),
        ];
        Workspace::new().run(&mut jobs);
        prop_assert_eq!(jobs.map(|job| job.matched()), [false, true, false]);
    }
}
